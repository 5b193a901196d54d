"""Reads crm.* as a member of the intake group and sends what comes of it; commits only what is acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord

from streams.intake.announcer import Announcer
from streams.intake.cascade import Mark
from streams.intake.limit import TooManyRefused
from streams.intake.lineup import Lineup
from streams.intake.offsets import committed
from streams.intake.sift import Sifter
from streams.metrics import Metrics
from streams.points import Point, reach
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, INBOX, MIB, REFERENCE, Topics

log = logging.getLogger(__name__)

BATCH: Final = 2_000
"""Records read and taken at a time: full inbox records in a backlog, and yet the loop is soon free again."""
COMMIT_S: Final = 0.1
"""Between two commits; a tick waits for them."""
SWEEP_S: Final = 1.0
"""Between two looks at partitions that gave nothing: their position moves over aborted transactions and gaps too."""
IDLE_MS: Final = 200
BUSY_MS: Final = 20
PATIENCE_S: Final = 2.0
"""How long a partition that has more to come and gives nothing, as its broker may be away, holds up all others."""


Batch = Sequence[tuple[TopicPartition, Sequence[ConsumerRecord]]]
"""Records of partitions, in the order in which they are to be taken; a partition may come again and again."""


class Round(NamedTuple):
    """One batch on its way: where its partitions stand once all of it is acknowledged."""

    positions: dict[TopicPartition, int]
    sent: list[asyncio.Future[Any]]
    size: int  # bytes

    def acknowledged(self) -> bool:
        return all(future.done() for future in self.sent)


class Reader(ConsumerRebalanceListener):  # type: ignore[misc]
    """At least once: a batch that was sent and not committed is sent again, and known downstream by its events' ids."""

    def __init__(
        self, settings: Settings, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, admin: AIOKafkaAdminClient,
        sifter: Sifter, announcer: Announcer, metrics: Metrics,
    ) -> None:  # fmt: skip
        self._settings, self._topics = settings, Topics(settings)
        self._consumer, self._producer, self._admin = consumer, producer, admin
        self._sifter, self._announcer, self._metrics = sifter, announcer, metrics
        self._rounds: deque[Round] = deque()
        self._in_flight = 0  # bytes
        self._read_to: dict[TopicPartition, int] = {}  # the newest position in any round
        self._done: dict[TopicPartition, int] = {}  # acknowledged and not committed yet
        self._first: Mark | None = None  # the reference data to be sent before anything else is read
        self._lineup: Lineup[TopicPartition, ConsumerRecord] = Lineup()
        self._held_since: float | None = None  # since when nothing could be taken, by the loop's clock
        self._away: set[TopicPartition] = set()  # which others wait for no more, until they give something
        self._swept = self._committed = 0.0  # when last, by the same
        self.joined = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then all that was read is sent and committed. KafkaError: begin anew, with new clients.

        `TooManyRefused`: the batch that passed a topic's limit is neither sent nor committed, what came before it is.
        """
        await self._announcer.start()
        self._first = await self._reference()
        self._consumer.subscribe(topics=list(self._topics.sources), listener=self)
        clock = asyncio.get_running_loop().time
        while not stop.is_set():
            batch = await self._next()
            await self._announcer.step()
            try:
                await self._take(batch)
            except TooManyRefused:
                await self._settle()
                raise
            await self._collect(self._settings.in_flight * MIB)
            if clock() >= self._committed + COMMIT_S:
                await self._commit()
                await self._open()
                self._committed = clock()
        await self._settle()
        reach(Point.STOP_SETTLED)

    async def _next(self) -> Batch:
        """What is to be taken next, in the order of its events; nothing after a while."""
        hungry = self._lineup.hungry(self._consumer.assignment() - self._consumer.paused())
        if hungry or not len(self._lineup):
            plenty = len(self._lineup) >= BATCH and self._held_since is None
            wait = 0 if plenty else BUSY_MS if self._rounds or self._done else IDLE_MS
            found = await self._consumer.getmany(*hungry, timeout_ms=wait, max_records=BATCH)
            for tp, records in found.items():
                self._lineup.put(tp, records)
                self._away.discard(tp)
        candidates = self._consumer.assignment() - self._consumer.paused() - self._away
        awaited = {tp for tp in candidates if await self._has_more(tp)}
        clock = asyncio.get_running_loop().time()
        if self._held_since is not None and clock > self._held_since + PATIENCE_S:
            self._away |= {tp for tp in awaited if not self._lineup.holds(tp)}
            awaited -= self._away
        batch = self._lineup.take(BATCH, awaited)
        if batch or not len(self._lineup):
            self._held_since = None
        elif self._held_since is None:
            self._held_since = clock
        return batch

    async def _has_more(self, tp: TopicPartition) -> bool:
        """Whether the broker has records of a partition that were not read yet; so too where that is not known."""
        try:
            end, position = self._consumer.last_stable_offset(tp), await self._consumer.position(tp)
        except (AssertionError, IllegalStateError):  # a partition went while we asked
            return False
        return end is None or position < end

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """What is on its way is settled first, so that the next owner repeats little; not at any price, as it may."""
        self.joined = False
        reach(Point.INTAKE_REVOKED)
        try:
            async with asyncio.timeout(self._settings.session_ms / 2000):
                await self._settle()
            reach(Point.INTAKE_SETTLED)
        except (KafkaError, TimeoutError) as error:
            log.warning("handing over partitions with events on their way, which come twice: %s", error)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._lineup.clear()
        self._away.clear()
        self._read_to.clear()
        self._sifter.begin()
        if self._first:
            self._consumer.pause(*(tp for tp in assigned if tp not in self._first.offsets))
        reach(Point.INTAKE_ASSIGNED)
        self.joined = True

    async def _take(self, batch: Batch) -> None:
        """Sends what comes of a batch and remembers it as a round."""
        positions = {tp: records[-1].offset + 1 for tp, records in batch}
        clock = asyncio.get_running_loop().time()
        if clock >= self._swept + SWEEP_S:
            self._swept = clock
            positions |= await self._positions()
        positions = {tp: offset for tp, offset in positions.items() if self._read_to.get(tp) != offset}
        if not positions:
            return
        if batch:
            reach(Point.INTAKE_READ)
        sifted = self._sifter.sift((self._topics.plain(tp.topic), tp.partition, found) for tp, found in batch)
        inbox, dead_letters = self._topics.full(INBOX), self._topics.full(DEAD_LETTERS)
        sent, size = [], 0
        for partition, kind, value in sifted.packed:
            sent.append(await self._producer.send(inbox, value, key=kind, partition=partition))
            reach(Point.INTAKE_SENDING)
            size += len(value)
        for letter in sifted.dead:
            value = orjson.dumps(letter)
            sent.append(await self._producer.send(dead_letters, value, key=letter["topic"].encode()))
            reach(Point.INTAKE_SENDING)
            size += len(value)
        if sent:
            reach(Point.INTAKE_SENT)
        self._read_to |= positions
        self._rounds.append(Round(positions, sent, size))
        self._in_flight += size
        self._metrics.count(sifted.counts)
        for topic, time in sifted.newest.items():
            self._metrics.seen(topic, time)

    async def _positions(self) -> dict[TopicPartition, int]:
        """Where every partition of which nothing waits stands, also over what is never returned, such as an aborted
        transaction."""
        try:
            free = (tp for tp in self._consumer.assignment() if not self._lineup.holds(tp))
            return {tp: await self._consumer.position(tp) for tp in free}
        except IllegalStateError:  # a partition went while we asked
            return {}

    async def _collect(self, limit: int) -> None:
        """Books what is acknowledged, and waits for more of it while over `limit` bytes are on their way."""
        while self._rounds and (self._in_flight > limit or self._rounds[0].acknowledged()):
            first = self._rounds[0]
            await asyncio.gather(*first.sent)
            if self._rounds and self._rounds[0] is first:  # a rebalance may have settled it meanwhile
                self._rounds.popleft()
                self._in_flight -= first.size
                self._done |= first.positions

    async def _commit(self) -> None:
        mine = self._consumer.assignment()
        offsets = {tp: offset for tp, offset in self._done.items() if tp in mine}
        self._done = {}
        if not offsets:
            return
        reach(Point.INTAKE_ACKNOWLEDGED)
        try:
            await self._consumer.commit(offsets)
            reach(Point.INTAKE_COMMITTED)
        except (CommitFailedError, IllegalStateError) as error:
            log.info("not committed, as the group is rebalancing; those events come twice: %s", error)

    async def _settle(self) -> None:
        await self._collect(-1)
        await self._commit()

    async def _reference(self) -> Mark | None:
        """What the reference topics hold now; None when the group is through with it, as at most starts."""
        found = await self._admin.describe_topics([self._topics.full(topic) for topic in REFERENCE])
        partitions = [TopicPartition(t["topic"], p["partition"]) for t in found for p in t["partitions"]]
        mark = Mark(0, False, await self._consumer.end_offsets(partitions))
        return None if await self._sent(mark) else mark

    async def _sent(self, mark: Mark) -> bool:
        done = await committed(self._admin, self._settings.intake_group, mark.offsets)
        return mark.passed({tp: progress.offset for tp, progress in done.items()})

    async def _open(self) -> None:
        """Lets the other topics flow once the group, not this member alone, has sent the reference data."""
        if self._first and await self._sent(self._first):
            self._first = None
            self._consumer.resume(*self._consumer.paused())
            reach(Point.INTAKE_OPENED)
