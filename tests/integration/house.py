"""What tests of intake share: the topics of one installation, somebody who produces, and stages that only nod."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord, OffsetAndMetadata

from streams import topics
from streams.core.stage import EVENTS, POLICY, TICK
from streams.events import ContactLogged, Data, EmployeeUpserted, encode, make_event
from streams.intake import Intake, committed
from streams.metrics import Metrics
from streams.policy import load
from streams.settings import Settings
from streams.topics import COMMANDS, FACTS, INBOX, ROLLUP, Topics

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNTIL = 1_772_452_800_000_000  # us, NOON
DEADLINE_S = 60.0


def event(data: Data, number: int, time: datetime = NOON) -> bytes:
    return encode(make_event(data, f"e-{number}", "/crm/1", time))


def contact(number: int, time: datetime = NOON) -> bytes:
    data = ContactLogged(employee_id="emp-1", customer_id=f"cus-{number % 50}", channel="call", direction="outbound")
    return event(data, number, time)


def employee(number: int) -> bytes:
    return event(EmployeeUpserted(employee_id=f"emp-{number}", role="sales", team="north"), number)


class House:
    """The topics of one test, somebody who produces, and any number of intakes."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.topics = settings, Topics(settings)
        self.intakes: list[tuple[asyncio.Task[None], asyncio.Event, Intake]] = []
        self.clock = 1_000_000

    async def __aenter__(self) -> Self:
        assert not (await topics.create(self.settings)).wrong
        options = self.settings.client_options()
        self.producer = AIOKafkaProducer(**options, max_request_size=4 << 20)
        self.admin = AIOKafkaAdminClient(**options)
        await self.producer.start()
        await self.admin.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        running = [task for task, _, _ in self.intakes]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.producer.stop()
        await self.admin.close()

    async def produce(self, topic: str, *values: bytes | None) -> None:
        full = self.topics.full(topic)
        sent = [await self.producer.send(full, value, key=b"any") for value in values]
        await asyncio.gather(*sent)

    def start(self, until: int | None = None) -> Intake:
        """Another intake, with the policy that its file says now."""
        intake = Intake(self.settings, load(self.settings.policy), Metrics(self.now, "0"), self.now, until)
        stop = asyncio.Event()
        self.intakes.append((asyncio.create_task(intake.run(stop)), stop, intake))
        return intake

    def now(self) -> int:
        self.clock += 1
        return self.clock

    async def stop(self) -> None:
        """The oldest running intake ends in order."""
        task, stop, _ = self.intakes.pop(0)
        stop.set()
        await task

    async def kill(self) -> None:
        """The oldest running intake ends without a chance to settle anything."""
        task, _, _ = self.intakes.pop(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def read(self, topic: str) -> list[ConsumerRecord]:
        """Everything in a topic now, partition by partition."""
        consumer = AIOKafkaConsumer(**self.settings.client_options(), isolation_level="read_committed")
        await consumer.start()
        try:
            partitions = [TopicPartition(self.topics.full(topic), p) for p in range(self.topics.used(topic))]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            found: list[ConsumerRecord] = []
            for tp, end in (await consumer.end_offsets(partitions)).items():
                while await consumer.position(tp) < end:
                    found += (await consumer.getmany(tp, timeout_ms=200)).get(tp, [])
            return found
        finally:
            await consumer.stop()

    async def items(self, kind: bytes = EVENTS) -> list[tuple[int, list[Any]]]:
        """(inbox partition, [topic, partition, offset, event]) of everything in the inbox."""
        return [
            (record.partition, item)
            for record in await self.read(INBOX)
            if record.key == kind
            for item in json.loads(record.value)
        ]

    async def ids(self) -> Counter[str]:
        return Counter(item[3]["id"] for _, item in await self.items())

    async def ticks(self, topic: str) -> list[tuple[int, int, bool]]:
        """(partition, instant, final) of the ticks in a topic."""
        found = [
            (record.partition, json.loads(record.value)) for record in await self.read(topic) if record.key == TICK
        ]
        return [(partition, tick["at"], tick["final"]) for partition, tick in found]

    async def policies(self, topic: str = INBOX) -> dict[int, list[str]]:
        """The versions of the policies in a topic, by partition."""
        found: dict[int, list[str]] = {}
        for record in await self.read(topic):
            if record.key == POLICY:
                found.setdefault(record.partition, []).append(json.loads(record.value)["version"])
        return found

    async def drained(self) -> bool:
        """Whether the intake group has committed all of crm.*."""
        partitions = [
            TopicPartition(name, p) for name in self.topics.sources for p in range(self.topics.used(COMMANDS))
        ]
        done = await committed(self.admin, self.settings.intake_group, partitions)
        consumer = AIOKafkaConsumer(**self.settings.client_options(), isolation_level="read_committed")
        await consumer.start()
        try:
            ends = await consumer.end_offsets(partitions)
        finally:
            await consumer.stop()
        return all(end == 0 or (tp in done and done[tp].offset >= end) for tp, end in ends.items())

    async def until(self, holds: Callable[[], Awaitable[object]]) -> None:
        """Waits for a condition; an intake that failed meanwhile is raised."""
        async with asyncio.timeout(DEADLINE_S):
            while not await holds():
                for task, _, _ in self.intakes:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.1)

    @contextlib.asynccontextmanager
    async def stages(self) -> AsyncIterator[None]:
        """What stands in for the three stages: whatever arrives is handled at once."""
        task = asyncio.create_task(self._handle())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _handle(self) -> None:
        consumer = AIOKafkaConsumer(
            **self.settings.client_options(),
            group_id=self.settings.progress_group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        consumer.assign(
            [
                TopicPartition(self.topics.full(name), p)
                for name in (INBOX, FACTS, ROLLUP)
                for p in range(self.topics.used(name))
            ]
        )
        clocks: Counter[TopicPartition] = Counter()
        try:
            while True:
                for tp, records in (await consumer.getmany(timeout_ms=100)).items():
                    for record in records:
                        if record.key == TICK:
                            clocks[tp] = max(clocks[tp], json.loads(record.value)["at"])
                    await consumer.commit({tp: OffsetAndMetadata(records[-1].offset + 1, str(clocks[tp]))})
        finally:
            await consumer.stop()
