"""Which policy is in force: said into the stream by one intake, heard by all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from streams.core.records import policy_of, write_policy
from streams.core.stage import POLICY as KIND
from streams.intake.proposal import Proposal
from streams.intake.sift import Sifter
from streams.metrics import Metrics
from streams.policy import Policy, unfit
from streams.settings import Settings
from streams.topics import COMMANDS, INBOX, POLICY, Topics

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""Between two looks at the file and at what others have announced."""


class Announced(msgspec.Struct, frozen=True):
    """The record of streams.policy: a policy and since when (us) it is in force."""

    version: str
    text: str
    since: int


class Announcer:
    """Says which policy is in force while `consumer`, a member of the intake group, owns partition 0 of crm.commands.

    It says so whenever that partition comes to it, and when its own file proposes another: first into every partition
    of the inbox, then to streams.policy. A failure in between makes the next owner say it again, which is harmless.
    All intakes check events by what streams.policy says, which `listener` reads.
    """

    def __init__(
        self, settings: Settings, consumer: AIOKafkaConsumer, listener: AIOKafkaConsumer, producer: AIOKafkaProducer,
        proposal: Proposal, sifter: Sifter, metrics: Metrics, now: Callable[[], int],
    ) -> None:  # fmt: skip
        self._topics = Topics(settings)
        self._consumer, self._listener, self._producer = consumer, listener, producer
        self._proposal, self._sifter, self._metrics, self._now = proposal, sifter, metrics, now
        self._mine = TopicPartition(self._topics.full(COMMANDS), 0)
        self._place = TopicPartition(self._topics.full(POLICY), 0)
        self._in_force: Policy | None = None  # as far as streams.policy says
        self._at = -1  # the offset in streams.policy that says so
        self._next = 0.0  # when to look again, by the loop's clock
        self.said = False
        """Whether what comes into the inbox now comes after the policy that it is to be judged by."""

    async def start(self) -> None:
        """Learn which policy is in force, before anything is read."""
        self._listener.assign([self._place])
        end = (await self._listener.end_offsets([self._place]))[self._place]
        found: list[ConsumerRecord] = []
        while await self._listener.position(self._place) < end:
            found += (await self._listener.getmany(self._place, timeout_ms=200)).get(self._place, [])
        self._hear(found)

    async def step(self) -> None:
        """Called again and again, and before what was read is sent on: a new policy then stands in front of it."""
        mine = self._mine in self._consumer.assignment()
        self.said = self.said and mine
        clock = asyncio.get_running_loop().time()
        if clock < self._next and self.said == mine:
            return
        self._next = clock + LOOK_S
        self._hear((await self._listener.getmany(self._place, timeout_ms=0)).get(self._place, []))
        self._proposal.look()
        if mine and (self._proposal.policy is not None or not self.said):
            await self._say()

    async def _say(self) -> None:
        proposed, in_force = self._proposal.policy, self._in_force
        if proposed is not None and in_force is not None and (why := unfit(proposed, in_force)):
            self._proposal.refuse(why)
            proposed = None
        policy = proposed or in_force or self._sifter.policy
        inbox, value = self._topics.full(INBOX), write_policy(policy)
        sent = [
            await self._producer.send(inbox, value, key=KIND, partition=partition)
            for partition in range(self._topics.used(INBOX))
        ]
        await asyncio.gather(*sent)
        if in_force is None or policy.version != in_force.version:
            announced = msgspec.json.encode(Announced(policy.version, policy.text, self._now()))
            self._at = (await self._producer.send_and_wait(self._place.topic, announced, key=KIND, partition=0)).offset
            log.info("policy %s is in force from here on", policy.version)
        self._follow(policy)
        self.said = True

    def _hear(self, records: Sequence[ConsumerRecord]) -> None:
        """The newest of some announcements counts, where it is none of before our own."""
        if records and records[-1].offset > self._at:
            self._at = records[-1].offset
            self._follow(policy_of(msgspec.json.decode(records[-1].value, type=Announced).text))

    def _follow(self, policy: Policy) -> None:
        self._in_force = self._sifter.policy = policy
        self._metrics.policy_version = policy.version
        self._proposal.heard(policy.version)
