"""Handing the outputs over: the former generation writes no more, and the public topics say what the new one says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.agents.log import send
from streams.agents.partition import Job
from streams.agents.records import Place, Record, by_key
from streams.rebuild.building import Tell
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, OUTPUTS, Cleanup, Topics
from streams.topics.reading import committed_records, reader

ALERTS, LOG = "alerts", "alerts.log"
LOOK_S: Final = 0.2
FENCES: Final = 16
"""Producers that are started at the same time."""


async def until_left(settings: Settings, seconds: float) -> None:
    """Until a generation's workers have left their groups, but no longer than that: they were told to."""
    groups = [settings.intake_group, settings.progress_group]
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await _members(admin, groups):
                    await asyncio.sleep(LOOK_S)
    finally:
        await admin.close()


async def _members(admin: AIOKafkaAdminClient, groups: list[str]) -> int:
    answers = await admin.describe_consumer_groups(groups)
    return sum(len(group["members"]) for answer in answers for group in answer.to_object()["groups"])


async def shut_out(settings: Settings, stages: Iterable[Job]) -> None:
    """Whoever wrote for a partition of a generation's stages writes no more, and what was half written is undone."""
    room = asyncio.Semaphore(FENCES)
    topics = Topics(settings)

    async def fence(stage: str, partition: int) -> None:
        producer = AIOKafkaProducer(
            **settings.client_options(), transactional_id=settings.transactional_id(stage, partition)
        )
        async with room:
            try:
                await producer.start()
            finally:
                await producer.stop()

    async with asyncio.TaskGroup() as fencing:
        for job in stages:
            for partition in range(topics.used(job.source)):
                fencing.create_task(fence(job.name, partition))


async def hand_over(shadow: Settings, producer: AIOKafkaProducer, tell: Tell) -> None:
    """Make the public outputs say what the generation's own say. What they say already is not written again, so it
    may be stopped at any moment and done again. `producer` is a transactional one."""
    own, public = Topics(shadow), Topics(msgspec.structs.replace(shadow, shadow=False))
    tables = [topic.name for topic in OUTPUTS if topic.cleanup is Cleanup.COMPACT]
    async with reader(shadow) as consumer:
        await consumer.topics()
        for number, name in enumerate(tables):
            tell("outputs handed over", number, len(tables) + 1)
            log = public.full(LOG) if name == ALERTS else None
            await _hand_over_table(consumer, producer, own.full(name), public.full(name), log)
        tell("outputs handed over", len(tables), len(tables) + 1)
        await _hand_over_dead_letters(consumer, producer, own.full(DEAD_LETTERS), public.full(DEAD_LETTERS))
        tell("outputs handed over", len(tables) + 1, len(tables) + 1)


async def _hand_over_table(
    consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, own: str, public: str, log: str | None
) -> None:
    """One compacted topic, a transaction for each public partition; with `log`, changes of alerts go there as well."""
    wanted: dict[bytes, bytes] = {}
    for tp in _partitions(consumer, own):
        wanted |= await _newest(consumer, tp)
    places = _partitions(consumer, public)
    homes: list[dict[bytes, bytes]] = [{} for _ in places]
    for key, value in wanted.items():
        homes[by_key(key, len(places))][key] = value
    for tp, home in zip(places, homes, strict=True):
        there = await _newest(consumer, tp)
        records = [Record(key, value) for key, value in home.items() if there.get(key) != value]
        records += [Record(key, None) for key in there if key not in home]
        written: dict[Place, list[Record]] = {(tp.topic, tp.partition): records} if records else {}
        if log is not None:
            count = len(_partitions(consumer, log))
            for line in changes(there, home, wanted):
                written.setdefault((log, by_key(line.key, count)), []).append(line)
        await _write(producer, written)


async def _hand_over_dead_letters(
    consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, own: str, public: str
) -> None:
    """Those that the former generation had not written: each names the record that was not taken, and why."""
    places = _partitions(consumer, public)
    known = {_letter(record.value) for tp in places async for record in committed_records(consumer, tp)}
    for tp in _partitions(consumer, own):
        written: dict[Place, list[Record]] = {}
        async for record in committed_records(consumer, tp):
            if (letter := _letter(record.value)) not in known:
                known.add(letter)
                key = record.key or b""
                written.setdefault((public, by_key(key, len(places))), []).append(Record(key, record.value))
        await _write(producer, written)


async def _write(producer: AIOKafkaProducer, written: Mapping[Place, Sequence[Record]]) -> None:
    if not written:
        return
    async with producer.transaction(), asyncio.TaskGroup() as sending:
        for place, records in written.items():
            sending.create_task(send(producer, place, records, None))


def changes(
    before: Mapping[bytes, bytes], after: Mapping[bytes, bytes], wanted: Mapping[bytes, bytes]
) -> Iterator[Record]:
    """What the log of alerts has to say of one partition that goes from `before` to `after`.

    An alert that the new generation does not have at all (it is not in `wanted` either) was withdrawn. Another version
    of the policy alone is no change of an alert.
    """
    for key, value in after.items():
        record = orjson.loads(value)
        if key not in before or _plain(orjson.loads(before[key])) != _plain(record):
            yield Record(_employee(record), value)
    for key in before.keys() - wanted.keys():
        record = orjson.loads(before[key])
        yield Record(_employee(record), orjson.dumps(record | {"status": "resolved", "reason": "withdrawn"}))


def _plain(alert: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in alert.items() if field != "policy_version"}


def _employee(alert: dict[str, Any]) -> bytes:
    return str(alert["employee_id"] or "").encode()


def _letter(value: bytes) -> tuple[Any, ...]:
    letter = orjson.loads(value)
    return tuple(letter.get(field) for field in ("topic", "partition", "offset", "reason"))


def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]


async def _newest(consumer: AIOKafkaConsumer, tp: TopicPartition) -> dict[bytes, bytes]:
    """The live records of a partition of a compacted topic."""
    live: dict[bytes, bytes] = {}
    async for record in committed_records(consumer, tp):
        if record.value is None:
            live.pop(record.key, None)
        else:
            live[record.key] = record.value
    return live
