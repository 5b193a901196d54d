"""Every topic: its key, partitions, cleanup and retention. The only place with a topic's settings or a full name.

A topic has two names: the plain one of the contract ("alerts"), used in the whole code, and the full one on the broker
(with `CRMPULSE_TOPIC_PREFIX`). `Topics` turns one into the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

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

from streams.settings import EMBEDDED_PARTITIONS, Settings

KIB, MIB = 1024, 1024 * 1024
DAY_MS = 86_400_000
KNOWN_S = 30.0  # until a broker knows of topics that its controller has made
FOREVER = -1


class Cleanup(StrEnum):
    COMPACT = "compact"
    DELETE = "delete"


class Topic(NamedTuple):
    """One topic as it should be. `retention_ms` counts for deletion only, FOREVER keeps all."""

    name: str
    key: str
    cleanup: Cleanup = Cleanup.COMPACT
    single: bool = False  # one partition, whatever the number of the others
    retention_ms: int = FOREVER
    max_message: int = 2 * MIB  # bytes

    @property
    def kept(self) -> str:
        if self.cleanup is Cleanup.COMPACT:
            return "newest per key"
        return "for ever" if self.retention_ms == FOREVER else f"{self.retention_ms // DAY_MS} d"


# An event may have 1 MiB, and one above must still arrive to be refused by name; an inbox record holds one whole event.
# A dead letter holds its original as a JSON string, where a byte may take six.
CRM, INTERNAL, DEAD_LETTERS = "crm.", "streams.", "streams.dead-letters"
INBOX, FACTS, ROLLUP = "streams.inbox", "streams.facts", "streams.rollup"
CUSTOMERS_STATE, EMPLOYEES_STATE = "streams.customers.state", "streams.employees.state"
COMPANY_STATE = "streams.company.state"
COMMANDS = "crm.commands"
REFERENCE = ("crm.employees", "crm.targets")
"""Read before the others at the start: the organisation is known before what it did."""

SOURCES: tuple[Topic, ...] = tuple(
    Topic(f"crm.{noun}", "subject", Cleanup.DELETE)
    for noun in (
        "customers", "contacts", "leads", "opportunities", "contracts", "payments", "tickets", "feedback", "campaigns",
        "tasks", "costs", "usage", "assessments", "employees", "measures", "targets", "commands",
    )
)  # fmt: skip

OUTPUTS: tuple[Topic, ...] = (
    Topic("alerts", "alert id"),
    Topic("alerts.log", "employee id", Cleanup.DELETE, retention_ms=10 * 365 * DAY_MS),
    Topic("scores.employees", "employee id/period"),
    Topic("scores.teams", "team id/period"),
    Topic("kpis.employees", "employee id/period"),
    Topic("funnel", "team id/period"),
    Topic("opportunities", "opportunity id"),
    Topic("customers", "customer id"),
    Topic("campaigns", "campaign or lead source/period"),
    Topic("insights", "insight id"),
    Topic("pay.statements", "employee id/period"),
    Topic("recommendations", "recommendation id"),
    Topic(DEAD_LETTERS, "source topic", Cleanup.DELETE, retention_ms=365 * DAY_MS, max_message=16 * MIB),
)

# The inbox is read once and rebuilt from crm.*; a week leaves time to find out why a worker stood still.
STREAMS: tuple[Topic, ...] = (
    Topic(INBOX, "kind of record", Cleanup.DELETE, retention_ms=7 * DAY_MS),
    Topic(FACTS, "employee|bucket|origin"),
    Topic(ROLLUP, "team|bucket|origin", single=True),
    Topic(CUSTOMERS_STATE, "piece of a subject's state"),
    Topic(EMPLOYEES_STATE, "piece of an employee's state"),
    Topic(COMPANY_STATE, "piece of the company's state", single=True),
)

TOPICS: tuple[Topic, ...] = SOURCES + OUTPUTS + STREAMS
BY_NAME = {topic.name: topic for topic in TOPICS}


class Topics:
    """The topics of one installation: full names and partition counts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._full = {topic.name: settings.topic_prefix + topic.name for topic in TOPICS}
        self._plain = {full: plain for plain, full in self._full.items()}
        self.sources: tuple[str, ...] = tuple(self._full[topic.name] for topic in SOURCES)
        """Full names of crm.*."""

    def full(self, plain: str) -> str:
        """The name on the broker. KeyError for a topic that the registry does not know."""
        return self._full[plain]

    def plain(self, full: str) -> str:
        """The name in the contract. KeyError as above."""
        return self._plain[full]

    def used(self, plain: str) -> int:
        """In how many partitions records are written: the `n` of `partition_of`."""
        return 1 if BY_NAME[plain].single else self.settings.partitions

    def partitions(self, plain: str) -> int:
        """How many partitions the topic has on the broker; the embedded one gives all topics the same number."""
        return EMBEDDED_PARTITIONS if self.settings.embedded else self.used(plain)

    def config(self, plain: str) -> dict[str, str]:
        """The topic's settings as Kafka writes them."""
        topic = BY_NAME[plain]
        config = {
            "cleanup.policy": topic.cleanup.value,
            "max.message.bytes": str(topic.max_message),
        }
        if topic.cleanup is Cleanup.DELETE:
            config["retention.ms"] = str(topic.retention_ms)
            config["retention.bytes"] = str(FOREVER)
        else:  # only closed segments are compacted: smaller ones keep what a restart must read small
            config["segment.bytes"] = str(64 * MIB)
            config["min.cleanable.dirty.ratio"] = "0.3"
        if self.settings.replication:
            config["min.insync.replicas"] = str(max(1, self.settings.replication - 1))
        return config

    def describe(self) -> list[tuple[str, str, str, str, str]]:
        """(full name, key, partitions, cleanup, kept) of every topic, for a person."""
        return [(self.full(t.name), t.key, str(self.partitions(t.name)), t.cleanup.value, t.kept) for t in TOPICS]


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


class Report(NamedTuple):
    findings: list[Finding]

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
            return Report([Finding(topics.full(topic.name), Status.OK) for topic in TOPICS])
        found = {topic["topic"] for topic in await admin.describe_topics()}
        missing = [topic for topic in TOPICS if topics.full(topic.name) not in found]
        if creating and missing:
            await _make(admin, topics, missing)
        present = [topic for topic in TOPICS if creating or topic not in missing]
        partitions, configs = await _state(admin, [topics.full(topic.name) for topic in present])
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
        elif problem := judge(topic, full, topics, partitions[full], configs[full]):
            findings.append(problem)
        else:
            findings.append(Finding(full, Status.CREATED if topic in missing else Status.OK))
    return Report(findings)


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
        await consumer.stop()
    async with asyncio.timeout(KNOWN_S):
        while True:
            try:
                await admin.find_coordinator(settings.intake_group)
                return
            except GroupCoordinatorNotAvailableError:
                await asyncio.sleep(0.1)


async def _state(admin: AIOKafkaAdminClient, names: list[str]) -> tuple[dict[str, int], dict[str, dict[str, str]]]:
    """(partitions, settings) by full name of topics that exist, as soon as the broker knows of all of them."""
    async with asyncio.timeout(KNOWN_S):
        while True:
            found = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
            led = (
                (part["leader"] >= 0 for name in names for part in found[name])
                if found.keys() >= set(names)
                else [False]
            )
            if all(led) and (configs := await _configs(admin, names)) is not None:
                return {name: len(found[name]) for name in names}, configs
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


def judge(topic: Topic, full: str, topics: Topics, partitions: int, config: dict[str, str]) -> Finding | None:
    """What is not as it should be with an existing topic, the gravest first; None: all is well."""
    ours = topic.name.startswith(INTERNAL) and topic.name != DEAD_LETTERS
    wanted = topics.partitions(topic.name)
    if ours and partitions != wanted:
        advice = (
            f"{full} has {partitions} partitions instead of {wanted}: set CRMPULSE_PARTITIONS to what it was made with,"
            " or begin anew under another CRMPULSE_TOPIC_PREFIX and CRMPULSE_APP."
        )
        return Finding(full, Status.WRONG, advice)
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
    kept = int(config.get("retention.ms", FOREVER))
    meant = topic.retention_ms
    if topic.cleanup is Cleanup.DELETE and kept != FOREVER and (meant == FOREVER or kept < meant):
        advice = f"{full} keeps {kept / DAY_MS:g} d ({topic.kept} was meant): {_alter(full, 'retention.ms', meant)}"
        return Finding(full, Status.NOTE, advice)
    if partitions != wanted:
        advice = f"{full} has {partitions} partitions (we would make {wanted}), which is fine."
        return Finding(full, Status.NOTE, advice)
    return None


def _alter(full: str, key: str, value: object) -> str:
    return f"kafka-configs.sh --alter --entity-type topics --entity-name {full} --add-config {key}={value}"
