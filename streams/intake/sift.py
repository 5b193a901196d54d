"""What becomes of each record that was read: packed for the inbox, refused, or left out. Pure but for its counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from streams.core import rates
from streams.core.records import Homes, dead_letter, homes, reaches_all
from streams.core.stage import CASES, EVENTS, ORG
from streams.events import Event, Reason, Rejected, decode, latest_of
from streams.events.instants import MAX_US, from_us, to_us
from streams.intake.limit import Limit, Refusals
from streams.intake.pack import Packed, Packer, head
from streams.policy import Policy
from streams.topics import MIB

WHOLE: Final = 2 * MIB
"""Bytes of a record's value that a dead letter keeps; the crm topics that we make take no longer record."""

BUGS: Final = 100
"""Mistakes of our own after which going on would only drain the topics into the dead letters."""


class Record(Protocol):
    """What is used of a Kafka record; `timestamp` in milliseconds, negative when there is none."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def value(self) -> bytes | None: ...


class Sifted(NamedTuple):
    """What is to be sent for a batch of records, in this order, and what was counted."""

    packed: list[Packed]
    dead: list[dict[str, Any]]
    counts: Counter[tuple[str, ...]]
    newest: dict[str, int]  # topic -> newest event time taken, us


class Sifter:
    """`partitions` is the number of inbox partitions, `limit` what a topic may have refused. With `until` (us), what
    happened later is left out.

    Topics are plain names throughout. `policy` may be replaced between two batches.
    """

    def __init__(self, policy: Policy, partitions: int, limit: Limit, until: int | None = None) -> None:
        self.policy = policy
        self._partitions = partitions
        self._limit = limit
        self._refusals: dict[str, Refusals] = {}
        self._until = None if until is None else from_us(until)
        self._bugs = 0
        self._events, self._org = Packer(EVENTS, partitions), Packer(ORG, partitions)
        self._cases = Packer(CASES, partitions)

    def sift(self, batch: Iterable[tuple[str, int, Sequence[Record]]]) -> Sifted:
        """The records of (topic, partition) by the order read. Raises `TooManyRefused` when a topic passes its limit,
        and a mistake of our own that repeats; the batch is lost then."""
        dead: list[dict[str, Any]] = []
        counts: Counter[tuple[str, ...]] = Counter()
        newest: dict[str, int] = {}
        for topic, partition, records in batch:
            start, latest, near = head(topic, partition), None, self._near(records)
            refusals = self._refusals.setdefault(topic, Refusals(topic, self._limit))
            for place, record in enumerate(records):
                judged = self._judge(record, near)
                if isinstance(judged, Rejected):
                    refusals.refuse(place, judged)
                    dead.append(_letter(judged, topic, partition, record))
                    counts["dead", judged.reason.value] += 1
                    counts["event", topic, "unknown", judged.reason.value] += 1
                    continue
                event, home = judged
                if home is None:
                    counts["event", topic, event.type, "after_as_of"] += 1
                    continue
                if latest is None or event.time > latest:
                    latest = event.time
                item = b"%b%d,%b]" % (start, record.offset, record.value or b"")
                self._events.add(home.partition, item)
                if home.copy is not None:
                    self._cases.add(home.copy, item)
                if reaches_all(event):
                    for other in range(self._partitions):
                        if other != home.partition:
                            self._org.add(other, item)
            refusals.through(len(records))
            if latest is not None:
                newest[topic] = max(to_us(latest), newest.get(topic, to_us(latest)))
        # The organisation's copies first, so that a partition knows it before the events read with it; so too whose
        # the cases are.
        return Sifted(self._org.take() + self._cases.take() + self._events.take(), dead, counts, newest)

    def begin(self) -> None:
        """What was not committed will be read once more, and is not to be counted twice against a topic's limit."""
        self._refusals.clear()

    def _near(self, records: Sequence[Record]) -> datetime | None:
        """Up to when an event can be in the future for none of the records; None: to be seen one by one."""
        least = min((record.timestamp for record in records), default=-1) * 1000
        return from_us(min(least + self.policy.max_future, MAX_US)) if least >= 0 else None

    def _judge(self, record: Record, near: datetime | None) -> tuple[Event, Homes | None] | Rejected:
        """The event and the inbox partitions that it goes to (None: after `until`), or why it is refused."""
        try:
            event = decode(record.value)
            if not isinstance(event, Rejected) and (near is None or latest_of(event) > near):
                event = decode(record.value, _received(record), self.policy.max_future)
            if isinstance(event, Rejected):
                return event
            if self._until is not None and event.time > self._until:
                return event, None
            refused = rates.check(event, self.policy)
            return refused or (event, homes(event, self._partitions))
        except Exception as error:  # the edge: our own mistake costs this record, and stops us when it repeats
            self._bugs += 1
            if self._bugs > BUGS:
                raise
            return Rejected(Reason.bug, f"{type(error).__name__} while reading the event: {error}")


def _letter(why: Rejected, topic: str, partition: int, record: Record) -> dict[str, Any]:
    """The dead letter of a record; of bytes that are longer than `WHOLE` only the beginning, beside their number."""
    raw = record.value or b""
    letter = dead_letter(why, topic, partition, record.offset, _received(record), raw[:WHOLE])
    return letter if len(raw) <= WHOLE else letter | {"original_bytes": len(raw)}


def _received(record: Record) -> int | None:
    """When the record came in, us; None for a timestamp that is none."""
    return record.timestamp * 1000 if 0 <= record.timestamp * 1000 <= MAX_US else None
