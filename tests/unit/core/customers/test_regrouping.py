"""Who changes the team: every opportunity of hers is told with the new one, some customers at each tick."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from streams.core.customers import Customers
from streams.core.customers.packed import PackedShelf
from streams.core.stage import EVENTS, TICK
from tests.unit.core.kit import created, employee, inbox, policy, tick, us
from tests.unit.core.works import Disk, Records, Seat

TEN = [f"c{number}" for number in range(10)]


def seat(make: Callable[[], Records]) -> Seat:
    """Ten customers of ann's, all on the shelf but for the last."""
    shelf = make()
    found = Seat(partial(Customers, policy(), 0, shelf=shelf, bound=0), shelf)
    found.give(
        EVENTS, inbox([employee("01"), *(created("01", customer_id=c, opportunity_id=f"o{c}") for c in TEN[:9])])
    )
    for _ in range(3):
        found.flush()
    found.give(EVENTS, inbox([created("01", customer_id="c9", opportunity_id="oc9")]))
    found.flush()
    return found


def told(seat: Seat, at: int, final: bool = False) -> list[str]:
    """The opportunities that a tick causes to be told, all of them in the south."""
    seat.give(TICK, tick(us("02") + at, final))
    sends = [send for send in seat.flush() if send.topic == "opportunities"]
    assert all(isinstance(send.value, bytes) and b'"team":"south"' in send.value for send in sends)
    return sorted(send.key.decode() for send in sends)


@pytest.fixture(autouse=True)
def _four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.core.customers.regrouping.LOOKED_AT", 4)


@pytest.mark.parametrize("make", [Disk, PackedShelf])
def test_some_are_looked_at_with_each_tick_until_all_were(make: Callable[[], Records]) -> None:
    house = seat(make)
    house.give(EVENTS, inbox([employee("02", team="south")]))
    house.flush()
    found = [told(house, minute) for minute in range(5)]
    assert [len(one) for one in found] == [4, 4, 2, 0, 0]
    assert sorted(name for one in found for name in one) == [f"o{name}" for name in TEN]
    assert not [key for key in house.states if b"regrouping" in key]


def test_all_that_are_left_are_looked_at_at_the_end() -> None:
    house = seat(PackedShelf)
    house.give(EVENTS, inbox([employee("02", team="south")]))
    house.flush()
    assert (len(told(house, 0)), len(told(house, 1, final=True))) == (4, 6)


def test_another_process_begins_anew_and_tells_nothing_twice() -> None:
    house = seat(PackedShelf)
    house.give(EVENTS, inbox([employee("02", team="south")]))
    house.flush()
    first = told(house, 0)
    house.die(Random(1))
    rest = [name for minute in range(1, 5) for name in told(house, minute)]
    assert sorted(first + rest) == [f"o{name}" for name in TEN]


def test_a_second_change_begins_anew() -> None:
    house = seat(PackedShelf)
    for team in ("west", "south"):
        house.give(EVENTS, inbox([employee("02" if team == "west" else "03", team=team)]))
    house.flush()
    assert sorted(name for minute in range(4) for name in told(house, minute)) == [f"o{name}" for name in TEN]
