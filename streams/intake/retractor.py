"""The retractor: looks up in crm.* what `event.voided` names, and sends it to where it was counted, to be taken back.

    void in crm.commands ─► intake ─► every inbox partition: noted; whoever has counted the event waits
                       └─► retractor, once intake is past it: a pass over crm.* ─► retraction into the inbox

A void that comes before its event needs none of this. All voids that wait share one pass. What was done is an offset of
the retractor's own group, committed last: a retraction that comes twice changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from streams.clients import stop_consumer
from streams.core.retraction import RETRACT, Place, write_retraction
from streams.events import Event, EventVoided, decode, encode, subject_of
from streams.events.instants import MAX_US, to_us
from streams.intake.cascade import Mark, Offsets
from streams.intake.lookup import Identity, Lookup
from streams.intake.offsets import committed
from streams.intake.sift import Sifter
from streams.intake.ticker import REFUSED
from streams.settings import Settings
from streams.topics import COMMANDS, INBOX, Topics
from streams.topics.reading import committed_records, reader

log = logging.getLogger(__name__)

LOOK_S: Final = 0.5
"""Between two looks at crm.commands."""
AWAY: Final = 3.0
"""Seconds to wait for a broker that does not answer."""
LARGE: Final = 64 * 1024
"""Bytes of a void that travel as they came; of a larger one what it says."""

Voids = list[tuple[Identity, Place]]


class Retractor:
    """Works while `consumer`, a member of the intake group, owns partition 0 of crm.commands: one at a time.

    For a moment there may be two, after a pause of the former; both then send the same. With `until` (us) what happened
    later has not happened.
    """

    def __init__(
        self, settings: Settings, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, admin: AIOKafkaAdminClient,
        sifter: Sifter, until: int | None,
    ) -> None:  # fmt: skip
        self._settings, self._topics = settings, Topics(settings)
        self._consumer, self._producer, self._admin = consumer, producer, admin
        self._sifter, self._until = sifter, until
        self._mine = TopicPartition(self._topics.full(COMMANDS), 0)
        self._done: dict[TopicPartition, int] | None = None  # the next offset of crm.commands that is not dealt with

    async def run(self) -> None:
        """For ever. A broker that is away costs time and log lines."""
        while True:
            pause = LOOK_S
            try:
                if self._mine in self._consumer.assignment():
                    await self._step()
                else:
                    self._done = None  # another one goes on
            except REFUSED:
                raise
            except KafkaError as error:
                log.warning("no look at what was voided for now: %s", error)
                pause = AWAY
            await asyncio.sleep(pause)

    async def _step(self) -> None:
        commands = self._partitions(self._mine.topic)
        if self._done is None:
            found = await committed(self._admin, self._settings.retractions_group, commands)
            self._done = {tp: found[tp].offset if tp in found else 0 for tp in commands}
        ends: Offsets = await self._consumer.end_offsets(list(commands))
        if all(self._done.get(tp, 0) >= end for tp, end in ends.items()) or not await self._are_through(ends):
            return
        async with reader(self._settings) as consumer:
            voids = await self._voids(consumer, ends)
            if voids:
                await self._retract(await self._look_up(consumer, voids))
        await self._commit(ends)
        self._done |= ends

    def _partitions(self, topic: str) -> list[TopicPartition]:
        return [TopicPartition(topic, number) for number in self._consumer.partitions_for_topic(topic) or ()]

    async def _are_through(self, ends: Offsets) -> bool:
        """Whether every void up to there stands in the inbox: from then on its event is refused where it comes."""
        found = await committed(self._admin, self._settings.intake_group, list(ends))
        return Mark(0, False, ends).passed({tp: progress.offset for tp, progress in found.items()})

    async def _voids(self, consumer: AIOKafkaConsumer, ends: Offsets) -> Voids:
        """What is new, as intake took it."""
        found: Voids = []
        for tp, end in ends.items():
            async for record in committed_records(consumer, tp, self._done_of(tp)):
                if record.offset >= end:
                    break
                event = decode(record.value, _received(record), self._sifter.policy.max_future)
                if isinstance(event, Event) and isinstance(event.data, EventVoided) and self._has_happened(event):
                    raw = record.value if len(record.value) <= LARGE else encode(event)
                    place = Place(COMMANDS, tp.partition, record.offset, raw)
                    found.append(((subject_of(event).id, event.data.source, event.data.event_id), place))
        return found

    def _done_of(self, tp: TopicPartition) -> int:
        return 0 if self._done is None else self._done.get(tp, 0)

    def _has_happened(self, event: Event) -> bool:
        return self._until is None or to_us(event.time) <= self._until

    async def _look_up(self, consumer: AIOKafkaConsumer, voids: Voids) -> Lookup:
        """A pass over all of crm.*, as far as it goes now."""
        lookup, policy = Lookup(voids, self._until), self._sifter.policy
        for topic in self._topics.sources:
            for tp in self._partitions(topic):
                async for record in committed_records(consumer, tp):
                    lookup.look(record.value or b"", _received(record), policy)
        return lookup

    async def _retract(self, lookup: Lookup) -> None:
        sent = []
        found = lookup.found(self._topics.used(INBOX))
        for partition, retraction in found:
            value = write_retraction(retraction)
            sent.append(await self._producer.send(self._topics.full(INBOX), value, key=RETRACT, partition=partition))
        await asyncio.gather(*sent)
        log.info("%d voided events looked up; %d voids name none that is there", len(found), lookup.missed())

    async def _commit(self, ends: Mapping[TopicPartition, int]) -> None:
        """Without joining the group: nobody else reads under its name."""
        consumer = AIOKafkaConsumer(
            **self._settings.client_options(), group_id=self._settings.retractions_group, enable_auto_commit=False
        )
        try:
            await consumer.start()
            consumer.assign(list(ends))
            await consumer.commit(dict(ends))
        finally:
            await stop_consumer(consumer)


def _received(record: ConsumerRecord) -> int | None:
    """When a record came in, us; None for a timestamp that is none."""
    return record.timestamp * 1000 if 0 <= record.timestamp * 1000 <= MAX_US else None
