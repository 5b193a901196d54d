"""The records that pass between the stages, and the dead letter."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from streams.core.ledger import Measures
from streams.core.stage import Rest, partition_of
from streams.events import AlertSilenced, CampaignLaunched, Event, EventVoided, Rejected, TargetSet, subject_of
from streams.events.instants import iso
from streams.policy import Policy, load

_INBOX = msgspec.json.Decoder(list[tuple[str, int, int, msgspec.Raw]])
_parts = msgspec.json.Decoder(list[str | int]).decode
_handed_on = msgspec.msgpack.Decoder(tuple[str, bytes]).decode
_SMALL = 1 << 63
ORGANISATION = "crm.employees"
"""Events of this topic say who works here, where, and when."""


class Tick(msgspec.Struct, frozen=True):
    """An instant that has come, in microseconds. `final` is the last one of a run that ends. `ends` says how much each
    topic of events held then, as far as it was looked at: the sum of the offsets at which its partitions end."""

    at: int
    final: bool = False
    ends: dict[str, int] = {}


class Homes(NamedTuple):
    """Where an event goes: the partition that takes it, and the one, if any, that has to hear of it too."""

    partition: int
    copy: int | None


def case_of(event: Event) -> tuple[str, str] | None:
    """The kind and the id of the case that an event is of."""
    if event.data.CASE is None:
        return None
    kind, field = event.data.CASE
    return kind, getattr(event.data, field)


def homes(event: Event, partitions: int) -> Homes:
    """An event goes to the partition of its subject. One of a case that names its customer is copied to the partition
    of the case; the others, which do not, go there alone: see `customers.directory`."""
    subject, case = subject_of(event), case_of(event)
    own = partition_of(subject.id, partitions)
    if case is None:
        return Homes(own, None)
    other = partition_of(case[1], partitions)
    if subject.kind != "customer":
        return Homes(other, None)
    return Homes(own, other if other != own else None)


def write_handed_on(customer: str, raw: bytes) -> bytes:
    """A step of a case on its way to the partition of its customer."""
    return msgspec.msgpack.encode((customer, raw))


def read_handed_on(value: bytes) -> tuple[str, bytes]:
    """The customer and the event that `write_handed_on` was given."""
    return _handed_on(value)


class Attempt(msgspec.Struct, array_like=True, frozen=True):
    """The first attempt, since a lead was created, to reach the customer that it is."""

    lead: str
    customer: str
    time: int
    employee: str
    gone: bool = False
    """It was voided."""


def write_attempt(made: Attempt) -> bytes:
    """An attempt on its way to the partition of the lead."""
    return msgspec.msgpack.encode(made)


def read_attempt(value: bytes) -> Attempt:
    """The attempt that `write_attempt` was given."""
    return msgspec.msgpack.decode(value, type=Attempt)


def write_watch(customer: str, lead: str, since: int) -> bytes:
    """The question of a lead, to the partition of the customer that it is, for the first attempt from an instant on."""
    return msgspec.msgpack.encode((customer, lead, since))


def read_watch(value: bytes) -> tuple[str, str, int]:
    """The customer, the lead and the instant that `write_watch` was given."""
    return msgspec.msgpack.decode(value, type=tuple[str, str, int])


def reaches_all(event: Event) -> bool:
    """Whether every partition is told of an event: who raises alerts must know whose they are, and what is silenced;
    who spreads targets, what everybody has; any may have something of a campaign, which is to the credit of who
    launched it; and an event that is voided may have gone to any, by its case."""
    told = AlertSilenced | CampaignLaunched | EventVoided | TargetSet
    return event.data.TOPIC == ORGANISATION or isinstance(event.data, told)


def read_inbox(value: bytes) -> list[tuple[str, int, int, bytes]]:
    """The events of one inbox record, each with the topic, partition and offset that it came from."""
    return [(topic, partition, offset, bytes(raw)) for topic, partition, offset, raw in _INBOX.decode(value)]


def read_tick(value: bytes) -> Tick:
    """The tick of a record; for every stage the same."""
    return msgspec.json.decode(value, type=Tick)


class PolicyText(msgspec.Struct, frozen=True):
    """A policy as it travels: the text of its file, and the version that this comes to."""

    version: str
    text: str


def write_policy(policy: Policy) -> bytes:
    """The record that puts a policy in force from its place in the stream on."""
    return msgspec.json.encode(PolicyText(policy.version, policy.text))


def read_policy(value: bytes) -> Policy:
    """The policy of a record; for every partition of the process the same object. Raises PolicyError."""
    return policy_of(msgspec.json.decode(value, type=PolicyText).text)


@lru_cache(8)
def policy_of(text: str) -> Policy:
    """The policy of a text that was found good before it got here. Raises PolicyError where it is not."""
    return load(text)


class Contribution(msgspec.Struct, frozen=True, array_like=True):
    """What one origin (an inbox partition) adds to one bucket of an employee: the whole of it, never a difference.

    `version` is the inbox offset that it is as of: an older one that arrives late changes nothing.
    """

    version: int
    clock: int
    measures: dict[str, int | str]


class Profile(msgspec.Struct, frozen=True, array_like=True):
    """An employee's record: what the organisation says of the person."""

    version: int
    clock: int
    fields: dict[str, Any]


class Goal(msgspec.Struct, frozen=True, array_like=True):
    """A target of an employee, as decimal text."""

    version: int
    clock: int
    value: str


class Totals(msgspec.Struct, frozen=True, array_like=True):
    """An employee's figures of one period on the way to the company: measures, and what the scorecard came to."""

    version: int
    clock: int
    profile: dict[str, Any]
    measures: dict[str, int | str]
    score: str | None
    rating: str | None


def key_of(*parts: str | int) -> bytes:
    """A composite key that no id can break: a JSON array."""
    return msgspec.json.encode(parts)


def rest_of(parts: list[str | int]) -> Rest:
    """What the parts of a state record's key say after kind and name."""
    _, _, *rest = parts
    return (str(rest[0]), int(rest[1])) if len(rest) > 1 else rest[0] if rest else None


def parts_of(key: bytes) -> list[str | int]:
    """The parts of a composite key."""
    return _parts(key)


def packed(measures: Measures) -> dict[str, int | str]:
    """Measures as they are written: a number of more than 64 bits as text."""
    return {name: value if -_SMALL <= value < _SMALL else str(value) for name, value in measures.items()}


def unpacked(measures: dict[str, int | str]) -> Measures:
    """Measures as they were before `packed`."""
    return {name: int(value) for name, value in measures.items()}


def dead_letter(why: Rejected, topic: str, partition: int, offset: int, time: int | None, raw: bytes) -> dict[str, Any]:
    """The record of what was not taken: why, where it stood, and its bytes (base64 where they are no text)."""
    try:
        original, encoding = raw.decode(), "utf-8"
    except UnicodeDecodeError:
        original, encoding = base64.b64encode(raw).decode(), "base64"
    return {
        "reason": why.reason.value,
        "detail": why.detail,
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "time": None if time is None else iso(time),
        "original": original,
        "encoding": encoding,
    }
