"""Reading the topics of an installation: each up to its end as of now, in the order of events, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.explain import log
from streams.explain.log import _ahead, lined_up
from streams.generations import Control, Generation
from streams.intake.announcer import Announced
from streams.settings import Settings
from streams.topics import MissingTopic, Topics
from tests.unit.core.kit import contact, event, policy, us

ONE, OTHER = TopicPartition("crm.contacts", 0), TopicPartition("crm.customers", 0)


class Record(NamedTuple):
    offset: int
    value: bytes
    timestamp: int = 0
    key: bytes = b""


class Consumer:
    """Gives so many records of a partition at a time; one more comes to each while it is read."""

    def __init__(self, records: dict[TopicPartition, list[Record]], size: int) -> None:
        self._records, self._size = records, size
        self._positions: dict[TopicPartition, int] = {}

    def assign(self, partitions: list[TopicPartition]) -> None:
        self._positions = dict.fromkeys(partitions, 0)

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {tp: len(self._records[tp]) - 1 for tp in partitions}

    async def position(self, tp: TopicPartition) -> int:
        return self._positions[tp]

    async def getmany(self, *partitions: TopicPartition, **_: Any) -> dict[TopicPartition, list[Record]]:
        found = {}
        for tp in partitions:
            at = self._positions[tp]
            found[tp] = self._records[tp][at : at + self._size]
            self._positions[tp] = at + len(found[tp])
        return found


def records(*days: str) -> list[Record]:
    return [Record(number, contact(day), us(day) // 1000) for number, day in enumerate([*days, "30"])]


async def gathered(consumer: Consumer, partitions: list[TopicPartition]) -> list[tuple[str, int]]:
    found = []
    ends = await consumer.end_offsets(partitions)
    async for batch in lined_up(cast(AIOKafkaConsumer, consumer), ends):
        found += [(tp.topic, record.offset) for tp, some in batch for record in some]
    return found


def test_the_earliest_event_of_all_partitions_comes_first_and_none_that_came_meanwhile() -> None:
    for size in (1, 2, 9):
        held = {ONE: records("01", "03", "05"), OTHER: records("02", "04"), TopicPartition("crm.tasks", 0): records()}
        found = asyncio.run(gathered(Consumer(held, size), list(held)))
        assert found == [
            ("crm.contacts", 0), ("crm.customers", 0), ("crm.contacts", 1), ("crm.customers", 1), ("crm.contacts", 2),
        ]  # fmt: skip


def test_what_lay_too_far_ahead_when_it_arrived_was_refused_by_intake() -> None:
    under = policy()
    arrived = us("02") // 1000
    assert not _ahead(cast(Any, Record(0, contact("03"), arrived)), under)
    assert _ahead(cast(Any, Record(0, contact("03 00:01"), arrived)), under)
    assert not _ahead(cast(Any, Record(0, contact("03 00:01"), -1)), under)
    assert not _ahead(cast(Any, Record(0, b"no event", arrived)), under)


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch) -> dict[TopicPartition, list[Record]]:
    """The topics of a broker that is not there; the last record of each came after it was looked at."""
    held: dict[TopicPartition, list[Record]] = {}

    async def layout(_: Settings) -> dict[str, list[TopicPartition]]:
        return {tp.topic: [tp] for tp in held}

    async def partitions_of(settings: Settings, plain: str) -> list[TopicPartition]:
        if (found := (await layout(settings)).get(Topics(settings).full(plain))) is None:
            raise MissingTopic(plain)
        return found

    async def control(_: Settings) -> Control:
        return Control(Generation(3, "UTC", "EUR", 1, "", 0), None)

    @asynccontextmanager
    async def reader(_: Settings) -> AsyncIterator[Consumer]:
        yield Consumer(held, 2)

    monkeypatch.setattr(log, "layout", layout)
    monkeypatch.setattr(log, "partitions_of", partitions_of)
    monkeypatch.setattr(log, "reader", reader)
    monkeypatch.setattr("streams.generations.read", control)
    return held


def others(topics: dict[TopicPartition, list[Record]], settings: Settings) -> None:
    """All other topics of events are there too, and empty when they were looked at."""
    for name in Topics(settings).sources:
        topics.setdefault(TopicPartition(name, 0), [Record(0, b"", 0)])


async def batches(settings: Settings) -> list[tuple[str, int]]:
    ends = await log.present(settings)
    return [(line.file, line.number) async for lines in log.events(settings, policy(), ends) for line in lines]


def test_the_policy_in_force_is_the_newest_announced_in_the_generation_that_serves(
    topics: dict[TopicPartition, list[Record]],
) -> None:
    settings = Settings.from_env({})
    assert asyncio.run(log.policy_in_force(settings)) is None
    said = [policy(), policy(contact={"grace": "9d"}), policy(contact={"grace": "8d"})]
    written = [msgspec.json.encode(Announced(one.version, one.text, 0)) for one in said]
    topics[TopicPartition("streams.policy.g3", 0)] = [Record(number, value) for number, value in enumerate(written)]
    found = asyncio.run(log.policy_in_force(settings))
    assert found is not None
    assert found.version == said[1].version


def test_every_topic_of_events_is_read_by_its_name_and_what_intake_refused_is_left_out(
    topics: dict[TopicPartition, list[Record]],
) -> None:
    settings = Settings.from_env({"CRMPULSE_TOPIC_PREFIX": "x."})
    topics[TopicPartition("x.crm.contacts", 0)] = records("02", "03")
    early = [Record(0, contact("09"), us("01") // 1000), Record(1, contact("01"), us("01") // 1000), Record(2, b"", 0)]
    topics[TopicPartition("x.crm.customers", 0)] = early
    with pytest.raises(MissingTopic, match=r"^The topic x\.crm\.\w+ does not exist; `crmpulse topics` creates it"):
        asyncio.run(batches(settings))
    others(topics, settings)
    topics[TopicPartition("scores.employees", 0)] = records("01")
    found = asyncio.run(batches(settings))
    assert found == [("crm.customers", 1), ("crm.contacts", 0), ("crm.contacts", 1)]


def test_the_voids_of_all_topics_are_found_up_to_where_the_events_are_read(
    topics: dict[TopicPartition, list[Record]],
) -> None:
    settings = Settings.from_env({})
    void, future = (
        event(day, "event.voided", event_id="x", subject="c").replace(b'"event_id"', b'"source":"/a","event_id"')
        for day in ("02", "09")
    )
    found = [void, contact("02"), void.replace(b"voided", rb"\u0076oided"), future, void]
    topics[TopicPartition("crm.commands", 0)] = [Record(n, raw, us("02") // 1000) for n, raw in enumerate(found)]
    others(topics, settings)
    topics[TopicPartition("crm.tasks", 0)] = [Record(0, void, us("02") // 1000), Record(1, void, us("02") // 1000)]

    async def numbers() -> list[tuple[str, int]]:
        ends = await log.present(settings)
        return [(line.file, line.number) async for lines in log.voids(settings, policy(), ends) for line in lines]

    assert sorted(asyncio.run(numbers())) == [("crm.commands", 0), ("crm.commands", 2), ("crm.tasks", 0)]
