"""Events onto Kafka: to the topic of their type, keyed by their subject."""

import asyncio
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer

from streams.events import TOPICS, Event, encode, subject_of
from streams.settings import Settings
from streams.topics import Topics

LINGER_MS = 20
BATCH_BYTES = 256 * 1024
STEPS = 20
"""Times a second that the rate is looked after."""


class Sender:
    """Sends events; use it with `async with`. A record that fails makes the next call, or the end, raise its error."""

    def __init__(self, settings: Settings) -> None:
        topics = Topics(settings)
        self._topics = {topic: topics.full(topic) for topic in TOPICS}
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._failure: BaseException | None = None

    async def __aenter__(self) -> Self:
        producer = AIOKafkaProducer(
            **self._settings.client_options(), acks="all", linger_ms=LINGER_MS, max_batch_size=BATCH_BYTES
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._producer is not None
        await self._producer.stop()
        # What failed last is told on the loop's next turn.
        await asyncio.sleep(0)
        if error is None and self._failure is not None:
            raise self._failure

    async def send(self, event: Event) -> None:
        """Hands the event over; waits only while too much is under way."""
        assert self._producer is not None
        if self._failure is not None:
            raise self._failure
        sent = await self._producer.send(
            self._topics[event.data.TOPIC],
            encode(event),
            subject_of(event).id.encode(),
        )
        sent.add_done_callback(self._done)

    def _done(self, sent: "asyncio.Future[Any]") -> None:
        if not sent.cancelled():
            # Every one is asked, as asyncio logs an error that nobody asked for; the first one counts.
            error = sent.exception()
            self._failure = self._failure or error


async def produce(
    settings: Settings,
    events: Iterable[Event],
    rate: float | None,
    now: Callable[[], float] = time.monotonic,
    progress: Callable[[int], object] | None = None,
) -> int:
    """Sends the events, `rate` of them a second (None: as fast as they are taken), and answers how many.

    `now` is a clock in seconds. `progress` hears how many were sent since it last heard. Raises aiokafka's KafkaError
    when the broker is not there or does not take a record.
    """
    if rate is not None and not rate > 0:
        raise ValueError(f"The rate must be above 0, not {rate}.")
    began, count, told = now(), 0, 0
    step = 1000 if rate is None else max(1, min(1000, round(rate / STEPS)))
    async with Sender(settings) as sender:
        for event in events:
            await sender.send(event)
            count += 1
            if count % step == 0:
                if progress is not None:
                    progress(count - told)
                told = count
                # A full buffer makes `send` wait; an empty one never does, so the loop would go without its turn.
                await asyncio.sleep(0)
                while rate is not None and (ahead := count / rate - (now() - began)) > 0:
                    await asyncio.sleep(min(ahead, 1 / STEPS))
    if progress is not None:
        progress(count - told)
    return count
