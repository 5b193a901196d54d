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
from streams.generations import stay
from streams.points import Point, reach
from streams.settings import Settings
from streams.store import Mark, Store
from streams.topics.ids import topic_ids
from streams.topics.reading import committed_batches, reader

BATCH = 900 * 1024
"""Bytes of one produced batch; a single record may be larger and then travels alone."""

Outputs = Mapping[Place, Sequence[Record]]
Commit = Callable[[TopicPartition, OffsetAndMetadata], Awaitable[None]]


class Loaded(NamedTuple):
    """What was found besides the state's records: its checkpoint, and what the input goes from and to."""

    at: Checkpoint | None
    begin: int
    end: int


class Log(Protocol):
    """What a partition needs of the broker. Every method raises whatever went wrong."""

    async def load(self, store: Store, topic_id: str) -> Loaded:
        """Become the only one who writes for this partition, then bring a store up to the state's committed end.

        `topic_id` is that of the state's topic. May be called again after it has failed.
        """

    async def write(self, outputs: Outputs, states: Sequence[Record], at: Checkpoint, timestamp: int | None) -> Mark:
        """Everything of one flush; there is no second try. `timestamp`, ms: of the oldest input record behind it."""

    async def close(self) -> None:
        """Give up the partition. What was not written stays unwritten."""


class TransactionalLog:
    """One transaction a flush: states, outputs, the checkpoint, and the group's offset with the clock as metadata."""

    def __init__(self, settings: Settings, stage: str, source: TopicPartition, state: TopicPartition) -> None:
        self._settings, self._stage, self._source, self._state = settings, stage, source, state
        self._producer = self._new_producer()

    def _new_producer(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._settings.client_options(),
            transactional_id=self._settings.transactional_id(self._stage, self._source.partition),
            transaction_timeout_ms=self._settings.transaction_ms,
            max_batch_size=BATCH,
        )
        _look_again(producer.client)
        return producer

    async def load(self, store: Store, topic_id: str) -> Loaded:
        await self._producer.stop()  # one that was started, or failed to, cannot be started again
        self._producer = self._new_producer()
        await self._producer.start()
        reach(Point.LOAD_FENCED, self._stage)
        await stay(self._settings)
        return await load(self._settings, self._source, self._state, store, topic_id)

    async def write(self, outputs: Outputs, states: Sequence[Record], at: Checkpoint, timestamp: int | None) -> Mark:
        producer = self._producer
        await producer.begin_transaction()
        reach(Point.FLUSH_BEGUN, self._stage)
        # All partitions at once, then the group, each in a step of its own: while the coordinator adds one to the
        # transaction it refuses to vouch for another, which the client takes for a broker in trouble and waits 100 ms.
        async with asyncio.TaskGroup() as sending:
            for place, records in outputs.items():
                sending.create_task(self._send(place, records, timestamp, Point.FLUSH_PLACE_SENT))
            kept = sending.create_task(self._send(self._state, [*states, _record(at)], None, Point.FLUSH_STATES_SENT))
        reach(Point.FLUSH_ALL_SENT, self._stage)
        # aiokafka adds one group to a transaction, never a second: so Faust's own carries the clock too.
        await producer.send_offsets_to_transaction({self._source: _position(at)}, self._settings.progress_group)
        reach(Point.FLUSH_OFFSET_SENT, self._stage)
        await producer.commit_transaction()
        reach(Point.FLUSH_COMMITTED, self._stage)
        return Mark(kept.result(), at.encode())

    async def _send(self, place: Place, records: Iterable[Record], timestamp: int | None, sent: Point) -> int:
        last = await send(self._producer, place, records, timestamp)
        reach(sent, self._stage)
        return last

    async def close(self) -> None:
        await self._producer.stop()


class EmbeddedLog:
    """Without transactions: outputs first, then states with the checkpoint, then the group's offset.

    How far that goes: a worker that dies in between, while the broker lives, leaves nothing lost or counted twice, as
    its successor applies the same input to the state before it and writes the same totals again; `alerts.log` may then
    tell a change twice. Not promised: states of one flush above `BATCH` bytes travel in several batches, of which a
    death may leave the first alone; a former owner that was only asleep is not shut out; and the broker's own end is
    the end of everything.
    """

    def __init__(self, settings: Settings, source: TopicPartition, state: TopicPartition, commit: Commit) -> None:
        self._settings, self._source, self._state, self._commit = settings, source, state, commit
        self._producer = self._new_producer()

    def _new_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(**self._settings.client_options(), acks="all", max_batch_size=BATCH)

    async def load(self, store: Store, topic_id: str) -> Loaded:
        await self._producer.stop()
        self._producer = self._new_producer()
        await self._producer.start()
        return await load(self._settings, self._source, self._state, store, topic_id)

    async def write(self, outputs: Outputs, states: Sequence[Record], at: Checkpoint, timestamp: int | None) -> Mark:
        async with asyncio.TaskGroup() as sending:
            for place, records in outputs.items():
                sending.create_task(send(self._producer, place, records, timestamp))
        reach(Point.EMBEDDED_OUTPUTS_SENT)
        last = await send(self._producer, self._state, [*states, _record(at)], None)
        reach(Point.EMBEDDED_STATES_SENT)
        await self._commit(self._source, _position(at))
        reach(Point.EMBEDDED_COMMITTED)
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
    """Read a partition of a state topic up to its committed end: what its store does not hold yet."""
    mark = await store.open(topic_id)
    async with reader(settings) as consumer:
        # First: once there is a partition to fetch, each answer waits until the broker has given up on a record of it.
        first = (await consumer.beginning_offsets([source]))[source]
        following = (await consumer.end_offsets([source]))[source]
        if mark is not None and not await _stands(consumer, state, mark):
            await store.wipe("its checkpoint is no longer in the topic, which was compacted or lost records")
            mark = None
        async for records in committed_batches(consumer, state, None if mark is None else mark.offset + 1):
            found = [Mark(record.offset, record.value) for record in records if record.key == checkpoint.KEY]
            mark = found[-1] if found else mark
            await store.put([(r.key, r.value) for r in records if r.key != checkpoint.KEY], mark)
    return Loaded(None if mark is None else checkpoint.decode(mark.checkpoint), first, following)


async def _stands(consumer: AIOKafkaConsumer, state: TopicPartition, mark: Mark) -> bool:
    """Whether the checkpoint of a mark still stands where it was written.

    While it does, no compaction has passed it, and so none has removed a tombstone that came after it.
    """
    async for first, *_ in committed_batches(consumer, state, mark.offset):
        return (first.offset, first.key, first.value) == (mark.offset, checkpoint.KEY, mark.checkpoint)
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
