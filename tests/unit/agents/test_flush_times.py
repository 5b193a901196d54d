"""When a partition is flushed, told by a clock that stands still while anything is done."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.unit.agents.test_partition import KNOWN, Case, numbers

INTERVAL = 0.4


class Loop(asyncio.SelectorEventLoop):
    """Its time is that of the timers that have gone off."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0
        select = self._selector.select  # type: ignore[attr-defined]

        def leap(timeout: float | None = None) -> Any:
            if timeout:
                self.now += timeout
            return select(0)

        self._selector.select = leap  # type: ignore[attr-defined]

    def time(self) -> float:
        return self.now


class Watched(Case):
    """Notes when it is flushed; a flush takes `cost` seconds."""

    def __init__(self, loop: Loop) -> None:
        super().__init__(interval=INTERVAL)
        self.cost = 0.0
        self.flushed: list[float] = []
        flush = self.stage.flush

        def noted() -> Any:
            self.flushed.append(loop.now)
            loop.now += self.cost
            return flush()

        self.stage.flush = noted  # type: ignore[method-assign]
        self._offset = -1

    async def busy(self, seconds: float) -> list[float]:
        """Fed every 10 ms: how long it took from each flush in that time to the next one."""
        loop = asyncio.get_running_loop()
        self.flushed.clear()
        until = loop.time() + seconds
        while loop.time() < until:
            await self.feed()
            await asyncio.sleep(0.01)
        return [round(later - sooner, 2) for sooner, later in pairwise(self.flushed)]

    async def feed(self) -> None:
        self._offset += 1
        await self.partition.feed(numbers(self._offset, 1))


def play(scenario: Callable[[Watched], Awaitable[None]]) -> None:
    async def played() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Loop)
        case = Watched(loop)
        await case.partition.load(KNOWN)
        await scenario(case)
        await case.partition.close()

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(played())


def test_what_comes_all_the_time_is_gathered() -> None:
    async def scenario(case: Watched) -> None:
        assert await case.busy(4.5) == [INTERVAL] * 10

    play(scenario)


def test_what_comes_after_a_quiet_time_is_written_at_once_with_what_comes_with_it() -> None:
    async def scenario(case: Watched) -> None:
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
        await case.feed()
        await asyncio.sleep(0.01)
        await case.feed()
        await case.written(1)
        assert len(case.flushed) == 1
        assert case.flushed[0] - began < 0.05

    play(scenario)


@pytest.mark.parametrize(("cost", "pause"), [(0.001, INTERVAL), (0.02, 0.8), (0.04, 1.6), (0.3, 2.0), (3.0, 3.02)])
def test_the_more_a_flush_costs_the_fewer_there_are(cost: float, pause: float) -> None:
    async def scenario(case: Watched) -> None:
        case.cost = cost
        await case.busy(pause * 3)
        assert set(await case.busy(pause * 9)) == {pause}
        case.cost = 0.0
        await case.busy(pause * 3)
        assert set(await case.busy(4)) == {INTERVAL}

    play(scenario)
