"""Customers that are there twice, drawn as timelines in days of March 2026: `a`, then `b`, and what they share."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from streams.core.customers.likeness import MOST
from streams.core.stage import CLAIMS, TWINS
from streams.policy import Policy
from tests.unit.core.kit import Partition, Record, customer, event, policy, restored, said, us
from tests.unit.core.works import Works, settled

QUIET = ("contact.due", "contact.overdue", "contact.interval_exceeded")
PHONE = {"phone": "+49 170 1234567"}


def rules(rule: str = "dq.duplicate_customer", **how: Any) -> Policy:
    off = {name: {"enabled": False} for name in QUIET}
    return policy(alerts=off | {rule: {"enabled": True} | how})


def known(when: str, name: str, keys: Any = PHONE, /, **data: Any) -> bytes:
    return customer(when, customer_id=name, match_keys=keys, **data)


def merged(when: str, name: str, into: str) -> bytes:
    return event(when, "customer.merged", customer_id=name, into=into)


def erased(when: str, name: str) -> bytes:
    return event(when, "customer.erased", customer_id=name)


def told(alerts: list[Record]) -> list[str]:
    """Every alert that fired: which customer seems to be which, since when, until when and why it stands so."""
    return sorted(
        f"{one['customer_id']}={one['values']['same_as']} by {one['values']['shares']} "
        f"{_day(one['started_at'])}-{_day(one['ended_at'])} {one['reason']}"
        for one in settled(alerts).values()
    )


def _day(text: str | None) -> str:
    return "" if text is None else text[8:10]


def in_any_order(rule: Policy, lines: list[bytes], until: str) -> list[str]:
    """What is told, which is the same for any order, number of partitions, and restarts."""
    found = []
    for seed, partitions in enumerate([1, 1, 2, 3, 3, 5]):
        chance, works = Random(seed), Works(rule, partitions, bound=0)
        for line in chance.sample(lines, len(lines)):
            works.tell([line])
            if chance.random() < 0.6:
                works.flush_customers()
            if chance.random() < 0.4:
                chance.choice(works.customers).die(chance)
        works.tick(us(until))
        works.tick(us(until), final=True)
        found.append(told(works.alerts))
    assert found == [found[0]] * len(found)
    return found[0]


MAIL = {"mail": "Info@Example.com"}
CASES: dict[str, tuple[dict[str, Any], list[bytes], str, list[str]]] = {
    # a ─ 05 b has a's number
    "the later one": ({}, [known("01", "a"), known("05", "b")], "31", ["b=a by phone 05- condition_met"]),
    "who had it first, whatever its name": (
        {},
        [known("01", "b"), known("05", "a")],
        "31",
        ["a=b by phone 05- condition_met"],
    ),
    "however it is written": (
        {},
        [known("01", "a"), known("05", "b", {"tel": "49-(170) 123.45.67"})],
        "31",
        ["b=a by tel 05- condition_met"],
    ),
    "or listed": (
        {},
        [known("01", "a", ["INFO@example.com"]), known("05", "b", MAIL)],
        "31",
        ["b=a by mail 05- condition_met"],
    ),
    "by two things at once": (
        {},
        [known("01", "a", PHONE | MAIL), known("05", "b", PHONE | MAIL)],
        "31",
        ["b=a by mail and phone 05- condition_met"],
    ),
    "by one after the other": (
        {},
        [known("01", "a", PHONE | MAIL), known("05", "b"), known("07", "b", MAIL), known("09", "b", None)],
        "31",
        ["b=a by phone 05-09 corrected"],
    ),
    "until it is merged": (
        {},
        [known("01", "a"), known("05", "b"), merged("09", "b", "a")],
        "31",
        ["b=a by phone 05-09 merged"],
    ),
    "until the other is": (
        {},
        [known("01", "a"), known("05", "b"), merged("09", "a", "b")],
        "31",
        ["b=a by phone 05-09 merged"],
    ),
    "until one is erased": (
        {},
        [known("01", "a"), known("05", "b"), erased("09", "a")],
        "31",
        [],
    ),
    "until it is corrected": (
        {},
        [known("01", "a"), known("05", "b"), known("09", "a", MAIL)],
        "31",
        ["b=a by phone 05-09 corrected"],
    ),
    "and again": (
        {},
        [known("01", "a"), known("05", "b"), known("09", "b", None), known("11", "b")],
        "31",
        ["b=a by phone 05-09 corrected", "b=a by phone 11- condition_met"],
    ),
    "of three each but the first": (
        {},
        [known("01", "a"), known("05", "b"), known("07", "c"), merged("09", "a", "b")],
        "31",
        ["b=a by phone 05-09 merged", "c=b by phone 07- condition_met"],
    ),
    "held": ({"hold": "5d"}, [known("01", "a"), known("05", "b"), merged("09", "b", "a")], "31", []),
    "not who has it when the other has it no more": (
        {},
        [known("01", "a"), known("04", "a", None), known("05", "b")],
        "31",
        [],
    ),
    "not by what identifies nobody": (
        {}, [known("01", "a", {"tax": "n/a"}), known("05", "b", {"tax": "N/A"})], "31", []
    ),
    "not by what everybody has": ({}, [known("05", f"c{number:02d}") for number in range(MOST + 1)], "31", []),
    "not by its name": ({}, [customer("01", customer_id=name, name="Acme Ltd.") for name in "ab"], "31", []),
}  # fmt: skip


@pytest.mark.parametrize(
    ("how", "lines", "until", "expected"), [pytest.param(*case, id=name) for name, case in CASES.items()]
)
def test_a_customer_that_is_there_twice(
    how: dict[str, Any], lines: list[bytes], until: str, expected: list[str]
) -> None:
    assert in_any_order(rules(**how), lines, until) == expected


def test_so_many_may_share_a_thing() -> None:
    lines = [known("05", f"c{number:02d}") for number in range(MOST)]
    assert len(in_any_order(rules(), lines, "31")) == MOST - 1


def test_a_policy_may_look_at_names_too() -> None:
    lines = [customer("01", customer_id="a", name="Acme, Ltd."), customer("05", customer_id="b", name="ACME LTD")]
    other = customer("06", customer_id="c", match_keys=["ACME LTD"])
    assert in_any_order(rules("dq.same_name"), [*lines, other], "31") == ["b=a by name 05- condition_met"]


def test_it_is_told_to_who_looks_after_it_with_what_to_do() -> None:
    partition = Partition(rules(escalate=[{"to": "owner"}, {"after": "2d", "to": "stewards"}]))
    partition.tell(known("01", "a", owner_id="ann"), known("05", "b", owner_id="bob"))
    (record,) = partition.tick("06")
    assert (record["employee_id"], record["recipients"]) == ("bob", ["bob"])
    assert record["summary"] == "Customer b has the same phone as customer a: merge them, or correct one."
    assert record["values"] == {
        "basis": "2026-03-05T00:00:00Z", "bound_passed_at": "2026-03-05T00:00:00Z", "shares": "phone", "same_as": "a",
    }  # fmt: skip
    assert [one["recipients"] for one in partition.tick("08")] == [["bob", "stewards"]]
    over = partition.tell(merged("09", "b", "a")) + partition.tick("10")
    assert said(over) == ["dq.duplicate_customer resolved merged"]


def test_it_is_kept_as_fingerprints_and_survives_a_restart() -> None:
    partition = Partition(rules())
    partition.tell(known("01", "a"), known("05", "b", PHONE | MAIL))
    partition.tick("06")
    kept = b"".join(partition.states.values())
    assert b"1234567" not in kept
    assert b"example" not in kept.lower()
    again = partition.restarted()
    assert said(again.tell(known("07", "b", MAIL)) + again.tick("08")) == ["dq.duplicate_customer resolved corrected"]
    stage = restored(rules(), partition.states.items())
    assert stage.alerts() == partition.stage.alerts()


def test_what_a_source_puts_into_its_keys_makes_no_record_too_large() -> None:
    works = Works(rules(), 2)
    keys = [{f"k{number}": f"value {number}" for number in range(20_000)}, {"k" * 900_000: "0049 170 1234567"}]
    works.tell([known("01", name, one) for one in keys for name in ("a", "b", "c", "d")])
    works.flush()
    works.flush()
    handed_on = [len(value) for seat in works.customers for key, value in seat.log if key in (CLAIMS, TWINS)]
    states = [len(value) for seat in works.customers for value in seat.states.values()]
    assert handed_on
    assert max(handed_on + states) < 20_000


def test_much_that_is_to_be_said_is_said_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.core.customers.host.PART", 200)
    lines = [known("01", f"c{number}") for number in range(6)]
    assert in_any_order(rules(), lines, "05")
