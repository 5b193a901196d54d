"""One partition between a stage and a log: what is applied, what is written when, and what ends the process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

import pytest

from streams.agents.checkpoint import Checkpoint, Known
from streams.agents.leave import Exit
from streams.agents.log import Loaded
from streams.agents.partition import Job, Limits, Partition
from streams.core.stage import TICK, Send
from streams.metrics import Metrics
from streams.settings import Settings
from streams.store import MemoryStore, Store
from streams.topics import Topics
from tests.unit.agents.fakes import Adder, Incoming, Left, MemoryLog, quit

SETTINGS = Settings.from_env({"CRMPULSE_PARTITIONS": "4"})
JOB = Job("customers", "streams.inbox", "streams.customers.state", Adder)
SOON, NEVER = 0.01, 60.0
KNOWN = Known("topic-id", None)
NOW = 3_000_000
"""us: two seconds after the records' timestamps."""


class Case:
    """A partition with its fakes; `errors` are what its tasks ended with."""

    def __init__(self, log: MemoryLog | None = None, interval: float = SOON, pending: int = 1_000,
                 patience: float = NEVER, gapless: bool = False, store: Store | None = None,
                 prompt: bool = False) -> None:  # fmt: skip
        self.waiting = 0
        self.log = log or MemoryLog()
        self.metrics = Metrics(lambda: NOW, "0", "p")
        limits = Limits(interval, pending, patience)
        self.partition = Partition(
            JOB._replace(prompt=prompt),
            2,
            self.log,
            store or MemoryStore(),
            Topics(SETTINGS),
            self.metrics,
            limits,
            lambda: NOW,
            gapless,
            lambda: self.waiting,
            quit,
        )

    @property
    def stage(self) -> Adder:
        stage = self.partition._stage
        assert isinstance(stage, Adder)
        return stage

    async def written(self, offset: int) -> None:
        """Until the record at this offset is written."""
        async with asyncio.timeout(60):
            while self.partition.written < offset:
                await asyncio.sleep(0.001)


def play(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 120))


def numbers(first: int, *values: int) -> list[Incoming]:
    return [Incoming(first + n, b"%d" % value) for n, value in enumerate(values)]


def test_what_was_applied_is_written_with_its_checkpoint_though_nothing_more_comes() -> None:
    async def scenario() -> None:
        case = Case()
        await case.partition.load(KNOWN)
        await case.partition.feed(numbers(0, 3, 4))
        await case.written(1)
        outputs, states, at, timestamp = case.log.written[-1]
        assert outputs == {("alerts", 0): [(b"a", b"7")], ("streams.facts", 0): [(b"f", b"7")]}
        assert states == [(b"sum", b"7")]
        assert at == Checkpoint(offset=1, clock=0, topic="topic-id", policy="p1", since=1_000)
        assert timestamp == 1_000

    play(scenario)


def test_outputs_are_dated_by_their_oldest_input_and_never_before_those_told_of_already() -> None:
    async def scenario() -> None:
        log = MemoryLog(Loaded(Checkpoint(-1, 0, "topic-id", "p1", since=900), 0, 100))
        case = Case(log, interval=NEVER)
        await case.partition.load(KNOWN)
        dated = []
        for offset, times in enumerate([(800,), (1_200, 1_100), (1_000,)]):
            for number, time in enumerate(times):
                await case.partition.feed([Incoming(2 * offset + number, b"1", timestamp=time)])
            await case.partition.flush()
            *_, at, timestamp = case.log.written[-1]
            dated.append((timestamp, at.since))
        assert dated == [(900, 900), (1_100, 1_100), (1_100, 1_100)]

    play(scenario)


def test_a_tick_is_written_at_once_where_nothing_comes_after_it_until_then() -> None:
    async def scenario() -> None:
        case = Case(interval=NEVER, prompt=True)
        await case.partition.load(KNOWN)
        await case.partition.feed(numbers(0, 3))
        await asyncio.sleep(10 * SOON)  # that nothing is written has no event to wait for
        assert case.log.written == []
        await case.partition.feed([Incoming(1, b"5", key=TICK)])
        await case.written(1)

    play(scenario)


def test_a_backlog_puts_off_a_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.agents.partition.BEHIND_S", 1.9)

    async def scenario() -> None:
        case = Case()
        await case.partition.load(KNOWN)
        case.waiting = 1
        await case.partition.feed(numbers(0, 3))
        await asyncio.sleep(10 * SOON)  # that nothing is written has no event to wait for
        assert case.log.written == []
        case.waiting = 0
        await case.written(0)

    play(scenario)


def test_what_was_written_a_moment_ago_is_no_backlog_though_more_waits() -> None:
    async def scenario() -> None:
        case = Case()
        await case.partition.load(KNOWN)
        case.waiting = 1
        await case.partition.feed(numbers(0, 3))
        await case.written(0)

    play(scenario)


def test_no_backlog_puts_a_flush_off_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.agents.partition.BEHIND_S", 1.9)
    monkeypatch.setattr("streams.agents.partition.LATEST_S", 5 * SOON)

    async def scenario() -> None:
        case = Case()
        await case.partition.load(KNOWN)
        case.waiting = 1
        await case.partition.feed(numbers(0, 3))
        await case.written(0)

    play(scenario)


def test_a_tick_that_changes_nothing_moves_the_clock_that_is_written() -> None:
    async def scenario() -> None:
        case = Case()
        await case.partition.load(KNOWN)
        await case.partition.feed([Incoming(0, b"77", TICK)])
        await case.written(0)
        assert case.log.written[-1][2].clock == 77

    play(scenario)


def test_records_of_the_checkpoint_are_passed_over() -> None:
    async def scenario() -> None:
        case = Case(MemoryLog(Loaded(Checkpoint(5, 9, "topic-id", "p1"), 0, 100), live={b"sum": b"10"}))
        await case.partition.load(KNOWN._replace(committed=6))
        assert case.stage.restored_all
        await case.partition.feed(numbers(4, 100, 100, 1, 2))
        await case.written(7)
        assert case.stage.offsets == [6, 7]
        assert case.log.written[-1][1] == [(b"sum", b"13")]

    play(scenario)


def test_a_tombstone_is_applied_as_an_empty_record() -> None:
    async def scenario() -> None:
        case = Case()
        await case.partition.load(KNOWN)
        await case.partition.feed([Incoming(0, None)])
        await case.written(0)
        assert (case.stage.offsets, case.stage.sum) == ([0], 0)

    play(scenario)


@pytest.mark.parametrize(
    ("found", "known", "said"),
    [
        (Loaded(Checkpoint(5, 0, "other", "p"), 0, 100), KNOWN, "deleted and created again"),
        (Loaded(Checkpoint(5, 0, "topic-id", "p"), 7, 100), KNOWN, "goes from 7 to 99"),
        (Loaded(Checkpoint(5, 0, "topic-id", "p"), 0, 5), KNOWN, "goes from 0 to 4"),
        (Loaded(None, 0, 100), KNOWN._replace(committed=6), "state was lost"),
        (Loaded(Checkpoint(5, 0, "topic-id", "p", format=99), 0, 100), KNOWN, "format 99"),
    ],
    ids=["another topic", "input deleted", "input truncated", "no state", "newer format"],
)
def test_a_state_that_does_not_fit_its_input_is_refused(found: Loaded, known: Known, said: str) -> None:
    async def scenario() -> None:
        with pytest.raises(Left, match=said) as left:
            await Case(MemoryLog(found)).partition.load(known)
        assert left.value.code is Exit.LOAD

    play(scenario)


def test_a_state_without_topic_id_is_taken() -> None:
    async def scenario() -> None:
        case = Case(MemoryLog(Loaded(Checkpoint(5, 0, "", "p"), 0, 100)))
        await case.partition.load(Known("", 3))
        assert case.partition.offset == 5

    play(scenario)


def test_a_failed_load_ends_the_process() -> None:
    async def scenario() -> None:
        with pytest.raises(Left, match="no broker") as left:
            await Case(MemoryLog(error=OSError("no broker"))).partition.load(KNOWN)
        assert left.value.code is Exit.LOAD

    play(scenario)


def test_a_failed_write_ends_the_process() -> None:
    async def scenario() -> None:
        case = Case(interval=NEVER)
        await case.partition.load(KNOWN)
        await case.partition.feed(numbers(0, 1))
        case.log.error = ExceptionGroup("several", [OSError("fenced"), OSError("too")])
        with pytest.raises(Left, match=r"offset 0.*fenced") as left:
            await case.partition.flush()
        assert left.value.code is Exit.FLUSH
        assert case.partition.written == -1

    play(scenario)


def test_a_write_without_end_ends_the_process() -> None:
    async def scenario() -> None:
        case = Case(interval=NEVER, patience=0.02)
        await case.partition.load(KNOWN)
        await case.partition.feed(numbers(0, 1))
        case.log.open.clear()
        with pytest.raises(Left, match="TimeoutError") as left:
            await case.partition.flush()
        assert left.value.code is Exit.FLUSH

    play(scenario)


def test_a_stage_that_raises_ends_the_process_and_is_not_acknowledged() -> None:
    async def scenario() -> None:
        case = Case()
        await case.partition.load(KNOWN)
        with pytest.raises(Left, match="offset 1") as left:
            await case.partition.feed([Incoming(0, b"1"), Incoming(1, b"bug")])
        assert left.value.code is Exit.BUG
        assert case.partition.offset == 0

    play(scenario)


def test_a_hole_in_a_gapless_input_ends_the_process() -> None:
    async def scenario() -> None:
        case = Case(gapless=True)
        await case.partition.load(KNOWN)
        with pytest.raises(Left, match="applied offset 0 and was given 2") as left:
            await case.partition.feed([Incoming(0, b"1"), Incoming(2, b"1")])
        assert left.value.code is Exit.GAP

    play(scenario)


def test_records_are_applied_while_a_flush_is_written_and_are_not_part_of_it() -> None:
    async def scenario() -> None:
        case = Case()
        await case.partition.load(KNOWN)
        case.log.open.clear()
        await case.partition.feed(numbers(0, 1))
        async with asyncio.timeout(60):
            while not case.log.writing:
                await asyncio.sleep(0.001)
        await case.partition.feed(numbers(1, 10))
        assert case.partition.offset == 1
        case.log.open.set()
        await case.written(1)
        assert [(at.offset, states) for _, states, at, _ in case.log.written] == [
            (0, [(b"sum", b"1")]),
            (1, [(b"sum", b"11")]),
        ]

    play(scenario)


def test_a_slow_broker_slows_the_input_down() -> None:
    async def scenario() -> None:
        case = Case(interval=NEVER, pending=3)
        await case.partition.load(KNOWN)
        case.log.open.clear()
        feeding = asyncio.create_task(case.partition.feed(numbers(0, *[1] * 20)))
        async with asyncio.timeout(60):
            while case.partition.offset < 5:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        assert case.partition.offset == 5, "three are being written, three more wait, and no more are taken"
        case.log.open.set()
        await feeding
        await case.written(17)
        assert [at.offset for _, _, at, _ in case.log.written] == [2, 5, 8, 11, 14, 17]

    play(scenario)


def test_a_suspended_partition_writes_what_it_has_and_then_nothing_until_it_is_resumed() -> None:
    async def scenario() -> None:
        case = Case(interval=NEVER)
        await case.partition.load(KNOWN)
        await case.partition.feed(numbers(0, 1))
        await case.partition.suspend()
        assert case.partition.written == 0
        await case.partition.feed(numbers(1, 1))
        await case.partition.flush()
        assert case.partition.written == 0
        case.partition.resume()
        await case.partition.flush()
        assert case.partition.written == 1

    play(scenario)


def test_a_rebalance_while_loading_does_not_let_it_write() -> None:
    async def scenario() -> None:
        case = Case()
        await case.partition.suspend()
        await case.partition.load(KNOWN)
        await case.partition.feed(numbers(0, 1))
        await asyncio.sleep(0.05)
        assert case.log.written == []
        case.partition.resume()
        await case.written(0)

    play(scenario)


def test_a_closed_partition_lets_go_of_whoever_waits_and_writes_nothing() -> None:
    async def scenario() -> None:
        case = Case(interval=NEVER, pending=2)
        await case.partition.load(KNOWN)
        await case.partition.suspend()
        feeding = asyncio.create_task(case.partition.feed(numbers(0, 1, 1, 1, 1)))
        async with asyncio.timeout(60):
            while case.partition.offset < 1:
                await asyncio.sleep(0.001)
        await case.partition.close()
        await feeding
        assert case.log.closed
        assert case.log.written == []
        assert case.partition.offset == 1

    play(scenario)


def test_the_metrics_move_with_what_is_written() -> None:
    async def scenario() -> None:
        case = Case()
        await case.partition.load(KNOWN)
        await case.partition.feed([*numbers(0, 1, 1), Incoming(2, b"5", TICK, 500)])
        await case.written(2)
        text = case.metrics.text().decode()
        assert 'crmpulse_events_total{outcome="accepted",topic="crm.contacts",type="contact.logged"} 2.0' in text
        assert "crmpulse_flush_duration_seconds_count 1.0" in text
        assert "crmpulse_recovery_duration_seconds_count 1.0" in text
        assert 'crmpulse_state_entries{table="sums"} 1.0' in text
        assert "crmpulse_end_to_end_latency_seconds_sum 2.0" in text, "read at 1 s, written at 3 s, the tick left out"
        await case.partition.feed([Incoming(3, b"1", timestamp=2_500)])
        await case.written(3)
        assert "crmpulse_end_to_end_latency_seconds_sum 2.5" in case.metrics.text().decode()
        assert [timestamp for *_, timestamp in case.log.written] == [500, 2_500], "of the oldest record in each"
        await case.partition.close()
        assert "crmpulse_state_entries{" not in case.metrics.text().decode()

    play(scenario)


def test_scores_of_the_last_30_days_are_told_once_they_are_written() -> None:
    def card(team: str | None, score: float | None) -> dict[str, Any]:
        return {"team": team, "score": score}

    async def scenario() -> None:
        case = Case()
        case.metrics.scores = True
        await case.partition.load(KNOWN)
        told = case.stage.flush()
        sends = [
            Send("scores.employees", b"emp/1/30d", card("north", 50.0)),
            Send("scores.employees", b"emp/1/2026-03", card("north", 99.0)),
            Send("kpis.employees", b"emp/1/30d", card("north", 98.0)),
            Send("scores.employees", b"ann/30d", card(None, 70.0)),
            Send("scores.employees", b"bob/30d", None),
        ]
        with patch.object(case.stage, "flush", lambda: told._replace(sends=sends)):
            await case.partition.feed(numbers(0, 1))
            await case.written(0)
            while "crmpulse_score{" not in case.metrics.text().decode():
                await asyncio.sleep(0)
        lines = [line for line in case.metrics.text().decode().splitlines() if line.startswith("crmpulse_score{")]
        assert sorted(lines) == [
            'crmpulse_score{employee_id="ann",team=""} 70.0',
            'crmpulse_score{employee_id="emp/1",team="north"} 50.0',
        ]
        await case.partition.close()
        assert "crmpulse_score{" not in case.metrics.text().decode()

    play(scenario)
