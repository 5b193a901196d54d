"""Rules for some roles alone: whose role counts, and what becomes of alerts when a role becomes known late."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from streams.core.customers import Customers
from streams.core.customers.packed import PackedShelf
from streams.core.stage import EVENTS, TICK
from streams.policy import Policy
from tests.unit.core.kit import (
    Partition,
    Record,
    contact,
    created,
    customer,
    deal,
    employee,
    episodes,
    inbox,
    moved,
    policy,
    said,
    tick,
    us,
)
from tests.unit.core.works import Disk, Records, Seat

WEEK = {"watch": "contact.interval_exceeded", "after": "7d"}


def rules(**roles: list[str]) -> Policy:
    """Rules of silence by name, a week each, for some roles; the usual one is off."""
    own = {f"silent.{name}": WEEK | {"roles": theirs} for name, theirs in roles.items()}
    return policy(alerts={"contact.interval_exceeded": {"enabled": False}, **own})


BOTH = rules(sales=["sales"], others=["service", "support"])
OWNED = customer("01", owner_id="ann")
TIMELINES: dict[str, tuple[list[bytes], list[str]]] = {
    # 01 first seen ── 08 a week later: whose role is asked for then
    "the role of who is in charge": ([employee("01"), OWNED], ["sales 08 condition_met ann"]),
    "another role": ([employee("01", role="support"), OWNED], ["others 08 condition_met ann"]),
    "a role that no rule is for": ([employee("01", role="clerk"), OWNED], []),
    "no role known": ([OWNED], []),
    "a role known only after that": ([OWNED, employee("09")], []),
    "from the very instant": ([OWNED, employee("08")], ["sales 08 condition_met ann"]),
    "the role of then, not of now": (
        [employee("01"), OWNED, employee("09", role="service")],
        ["sales 08 condition_met ann"],
    ),
    "the role of the newest record": (
        [employee("01"), employee("07", role="service"), OWNED],
        ["others 08 condition_met ann"],
    ),
    "who has it when it begins": (
        [employee("01"), employee("01", "bob", role="service"), OWNED, customer("05", owner_id="bob")],
        ["others 08 condition_met bob"],
    ),
    "and it stays though another takes over": (
        [employee("01"), employee("01", "bob", role="service"), OWNED, customer("10", owner_id="bob")],
        ["sales 08 reassigned bob"],
    ),
    "each silence by itself": (
        [employee("01"), OWNED, contact("09"), employee("10", role="service"), contact("20")],
        ["others 16-20 contacted ann", "others 27 condition_met ann", "sales 08-09 contacted ann"],
    ),
}


@pytest.mark.parametrize("name", TIMELINES)
def test_a_rule_holds_for_its_roles(name: str) -> None:
    lines, expected = TIMELINES[name]
    assert episodes(BOTH, lines) == expected


def test_a_stall_by_the_role_of_the_opportunity_s_owner() -> None:
    terms = policy(
        alerts={
            "opp.stalled": {"enabled": False},
            "stalled.sales": {"watch": "opp.stalled", "after": "2d", "roles": ["sales"]},
            "stalled.others": {"watch": "opp.stalled", "after": "9d", "roles": ["service"]},
        }
    )
    lines = [
        employee("01"),
        employee("01", "bob", role="service"),
        created("02", owner_id="ann"),
        created("02", opportunity_id="p", owner_id="bob"),
        moved("05", "B"),
        deal("08", "lost"),
    ]
    assert episodes(terms, lines) == [
        "others 11 condition_met bob",
        "sales 04-05 stage_moved ann",
        "sales 07-08 closed ann",
    ]


def last(records: list[Record]) -> dict[str, list[str]]:
    """By id the newest of some alert records in short."""
    return {record["id"]: said([record]) for record in records}


LATE = {
    "a role set in the past takes alerts back": (
        [employee("01"), OWNED, contact("09")],
        employee("03", role="clerk"),
        ["silent.sales resolved withdrawn"],
    ),
    "and makes others": ([OWNED, contact("09")], employee("03", role="service"), ["silent.others resolved contacted"]),
    "and puts one in the place of another": (
        [employee("01"), OWNED],
        employee("03", role="support"),
        ["silent.others firing condition_met", "silent.sales resolved withdrawn"],
    ),
    "a role from before the newest one changes what was then": (
        [employee("01"), OWNED, contact("09"), employee("10", role="clerk")],
        employee("05", role="support"),
        ["silent.others resolved contacted", "silent.sales resolved withdrawn"],
    ),
    "the same role again changes nothing": (
        [employee("01"), OWNED, contact("09")],
        employee("03"),
        ["silent.sales resolved contacted"],
    ),
}


@pytest.mark.parametrize("name", LATE)
@pytest.mark.parametrize("again", [False, True])
def test_a_role_that_becomes_known_late(name: str, again: bool) -> None:
    before, late, expected = LATE[name]
    house = Partition(BOTH)
    records = house.tell(*before) + house.tick("12")
    records += house.tell(late)
    if again:
        house = house.restarted()
    records += house.tick("12")
    if again:
        house = house.restarted()
    records += house.tick("12")
    assert sorted(one for record in last(records).values() for one in record) == expected
    assert not [key for key in house.states if b"recasting" in key]
    straight = Partition(BOTH)
    whole = straight.tell(*before, late) + straight.tick("12")
    stands = {id: record for id, record in last(records).items() if "withdrawn" not in record[0]}
    assert stands == last(whole)


@pytest.mark.parametrize("make", [Disk, PackedShelf])
@pytest.mark.parametrize("chance", range(6))
def test_two_rounds_and_a_restart_in_any_place(
    make: Callable[[], Records], chance: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten silent customers, three of them judged a tick; a second change comes while the first is under way."""
    monkeypatch.setattr("streams.core.customers.recasting.LOOKED_AT", 3)
    shelf = make()
    house = Seat(partial(Customers, BOTH, 0, shelf=shelf, bound=0), shelf)
    sent: dict[bytes, Record] = {}

    def turn(key: bytes, value: bytes) -> None:
        house.give(key, value)
        for send in house.flush():
            if send.topic == "alerts" and isinstance(send.value, dict):
                sent[send.key] = send.value

    turn(EVENTS, inbox([employee("01"), *(customer("01", customer_id=f"c{n}", owner_id="ann") for n in range(10))]))
    turn(TICK, tick(us("12")))
    assert {record["rule"] for record in sent.values()} == {"silent.sales"}
    assert len(sent) == 10
    turn(EVENTS, inbox([employee("03", role="service")]))
    dies = chance
    for minute in range(14):
        if minute == 2:
            turn(EVENTS, inbox([employee("05")]))
        if minute == dies:
            house.die(Random(chance))
        turn(TICK, tick(us("12") + minute))
    told = sorted(said([record])[0] for record in sent.values() if record["reason"] != "withdrawn")
    assert told == ["silent.sales firing condition_met"] * 10
    assert not [key for key in house.states if b"recasting" in key]


def test_a_role_that_no_rule_asks_for_makes_nobody_look_at_all_customers() -> None:
    house = Partition(policy())
    house.tell(employee("01"), OWNED)
    house.tick("12")
    house.tell(employee("03", role="clerk"))
    assert not [key for key in house.states if b"recasting" in key]
