"""What an opportunity's events come to, drawn as timelines: what is credited to whom, whatever the order of arrival."""

from __future__ import annotations

from itertools import islice, permutations
from random import Random

import pytest

from tests.unit.core.kit import MARCH, Partition, created, customer, deal, money, moved, policy

HUNDRED = money("100")
Case = tuple[list[bytes], dict[str, str]]

# What the ledger of March 2026 has of ann. `entered` and `passed` by stage; stays that are over as `latest_us`, `left`.
CREDIT: dict[str, Case] = {
    "created": ([created("01")], {"created": "1", "entered:A": "1"}),
    "created again": ([created("01"), created("03", id="z")], {"created": "1", "entered:A": "1"}),
    "won": (
        [created("01", "C"), deal("11", "won", amount=HUNDRED)],
        {"created": "1", "won": "1", "won_amount": "100.00", "cycle_us": "10d", "cycles": "1"}
        | {"entered:C": "1", "passed:C": "1", "left:C": "1", "latest_us:C": "10d", "cumulative_us:C": "10d"},
    ),
    "lost": (
        [created("01", "C"), deal("11", "lost", amount=HUNDRED)],
        {"created": "1", "lost": "1", "entered:C": "1", "left:C": "1", "latest_us:C": "10d", "cumulative_us:C": "10d"},
    ),
    # Never created: no cycle, and in no opportunities_created.
    "never created": (
        [moved("01", "Limbo", owner_id="ann"), deal("11", "won", amount=HUNDRED)],
        {"won": "1", "won_amount": "100.00", "left:Limbo": "1", "latest_us:Limbo": "10d", "cumulative_us:Limbo": "10d"},
    ),
    "known from an update alone": ([deal("01", "updated", owner_id="ann", amount=HUNDRED)], {}),
    "won and nothing else": ([deal("05", "won", owner_id="ann", amount=HUNDRED)], {"won": "1", "won_amount": "100.00"}),
    # Won without amount: the last known one, else 0 and flagged.
    "the last known amount": (
        [created("01", "Limbo", amount=money("5")), deal("02", "updated", amount=HUNDRED), deal("03", "won")],
        {"created": "1", "won": "1", "won_amount": "100.00", "cycle_us": "2d", "cycles": "1"}
        | {"left:Limbo": "1", "latest_us:Limbo": "2d", "cumulative_us:Limbo": "2d"},
    ),
    "the last known amount was cleared": (
        [
            moved("01", "Limbo", owner_id="ann", amount=HUNDRED),
            deal("02", "updated", amount=None),
            deal("03", "won"),
        ],
        {"won": "1", "flagged:missing_amount": "1"}
        | {"left:Limbo": "1", "latest_us:Limbo": "2d", "cumulative_us:Limbo": "2d"},
    ),
    "an amount of nothing is an amount": ([deal("05", "won", owner_id="ann", amount=money("0"))], {"won": "1"}),
    "no amount": ([deal("05", "won", owner_id="ann")], {"won": "1", "flagged:missing_amount": "1"}),
    "a later amount does not change what was won": (
        [deal("05", "won", owner_id="ann", amount=HUNDRED), deal("06", "updated", amount=money("7"))],
        {"won": "1", "won_amount": "100.00"},
    ),
    "a lost one needs no amount": ([deal("05", "lost", owner_id="ann")], {"lost": "1"}),
    "a cycle below zero is left out and flagged": (
        [created("05", "C"), deal("02", "won", amount=HUNDRED, owner_id="ann")],
        {"created": "1", "won": "1", "won_amount": "100.00", "flagged:negative_cycle": "1"},
    ),
    "a cycle of zero counts": (
        [created("05", "C"), deal("05", "won", amount=HUNDRED)],
        {"created": "1", "won": "1", "won_amount": "100.00", "cycles": "1"}
        | {"entered:C": "1", "passed:C": "1", "left:C": "1"},
    ),
    # It counts once, at its newest outcome.
    "lost and then won": (
        [deal("05", "lost", owner_id="ann"), deal("08", "won", owner_id="ann", amount=HUNDRED)],
        {"won": "1", "won_amount": "100.00"},
    ),
    "won and then lost": (
        [deal("05", "won", owner_id="ann", amount=HUNDRED), deal("08", "lost", owner_id="ann")],
        {"lost": "1"},
    ),
    "won twice": (
        [deal("05", "won", owner_id="ann", amount=HUNDRED), deal("08", "won", owner_id="ann", amount=money("7"))],
        {"won": "1", "won_amount": "7.00"},
    ),
    "of two outcomes at once the greater id": (
        [deal("05", "won", id="a", owner_id="ann", amount=HUNDRED), deal("05", "lost", id="b", owner_id="ann")],
        {"lost": "1"},
    ),
    "reopened takes the outcome back": (
        [deal("05", "won", owner_id="ann", amount=HUNDRED), deal("06", "reopened", to_stage="Limbo")],
        {},
    ),
    "won again after it was reopened": (
        [
            created("01", "Limbo"),
            deal("02", "won", amount=HUNDRED),
            deal("04", "reopened", to_stage="Limbo"),
            deal("08", "won", amount=money("7")),
        ],
        {"created": "1", "won": "1", "won_amount": "7.00", "cycle_us": "7d", "cycles": "1"}
        | {"left:Limbo": "1", "latest_us:Limbo": "4d", "cumulative_us:Limbo": "5d"},
    ),
    "no change reopens it": (
        [created("01", "C"), deal("05", "lost"), moved("07", "A"), deal("08", "updated", amount=HUNDRED)],
        {"created": "1", "lost": "1", "entered:C": "1", "left:C": "1", "latest_us:C": "4d", "cumulative_us:C": "4d"},
    ),
    "nor does one at the same instant, which comes before": (
        [created("01", "C"), deal("05", "lost", id="a"), moved("05", "A", id="b")],
        {"created": "1", "lost": "1", "entered:C": "1", "left:C": "1", "latest_us:C": "4d", "cumulative_us:C": "4d"}
        | {"entered:A": "1", "left:A": "1"},
    ),
    # At one instant: created, changes, outcome.
    "all at once": (
        [
            deal("05", "won", id="a", amount=HUNDRED),
            moved("05", "B", id="b"),
            created("05", id="c"),
        ],
        {"created": "1", "advanced": "1", "won": "1", "won_amount": "100.00", "cycles": "1"}
        | {"entered:A": "1", "passed:A": "1", "left:A": "1", "entered:B": "1", "passed:B": "1", "left:B": "1"},
    ),
    # Stages: forward changes, and conversion with what was skipped.
    "one stage on": (
        [created("01"), moved("03", "B")],
        {"created": "1", "advanced": "1", "entered:A": "1", "passed:A": "1", "entered:B": "1"}
        | {"left:A": "1", "latest_us:A": "2d", "cumulative_us:A": "2d"},
    ),
    "a stage is skipped": (
        [created("01"), moved("03", "C")],
        {"created": "1", "advanced": "1", "entered:A": "1", "passed:A": "1", "entered:B": "1", "passed:B": "1"}
        | {"entered:C": "1", "left:A": "1", "latest_us:A": "2d", "cumulative_us:A": "2d"},
    ),
    "back and forth": (
        [created("01"), moved("02", "B"), moved("05", "A"), moved("09", "B")],
        {"created": "1", "advanced": "2", "entered:A": "1", "passed:A": "1", "entered:B": "1"}
        | {"left:A": "1", "latest_us:A": "4d", "cumulative_us:A": "5d"}
        | {"left:B": "1", "latest_us:B": "3d", "cumulative_us:B": "3d"},
    ),
    "the same stage again": ([created("01"), moved("03", "A")], {"created": "1", "entered:A": "1"}),
    "through an unknown stage": (
        [created("01"), moved("02", "Limbo"), moved("04", "C")],
        {"created": "1", "entered:A": "1", "passed:A": "1", "entered:C": "1"}
        | {"left:A": "1", "latest_us:A": "1d", "cumulative_us:A": "1d"}
        | {"left:Limbo": "1", "latest_us:Limbo": "2d", "cumulative_us:Limbo": "2d"},
    ),
    "forward by what it says it came from": (
        [moved("01", "B", from_stage="A", owner_id="ann")],
        {"advanced": "1", "entered:B": "1"},
    ),
    "what it says counts for less than what is known": (
        [created("01", "C"), moved("03", "B", from_stage="A")],
        {"created": "1", "entered:C": "1", "entered:B": "1"}
        | {"left:C": "1", "latest_us:C": "2d", "cumulative_us:C": "2d"},
    ),
}


def orders(lines: list[bytes]) -> list[tuple[bytes, ...]]:
    """All orders of a few events, some of many."""
    if len(lines) <= 4:
        return list(permutations(lines))
    return [tuple(Random(seed).sample(lines, len(lines))) for seed in range(24)]


@pytest.mark.parametrize(("lines", "expected"), CREDIT.values(), ids=CREDIT.keys())
def test_what_is_credited(lines: list[bytes], expected: dict[str, str]) -> None:
    for order in orders(lines):
        partition = Partition(policy())
        partition.tell(*order)
        found = partition.credit()
        assert found.pop("new_customers", "0") == str(int("won" in expected))
        assert found == expected


OWNERS: dict[str, tuple[list[bytes], dict[str, set[str]]]] = {
    # Who is credited: whom the event names, else who owned the opportunity, else the customer, at that time.
    "whom the event names": (
        [created("01", "C"), deal("05", "won", amount=HUNDRED, owner_id="bob")],
        {"ann": {"created"}, "bob": {"won"}},
    ),
    "who owned it then": (
        [
            created("01", "C"),
            deal("03", "updated", owner_id="bob"),
            deal("05", "won"),
            deal("06", "updated", owner_id="cid"),
        ],
        {"ann": {"created"}, "bob": {"won"}, "cid": set()},
    ),
    "a change at that very instant counts": (
        [created("01", "C"), deal("05", "updated", owner_id="bob"), deal("05", "won")],
        {"ann": {"created"}, "bob": {"won"}},
    ),
    "its customer's owner then": (
        [
            customer("01", owner_id="cid"),
            moved("02", "B"),
            moved("03", "C"),
            customer("04", owner_id="bob"),
            deal("05", "won"),
        ],
        {"cid": {"advanced"}, "bob": {"won"}},
    ),
    "its customer's where its own is cleared": (
        [customer("01", owner_id="cid"), created("02", "C"), deal("03", "updated", owner_id=None), deal("05", "lost")],
        {"ann": {"created"}, "cid": {"lost"}},
    ),
    "nobody's": ([created("02", "C", owner_id="bob"), deal("01", "lost", opportunity_id="p")], {"bob": {"created"}}),
    "null names nobody": (
        [created("01", "C"), deal("05", "won", owner_id=None)],
        {"ann": {"created", "won"}},
    ),
    "the greater id of two owners at once": (
        [
            created("01", "C"),
            deal("02", "updated", owner_id="cid", id="a"),
            deal("02", "updated", owner_id="bob", id="b"),
            deal("05", "lost"),
        ],
        {"ann": {"created"}, "bob": {"lost"}, "cid": set()},
    ),
}


@pytest.mark.parametrize(("lines", "expected"), OWNERS.values(), ids=OWNERS.keys())
def test_to_whom_it_is_credited(lines: list[bytes], expected: dict[str, set[str]]) -> None:
    for order in islice(orders(lines), 120):
        partition = Partition(policy())
        partition.tell(*order)
        counted = {"created", "won", "lost", "advanced"}
        found = {who: counted & partition.credit(who).keys() for who in ("ann", "bob", "cid")}
        assert {who: kinds for who, kinds in found.items() if kinds} == {
            who: kinds for who, kinds in expected.items() if kinds
        }


def test_what_is_open_stands_now_with_its_amount_by_the_probability_of_its_stage() -> None:
    partition = Partition(policy())
    partition.tell(created("01", "B", amount=HUNDRED), created("02", "Limbo", opportunity_id="p", amount=HUNDRED))
    assert partition.credit(bucket="now") == {"open": "2", "open_amount": "200.00", "expected": str(50 * 10**42)}
    partition.tell(deal("03", "updated", owner_id="bob"))
    assert partition.credit(bucket="now") == {"open": "1", "open_amount": "100.00"}
    assert partition.credit("bob", "now") == {"open": "1", "open_amount": "100.00", "expected": str(50 * 10**42)}
    partition.tell(deal("04", "lost"))
    assert partition.credit("bob", "now") == {}


def test_counts_lie_in_the_month_and_on_the_day_of_the_event() -> None:
    # 28 February created ── 2 March lost, 23:30 in UTC: the 3rd in Shanghai
    partition = Partition(policy(timezone="Asia/Shanghai"))
    partition.tell(created("2026-02-27T16:30:00Z", "C"), deal("02 23:30", "lost"))
    assert partition.credit(bucket="m24313") == {"created": "1", "entered:C": "1"}
    assert partition.credit()["lost"] == "1"
    zone = policy(timezone="Asia/Shanghai").zone
    days = [zone.date(int(name[1:])).isoformat() for name in partition.stage.ledger.totals["ann"] if name[0] == "d"]
    assert sorted(days) == ["2026-02-28", "2026-03-03"]
    assert MARCH in partition.stage.ledger.totals["ann"]
