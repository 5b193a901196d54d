"""The control topic on the broker: reading it, waiting for it to change, and writing it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from types import TracebackType
from typing import Final, Self

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced

from streams.generations.record import CURRENT, NEXT, Control, Generation, Next, decode
from streams.settings import Settings
from streams.topics import GENERATION, MIB, Topics
from streams.topics.reading import committed_records, reader

log = logging.getLogger(__name__)

WAIT_MS: Final = 1_000
BEGIN_S: Final = 15.0
"""Seconds for writing down the first generation."""


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
        raise Superseded(control.over(settings.generation, settings.shadow))


async def until_over(settings: Settings) -> str:
    """Waits until the generation of the settings may not write any more, and answers why, as half a sentence. A broker
    that is away is waited for too."""
    while True:
        try:
            async with reader(settings) as consumer:
                return await _until_over(settings, consumer)
        except KafkaError as error:
            log.warning("the generation is not known for now: %r", error)
            await asyncio.sleep(WAIT_MS / 1000)


async def _until_over(settings: Settings, consumer: AIOKafkaConsumer) -> str:
    tp = _place(settings)
    found: dict[bytes, Generation | Next] = {}
    async for record in committed_records(consumer, tp):
        _take(found, record.key, record.value)
    while (control := _control(found)).serves(settings.generation, settings.shadow):
        for record in (await consumer.getmany(tp, timeout_ms=WAIT_MS)).get(tp, ()):
            _take(found, record.key, record.value)
    return control.over(settings.generation, settings.shadow)


async def begin(settings: Settings, first: Generation) -> Generation:
    """Write down the first generation, unless another worker has done so meanwhile; the one that counts.

    Raises aiokafka's KafkaError, and TimeoutError where another worker began to write and did not get there.
    """
    if settings.embedded:  # it knows no transactions, and no second worker
        producer = AIOKafkaProducer(**settings.client_options(), acks="all")
        await producer.start()
        try:
            tp = _place(settings)
            await producer.send_and_wait(tp.topic, msgspec.json.encode(first), CURRENT, partition=tp.partition)
        finally:
            await producer.stop()
        return first
    async with asyncio.timeout(BEGIN_S):
        with contextlib.suppress(ProducerFenced):  # by a worker that begins as we do, a moment later
            async with Pen(settings) as pen:
                return (await read(settings)).current or (await pen.write(None, first)).current or first
        while (found := (await read(settings)).current) is None:
            await asyncio.sleep(WAIT_MS / 1000)
        return found


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
            sent = [
                await self.producer.send(
                    tp.topic, None if value is None else msgspec.json.encode(value), key, partition=tp.partition
                )
                for key, value in written.items()
            ]
            await asyncio.gather(*sent)
        return await read(self._settings)


def _place(settings: Settings) -> TopicPartition:
    return TopicPartition(Topics(settings).full(GENERATION), 0)


def _take(found: dict[bytes, Generation | Next], key: bytes, value: bytes | None) -> None:
    if value is None:
        found.pop(key, None)
    else:
        found[key] = decode(key, value)


def _control(found: dict[bytes, Generation | Next]) -> Control:
    current, next = found.get(CURRENT), found.get(NEXT)
    return Control(current if isinstance(current, Generation) else None, next if isinstance(next, Next) else None)
