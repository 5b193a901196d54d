"""Events when their time has come, by a clock that the test turns."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from streams.events import CustomerErased, Event, instants, make_event
from streams.simulate import Scale, ScaledClock, live, simulate

START = datetime(2026, 1, 1, tzinfo=UTC)


def _event(second: int) -> Event:
    return make_event(CustomerErased(customer_id="c"), str(second), "/test", START + timedelta(seconds=second))


def test_a_scaled_clock_passes_as_fast_as_it_is_told() -> None:
    real = [1_000]
    clock = ScaledClock(500, 60.0, lambda: real[0])
    assert clock() == 500
    real[0] += 7
    assert clock() == 500 + 7 * 60


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_clock_that_does_not_go_forward_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        ScaledClock(0, speed, lambda: 0)


def test_no_event_comes_before_its_time_and_each_comes_when_it_is_due() -> None:
    clock = instants.to_us(START)
    seen: list[tuple[str, int]] = []

    async def run() -> None:
        nonlocal clock

        def now() -> int:
            # Whoever asks for the time makes it pass: half a second.
            nonlocal clock
            clock += 500_000
            return clock

        async for event in live([_event(0), _event(2), _event(2), _event(5)], now, speed=1e6):
            seen.append((event.id, clock - instants.to_us(START)))

    asyncio.run(run())
    assert seen == [("0", 500_000), ("2", 2_000_000), ("2", 2_500_000), ("5", 5_000_000)]


def test_a_past_is_caught_up_with_at_once_and_others_have_their_turn() -> None:
    turns = 0

    async def run() -> int:
        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        late = instants.to_us(START + timedelta(days=400))
        events = simulate(Scale(employees=10, customers=50, start=START, events=2000))
        count = sum([1 async for _ in live(events, lambda: late)])
        task.cancel()
        return count

    assert asyncio.run(run()) == 2000
    assert turns >= 9
