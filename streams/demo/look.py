"""The eyes of the view: a plain consumer of the output topics and of crm.*, and what the broker says of the rest."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

from streams.clients import stop_consumer
from streams.demo.feed import OURS
from streams.demo.model import OUTPUTS, Model
from streams.intake import Progress, committed, progress
from streams.settings import Settings
from streams.topics import INBOX, ROLLUP, Topics

BATCH: Final = 500
"""Records taken before others on the event loop have their turn."""
FETCH_WAIT_MS: Final = 50
"""The embedded broker lets a fetch that finds nothing wait so long, whatever comes meanwhile."""
MEASURE_S: Final = 0.25
KEPT_RATES: Final = 120


class Look:
    """Fills the model from the very beginning of every topic, and measures.

    `events`: produced to crm.* so far, by whomever; `rates`: events a second, the oldest first; `waiting`: events
    that intake has not passed on yet; `told` and `judged`: the instants (us) that all of the first stage and the last
    one have heard of, None before the first.
    """

    def __init__(self, settings: Settings, model: Model) -> None:
        self._settings, self._model, self._topics = settings, model, Topics(settings)
        self.events = self.waiting = 0
        self.rates: deque[float] = deque(maxlen=KEPT_RATES)
        self.told: int | None = None
        self.judged: int | None = None

    async def run(self) -> None:
        """Until cancelled. Raises KafkaError when the broker fails us."""
        consumer = AIOKafkaConsumer(
            **self._settings.client_options(),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        admin = AIOKafkaAdminClient(**self._settings.client_options())
        try:
            await consumer.start()
            await admin.start()
            sources = self._partitions(*map(self._topics.plain, self._topics.sources))
            consumer.assign([*sources, *self._partitions(*OUTPUTS)])
            both = [
                asyncio.create_task(self._read(consumer)),
                asyncio.create_task(self._measure(consumer, admin, sources)),
            ]
            try:
                await asyncio.gather(*both)
            finally:
                for task in both:
                    task.cancel()
                await asyncio.gather(*both, return_exceptions=True)
        finally:
            await stop_consumer(consumer)
            await admin.close()

    def _partitions(self, *plain: str) -> list[TopicPartition]:
        return [
            TopicPartition(self._topics.full(name), number)
            for name in plain
            for number in range(self._topics.partitions(name))
        ]

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            for tp, records in (await consumer.getmany(timeout_ms=1000, max_records=BATCH)).items():
                plain = self._topics.plain(tp.topic)
                for record in records:
                    self._take(plain, record)
            await asyncio.sleep(0)

    def _take(self, topic: str, record: ConsumerRecord) -> None:
        if topic in OUTPUTS:
            self._model.take(topic, record.key, record.value)
        elif list(record.headers) != OURS:
            self._model.guest((topic, record.partition, record.offset), record.value)

    async def _measure(
        self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient, sources: list[TopicPartition]
    ) -> None:
        clock = asyncio.get_running_loop().time
        then, before = clock(), 0
        while True:
            self.events = sum((await consumer.end_offsets(sources)).values())
            now = clock()
            self.rates.append((self.events - before) / max(now - then, MEASURE_S))
            then, before = now, self.events
            passed_on = await committed(admin, self._settings.intake_group, sources)
            self.waiting = max(0, self.events - sum(done.offset for done in passed_on.values()))
            clocks = await progress(admin, self._settings)
            self.told = _common(clocks[INBOX], self._topics.used(INBOX))
            self.judged = _common(clocks[ROLLUP], self._topics.used(ROLLUP))
            await asyncio.sleep(MEASURE_S)


def _common(clocks: Mapping[int, Progress], partitions: int) -> int | None:
    """The instant that all partitions have heard of; None while one has not heard of any."""
    heard = [progress.clock for progress in clocks.values() if progress.clock]
    return min(heard) if len(heard) == partitions else None
