"""Watches the group from outside: who is in it, who has what, and how far what was written goes.

Not by librdkafka, whose questions about groups end the whole process when the broker dies under them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import KafkaError, for_code

from streams.intake.offsets import committed
from streams.topics import FACTS, INBOX, ROLLUP
from tests.acceptance.installation import Installation

LOOK_S: Final = 0.2
ANSWER_S: Final = 3.0
Partitions = frozenset[TopicPartition]


class Observer:
    """Start it with `run`. A broker that is away is waited for."""

    def __init__(self, place: Installation) -> None:
        self.joins = self.leaves = 0
        self.takeovers: list[float] = []
        """Seconds from a SIGKILL to the first flush of a partition that the killed worker had had."""
        self.written: dict[TopicPartition, int] = {}
        """What is committed of each input partition of a stage."""
        self._settings = place.settings
        self._inputs = [
            TopicPartition(place.topics.full(name), number)
            for name in (INBOX, FACTS, ROLLUP)
            for number in range(place.topics.used(name))
        ]
        self._members: dict[str, Partitions] = {}
        self._killed_at: float | None = None
        self._orphans: dict[TopicPartition, int] = {}

    def killed(self) -> None:
        """A worker was just killed: the next member that vanishes is it."""
        self._killed_at, self._orphans = time.monotonic(), {}

    def disturbed(self) -> None:
        """Something else was done: what is being measured would measure that too."""
        self._killed_at, self._orphans = None, {}

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            admin = AIOKafkaAdminClient(**self._settings.client_options())
            with contextlib.suppress(KafkaError, TimeoutError):  # the broker is away, as it often is here
                await admin.start()
                while True:
                    async with asyncio.timeout(ANSWER_S):
                        self.see(await self._group(admin), await self._committed(admin))
                    await asyncio.sleep(LOOK_S)
            await admin.close()
            await asyncio.sleep(LOOK_S)

    async def _group(self, admin: AIOKafkaAdminClient) -> dict[str, Partitions]:
        """The members, and what each has: nothing while a rebalance runs. Raises `KafkaError`."""
        (response,) = await admin.describe_consumer_groups([self._settings.progress_group])
        ((error, _, _, _, _, members, *_),) = response.groups
        if error:  # a broker that has just started does not know its groups yet
            raise for_code(error)
        return {
            id: frozenset(TopicPartition(topic, number) for topic, numbers in _assignment(raw) for number in numbers)
            for id, _, _, _, raw in members
        }

    async def _committed(self, admin: AIOKafkaAdminClient) -> dict[TopicPartition, int]:
        found = await committed(admin, self._settings.progress_group, self._inputs)
        return {tp: found[tp].offset if tp in found else 0 for tp in self._inputs}

    def see(self, members: dict[str, Partitions], written: dict[TopicPartition, int]) -> None:
        """Take note of one look: the members with what they have, and what is committed of every input partition."""
        gone = self._members.keys() - members.keys()
        self.joins += len(members.keys() - self._members.keys())
        self.leaves += len(gone)
        if self._killed_at is not None:
            for member in gone:
                self._orphans |= {tp: self.written.get(tp, 0) for tp in self._members[member]}
            if any(written[tp] > before for tp, before in self._orphans.items()):
                self.takeovers.append(time.monotonic() - self._killed_at)
                self.disturbed()
        # While a rebalance runs nobody has anything yet: what they had is remembered until it is shared out again.
        self._members = {id: had or self._members.get(id, frozenset()) for id, had in members.items()}
        self.written = written


def _assignment(raw: bytes) -> list[tuple[str, list[int]]]:
    found: list[tuple[str, list[int]]] = ConsumerProtocolMemberAssignment.decode(raw).assignment if raw else []
    return found
