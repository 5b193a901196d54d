"""The simulated organisation onto crm.*, and the simulated clock, which only moves on behind what the broker has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer

from streams.events import Event, encode, instants, subject_of
from streams.settings import Settings
from streams.simulate import MALFORMATIONS, Scale, simulate
from streams.simulate.hours import DAY, SECOND
from streams.topics import Topics

OURS: Final = [("producer", b"crmpulse demo")]
"""The header of our own records: whatever comes without it was produced by somebody else."""
STEP_S: Final = 0.05
LONGEST_STEP_S: Final = 0.2
"""However long the process was held up, the simulated clock does not leap further than this."""
BREATH: Final = 100
"""Events produced at one go before others on the event loop have their turn."""
SPOILT: Final = 2_000
"""One event in so many is followed by one that must be refused."""


class Pace(NamedTuple):
    """In simulated days: the history that is told as fast as it is taken in, how many pass in a second from then on,
    and how far ahead of the first stage the clock may be, so that alerts come evenly and a slow machine can follow."""

    history: float = 28.0
    a_second: float = 0.5
    leash: float = 4.0


class Feed:
    """Produces what has happened by `at`, and lets that be the time (us) once the broker has all of it.

    `told` answers the instant (us) that the first stage has heard of, None while it has heard of none.
    """

    def __init__(self, settings: Settings, scale: Scale, pace: Pace, told: Callable[[], int | None]) -> None:
        self._settings, self._topics = settings, Topics(settings)
        self._scale, self._pace, self._told = scale, pace, told
        self.start = instants.to_us(scale.start)
        self._live_from = self.start + int(pace.history * DAY)
        self.at = self.start
        self.sent = 0

    @property
    def live(self) -> bool:
        """Whether the history has been told."""
        return self.at >= self._live_from

    @property
    def speed(self) -> float:
        """Simulated time that passes in the same real time once it is live."""
        return self._pace.a_second * DAY / SECOND

    async def run(self) -> None:
        """Until cancelled. Raises KafkaError when a record is not taken."""
        producer = AIOKafkaProducer(**self._settings.client_options(), acks="all", linger_ms=5)
        clock = asyncio.get_running_loop().time
        events = Ahead(simulate(self._scale))
        try:
            await producer.start()
            then = clock()
            while True:
                now = clock()
                passed, then = min(now - then, LONGEST_STEP_S), now
                furthest = (self._told() or self.start) + int(self._pace.leash * DAY)
                target = self.at + int(passed * SECOND * self.speed) if self.live else self._live_from
                target = min(target, furthest)
                if target > self.at:
                    await self._produce(producer, events.until(instants.from_us(target)))
                    self.at = target
                await asyncio.sleep(STEP_S)
        finally:
            await producer.stop()

    async def _produce(self, producer: AIOKafkaProducer, events: Iterator[Event]) -> None:
        """Sends the events and waits until the broker has them. They carry their own time: a simulated year is over
        long before the real one, and by the time of their arrival its events would be refused as future."""
        under_way = []
        for event in events:
            topic, key = self._topics.full(event.data.TOPIC), subject_of(event).id.encode()
            stamp = instants.to_us(event.time) // 1000
            self.sent += 1
            values = [encode(event)]
            if self.sent % SPOILT == 0:
                values.append(spoilt(values[0], self.sent // SPOILT))
            for value in values:
                under_way.append(await producer.send(topic, value, key, timestamp_ms=stamp, headers=OURS))
            if self.sent % BREATH == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*under_way)


def organisation(seed: int) -> Scale:
    """Five teams, forty people and some thousands of customers, from a Monday on and for ever, by the default policy.

    It begins in the past, so that an event made by hand with the simulated time is nothing from the future.
    """
    start = datetime(2025, 1, 6, tzinfo=UTC)
    return Scale(seed=seed, teams=5, employees=40, customers=2_000, start=start, end=None, timezone="UTC")


def spoilt(line: bytes, number: int) -> bytes:
    kinds = [kind for kind in MALFORMATIONS.values() if not kind.bulky]
    document = msgspec.json.decode(line) | {"id": f"spoilt-{number}"}
    return kinds[number * 5 % len(kinds)].spoil(document)


class Ahead:
    """Events in the order of time, taken as far as an instant; the first one beyond it waits for its turn."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._next = next(events)

    def until(self, instant: datetime) -> Iterator[Event]:
        while self._next.time <= instant:
            yield self._next
            self._next = next(self._events)
