"""A partition's way to the broker and back: loading its state, and writing a flush, all of it or none of it.

Two ways of the same shape. `TransactionalLog` holds a transactional producer, whose id is that of the partition:
starting it shuts out whoever owned the partition before, for good. `EmbeddedLog` is for the broker inside the process,
which knows no transactions and forgets everything with the process: there the checkpoint is written last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError
from aiokafka.structs import OffsetAndMetadata

from streams.agents import checkpoint
from streams.agents.checkpoint import Checkpoint, Known
from streams.agents.records import Place, Record
from streams.agents.topic_id import topic_ids
from streams.settings import Settings
from streams.store import Mark, Store

BATCH = 900 * 1024
"""Bytes of one produced batch; a single record may be larger and then travels alone."""
FETCH = 8 * 1024 * 1024
"""Bytes asked for at once while loading."""

Outputs = Mapping[Place, Sequence[Record]]
Commit = Callable[[TopicPartition, OffsetAndMetadata], Awaitable[None]]


class Loaded(NamedTuple):
    """What was found besides the state's records: its checkpoint, and what the input goes from and to."""

    at: Checkpoint | None
    begin: int
    end: int


class Log(Protocol):
    """What a partition needs of the broker. Every method raises whatever went wrong; there is no second try."""

    async def load(self, store: Store, topic_id: str) -> Loaded:
        """Become the only one who writes for this partition, then bring a store up to the state's committed end.

        `topic_id` is that of the state's topic.
        """

    async def write(self, outputs: Outputs, states: Sequence[Record], at: Checkpoint, timestamp: int | None) -> Mark:
        """Everything of one flush. `timestamp`, ms, is that of the oldest input record behind the outputs."""

    async def close(self) -> None:
        """Give up the partition. What was not written stays unwritten."""


class TransactionalLog:
    """One transaction a flush: states, outputs, the checkpoint, and the group's offset with the clock as metadata."""

    def __init__(self, settings: Settings, stage: str, source: TopicPartition, state: TopicPartition) -> None:
        self._settings, self._source, self._state = settings, source, state
        self._producer = AIOKafkaProducer(
            **settings.client_options(),
            transactional_id=f"{settings.app}-{stage}-{source.partition}",
            transaction_timeout_ms=settings.transaction_ms,
            max_batch_size=BATCH,
        )
        _look_again(self._producer.client)

    async def load(self, store: Store, topic_id: str) -> Loaded:
        await self._producer.start()
        return await load(self._settings, self._source, self._state, store, topic_id)

    async def write(self, outputs: Outputs, states: Sequence[Record], at: Checkpoint, timestamp: int | None) -> Mark:
        producer = self._producer
        await producer.begin_transaction()
        # All partitions at once, then the group, each in a step of its own: while the coordinator adds one to the
        # transaction it refuses to vouch for another, which the client takes for a broker in trouble and waits 100 ms.
        async with asyncio.TaskGroup() as sending:
            for place, records in outputs.items():
                sending.create_task(send(producer, place, records, timestamp))
            kept = sending.create_task(send(producer, self._state, [*states, _record(at)], None))
        # aiokafka adds one group to a transaction, never a second: so Faust's own carries the clock too.
        await producer.send_offsets_to_transaction({self._source: _position(at)}, self._settings.progress_group)
        await producer.commit_transaction()
        return Mark(kept.result(), at.encode())

    async def close(self) -> None:
        await self._producer.stop()


class EmbeddedLog:
    """Without transactions: outputs first, then states with the checkpoint, then the group's offset."""

    def __init__(self, settings: Settings, source: TopicPartition, state: TopicPartition, commit: Commit) -> None:
        self._settings, self._source, self._state, self._commit = settings, source, state, commit
        self._producer = AIOKafkaProducer(**settings.client_options(), acks="all", max_batch_size=BATCH)

    async def load(self, store: Store, topic_id: str) -> Loaded:
        await self._producer.start()
        return await load(self._settings, self._source, self._state, store, topic_id)

    async def write(self, outputs: Outputs, states: Sequence[Record], at: Checkpoint, timestamp: int | None) -> Mark:
        async with asyncio.TaskGroup() as sending:
            for place, records in outputs.items():
                sending.create_task(send(self._producer, place, records, timestamp))
        last = await send(self._producer, self._state, [*states, _record(at)], None)
        await self._commit(self._source, _position(at))
        return Mark(last, at.encode())

    async def close(self) -> None:
        await self._producer.stop()


def _look_again(client: AIOKafkaClient) -> None:
    """A producer whose connection breaks while it looks for a coordinator gives up for good, where a node that is not
    ready makes it look again. So the one is told as the other."""
    lookup = client.coordinator_lookup

    async def patient(kind: int, key: str) -> int:
        try:
            return int(await lookup(kind, key))
        except KafkaConnectionError as error:
            raise NodeNotReadyError(str(error)) from error

    client.coordinator_lookup = patient


def _record(at: Checkpoint) -> Record:
    return Record(checkpoint.KEY, at.encode())


def _position(at: Checkpoint) -> OffsetAndMetadata:
    return OffsetAndMetadata(at.offset + 1, str(at.clock))


async def send(producer: AIOKafkaProducer, place: Place, records: Iterable[Record], timestamp: int | None) -> int:
    """Write the records to one partition, in order, in batches of up to `BATCH` bytes, until the broker has them.

    Answers the offset of the last.
    """
    topic, partition = place
    sent = []
    batch = producer.create_batch()
    for key, value in records:
        if batch.append(key=key, value=value, timestamp=timestamp) is None:
            sent.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=timestamp)
    sent.append(await producer.send_batch(batch, topic, partition=partition))
    # Each future, or a refused batch would go unnoticed and the transaction be committed without it.
    *_, last = await asyncio.gather(*sent)
    return int(last.offset + batch.record_count()) - 1


async def load(
    settings: Settings, source: TopicPartition, state: TopicPartition, store: Store, topic_id: str
) -> Loaded:
    """Read a partition of a state topic up to its committed end, with a consumer of our own outside every group."""
    options = settings.client_options()
    mark = await store.open(topic_id)
    reader = AIOKafkaConsumer(
        **options,
        isolation_level="read_committed",
        enable_auto_commit=False,
        # Not seek_to_beginning: the reset to the end, the default, may then still be under way, and win.
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH,
        fetch_max_bytes=FETCH,
    )
    await reader.start()
    try:
        reader.assign([state])
        end = (await reader.end_offsets([state]))[state]
        begin = await reader.position(state)
        if mark is not None:
            if await _stands(reader, state, mark, end):
                begin = mark.offset + 1
            else:
                await store.wipe("its checkpoint is no longer in the topic, which was compacted or lost records")
                mark = None
            reader.seek(state, begin)
        while await reader.position(state) < end:  # goes past control records and aborted batches too
            for records in (await reader.getmany(state, timeout_ms=200)).values():
                found = [Mark(record.offset, record.value) for record in records if record.key == checkpoint.KEY]
                mark = found[-1] if found else mark
                await store.put([(r.key, r.value) for r in records if r.key != checkpoint.KEY], mark)
        first = (await reader.beginning_offsets([source]))[source]
        following = (await reader.end_offsets([source]))[source]
    finally:
        await reader.stop()
    return Loaded(None if mark is None else checkpoint.decode(mark.checkpoint), first, following)


async def _stands(reader: AIOKafkaConsumer, state: TopicPartition, mark: Mark, end: int) -> bool:
    """Whether the checkpoint of a mark still stands where it was written.

    While it does, no compaction has passed it, and so none has removed a tombstone that came after it.
    """
    if not await reader.position(state) <= mark.offset < end:
        return False
    reader.seek(state, mark.offset)
    while await reader.position(state) < end:
        for records in (await reader.getmany(state, timeout_ms=200, max_records=1)).values():
            for record in records:
                return (record.offset, record.key, record.value) == (mark.offset, checkpoint.KEY, mark.checkpoint)
    return False


async def survey(settings: Settings, sources: Mapping[TopicPartition, str]) -> dict[TopicPartition, Known]:
    """What is known of each input partition before it is loaded; its state's topic is given. Raises `KafkaError`."""
    options = settings.client_options()
    ids = await topic_ids(options, sorted({source.topic for source in sources} | set(sources.values())))
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    try:
        # Named one by one: the embedded broker knows no other way to ask.
        found = await admin.list_consumer_group_offsets(settings.progress_group, partitions=list(sources))
    finally:
        await admin.close()
    committed = {source: at.offset for source, at in found.items() if at.offset >= 0}
    return {source: Known(ids[source.topic], committed.get(source), ids[state]) for source, state in sources.items()}
