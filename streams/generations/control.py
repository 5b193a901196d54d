"""The control topic on the broker: reading it, waiting for it to change, and writing it."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Final, Self

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from streams.generations.record import CURRENT, NEXT, Control, Generation, Next, decode
from streams.settings import Settings
from streams.topics import GENERATION, MIB, Topics
from streams.topics.reading import committed_records, reader

log = logging.getLogger(__name__)

WAIT_MS: Final = 1_000


class Superseded(Exception):
    """The generation may not write any more; the message is half a sentence."""


async def read(settings: Settings) -> Control:
    """What the control topic says now; nothing where there is no such topic. Raises aiokafka's KafkaError."""
    tp = _place(settings)
    found: dict[bytes, Generation | Next] = {}
    async with reader(settings) as consumer:
        if tp.topic in await consumer.topics():
            async for record in committed_records(consumer, tp):
                _take(found, record.key, record.value)
    return _control(found)


async def stay(settings: Settings) -> None:
    """Raises `Superseded` where the generation of the settings may not write (any more), KafkaError as above.

    Asked after a producer was started, it holds until that producer is shut out: whoever ends a generation says so
    first and then shuts its producers out.
    """
    control = await read(settings)
    if not control.serves(settings.generation, settings.shadow):
        raise Superseded(f"generation {settings.generation} may not write any more")


async def until_over(settings: Settings, generation: Generation) -> str:
    """Waits until a generation, that of the settings, may not write any more, and answers why, as half a sentence. A
    broker that is away is waited for too."""
    while True:
        try:
            async with reader(settings) as consumer:
                return await _until_over(settings, generation, consumer)
        except KafkaError as error:
            log.warning("the generation is not known for now: %r", error)
            await asyncio.sleep(WAIT_MS / 1000)


async def _until_over(settings: Settings, generation: Generation, consumer: AIOKafkaConsumer) -> str:
    tp = _place(settings)
    found: dict[bytes, Generation | Next] = {}
    async for record in committed_records(consumer, tp):
        _take(found, record.key, record.value)
    while (why := _control(found).over(generation, settings.shadow)) is None:
        for record in (await consumer.getmany(tp, timeout_ms=WAIT_MS)).get(tp, ()):
            _take(found, record.key, record.value)
    return why


async def begin(settings: Settings, first: Generation) -> Generation:
    """Write down the first generation; what is written there now, which another worker may have done a moment later.

    The last one counts for all: `until_over` ends those that began otherwise. Raises aiokafka's KafkaError.
    """
    producer = AIOKafkaProducer(**settings.client_options(), acks="all")
    try:
        await producer.start()
        tp = _place(settings)
        await producer.send_and_wait(tp.topic, msgspec.json.encode(first), CURRENT, partition=tp.partition)
    finally:
        await producer.stop()
    return (await read(settings)).current or first


class Pen:
    """Writes the control topic and the outputs for the one rebuild that there is: starting it shuts out any other.

    Every method raises aiokafka's KafkaError, a ProducerFenced among them once another rebuild has been started.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.producer = AIOKafkaProducer(
            **settings.client_options(),
            transactional_id=f"{settings.app}-rebuild",
            transaction_timeout_ms=settings.transaction_ms,
            max_batch_size=MIB,
        )

    async def __aenter__(self) -> Self:
        try:
            await self.producer.start()
        except BaseException:
            await self.producer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.producer.stop()

    async def write(self, next: Next | None, current: Generation | None = None) -> Control:
        """Both records, in one transaction; without `current` that one stays. What the topic says from then on."""
        tp = _place(self._settings)
        written = {NEXT: next} if current is None else {NEXT: next, CURRENT: current}
        async with self.producer.transaction():
            for key, record in written.items():
                value = None if record is None else msgspec.json.encode(record)
                await self.producer.send_and_wait(tp.topic, value, key, partition=tp.partition)
        return await read(self._settings)


def _place(settings: Settings) -> TopicPartition:
    return TopicPartition(Topics(settings).full(GENERATION), 0)


def _take(found: dict[bytes, Generation | Next], key: bytes, value: bytes | None) -> None:
    if value is None:
        found.pop(key, None)
    elif key in (CURRENT, NEXT):  # a later release may have more to say
        found[key] = decode(key, value)


def _control(found: dict[bytes, Generation | Next]) -> Control:
    current, next = found.get(CURRENT), found.get(NEXT)
    return Control(current if isinstance(current, Generation) else None, next if isinstance(next, Next) else None)
