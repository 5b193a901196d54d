"""Sends the log at a pace, through a broker that comes and goes; each line lands once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, Message, Producer

from tests.acceptance.installation import RECORD, Installation
from tests.chaos.log import Line

STEP_S = 0.02


class Place(NamedTuple):
    """Where a record stands; the plain name of the topic."""

    topic: str
    partition: int
    offset: int


class Sender:
    """`share` of the lines has been handed over, 0 to 1, and no more than `limit` will be until that is raised.

    `malformed` says where those lines stand that must be refused. `rate` is in lines a second.
    """

    def __init__(self, place: Installation, lines: Sequence[Line], rate: float) -> None:
        self.share, self.limit = 0.0, 1.0
        self.malformed: dict[Place, bytes] = {}
        self._topics, self._lines, self._rate = place.topics, lines, rate
        self._sent = 0
        self._failed: KafkaError | None = None
        # librdkafka's idempotent producer outlives a broker that is killed, and repeats nothing.
        self._producer = Producer(
            {
                "bootstrap.servers": place.settings.kafka,
                "enable.idempotence": True,
                "linger.ms": 20,
                "message.max.bytes": RECORD,
                "message.timeout.ms": 600_000,
                "queue.buffering.max.messages": 1_000_000,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )

    async def run(self) -> None:
        """Until every line is acknowledged. AssertionError when one was not taken."""
        due = time.monotonic()
        for number, line in enumerate(self._lines):
            while self.share > self.limit or due > time.monotonic():
                self._producer.poll(0)
                await asyncio.sleep(STEP_S)
            # A time in which nothing was sent is not made up for.
            due = max(due, time.monotonic() - 2 * STEP_S) + 1 / self._rate
            self._producer.produce(self._topics.full(line.topic), line.raw, line.key, callback=self._done(line))
            self.share = (number + 1) / len(self._lines)
        while self._producer.flush(0):
            await asyncio.sleep(STEP_S)
        assert self._failed is None, self._failed
        assert self._sent == len(self._lines), (self._sent, len(self._lines))

    def _done(self, line: Line) -> Any:
        def done(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self._failed = error
                return
            self._sent += 1
            if line.malformed:
                partition, offset = message.partition(), message.offset()
                assert partition is not None
                assert offset is not None
                self.malformed[Place(line.topic, partition, offset)] = line.raw

        return done
