"""Figures explained down to their events: one reading of the log at a time, kept for a while for who looks further."""

from __future__ import annotations

import asyncio
import logging
import pickle
import sys
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from streams.dashboard.asking import Missing
from streams.dashboard.behind import Order, Outcome
from streams.settings import Settings

log = logging.getLogger(__name__)

COMMAND: Final = (sys.executable, "-m", "streams.dashboard.finding")
WAIT_S: Final = 5.0
"""Who asks waits for so long; then it is said that the log is still being read."""
FRESH_S: Final = 300.0
"""For so long an outcome is given again,"""
AGAIN_S: Final = 10.0
"""and for so long one that is none."""
LIMIT_S: Final = 1_800.0
KEPT: Final = 50
WAITING: Final = 20

Key = tuple[str, str]
"""Employee and period."""
Find = Callable[[Order], Awaitable[Outcome]]


class Unexplained(Exception):
    """The log could not be read; the message is one sentence."""


class Explainer:
    """Knows what is behind figures, or has it read. `find` reads, in a process of its own."""

    def __init__(self, settings: Settings, find: Find | None = None) -> None:
        self._settings, self._find = settings, find or in_process
        self._one = asyncio.Semaphore(1)
        self._under_way: dict[Key, asyncio.Task[Outcome]] = {}
        self._done: dict[Key, tuple[float, Outcome]] = {}  # and until when it holds

    async def ask(self, employee: str, period: str, now: int, wait_s: float = WAIT_S) -> Outcome | None:
        """What is behind each of the employee's figures, as of `now` (us) or a little before; None while it is being
        read. Raises `Missing` and `Unexplained`."""
        key = employee, period
        kept = self._done.get(key)
        if kept is not None and asyncio.get_running_loop().time() < kept[0]:
            return _checked(kept[1])
        task = self._under_way.get(key)
        if task is None:
            if len(self._under_way) >= WAITING:
                raise Unexplained(f"{WAITING} readings of the log wait already; try again later.")
            task = asyncio.create_task(self._read(key, Order(self._settings, employee, period, now)))
            self._under_way[key] = task
        await asyncio.wait({task}, timeout=wait_s)
        return _checked(task.result()) if task.done() else None

    async def stop(self) -> None:
        """Ends what is under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, key: Key, order: Order) -> Outcome:
        try:
            async with self._one:
                outcome = await self._find(order)
        finally:
            del self._under_way[key]
        self._done.pop(key, None)
        kept_s = FRESH_S if outcome.missing is None and outcome.failed is None else AGAIN_S
        self._done[key] = asyncio.get_running_loop().time() + kept_s, outcome
        for oldest in list(self._done)[:-KEPT]:
            del self._done[oldest]
        return outcome


def _checked(outcome: Outcome) -> Outcome:
    if outcome.missing is not None:
        raise Missing(outcome.missing)
    if outcome.failed is not None:
        raise Unexplained(outcome.failed)
    return outcome


async def in_process(order: Order) -> Outcome:
    """Reads the log in a process of its own, which a cancellation or `LIMIT_S` ends."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            told, _ = await process.communicate(pickle.dumps(order))
        if process.returncode == 0:
            return msgspec.json.decode(told, type=Outcome)
        log.error("reading the log for an explanation ended with exit code %s", process.returncode)
        return Outcome(failed="The log could not be read; the dashboard's log says why.")
    except TimeoutError:
        sentence = f"It takes more than {LIMIT_S / 60:.0f} minutes to read the log; `crmpulse explain` takes its time."
        return Outcome(failed=sentence)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
