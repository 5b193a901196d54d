"""Teams of other periods than the month are told in turns while employees change all the time, and nothing is lost."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from streams.core.history import END
from streams.core.ratio import Ratio
from streams.core.stage import TICK
from tests.unit.core.company.test_stage import NOW, House
from tests.unit.core.kit import tick, us

SECOND = 1_000_000
WAIT = 10 * SECOND


def busy(wait: int = WAIT) -> House:
    """A month and a quarter of two teams that have been told."""
    house = House(wait)
    house.give(TICK, tick(NOW))
    score(house, 0)
    assert told(house) == {"north", "south", "north/2026-Q1", "south/2026-Q1"}
    return house


def score(house: House, number: int) -> None:
    """Ann of the north has another score, in the month and in the quarter."""
    for period in ("2026-03", "2026-Q1"):
        house.row("ann", "north", Ratio(50 + number), period=period)
        house.row("bob", "south", Ratio(50), period=period)


def told(house: House) -> set[str]:
    return set(house.flush())


def second(house: House, number: int) -> dict[str, Any]:
    """What is told in a second, with another score in it."""
    house.give(TICK, tick(NOW + number * SECOND))
    score(house, number)
    return house.flush()


def test_the_month_is_told_at_each_flush_and_the_quarter_once_in_a_while() -> None:
    house = busy()
    found = {number: second(house, number) for number in range(1, 45)}
    assert all(sent["north"]["score"] == 50 + number for number, sent in found.items())
    quarters = {number: sent["north/2026-Q1"] for number, sent in found.items() if "north/2026-Q1" in sent}
    first, *others = (later - sooner for sooner, later in pairwise(quarters))
    assert first <= 10
    assert others == [10, 10, 10]
    assert all(record["score"] == 50 + number for number, record in quarters.items())


def test_what_waits_is_told_though_nothing_else_happens() -> None:
    house = busy(END)
    second(house, 1)
    house.wait = WAIT
    house.restart()
    house.give(TICK, tick(NOW + 2 * SECOND))
    assert house.flush()["north/2026-Q1"]["score"] == 51
    assert told(house) == set()


def test_a_run_that_ends_tells_everything_at_its_end() -> None:
    house = busy(END)
    assert [number for number in range(1, 90) if "north/2026-Q1" in second(house, number)] == []
    house.give(TICK, tick(NOW + 90 * SECOND, final=True))
    assert house.flush()["north/2026-Q1"]["score"] == 139


def test_a_restart_while_something_waits_changes_nothing() -> None:
    calm, shaken = busy(), busy()
    for number in range(1, 30):
        assert second(shaken, number) == second(calm, number)
        shaken.restart()
        assert shaken.states == calm.states


def test_a_team_that_is_no_more_is_told_at_once() -> None:
    house = busy(END)
    second(house, 1)
    house.row("bob", "north", Ratio(50), period="2026-Q1")
    sent = house.flush()
    assert sent["south/2026-Q1"] is None
    assert sent["north/2026-Q1"]["score"] == 50.5


def test_a_new_day_tells_everything() -> None:
    house = busy(END)
    second(house, 1)
    house.give(TICK, tick(us("16")))
    assert told(house) == {"north", "south", "north/2026-Q1", "south/2026-Q1"}
