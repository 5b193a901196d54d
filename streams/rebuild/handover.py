"""Handing the outputs over: the former generation writes no more, and the public topics say what the new one says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.agents.log import send
from streams.agents.partition import Job
from streams.agents.records import Place, Record, by_key
from streams.rebuild.building import Tell
from streams.rebuild.groups import members
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, OUTPUTS, Cleanup, Topics
from streams.topics.reading import committed_records, layout, reader

ALERTS, LOG = "alerts", "alerts.log"
LOOK_S: Final = 0.2
FENCES: Final = 16
"""Producers that are started at the same time."""


async def until_left(settings: Settings, seconds: float) -> None:
    """Until a generation's workers have left their groups, but no longer than that: they were told to."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for group in (settings.intake_group, settings.progress_group):
                while await members(settings, group):
                    await asyncio.sleep(LOOK_S)


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
    there = await layout(shadow)
    async with reader(shadow) as consumer:
        for number, name in enumerate(tables):
            tell("outputs handed over", number, len(tables) + 1)
            log = there[public.full(LOG)] if name == ALERTS else []
            await _hand_over_table(consumer, producer, there[own.full(name)], there[public.full(name)], log)
        tell("outputs handed over", len(tables), len(tables) + 1)
        await _hand_over_dead_letters(
            consumer, producer, there[own.full(DEAD_LETTERS)], there[public.full(DEAD_LETTERS)]
        )
        tell("outputs handed over", len(tables) + 1, len(tables) + 1)


async def _hand_over_table(
    consumer: AIOKafkaConsumer,
    producer: AIOKafkaProducer,
    own: list[TopicPartition],
    public: list[TopicPartition],
    log: list[TopicPartition],
) -> None:
    """One compacted topic, a transaction for each public partition; what changes of alerts goes into their log too."""
    wanted: dict[bytes, bytes] = {}
    for tp in own:
        wanted |= await _newest(consumer, tp)
    homes: list[dict[bytes, bytes]] = [{} for _ in public]
    for key, value in wanted.items():
        homes[by_key(key, len(public))][key] = value
    for tp, home in zip(public, homes, strict=True):
        there = await _newest(consumer, tp)
        records = [Record(key, value) for key, value in home.items() if there.get(key) != value]
        records += [Record(key, None) for key in there if key not in home]
        written: dict[Place, list[Record]] = {(tp.topic, tp.partition): records} if records else {}
        for line in changes(there, home, wanted) if log else ():
            _add(written, log, line)
        await _write(producer, written)


async def _hand_over_dead_letters(
    consumer: AIOKafkaConsumer,
    producer: AIOKafkaProducer,
    own: list[TopicPartition],
    public: list[TopicPartition],
) -> None:
    """Those that the former generation had not written: each names the record that was not taken, and why."""
    known = {_letter(record.value) for tp in public async for record in committed_records(consumer, tp)}
    for tp in own:
        written: dict[Place, list[Record]] = {}
        async for record in committed_records(consumer, tp):
            if (letter := _letter(record.value)) not in known:
                known.add(letter)
                _add(written, public, Record(record.key or b"", record.value))
        await _write(producer, written)


def _add(written: dict[Place, list[Record]], topic: list[TopicPartition], record: Record) -> None:
    tp = topic[by_key(record.key, len(topic))]
    written.setdefault((tp.topic, tp.partition), []).append(record)


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

    An alert that stood and that the new generation does not have at all (it is not in `wanted` either) was withdrawn;
    of one that had ended nothing is said, as it may only be kept no longer. Another version of the policy alone is no
    change of an alert.
    """
    for key, value in after.items():
        record = orjson.loads(value)
        if key not in before or _plain(orjson.loads(before[key])) != _plain(record):
            yield Record(_employee(record), value)
    for key in before.keys() - wanted.keys():
        record = orjson.loads(before[key])
        if record["status"] != "resolved":
            yield Record(_employee(record), orjson.dumps(record | {"status": "resolved", "reason": "withdrawn"}))


def _plain(alert: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in alert.items() if field != "policy_version"}


def _employee(alert: dict[str, Any]) -> bytes:
    return str(alert["employee_id"] or "").encode()


def _letter(value: bytes) -> tuple[Any, ...]:
    letter = orjson.loads(value)
    return tuple(letter.get(field) for field in ("topic", "partition", "offset", "reason"))


async def _newest(consumer: AIOKafkaConsumer, tp: TopicPartition) -> dict[bytes, bytes]:
    """The live records of a partition of a compacted topic."""
    live: dict[bytes, bytes] = {}
    async for record in committed_records(consumer, tp):
        if record.value is None:
            live.pop(record.key, None)
        else:
            live[record.key] = record.value
    return live
