"""The topics into the read model: from their beginning, then live, over as many connections as it takes."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from streams import generations
from streams.dashboard import alerts, letters
from streams.dashboard.hub import Hub
from streams.dashboard.model import Change, ReadModel
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, MissingTopic, Topics
from streams.topics.reading import layout, reader

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Records after which requests have their turn."""
WAIT_MS: Final = 200
AGAIN_S: Final = 5.0
"""Seconds before a connection to a broker that failed is tried again."""
RATE_S: Final = 10.0
TAILS: Final = {DEAD_LETTERS: letters.KEPT, "alerts.log": alerts.HISTORY}
"""Topics of which only so many of the newest records are read."""


class Feed:
    """Reads until it is cancelled. What it has read it never reads again, whatever becomes of the connection."""

    def __init__(self, settings: Settings, model: ReadModel, hub: Hub, ready: Callable[[], object]) -> None:
        self._settings, self._model, self._hub, self._told_ready = settings, model, hub, ready
        self._topics = Topics(settings)
        self._places: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._rates: deque[tuple[float, int]] = deque()
        self.ready = False
        """Whether everything was read that was there when it began."""
        self.connected = False

    async def run(self) -> None:
        """Until cancelled. Raises `MissingTopic`, and KafkaError where there is no broker at the start."""
        named = await self._named()
        self._topics = Topics(named)
        partitions = await self._partitions(named)
        while True:
            try:
                async with reader(named) as consumer:
                    await self._read(consumer, partitions)
            except KafkaError as error:
                if not self._places:
                    raise
                self.connected = False
                log.warning("Kafka: %s; trying again", error)
                await asyncio.sleep(AGAIN_S)

    async def _named(self) -> Settings:
        """The topics of the generation that serves; the embedded broker has but one."""
        if self._settings.embedded:
            return self._settings
        return generations.current(self._settings, await generations.read(self._settings))

    async def _partitions(self, named: Settings) -> list[TopicPartition]:
        known = await layout(named)
        found = []
        for plain in self._model.topics:
            full = self._topics.full(plain)
            if full not in known:
                raise MissingTopic(f"The topic {full} does not exist; `crmpulse topics` creates it.")
            found += known[full]
        return found

    async def _read(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        consumer.assign(partitions)
        begins, self._ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        for partition in partitions:
            begin = self._begin(partition, begins[partition])
            consumer.seek(partition, begin)
            self._places[partition] = begin
        self.connected = True
        coming = set() if self.ready else set(partitions)
        while True:
            found = await consumer.getmany(timeout_ms=WAIT_MS, max_records=BATCH)
            for partition, records in found.items():
                self._take(self._topics.plain(partition.topic), records)
            for partition in found:
                self._places[partition] = await consumer.position(partition)
                self._ends[partition] = max(self._ends[partition], consumer.highwater(partition) or 0)
            self._measure(sum(map(len, found.values())))
            if coming:
                coming = {tp for tp in coming if await self._position(consumer, tp) < self._ends[tp]}
                if not coming:
                    self.ready = True
                    self._told_ready()
            await asyncio.sleep(0)

    def _begin(self, partition: TopicPartition, first: int) -> int:
        known = self._places.get(partition)
        if known is not None:
            return max(known, first)
        plain = self._topics.plain(partition.topic)
        begin = max(first, self._ends[partition] - TAILS[plain]) if plain in TAILS else first
        if plain == DEAD_LETTERS:
            self._model.letters.total += begin - first
        return begin

    async def _position(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> int:
        position = self._places[partition] = await consumer.position(partition)
        return int(position)

    def _take(self, topic: str, records: list[ConsumerRecord]) -> None:
        changes: list[Change] = []
        for record in records:
            change = self._model.apply(topic, record.key, record.value)
            if change is not None and self.ready:
                changes.append(change)
        self._hub.publish(changes)

    def _measure(self, count: int) -> None:
        now = asyncio.get_running_loop().time()
        self._rates.append((now, count))
        while self._rates[0][0] < now - RATE_S:
            self._rates.popleft()

    @property
    def rate(self) -> float:
        """Records a second, lately."""
        if len(self._rates) < 2:
            return 0.0
        return sum(count for _, count in self._rates) / max(self._rates[-1][0] - self._rates[0][0], WAIT_MS / 1000)

    def behind(self) -> Counter[str]:
        """By topic, how many offsets are not read yet."""
        found: Counter[str] = Counter()
        for partition, place in self._places.items():
            found[self._topics.plain(partition.topic)] += max(0, self._ends[partition] - place)
        return found
