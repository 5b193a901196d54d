"""The ticker: writes time into the streams, as far as everything before that time has been handled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    AuthenticationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from streams.core.stage import TICK
from streams.intake.cascade import Cascade, Layer, Offsets, Tick
from streams.intake.holdings import Holdings
from streams.intake.offsets import Progress, committed, progress
from streams.points import Point, reach
from streams.settings import Settings
from streams.topics import COMMANDS, FACTS, INBOX, ROLLUP, Topics

log = logging.getLogger(__name__)

TOPIC = {Layer.INBOX: INBOX, Layer.FACTS: FACTS, Layer.ROLLUP: ROLLUP}
LOOKS = 5
"""How often a gate is looked at between two ticks."""
SOON = 8
"""So many times sooner the first look is after a tick was written; each one after that waits twice as long."""
AWAY = 3.0
"""Seconds to wait for a broker that does not answer."""
REFUSED = AuthenticationFailedError, GroupAuthorizationFailedError, TopicAuthorizationFailedError
"""Trying again would not help."""


class Ticker:
    """Ticks while `consumer`, a member of the intake group, owns partition 0 of crm.commands: one at a time.

    Not before `ready` says that the policy to judge by has been announced.

    For a moment there may be two, after a pause of the former: ticks may be repeated and older ones come late, which
    the stages take for what they are, as their clocks never go back.
    """

    def __init__(
        self, settings: Settings, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, admin: AIOKafkaAdminClient,
        ready: Callable[[], bool], now: Callable[[], int], until: int | None,
    ) -> None:  # fmt: skip
        self._settings, self._topics = settings, Topics(settings)
        self._consumer, self._producer, self._admin = consumer, producer, admin
        self._ready, self._now, self._until = ready, now, until
        self._mine = TopicPartition(self._topics.full(COMMANDS), 0)
        self._cascade: Cascade | None = None
        self._holdings = Holdings(self._topics.plain)
        self._next = 0.0  # when to read the ends again, by the loop's clock

    async def run(self) -> None:
        """Until everything has passed `until`; for ever without it. A broker that is away costs ticks and log lines."""
        before: Progress | None = None
        known = self._until is None
        longest = self._settings.tick_ms / 1000 / LOOKS
        pause = longest
        while True:
            pause = min(2 * pause, longest)
            try:
                if not known:
                    before, known = await self._rollup(), True
                if self._mine in self._consumer.assignment():
                    if self._ready() and await self._step():
                        pause = longest / SOON
                    if self._cascade is not None and self._cascade.finished:
                        return
                elif self._until is not None and await self._passed_elsewhere(before):
                    return
            except REFUSED:
                raise
            except KafkaError as error:
                log.warning("no tick for now: %s", error)
                pause = AWAY
                self._cascade = None  # it may think that a tick was written which was not
            await asyncio.sleep(pause)

    async def _step(self) -> bool:
        """One look; whether a tick was written."""
        cascade = self._cascade = self._cascade or Cascade(self._until)
        clock = asyncio.get_running_loop().time()
        if clock >= self._next and (at := cascade.sample(self._now())) is not None:
            ends = await self._ends()
            cascade.sampled(at, ends)
            self._holdings.sampled(at, ends)
            reach(Point.TICK_SAMPLED)
            self._next = clock + self._settings.tick_ms / 1000
        ticked = False
        for tick in cascade.due(await self._committed(cascade.waiting())):
            cascade.written(tick, await self._write(tick))
            ticked = True
        return ticked

    async def _ends(self) -> Offsets:
        partitions: list[TopicPartition] = []
        for topic in self._topics.sources:
            numbers = self._consumer.partitions_for_topic(topic)
            if not numbers:  # to take it for empty would let time pass over what it holds
                raise UnknownTopicOrPartitionError(topic)
            partitions += (TopicPartition(topic, number) for number in numbers)
        ends: Offsets = await self._consumer.end_offsets(partitions)
        return ends

    async def _committed(self, partitions: set[TopicPartition]) -> Offsets:
        sources = {tp for tp in partitions if tp.topic in self._topics.sources}
        found = await committed(self._admin, self._settings.intake_group, sources)
        if self._until is not None:  # the one instant finds everything taken back; else time does not wait for that
            commands = {tp for tp in sources if tp.topic == self._mine.topic}
            looked_up = await committed(self._admin, self._settings.retractions_group, commands)
            found = {tp: done for tp, done in found.items() if tp not in commands or tp in looked_up}
            found |= {tp: min(found[tp], done) for tp, done in looked_up.items() if tp in found}
        found |= await committed(self._admin, self._settings.progress_group, partitions - sources)
        return {tp: done.offset for tp, done in found.items()}

    async def _write(self, tick: Tick) -> Offsets:
        """Writes the tick into every partition of its layer; the offsets right behind it."""
        topic = self._topics.full(TOPIC[tick.layer])
        value = orjson.dumps({"at": tick.at, "final": tick.final, "ends": self._holdings.told_with(tick)})
        sent = []
        reach(Point.TICK_DUE, tick.layer)
        for partition in range(self._topics.used(TOPIC[tick.layer])):
            sent.append(await self._producer.send(topic, value, key=TICK, partition=partition))
            reach(Point.TICK_SENDING, tick.layer)
        offsets = {record.topic_partition: record.offset + 1 for record in await asyncio.gather(*sent)}
        reach(Point.TICK_WRITTEN, tick.layer)
        return offsets

    async def _rollup(self) -> Progress | None:
        return (await progress(self._admin, self._settings))[ROLLUP].get(0)

    async def _passed_elsewhere(self, before: Progress | None) -> bool:
        """Whether the last stage has passed `until` since we started: an earlier run may have, long ago."""
        done = await self._rollup()
        if done is None or done.clock is None or (before is not None and done.offset <= before.offset):
            return False
        return self._until is not None and done.clock >= self._until
