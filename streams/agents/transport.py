"""Faust's aiokafka transport, changed in five places. What of Faust is not public is named here and nowhere else, and
tests/unit/agents/test_transport.py holds every name of it.

1. The consumer is made by us: it reads only what was committed, and keeps partitions where they are in a rebalance.
2. What was fetched of a partition travels as one message, a list of records: Faust spends four tasks on each message.
3. A partition whose state is not loaded yet is not read, so that loading one does not hold up the others.
4. A full buffer holds the fetcher up where it stands. Faust takes the partition out of the fetch and, when none is
   left, sleeps a second.
5. What was fetched while a rebalance held the flow up is fetched again. It may have been fetched after the rebalance
   sent the partitions back to where they are committed: passed over, it would be lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError
from aiokafka.structs import ConsumerRecord, OffsetAndMetadata
from faust.transport.consumer import RecordMap
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT, ConsumerMessage

from streams.agents.assignor import assignor
from streams.settings import Settings

FETCH = 1024 * 1024
"""Bytes of one partition that are fetched at once, and that one message so holds."""
FETCH_LEAST = 64 * 1024
FETCH_MS = 50
"""The broker gathers so many bytes, for so long at most: each fetch names every partition, in the request and in the
answer, and one for each event on its way cost more than the events."""
MAX_IDLE_S = 600.0
"""How long the member may not ask for records before it gives itself up; loading a large state is such a time."""
REBALANCE_S = 60.0
"""How long the group waits for a member to write its flush and come to a rebalance."""
LOOK_S = 0.05
"""How long records of what is loaded are waited for before it is looked whether more is."""


Loaded = Callable[[set[TP], float], Awaitable[Mapping[TP, int]]]


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that holds the group's member."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        settings = cast(Transport, transport).settings
        return AIOKafkaConsumer(
            **settings.client_options(),
            group_id=settings.progress_group,
            partition_assignment_strategy=[assignor()],
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=settings.session_ms,
            heartbeat_interval_ms=max(100, settings.session_ms // 6),
            rebalance_timeout_ms=int(REBALANCE_S * 1000),
            max_poll_interval_ms=int(MAX_IDLE_S * 1000),
            max_partition_fetch_bytes=FETCH,
            fetch_min_bytes=FETCH_LEAST,
            fetch_max_wait_ms=FETCH_MS,
        )

    async def commit_position(self, partition: TopicPartition, position: OffsetAndMetadata) -> None:
        """Commit as the member of the group; for a broker without transactions."""
        await self.call_thread(self._ensure_consumer().commit, {partition: position})

    def fetched(self, tp: TP) -> int | None:
        """The offset after the last record handed out, None while there is none. Only looks, so any thread may call."""
        subscription = self._consumer and self._consumer._subscription.subscription
        assignment = subscription and subscription.assignment
        state = assignment and assignment.state_value(TopicPartition(*tp))
        return state._position if state else None


class Consumer(driver.Consumer):
    """What was fetched of a partition as one message, and only of partitions that are loaded."""

    _thread: ConsumerThread
    _astray: set[TP]
    """Partitions of which records were passed over: they stand behind what nobody has seen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._astray = set()

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def commit_position(self, partition: TopicPartition, position: OffsetAndMetadata) -> None:
        await self._thread.commit_position(partition, position)

    def fetched(self, tp: TP) -> int | None:
        return self._thread.fetched(tp)

    def on_buffer_full(self, tp: TP) -> None:
        """Nothing: the buffer takes no more, and that is enough."""

    def on_buffer_drop(self, tp: TP) -> None:
        """Nothing, likewise."""

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> RecordMap:
        loaded = await cast(Transport, self.transport).loaded(active_partitions or set(), timeout)
        if back := {tp: loaded[tp] for tp in self._astray & loaded.keys()}:
            try:
                await self.seek_wait(back)
            except IllegalStateError:  # a rebalance takes one of them away: it sends all of them back
                return {}
            self._astray -= back.keys()
        if len(loaded) < len(active_partitions or ()):
            timeout = min(timeout, LOOK_S)
        return await super()._getmany(set(loaded), timeout) if loaded else {}

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        records, _ = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        for partition, chunk in (records or {}).items():
            tp = TP(partition.topic, partition.partition)
            if self.should_stop or not self.flow_active or generation != self.app.consumer_generation_id:
                self._astray.add(tp)
                continue
            transport = cast(Transport, self.transport)
            transport.ends[tp], transport.handed[tp] = self.highwater(tp), chunk[-1].offset
            self.app.monitor.track_tp_end_offset(tp, transport.ends[tp])
            yield tp, self._to_message(tp, chunk)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        chunk: list[ConsumerRecord] = record
        message = super()._to_message(tp, chunk[-1])
        message.key, message.value = None, cast(bytes, chunk)  # the "raw" codec passes it on as it is
        return message


class Transport(driver.Transport):
    """`loaded(partitions, timeout)` answers which of them may be read, and the offset of each that comes next, waiting
    up to `timeout` s while none may.

    `handed` holds the last offset of each partition that went to its agent, `ends` where it ended at that moment.
    """

    Consumer = Consumer

    def __init__(self, app: AppT, settings: Settings, loaded: Loaded) -> None:
        super().__init__(app.conf.broker_consumer, app, loop=asyncio.get_running_loop())
        self.settings, self.loaded = settings, loaded
        self.handed: dict[TP, int] = {}
        self.ends: dict[TP, int] = {}
