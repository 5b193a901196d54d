"""Customers that leave memory while their deadlines stand in the queue."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from streams.core.customers import Customers
from streams.core.customers.packed import PackedShelf
from streams.core.stage import EVENTS, TICK
from tests.unit.core.kit import contact, inbox, policy, tick, us
from tests.unit.core.works import Disk, Records, Seat

POLICY = policy(contact={"intervals": {"default": "7d"}}, alerts={"contact.due": {"enabled": False}})


@pytest.mark.parametrize("make", [Disk, PackedShelf])
def test_a_deadline_that_was_put_off_again_and_again_stands_once_and_is_not_missed(make: Callable[[], Records]) -> None:
    # 01 contact ─ 02 contact ─ 03 contact ─ 04 contact, each when nobody is in memory ── 11 fires after 7 d of silence
    shelf = make()
    seat = Seat(partial(Customers, POLICY, 0, shelf=shelf, bound=0), shelf)
    for number, day in enumerate(("01", "02", "03", "04")):
        seat.give(TICK, tick(us(day)))
        seat.give(EVENTS, inbox([contact(day, id=f"k{number}")]))
        for _ in range(3):
            seat.flush()  # the first holds it until it is written
        assert isinstance(seat.stage, Customers)
        assert not seat.stage.customers._customers
        assert len(seat.stage.alerting._deadlines) == 1
    seat.give(TICK, tick(us("10")))
    assert not [send for send in seat.flush() if send.topic == "alerts"]
    seat.give(TICK, tick(us("12")))
    (alert,) = [send.value for send in seat.flush() if send.topic == "alerts"]
    assert isinstance(alert, dict)
    assert (alert["status"], alert["started_at"]) == ("firing", "2026-03-11T00:00:00Z")
