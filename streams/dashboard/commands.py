"""What people order on the pages: made into events of the crm.* topics, each with a record of who did what."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.dashboard.access import Reader
from streams.events import Data, encode, make_event, subject_of
from streams.events.instants import from_us, iso
from streams.settings import Settings
from streams.topics import BY_NAME, Topics

log = logging.getLogger("streams.dashboard.audit")

SOURCE: Final = "/crmpulse/dashboard"
GIVE_UP_MS: Final = 10_000


class Unsent(Exception):
    """The broker did not take a command; the message is one sentence."""


class Order(NamedTuple):
    """What is to be sent. Of a command also the subject of what it names."""

    data: Data
    subject: str | None = None


class Commander:
    """Sends orders. `now` is the wall clock, us."""

    def __init__(self, settings: Settings, now: Callable[[], int]) -> None:
        self._settings, self._topics, self._now = settings, Topics(settings), now
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connects. Raises KafkaError."""
        self._producer = AIOKafkaProducer(
            **self._settings.client_options(),
            acks="all",
            enable_idempotence=not self._settings.embedded,
            request_timeout_ms=GIVE_UP_MS,
            max_request_size=BY_NAME["crm.commands"].max_message,
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Ends the connection."""
        if self._producer is not None:
            await self._producer.stop()

    async def send(self, order: Order) -> str:
        """Sends an order, and answers the id of its event once the broker has it. Raises `Unsent`."""
        if self._producer is None:
            raise Unsent("Commands are not taken yet; try again in a moment.")
        event = make_event(order.data, uuid4().hex, SOURCE, from_us(self._now()), order.subject)
        topic, key = self._topics.full(order.data.TOPIC), subject_of(event).id.encode()
        try:
            await self._producer.send_and_wait(topic, encode(event), key=key)
        except KafkaError as error:
            raise Unsent("The broker did not take the command; try again.") from error
        return event.id


class Audit:
    """A line of JSON for every command, taken or not: into the log, and to the end of a file where one is named."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def check(self) -> None:
        """Raises OSError where the file cannot be written."""
        if self._file is not None:
            self._file.open("ab").close()

    def note(
        self, at: int, reader: Reader | None, address: str | None, command: str, outcome: str, **more: Any
    ) -> None:
        """Write down who ordered what, and what came of it."""
        record = {
            "at": iso(at),
            "by": reader and reader.name,
            "role": reader and reader.role.value,
            "address": address,
            "command": command,
            "outcome": outcome,
            **more,
        }
        line = msgspec.json.encode(record)
        log.info("%s", line.decode())
        if self._file is not None:
            with self._file.open("ab") as file:
                file.write(line + b"\n")
