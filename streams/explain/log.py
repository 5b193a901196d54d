"""The events of a running installation: crm.* from its beginning to its present end, once, in the order of events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from streams import generations
from streams.core.records import policy_of
from streams.events import Reason, Rejected, decode
from streams.events.instants import MAX_US
from streams.explain.reading import Reading
from streams.intake.lineup import Lineup
from streams.policy import Policy, default_policy
from streams.replay import Line, looks_like_void
from streams.settings import Settings
from streams.topics import POLICY, MissingTopic, Topics, missing, partitions_of
from streams.topics.reading import committed_records, layout, reader

BATCH: Final = 2_000


class _Announced(msgspec.Struct):
    text: str


async def read(
    settings: Settings, policy: Policy | None, as_of: int, traced: str | None, told: Callable[[int], object]
) -> Reading:
    """A reading of all that there is now, judged at `as_of`, us; without a policy under the one that is in force.
    `told` hears of each batch how many events it had. Raises `MissingTopic` and KafkaError."""
    reading = Reading(policy or await policy_in_force(settings) or default_policy(), as_of, traced)
    ends = await present(settings)
    async for lines in voids(settings, reading.policy, ends):
        for _ in reading.foresee(lines):
            pass
    async for lines in events(settings, reading.policy, ends):
        told(sum(1 for _ in reading.feed(lines)))
    reading.finish()
    return reading


async def policy_in_force(settings: Settings) -> Policy | None:
    """What the generation that serves judges by; None where no worker has ever announced one. Raises KafkaError."""
    named = generations.current(settings, await generations.read(settings))
    newest: bytes | None = None
    try:
        partitions = await partitions_of(named, POLICY)
    except MissingTopic:
        return None
    async with reader(named) as consumer:
        for tp in partitions:
            async for record in committed_records(consumer, tp):
                newest = record.value or newest
    return None if newest is None else policy_of(msgspec.json.decode(newest, type=_Announced).text)


Ends = Mapping[TopicPartition, int]
"""Up to where partitions are read."""


async def present(settings: Settings) -> Ends:
    """Where the crm.* topics end now, every one of them. Raises `MissingTopic` and KafkaError."""
    topics = Topics(settings)
    known = await layout(settings)
    for name in topics.sources:
        if name not in known:  # without one of them, figures would be wrong
            raise missing(settings, name)
    partitions = [tp for name in topics.sources for tp in known[name]]
    async with reader(settings) as consumer:
        ends: Ends = await consumer.end_offsets(partitions)
        return ends


async def voids(settings: Settings, policy: Policy, ends: Ends) -> AsyncIterator[list[Line]]:
    """Those lines of `events` among which the voids are, in no order. Raises KafkaError."""
    topics = Topics(settings)
    async with reader(settings) as consumer:
        for tp, end in ends.items():
            async for record in committed_records(consumer, tp):
                if record.offset < end and looks_like_void(record.value or b"") and not _ahead(record, policy):
                    yield [_line(topics, tp, record)]


async def events(settings: Settings, policy: Policy, ends: Ends) -> AsyncIterator[list[Line]]:
    """The events by the time at which they happened, as far as each partition's order allows, a batch at a time. What
    intake refused, as it lay too far ahead of its arrival, is left out. Raises KafkaError."""
    topics = Topics(settings)
    async with reader(settings) as consumer:
        async for records in lined_up(consumer, ends):
            yield [_line(topics, tp, record) for tp, some in records for record in some if not _ahead(record, policy)]


def _line(topics: Topics, tp: TopicPartition, record: ConsumerRecord) -> Line:
    return Line(record.value or b"", topics.plain(tp.topic), record.offset)


async def lined_up(
    consumer: AIOKafkaConsumer, ends: Ends
) -> AsyncIterator[list[tuple[TopicPartition, list[ConsumerRecord]]]]:
    """The committed records of partitions up to these ends, the earliest event first."""
    consumer.assign(list(ends))
    lineup: Lineup[TopicPartition, ConsumerRecord] = Lineup()
    coming = set(ends)
    while coming or len(lineup):
        coming = {tp for tp in coming if await consumer.position(tp) < ends[tp]}
        if hungry := lineup.hungry(coming):
            found = await consumer.getmany(*hungry, timeout_ms=200, max_records=BATCH)
            for tp, records in found.items():
                lineup.put(tp, [record for record in records if record.offset < ends[tp]])
            coming = {tp for tp in coming if await consumer.position(tp) < ends[tp]}
        if taken := lineup.take(BATCH, coming):
            yield [(tp, list(records)) for tp, records in taken]


def _ahead(record: ConsumerRecord, policy: Policy) -> bool:
    """Whether an event lies further in the future of its arrival than the policy allows."""
    received = record.timestamp * 1000
    if not 0 <= received <= MAX_US:
        return False
    found = decode(record.value, received, policy.max_future)
    return isinstance(found, Rejected) and found.reason is Reason.future
