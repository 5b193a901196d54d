"""Topics on the broker: made where they are missing, judged where they exist."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    KafkaTimeoutError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from streams.clients import stop_consumer
from streams.settings import Settings
from streams.topics.registry import (
    CRM,
    DAY_MS,
    DEAD_LETTERS,
    FOREVER,
    GENERATION,
    INTERNAL,
    MIB,
    TOPICS,
    Cleanup,
    Topic,
    Topics,
)

KNOWN_S: Final = 30.0
"""Seconds until a broker has to serve topics that its controller has made."""


class Status(StrEnum):
    CREATED = "created"
    OK = "ok"
    NOTE = "note"
    """Differs from what we would have created, and works all the same."""
    WRONG = "wrong"
    """Must be mended before a worker may start."""


class Finding(NamedTuple):
    """What was found of one topic (full name); `advice` is one sentence, empty where all is well."""

    topic: str
    status: Status
    advice: str = ""


class Found(NamedTuple):
    """A topic as the broker has it: its partitions, the fewest copies that any of them has, its settings."""

    partitions: int
    copies: int
    config: dict[str, str]


class Report(NamedTuple):
    """`partitions` are those that topics have on the broker, by full name."""

    findings: list[Finding]
    partitions: dict[str, int]

    @property
    def wrong(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.status is Status.WRONG]


async def create(settings: Settings) -> Report:
    """Creates the topics that are missing and checks those that exist. Raises aiokafka's KafkaError for a broker that
    is not there or refuses."""
    return await _visit(settings, creating=True)


async def check(settings: Settings) -> Report:
    """The same without creating anything: a missing topic is wrong."""
    return await _visit(settings, creating=False)


async def _visit(settings: Settings, *, creating: bool) -> Report:
    topics = Topics(settings)
    admin = AIOKafkaAdminClient(**settings.client_options())
    try:
        await admin.start()
        if settings.embedded:  # a metadata request creates there, and nothing can be configured
            await admin.describe_topics([topics.full(topic.name) for topic in TOPICS])
            return Report([Finding(topics.full(topic.name), Status.OK) for topic in TOPICS], {})
        found = {topic["topic"] for topic in await admin.describe_topics()}
        missing = [topic for topic in TOPICS if topics.full(topic.name) not in found]
        if creating and missing:
            await _make(admin, topics, missing)
        present = [topic for topic in TOPICS if creating or topic not in missing]
        state = await _state(admin, [topics.full(topic.name) for topic in present])
        partitions = {name: one.partitions for name, one in state.items()}
        if creating and missing:
            await _usable(
                settings, admin, [TopicPartition(name, p) for name, count in partitions.items() for p in range(count)]
            )
    except TimeoutError:
        raise KafkaTimeoutError(
            f"the topics were made, but after {KNOWN_S:.0f} s the broker cannot serve them all"
        ) from None
    finally:
        await admin.close()
    findings = []
    for topic in TOPICS:
        full = topics.full(topic.name)
        if topic not in present:
            findings.append(Finding(full, Status.WRONG, f"{full} is missing; `crmpulse topics` creates it."))
        elif problem := judge(topic, full, topics, state[full]):
            findings.append(problem)
        else:
            findings.append(Finding(full, Status.CREATED if topic in missing else Status.OK))
    return Report(findings, partitions)


async def _make(admin: AIOKafkaAdminClient, topics: Topics, missing: Iterable[Topic]) -> None:
    # Without a count of copies the broker takes its own, which NewTopic accepts only beside an empty assignment.
    copies: tuple[int, Any] = (topics.settings.replication, None) if topics.settings.replication else (-1, {})
    new = [NewTopic(topics.full(t.name), topics.partitions(t.name), *copies, topics.config(t.name)) for t in missing]
    for name, code, *message in (await admin.create_topics(new)).topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):  # another worker may just have created it
            raise for_code(code)(f"{name} could not be created: {' '.join(filter(None, message)) or 'no reason given'}")


async def _usable(settings: Settings, admin: AIOKafkaAdminClient, partitions: list[TopicPartition]) -> None:
    """Until every partition and the groups' coordinator answer, for which clients would log errors meanwhile: a leader
    is known of before it leads, and a new broker makes its topic for groups when the first group asks for it."""
    consumer = AIOKafkaConsumer(**settings.client_options())
    try:
        await consumer.start()
        await consumer.end_offsets(partitions)
    finally:
        await stop_consumer(consumer)
    async with asyncio.timeout(KNOWN_S):
        while True:
            try:
                await admin.find_coordinator(settings.intake_group)
                return
            except GroupCoordinatorNotAvailableError:
                await asyncio.sleep(0.1)


async def _state(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, Found]:
    """Topics that exist, by full name, as soon as the broker knows of all of them."""
    async with asyncio.timeout(KNOWN_S):
        while True:
            found = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
            led = (
                (part["leader"] >= 0 for name in names for part in found[name])
                if found.keys() >= set(names)
                else [False]
            )
            if all(led) and (configs := await _configs(admin, names)) is not None:
                return {
                    name: Found(len(found[name]), min(len(part["replicas"]) for part in found[name]), configs[name])
                    for name in names
                }
            await asyncio.sleep(0.1)


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]] | None:
    """Settings by full name; None while the broker does not know of a topic that was made a moment ago."""
    configs: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names]):
        for code, message, _, name, entries in answer.resources:
            if code == UnknownTopicOrPartitionError.errno:
                return None
            if code:
                raise for_code(code)(f"the settings of {name} could not be read: {message}")
            configs[name] = {entry[0]: entry[1] for entry in entries}
    return configs


def judge(topic: Topic, full: str, topics: Topics, found: Found) -> Finding | None:
    """What is not as it should be with an existing topic, the gravest first; None: all is well."""
    partitions, copies, config = found
    wanted = topics.partitions(topic.name)
    if topic.name.startswith(INTERNAL) and topic.name != DEAD_LETTERS and partitions != wanted:
        return Finding(full, Status.WRONG, f"{full} has {partitions} partitions instead of {wanted}: {_undo(topic)}")
    policy = config.get("cleanup.policy", "")
    if policy != topic.cleanup.value:
        advice = f"{full} has cleanup.policy={policy}: {_alter(full, 'cleanup.policy', topic.cleanup.value)}"
        return Finding(full, Status.WRONG, advice)
    # Whoever owns a crm topic may well refuse there what we would refuse here.
    least = MIB if topic.name.startswith(CRM) else topic.max_message
    takes = int(config.get("max.message.bytes", least))
    if takes < least:
        advice = f"{full} takes records up to {takes} bytes: {_alter(full, 'max.message.bytes', topic.max_message)}"
        return Finding(full, Status.WRONG, advice)
    must, safe = int(config.get("min.insync.replicas", 1)), max(1, copies - 1)
    if must > copies:
        advice = (
            f"{full} has {copies} copies and takes records only with {must} in sync: "
            f"{_alter(full, 'min.insync.replicas', safe)}"
        )
        return Finding(full, Status.WRONG, advice)
    kept = int(config.get("retention.ms", FOREVER))
    meant = topic.retention_ms
    if topic.cleanup is Cleanup.DELETE and kept != FOREVER and (meant == FOREVER or kept < meant):
        advice = f"{full} keeps {kept / DAY_MS:g} d ({topic.kept} was meant): {_alter(full, 'retention.ms', meant)}"
        return Finding(full, Status.NOTE, advice)
    if must < safe:
        advice = (
            f"{full} has {copies} copies and takes records that {must} broker alone has, which may be lost with it: "
            f"{_alter(full, 'min.insync.replicas', safe)}"
        )
        return Finding(full, Status.NOTE, advice)
    if partitions != wanted:
        advice = f"{full} has {partitions} partitions (we would make {wanted}), which is fine."
        return Finding(full, Status.NOTE, advice)
    return None


def _undo(topic: Topic) -> str:
    """What to do about another number of partitions of a topic of ours."""
    if topic.name == GENERATION:
        return "delete it, make it with `crmpulse topics`, and then a new generation with `crmpulse rebuild`."
    back = "" if topic.single else "set CRMPULSE_PARTITIONS to what it was made with, or "
    return f"{back}make a new generation with `crmpulse rebuild`."


def _alter(full: str, key: str, value: object) -> str:
    return f"kafka-configs.sh --alter --entity-type topics --entity-name {full} --add-config {key}={value}"
