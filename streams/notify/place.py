"""A topic as one target reads it: from its beginning, with the place up to which the target was told.

The place is what the target's consumer group has committed. What stands before it is read to know what the target was
told, and what comes after it is to be told. A commit also says, in its metadata, from where the target was told at all:
one that began at the end of the topic was never told of what stood before; and up to when, where records have a time
before which they are not to be told.

The group has no members: its partitions are assigned by hand, to the one process that there is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, Generic, NamedTuple, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import ConsumerRecord

from streams.clients import stop_consumer
from streams.settings import Settings
from streams.topics import partitions_of
from streams.topics.reading import FETCH

log = logging.getLogger(__name__)

T = TypeVar("T")
Reading = Callable[[bytes | None, bytes | None, int], T | None]

ALERTS: Final = "alerts"
DIGESTS: Final = "alerts.digest"
RECORDS: Final = 500
COMMIT_S: Final = 5.0
"""Seconds between two commits of records of which there was nothing to tell."""
KEEP_S: Final = 3600.0
"""Seconds after which a place is committed again though it is the same, as the broker forgets one that is never
committed, and a quiet partition with it (`offsets.retention.minutes`, a week)."""
STOP_S: Final = 2.0


class Past(StrEnum):
    """What a record is to the target."""

    BEFORE = "before"
    """It came before the target was first told of anything."""
    TOLD = "told"
    NEW = "new"


class Spot(NamedTuple):
    """The place after a record."""

    partition: TopicPartition
    offset: int


class Item(NamedTuple, Generic[T]):
    """A record with its place; `seen` is None where it is none of those that the topic is for."""

    seen: T | None
    past: Past
    after: Spot


class Place(Generic[T]):
    """One target's view of the topic, over any number of connections: `open`, `read` and `commit`, `close`.

    `reading` makes a value of a record's key, value and time (us), None of one that is foreign. All raise aiokafka's
    KafkaError; after one, `close` and `open` begin anew from what was marked.
    """

    def __init__(
        self, settings: Settings, topic: str, group: str, reading: Reading[T], *, from_beginning: bool
    ) -> None:
        self._settings, self._topic, self.group = settings, topic, group
        self._reading, self._from_beginning = reading, from_beginning
        self._told: dict[TopicPartition, int] = {}
        self._since: dict[TopicPartition, int] = {}
        self._until: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, tuple[int, int]] = {}
        self._committed_at = float("-inf")
        self.new = False
        """Whether the group had committed nothing when it was opened."""
        self._consumer: AIOKafkaConsumer | None = None
        self._behind: dict[TopicPartition, int] = {}

    async def open(self) -> None:
        """Connects, finds the place, and goes to the beginning of the topic. Raises `MissingTopic` too."""
        partitions = await partitions_of(self._settings, self._topic)
        consumer = AIOKafkaConsumer(
            **self._settings.client_options(),
            group_id=self.group,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=FETCH,
            fetch_max_bytes=FETCH,
        )
        self._consumer = consumer
        await consumer.start()
        consumer.assign(partitions)
        begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, begins[partition])
        self._find(await self._asked(partitions), begins, ends)
        await self.commit()
        self._behind = {partition: self._told[partition] for partition in partitions}

    async def close(self) -> None:
        """Ends the connection. Never raises, and never takes longer than `STOP_S`."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await asyncio.wait({asyncio.gather(stop_consumer(consumer), return_exceptions=True)}, timeout=STOP_S)

    async def read(self, timeout_s: float) -> list[Item[T]]:
        """What comes next, in the order of each partition; empty when nothing came within the time."""
        found = await self._connected.getmany(timeout_ms=int(timeout_s * 1000), max_records=RECORDS)
        return [self._item(partition, record) for partition, records in found.items() for record in records]

    async def has_history(self) -> bool:
        """Whether everything before the place was read."""
        for partition, told in list(self._behind.items()):
            if await self._connected.position(partition) >= told:
                del self._behind[partition]
        return not self._behind

    async def reached(self) -> dict[TopicPartition, int]:
        """Up to where all was read, of the partitions whose history was."""
        return {
            partition: await self._connected.position(partition)
            for partition in self._told
            if partition not in self._behind
        }

    def mark(self, spots: Iterable[tuple[TopicPartition, int]], until: int = 0) -> None:
        """The target was told of everything before these offsets, but for what is to be told later than `until`, us."""
        for partition, offset in spots:
            self._told[partition] = max(offset, self._told[partition])
            self._until[partition] = max(until, self._until[partition])

    def until(self, partition: TopicPartition) -> int:
        """What is to be told later than at this instant, us, was not told yet, wherever it stands."""
        return self._until[partition]

    async def commit(self) -> None:
        """Commits what is marked, also where it is the same as before when that is long ago."""
        now = asyncio.get_running_loop().time()
        stale = now >= self._committed_at + KEEP_S
        marks = {tp: (offset, self._until[tp]) for tp, offset in self._told.items()}
        changed = {tp: mark for tp, mark in marks.items() if stale or self._committed.get(tp) != mark}
        if changed:
            await self._connected.commit(
                {tp: (offset, f"since={self._since[tp]} until={until}") for tp, (offset, until) in changed.items()}
            )
            self._committed |= changed
        if stale:
            self._committed_at = now

    @property
    def _connected(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("the place is not open")
        return self._consumer

    def _item(self, partition: TopicPartition, record: ConsumerRecord) -> Item[T]:
        past = Past.NEW
        if record.offset < self._told[partition]:
            past = Past.BEFORE if record.offset < self._since[partition] else Past.TOLD
        seen = self._reading(record.key, record.value, record.timestamp * 1000)
        return Item(seen, past, Spot(partition, record.offset + 1))

    async def _asked(self, partitions: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int, int]]:
        """(place, since, until) of the partitions for which the group has committed one."""
        admin = AIOKafkaAdminClient(**self._settings.client_options())
        try:
            await admin.start()
            while True:
                try:
                    found = await admin.list_consumer_group_offsets(self.group, partitions=partitions)
                    break
                except GroupCoordinatorNotAvailableError:  # of the first group that a broker ever has
                    await asyncio.sleep(0.2)
        finally:
            await admin.close()
        return {tp: (meta.offset, *_read(meta.metadata)) for tp, meta in found.items() if meta.offset >= 0}

    def _find(
        self,
        committed: dict[TopicPartition, tuple[int, int, int]],
        begins: dict[TopicPartition, int],
        ends: dict[TopicPartition, int],
    ) -> None:
        """Where each partition goes on: where it was, or for a new target at the end (or the beginning, as told)."""
        first = not committed and not self._told
        self.new = first
        for partition, end in ends.items():
            if partition in self._told:  # the group may not have heard of the last delivery
                told, since, until = self._told[partition], self._since[partition], self._until[partition]
            elif partition in committed:
                told, since, until = committed[partition]
            else:  # one that was added later holds nothing that the target was told of
                told = since = end if first and not self._from_beginning else begins[partition]
                until = 0
            if told > end:
                log.warning("%s: partition %d was made anew; going on at its end", self.group, partition.partition)
                told = since = end
            self._told[partition], self._since[partition], self._until[partition] = told, since, until


def _read(metadata: str | None) -> tuple[int, int]:
    """since and until; 0 for what is not there, as where somebody else has set the offset."""
    words = dict(word.partition("=")[::2] for word in (metadata or "").split())
    since, until = (words.get(name, "") for name in ("since", "until"))
    return int(since) if since.isdecimal() else 0, int(until) if until.isdecimal() else 0
