"""The same organisation, live: each event when its time has come by a clock that may run faster than the real one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

from streams.events import Event, instants

SECOND = 1_000_000
PATIENCE = 0.25
"""The longest time, in seconds, until the clock is looked at again."""
BREATH = 200
"""Events given at one go before others on the event loop have their turn."""


class ScaledClock:
    """An instant (us) that begins at `start` and passes `speed` times as fast as `real`, a clock in us too."""

    def __init__(self, start: int, speed: float, real: Callable[[], int]) -> None:
        if not speed > 0:
            raise ValueError(f"The speed must be above 0, not {speed}.")
        self.speed = speed
        self._start = start
        self._real = real
        self._began = real()

    def __call__(self) -> int:
        return self._start + int((self._real() - self._began) * self.speed)


async def live(events: Iterable[Event], now: Callable[[], int], speed: float = 1.0) -> AsyncIterator[Event]:
    """The events, each once `now` (us) has reached its time; those of the past at once.

    `speed` is how many seconds pass by that clock in a real one: it tells how long to wait, nothing else.
    """
    for count, event in enumerate(events, 1):
        at = instants.to_us(event.time)
        while (ahead := at - now()) > 0:
            await asyncio.sleep(min(ahead / SECOND / speed, PATIENCE))
        yield event
        if count % BREATH == 0:
            await asyncio.sleep(0)
