"""When standing still is too much, and when it is not."""

import asyncio
import logging
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from streams.agents import watch
from streams.agents.leave import Exit
from streams.agents.transport import REBALANCE_S
from streams.agents.watch import LOOK_S, Patience, Sight, Watch
from tests.unit.agents.fakes import Left, quit

HERE = TP("inbox", 0)


def sight(
    fetched: int | None = 5, applied: int = 4, written: int = 4, loaded: bool = True, behind: bool = True
) -> Sight:
    return Sight(fetched, applied, written, loaded, behind)


def test_work_without_progress_for_so_many_looks_is_too_much() -> None:
    patience = Patience(3)
    assert [patience.lost(sight()) for _ in range(4)] == [False, False, False, True]


@pytest.mark.parametrize(
    "progress",
    [sight(fetched=6), sight(applied=5), sight(written=5), sight(behind=False)],
    ids=["fetched", "applied", "written", "nothing left to do"],
)
def test_any_progress_starts_anew(progress: Sight) -> None:
    patience = Patience(3)
    for _ in range(3):
        assert not patience.lost(sight())
    assert not patience.lost(progress)
    assert not patience.lost(sight())


def test_with_nothing_to_do_patience_is_without_end() -> None:
    patience = Patience(2)
    assert not any(patience.lost(sight(behind=False)) for _ in range(100))


def test_loading_a_large_state_may_take_longer() -> None:
    patience = Patience(2)
    loading = sight(loaded=False)
    assert not any(patience.lost(loading) for _ in range(500))
    assert any(patience.lost(loading) for _ in range(200))


def test_a_loop_that_is_kept_busy_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.01)
    left: list[Left] = []

    def quit(code: Exit, why: str) -> None:
        left.append(Left(code, why))
        dog._over.set()

    dog = Watch(None, 0.05, quit)  # type: ignore[arg-type]
    monkeypatch.setattr(watch, "ANSWER_S", 2)
    dog._thread.start()
    dog._thread.join(10)
    assert [gone.code for gone in left] == [Exit.STALLED]


def test_a_loop_that_beats_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.01)
    monkeypatch.setattr(watch, "ANSWER_S", 2)
    left: list[Exit] = []
    dog = Watch(None, 0.05, lambda code, why: left.append(code))  # type: ignore[arg-type,return-value]
    dog._thread.start()
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        dog._beats += 1
        time.sleep(0.005)
    dog._over.set()
    dog._thread.join(10)
    assert left == []


class Scene:
    """A shell with one loaded partition, a broker, and a watchdog with a patience of 3 s that looks when it is told."""

    def __init__(self) -> None:
        loaded = asyncio.Event()
        loaded.set()
        self.partition = SimpleNamespace(loaded=loaded, offset=4, written=4, behind=False)
        self.fetched: int | None = 5
        self.begin, self.end = 0, 5
        self.error: Exception | None = None
        self.shell: Any = SimpleNamespace(
            partitions={HERE: self.partition},
            assigned=True,
            settings=SimpleNamespace(kafka="kafka:9092"),
            transport=SimpleNamespace(handed={HERE: 4}),
            app=SimpleNamespace(consumer=SimpleNamespace(fetched=lambda tp: self.fetched)),
        )
        self.watch = Watch(cast(Any, self.shell), 3 * LOOK_S, quit)

    async def beginning_offsets(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        if self.error:
            raise self.error
        return dict.fromkeys(tps, self.begin)

    async def end_offsets(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(tps, self.end)

    async def look(self, times: int) -> None:
        for _ in range(times):
            await self.watch._look(self)


def test_more_input_and_none_of_it_fetched_ends_the_process() -> None:
    async def scenario() -> None:
        scene = Scene()
        await scene.look(20)
        scene.end = 9
        await scene.look(3)
        with pytest.raises(Left, match=r"stands still.*input ends at 9") as left:
            await scene.look(1)
        assert left.value.code is Exit.STALLED

    asyncio.run(scenario())


@pytest.mark.parametrize("what", ["handed out and not applied", "applied and not written", "no position"])
def test_work_that_lies_about_ends_the_process(what: str) -> None:
    async def scenario() -> None:
        scene = Scene()
        match what:
            case "handed out and not applied":
                scene.shell.transport.handed[HERE] = 7
            case "applied and not written":
                scene.partition.behind = True
            case _:
                scene.fetched = None
        with pytest.raises(Left):
            await scene.look(4)

    asyncio.run(scenario())


def test_while_the_broker_is_away_nothing_stands_still(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.end = 9
        await scene.look(2)
        scene.error = KafkaConnectionError("refused")
        with caplog.at_level(logging.WARNING):
            await scene.look(50)
            assert not scene.watch.reachable
            assert [record.getMessage() for record in caplog.records] == [
                "no Kafka at kafka:9092: KafkaConnectionError('refused')"
            ], "a line now and then, not one for every look"
            scene.error, scene.fetched = None, 9
            await scene.look(1)
        assert scene.watch.reachable

    asyncio.run(scenario())


def test_input_that_was_deleted_before_it_was_read_ends_the_process() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.begin = 7
        with pytest.raises(Left, match=r"at offset 4.*begins at 7") as left:
            await scene.look(1)
        assert left.value.code is Exit.GAP

    asyncio.run(scenario())


def test_a_group_that_shares_nothing_out_ends_the_process() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.shell.assigned = False
        await scene.look(int(3 + REBALANCE_S / LOOK_S))
        with pytest.raises(Left, match="no partitions") as left:
            await scene.look(1)
        assert left.value.code is Exit.STALLED

    asyncio.run(scenario())
