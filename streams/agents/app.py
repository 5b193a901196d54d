"""The Faust app: membership of the group, assignment, an agent for each stage; and the partitions that are ours."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import faust
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata
from faust.app import BootStrategy
from faust.sensors.prometheus import FaustMetrics, PrometheusMonitor
from faust.types import TP

from streams.agents.checkpoint import Known
from streams.agents.leave import Exit, leave
from streams.agents.log import EmbeddedLog, Log, TransactionalLog, survey
from streams.agents.partition import Job, Limits, Partition
from streams.agents.persistence import persistently
from streams.agents.transport import FETCH, MAX_IDLE_S, REBALANCE_S, Consumer, Transport
from streams.core.customers.packed import PackedShelf
from streams.metrics import Metrics
from streams.points import Point, reach
from streams.settings import ROCKSDB, Settings
from streams.store import Identity, MemoryStore, RocksStore, Store
from streams.topics import Topics

BUFFER = 16
"""Messages (of up to `FETCH` bytes each) of one stage that wait for its agent."""
FOREVER_S = 86_400.0
"""For Faust's own timeouts. When one of them fires, Faust gives up without a word; our watchdog gives up with one."""


class Boot(BootStrategy):
    """Without Faust's producer: everything is written by the partitions' own."""

    enable_kafka_producer = False


class App(faust.App):
    """A Faust app that consumes and never commits, produces or serves."""

    BootStrategy = Boot


class Shell:
    """Every partition that this worker owns, loaded and dropped as Faust says, and fed by its agents.

    Build it inside a running loop. `directory` is for what Faust wants to put on a disk, which is nothing of ours;
    `now` is the wall clock in microseconds since the epoch.
    """

    def __init__(
        self,
        settings: Settings,
        jobs: Sequence[Job],
        metrics: Metrics,
        directory: Path,
        now: Callable[[], int],
    ) -> None:
        self.settings, self.metrics = settings, metrics
        self.topics = Topics(settings)
        self.partitions: dict[TP, Partition] = {}
        self.assigned = False
        """Whether the group's last rebalance has told us what is ours."""
        self._now = now
        self._jobs = {self.topics.full(job.source): job for job in jobs}
        self._generation = 0
        self._loading: dict[TP, asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self.app = self._app(directory)
        for topic, job in self._jobs.items():
            self._agent(topic, job)

    def _app(self, directory: Path) -> App:
        settings = self.settings
        app = App(
            settings.progress_group,
            broker=[f"kafka://{server}" for server in settings.kafka.split(",")],
            datadir=str(directory),
            web_enabled=False,
            monitor=PrometheusMonitor(FaustMetrics.create(self.metrics.registry, "faust")),
            stream_buffer_maxsize=BUFFER,
            stream_wait_empty=False,  # or a revocation waits for acks that never come
            stream_recovery_delay=0.0,
            topic_allow_declare=False,
            topic_disable_leader=True,
            broker_session_timeout=settings.session_ms / 1000,
            broker_rebalance_timeout=REBALANCE_S,
            broker_max_poll_interval=MAX_IDLE_S,
            broker_request_timeout=FOREVER_S,
            stream_processing_timeout=FOREVER_S,
            broker_commit_livelock_soft_timeout=FOREVER_S,
            consumer_max_fetch_size=FETCH,
        )
        self.transport = Transport(app, settings, self._readable)
        app.transport = self.transport
        app.on_partitions_revoked.connect(self._on_revoked)
        app.on_partitions_assigned.connect(cast(Any, self._on_assigned))
        app.on_before_shutdown.connect(self._on_shutdown)
        return app

    def _agent(self, topic: str, job: Job) -> None:
        # acks=False: Faust then neither commits nor remembers gaps, of which each transaction marker makes one.
        channel = self.app.topic(
            topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", acks=False
        )

        async def drive(stream: faust.Stream[Any]) -> None:
            try:
                async for event in stream.noack().events():
                    message = event.message
                    if partition := self.partitions.get(TP(message.topic, message.partition)):
                        await partition.feed(cast(Any, event.value))
            except Exception as error:
                leave(Exit.BUG, f"the {job.name} agent failed: {error!r}")

        self.app.agent(channel, name=job.name)(cast(Any, drive))

    async def _readable(self, wanted: set[TP], timeout: float) -> dict[TP, int]:
        """The next offset of those of `wanted` that may be read, as their state is loaded. While there is none, waits
        up to `timeout` s."""
        self._news.clear()
        ready = {tp: mine.offset + 1 for tp in wanted if (mine := self.partitions.get(tp)) and mine.loaded.is_set()}
        if not ready:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._news.wait()
        return ready

    async def _on_revoked(self, app: App, /, *_: Any, **__: Any) -> None:
        self.assigned = False
        reach(Point.REBALANCE_BEGUN)
        await self.suspend()
        reach(Point.REBALANCE_FLUSHED)

    async def _on_assigned(self, app: App, assigned: set[TP], /, *_: Any, **__: Any) -> None:
        reach(Point.REBALANCE_ASSIGNED)
        # Between a generation and the very next one nobody else can have had what is ours in both.
        unbroken = app.consumer_generation_id == self._generation + 1
        self._generation = app.consumer_generation_id
        kept = {tp for tp in assigned if unbroken and tp in self.partitions}
        await self._drop(set(self.partitions) - kept)
        reach(Point.REBALANCE_DROPPED)
        for tp in kept:
            self.partitions[tp].resume()
        if new := sorted(assigned - kept):
            inputs = {TopicPartition(*tp): self._state_of(tp) for tp in new}
            surveying = asyncio.ensure_future(persistently("loading", lambda: survey(self.settings, inputs)))
            for tp in new:
                self.partitions[tp] = self._open(tp)
                self._loading[tp] = asyncio.create_task(self._load(tp, surveying), name=f"load {self.partitions[tp]}")
        reach(Point.REBALANCE_OPENED)
        self.assigned = True
        self._news.set()

    async def _on_shutdown(self, app: App, /, *_: Any, **__: Any) -> None:
        # Faust has stopped the flow and is still a member: what was applied can be written.
        reach(Point.STOP_BEGUN)
        await self.suspend()
        reach(Point.STOP_FLUSHED)

    def _state_of(self, tp: TP) -> str:
        """The full name of the topic that holds the state of an input partition."""
        return self.topics.full(self._jobs[tp.topic].state)

    def _open(self, tp: TP) -> Partition:
        settings, job = self.settings, self._jobs[tp.topic]
        limits = Limits(settings.flush_ms / 1000, settings.flush_pending, settings.transaction_ms / 1000)
        source, state = TopicPartition(*tp), TopicPartition(self._state_of(tp), tp.partition)
        store: Store = MemoryStore(PackedShelf() if job.shelved else None)
        if settings.store_dir is not None and settings.store == ROCKSDB:
            store = RocksStore(settings.store_dir, Identity(settings.name, job.name, state.topic, tp.partition))
        log: Log
        if settings.embedded:
            log = EmbeddedLog(settings, source, state, self._commit)
        else:
            log = TransactionalLog(settings, job.name, source, state)
        return Partition(
            job,
            tp.partition,
            log,
            store,
            self.topics,
            self.metrics,
            limits,
            self._now,
            gapless=settings.embedded,  # whose broker knows no transactions
            waiting=partial(self._waiting, tp),
        )

    def _waiting(self, tp: TP) -> int:
        """About how many records of a partition's input stand behind what it was given."""
        mine = self.partitions.get(tp)
        return 0 if mine is None else max(0, self.transport.ends.get(tp, 0) - mine.offset - 1)

    async def _load(self, tp: TP, surveying: asyncio.Future[dict[TopicPartition, Known]]) -> None:
        partition = self.partitions[tp]
        try:
            known = await asyncio.shield(surveying)
        except Exception as error:
            leave(Exit.LOAD, f"{partition} could not be loaded: {error!r}")
        try:
            await partition.load(known[TopicPartition(*tp)])
        except Exception as error:
            leave(Exit.BUG, f"{partition} could not be loaded: {error!r}")
        self._news.set()

    async def _commit(self, partition: TopicPartition, position: OffsetAndMetadata) -> None:
        await cast(Consumer, self.app.consumer).commit_position(partition, position)

    async def suspend(self) -> None:
        """Write what is unwritten in every partition, then write no more until it is known to be ours."""
        await _all(partition.suspend() for partition in self.partitions.values())

    async def _drop(self, gone: Iterable[TP]) -> None:
        await _all([self._close(tp) for tp in gone])

    async def _close(self, tp: TP) -> None:
        if task := self._loading.pop(tp, None):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self.partitions.pop(tp).close()

    def unready(self) -> list[str]:
        """Why this worker does not do all of its work yet, one line each; nothing when it does."""
        if not self.assigned:
            return ["waiting for the group to share out the partitions"]
        return [f"{mine} is being loaded" for mine in self.partitions.values() if not mine.loaded.is_set()]

    async def run(self) -> BaseException | None:
        """Join the group and work, until the app has stopped or crashed; with what it crashed, if it did."""
        await self.app.maybe_start()
        await self.app.wait_until_stopped()
        return self.app.crash_reason

    async def stop(self) -> None:
        """Write what is unwritten, leave the group, let go of the partitions."""
        await self.app.stop()
        reach(Point.STOP_LEFT)
        await self._drop(list(self.partitions))


async def _all(doings: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*doings)
