"""Figures of other periods than the month wait for their turn while somebody is at work, and are never lost."""

from __future__ import annotations

from itertools import pairwise

import pytest

from streams.core.history import END
from streams.core.notices.facts import write_departed
from streams.core.records import key_of
from streams.core.stage import DEPARTED
from tests.unit.core.employees.office import NOW, Office
from tests.unit.core.kit import MARCH, us

SECOND = 1_000_000
WAIT = 10 * SECOND
TURN = key_of("turn", "ann")
MONTH = {"2026-03"}
OTHERS = {"2026-Q1", "2026", "7d", "30d", "90d"}
DAY = "d20527"  # that of NOW


def at_work(wait: int = WAIT) -> Office:
    """Ann, whose first contact of the day has been told."""
    office = Office(wait=wait)
    office.profile()
    contacts(office, 1, NOW)
    assert told(office) == MONTH | OTHERS
    return office


def contacts(office: Office, count: int, at: int) -> None:
    """So many of this day until now."""
    office.tick(at)
    for bucket in (DAY, MARCH):
        office.fact(bucket, {"contacts": count}, count, at=at)


def told(office: Office) -> set[str]:
    """The periods whose figures a flush tells."""
    return {key.removeprefix("kpis ") for key in office.flush() if key.startswith("kpis ")}


def turns(office: Office, first: int, seconds: range) -> dict[int, set[str]]:
    """What is told in which second, with a contact in each."""
    found = {}
    for second in seconds:
        contacts(office, first + second, NOW + second * SECOND)
        found[second] = told(office)
    return found


def test_the_month_is_told_at_each_flush_and_the_others_once_in_a_while() -> None:
    found = turns(at_work(), 1, range(1, 41))
    in_turn = [second for second, periods in found.items() if periods != MONTH]
    assert all(found[second] == MONTH | OTHERS for second in in_turn)
    assert [later - sooner for sooner, later in pairwise(in_turn)] == [10, 10, 10]


def test_what_waits_is_told_though_nothing_else_happens() -> None:
    office = at_work()
    contacts(office, 2, NOW + SECOND)
    assert told(office) in (MONTH, MONTH | OTHERS)
    contacts(office, 3, NOW + SECOND)
    assert told(office) == MONTH
    office.tick(NOW + 2 * SECOND)
    assert told(office) == set()
    office.tick(NOW + SECOND + WAIT)
    assert told(office) == OTHERS
    assert office.stage.figures(office.stage.employees["ann"], "2026")[1]["contacts"].number == 3
    office.tick(NOW + 3 * WAIT)
    assert told(office) == set()


def test_who_was_quiet_is_told_at_once() -> None:
    office = at_work()
    contacts(office, 2, NOW + WAIT)
    assert told(office) == MONTH | OTHERS


def test_nothing_waits_where_none_is_to() -> None:
    assert set(map(frozenset, turns(at_work(0), 1, range(1, 4)).values())) == {frozenset(MONTH | OTHERS)}


def test_a_run_that_ends_tells_everything_at_its_end() -> None:
    office = at_work(END)
    assert turns(office, 1, range(1, 90)) == dict.fromkeys(range(1, 90), MONTH)
    office.tick(NOW + 90 * SECOND, final=True)
    assert told(office) == MONTH | OTHERS


@pytest.mark.parametrize("wait", [WAIT, END, 0, 7 * WAIT])
def test_what_waits_outlives_a_restart(wait: int) -> None:
    """Whoever goes on, and by whatever wait."""
    office = at_work(WAIT)
    turns(office, 1, range(1, 3))
    assert TURN in office.states
    again = office.restarted(wait)
    again.tick(NOW + 71 * SECOND, final=wait == END)
    assert told(again) >= OTHERS
    assert told(again) == set()


def test_the_turn_outlives_a_restart_too() -> None:
    office = at_work()
    calm = turns(office, 1, range(1, 6))
    again = office.restarted()
    assert turns(again, 1, range(6, 30)) == turns(office, 1, range(6, 30))
    assert MONTH in calm.values()


def test_whatever_else_makes_a_period_due_is_told_at_once() -> None:
    office = at_work()
    turns(office, 1, range(1, 3))
    office.profile(2, team="south")
    assert told(office) == MONTH | OTHERS


def test_a_late_event_of_a_month_that_is_over_is_told_at_once() -> None:
    office = at_work()
    turns(office, 1, range(1, 3))
    office.fact("m24313", {"contacts": 1}, at=NOW + 2 * SECOND)
    assert told(office) == {"2026-02"}  # the quarter and the year wait


def test_a_new_day_tells_everything() -> None:
    office = at_work(END)
    turns(office, 1, range(1, 3))
    office.tick(us("16"))
    assert told(office) == MONTH | OTHERS


def test_who_is_erased_leaves_no_turn_behind() -> None:
    office = at_work()
    turns(office, 1, range(1, 3))
    office.give(DEPARTED, write_departed("ann", 0))
    assert (TURN, None) in office.stage.flush().states
    office.tick(NOW + 3 * WAIT)
    after = office.stage.flush()
    assert after.sends == []
    assert TURN not in dict(after.states)
