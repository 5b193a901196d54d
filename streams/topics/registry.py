"""Every topic: its key, partitions, cleanup and retention. The only place with a topic's settings or a full name.

A topic has two names: the plain one of the contract ("alerts"), used in the whole code, and the full one on the broker
(with `CRMPULSE_TOPIC_PREFIX`). `Topics` turns one into the other.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

import msgspec

from streams.settings import EMBEDDED_PARTITIONS, Settings

MIB = 1024 * 1024
DAY_MS = 86_400_000
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
GENERATION = "streams.generation"
"""Which generation serves, and which is being built; the one topic of ours that all generations share."""
POLICY = "streams.policy"
COMMANDS = "crm.commands"
REFERENCE = ("crm.employees", "crm.targets", COMMANDS)
"""Read before the others at the start: the organisation is known before what it did, and what is voided before it
comes."""

SOURCES: tuple[Topic, ...] = tuple(
    Topic(f"crm.{noun}", "subject", Cleanup.DELETE)
    for noun in (
        "customers", "contacts", "leads", "opportunities", "contracts", "payments", "tickets", "feedback", "campaigns",
        "tasks", "costs", "usage", "assessments", "employees", "measures", "targets", "commands",
    )
)  # fmt: skip

OUTPUTS: tuple[Topic, ...] = (
    Topic("alerts", "alert id"),
    Topic("alerts.digest", "recipient"),
    Topic("alerts.log", "employee id", Cleanup.DELETE, retention_ms=10 * 365 * DAY_MS),
    Topic("scores.employees", "employee id/period"),
    Topic("scores.teams", "team id/period"),
    Topic("kpis.employees", "employee id/period"),
    Topic("funnel", "team id/period"),
    Topic("opportunities", "opportunity id"),
    Topic("customers", "customer id"),
    Topic("campaigns", "campaign:id/period or source:name/period"),
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
    Topic(POLICY, "policy", single=True),
)

CONTROL: tuple[Topic, ...] = (Topic(GENERATION, "current or next", single=True),)

TOPICS: tuple[Topic, ...] = SOURCES + OUTPUTS + STREAMS + CONTROL
BY_NAME = {topic.name: topic for topic in TOPICS}
_OUTPUTS = {topic.name for topic in OUTPUTS}
_STREAMS = {topic.name for topic in STREAMS}


class Topics:
    """The topics of one installation, in the generation that the settings name: full names and partition counts.

    A generation after the first has internal topics of its own (`streams.inbox.g2`) and, until it serves, outputs of
    its own too (`streams.g2.alerts`). What it is made from, and in the end what it makes, is the same for all.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._full = {topic.name: settings.topic_prefix + _named(topic.name, settings) for topic in TOPICS}
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
        if BY_NAME[plain].single:
            return 1
        return self.settings.output_partitions.get(plain, self.settings.partitions)

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

    def inner(self) -> set[str]:
        """The full names of the topics between the stages, and of their states."""
        return {self._full[plain] for plain in _STREAMS}

    def own(self) -> set[str]:
        """The full names of what belongs to this generation alone, the outputs it has before it serves among them."""
        if self.settings.generation == 1:
            return self.inner()
        shadow = Topics(msgspec.structs.replace(self.settings, shadow=True))
        return shadow.inner() | {shadow.full(plain) for plain in _OUTPUTS}

    def describe(self) -> list[tuple[str, str, str, str, str]]:
        """(full name, key, partitions, cleanup, kept) of every topic, for a person."""
        return [(self.full(t.name), t.key, str(self.partitions(t.name)), t.cleanup.value, t.kept) for t in TOPICS]


def _named(plain: str, settings: Settings) -> str:
    """The name in the contract, or what stands for it in this generation."""
    if plain in _STREAMS and settings.generation > 1:
        return f"{plain}.g{settings.generation}"
    if plain in _OUTPUTS and settings.shadow:
        return f"{INTERNAL}g{settings.generation}.{plain.removeprefix(INTERNAL)}"
    return plain


def generation_of(full: str, settings: Settings) -> int | None:
    """The generation that a topic of this installation belongs to; None for one that belongs to none."""
    if not full.startswith(settings.topic_prefix):
        return None
    plain = full.removeprefix(settings.topic_prefix)
    if plain in _STREAMS:
        return 1
    match = re.fullmatch(r"streams\..+\.g([0-9]{1,6})|streams\.g([0-9]{1,6})\..+", plain)
    if not match:
        return None
    number = int(match[1] or match[2])
    return number if full in Topics(msgspec.structs.replace(settings, generation=number)).own() else None
