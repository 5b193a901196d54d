"""Attempts at one target: counted, logged once when they begin to fail and once when they succeed again."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Final

from streams.notify.answer import Answer, Outcome, pause
from streams.notify.figures import Figures
from streams.notify.targets import Target

log = logging.getLogger(__name__)

LOG_S: Final = 60.0
"""Seconds between two lines about a target that stays away."""


class Attempts:
    """What came of the attempts so far. `now` is the wall clock (us), `clock` a monotonic one (s)."""

    def __init__(
        self, target: Target, figures: Figures, now: Callable[[], int], chance: Callable[[], float] = random.random
    ) -> None:
        self._target, self._figures, self._now, self._chance = target, figures, now, chance
        self._failures = 0
        self._logged = float("-inf")

    def came(self, answer: Answer, clock: float, number: int = 1, about: str = "") -> float:
        """Takes an answer to `number` notifications. The result is the pause (s) before the next attempt, 0: none."""
        name = self._target.name
        self._figures.count(name, answer.outcome, number)
        if answer.outcome is not Outcome.FAILED:
            if answer.outcome is Outcome.REFUSED:
                log.warning("%s (%s) refused %s: %s; passed over", name, self._target.shown, about, answer.detail)
            elif self._failures:
                log.info("%s answers again", name)
            self._failures, self._logged = 0, float("-inf")
            self._figures.failing.pop(name, None)
            return 0.0
        self._failures += 1
        self._figures.failing.setdefault(name, self._now())
        if clock >= self._logged + LOG_S:
            self._logged = clock
            log.warning("%s (%s): %s; trying again", name, self._target.shown, answer.detail)
        return pause(self._failures, answer.wait, self._chance())


async def rest(stop: asyncio.Event, seconds: float) -> bool:
    """Waits so long, or until `stop`; whether it was stopped."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass
    return stop.is_set()
