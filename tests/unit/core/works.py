"""The three stages put together as a worker does it: partitions, offsets, compacted topics, restarts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from random import Random
from typing import Any, NamedTuple

import msgspec

from streams.core.company import Company
from streams.core.customers import Customers
from streams.core.customers.packed import PackedShelf
from streams.core.employees import Employees
from streams.core.records import homes, parts_of, reaches_all, rest_of, write_policy
from streams.core.retraction import RETRACT, Place, write_retraction
from streams.core.stage import ALL, CASES, EVENTS, ORG, POLICY, TICK, Changes, Piece, Send, Stage, partition_of
from streams.events import Event, EventVoided, decode, subject_of
from streams.intake.cascade import HOPS
from streams.intake.lookup import Lookup
from streams.policy import Policy
from tests.unit.core.kit import Record, inbox, tick

Compacted = dict[str, dict[bytes, Any]]


class Disk:
    """A shelf of plain records in the order of their keys, as a database keeps them."""

    def __init__(self) -> None:
        self._records: dict[bytes, bytes] = {}

    def put(self, records: Iterable[tuple[bytes, bytes | None]]) -> list[tuple[bytes, bytes | None]]:
        merge(self._records, records)
        return []

    def clear(self) -> None:
        self._records.clear()

    def pieces(self, kinds: Sequence[str], name: str) -> Iterator[Piece]:
        for kind, value, (found, *rest) in self._of(kinds):
            if found == name:
                yield kind, rest_of([kind, found, *rest]), value

    def names(self, kind: str) -> Iterator[str]:
        yield from list(dict.fromkeys(name for name, _ in self.values(kind)))

    def values(self, kind: str) -> Iterator[tuple[str, bytes]]:
        for _, value, (name, *_) in self._of([kind]):
            yield str(name), value

    def _of(self, kinds: Sequence[str]) -> Iterator[tuple[str, bytes, list[str | int]]]:
        for key, value in self.records():
            kind, *rest = parts_of(key)
            if kind in kinds:
                yield str(kind), value, rest

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        yield from sorted(self._records.items())


Records = Disk | PackedShelf


def merge(records: dict[bytes, bytes], states: Iterable[tuple[bytes, bytes | None]]) -> None:
    """Let what is written stand for what was; None deletes."""
    for key, value in states:
        if value is None:
            records.pop(key, None)
        else:
            records[key] = value


def restore(stage: Stage, states: Sequence[tuple[bytes, bytes]], shelf: Records | None) -> None:
    """Give a new stage a state topic, as a store does: what belongs on the shelf of the stage is put there."""
    if shelf is not None:
        shelf.clear()
        states = [(key, value) for key, value in shelf.put(states) if value is not None]
        states += shelf.records()
    for key, value in states:
        stage.restore(key, value)
    stage.restored()


class Seat:
    """One partition of one stage, with its input log, the state topic, and what each flush has sent.

    With a `shelf` what is written goes there too, and a restart restores from there. A write may take as long as until
    the next flush, so here it always does.
    """

    def __init__(self, make: Callable[[], Stage], shelf: Records | None = None) -> None:
        self._writing: Sequence[tuple[bytes, bytes | None]] = ()
        self._make = make
        self._shelf = shelf
        self.stage = make()
        self.log: list[tuple[bytes, bytes]] = []
        self.states: dict[bytes, bytes] = {}
        self.flushes: list[list[Send]] = []
        self._done = 0

    def give(self, key: bytes, value: bytes) -> None:
        """One more input record, applied at once."""
        self.log.append((key, value))
        self.stage.apply(key, value, len(self.log) - 1)

    def flush(self) -> list[Send]:
        """One transaction: states, outputs and the checkpoint."""
        if self._shelf is not None:
            self._shelf.put(self._writing)
        changes: Changes = self.stage.flush()
        merge(self.states, changes.states)
        self._writing = changes.states
        self.flushes.append(changes.sends)
        self._done = len(self.log)
        return changes.sends

    def die(self, chance: Random) -> None:
        """The process is killed; another loads the state, in whatever order, and goes on after the checkpoint."""
        self.stage = self._make()
        states = list(self.states.items())
        chance.shuffle(states)
        restore(self.stage, states, self._shelf)
        self._writing = ()
        for offset in range(self._done, len(self.log)):
            self.stage.apply(*self.log[offset], offset)


class Outcome(NamedTuple):
    """What a run leaves for its readers: compacted topics, and every alert record in order."""

    topics: Compacted
    alerts: list[Record]


class Works:
    """The whole house for some number of partitions; a new policy changes `pace` customers or periods at a time.

    `bound` customers of each partition stay in memory, the others on a `shelf`. Figures may `wait`.
    """

    def __init__(
        self,
        policy: Policy,
        partitions: int = 1,
        *,
        follow: bool = False,
        pace: int = 1,
        bound: int = sys.maxsize,
        shelf: Callable[[], Records] = PackedShelf,
        wait: int = 0,
    ) -> None:
        self.partitions = partitions
        self._policy = policy
        shelves = [shelf() for _ in range(partitions)]
        self.customers = [
            Seat(
                partial(Customers, policy, n, partitions, follow=follow, rearmed=pace, shelf=shelf, bound=bound), shelf
            )
            for n, shelf in enumerate(shelves)
        ]
        self.employees = [Seat(partial(Employees, policy, n, pace, wait)) for n in range(partitions)]
        self.company = Seat(lambda: Company(policy, 0, wait))
        self.topics: Compacted = {}
        self.alerts: list[Record] = []
        self._told: list[bytes] = []

    def tell(self, lines: Iterable[bytes]) -> None:
        """A batch of events, as intake packs them: copies of the organisation's first."""
        own: dict[int, list[bytes]] = {}
        copies: dict[int, list[bytes]] = {}
        cases: dict[int, list[bytes]] = {}
        for line in lines:
            self._told.append(line)
            event = decode(line)
            assert isinstance(event, Event)
            home, copy = homes(event, self.partitions)
            own.setdefault(home, []).append(line)
            if copy is not None:
                cases.setdefault(copy, []).append(line)
            if reaches_all(event):
                for other in range(self.partitions):
                    if other != home:
                        copies.setdefault(other, []).append(line)
        for key, batch in ((ORG, copies), (CASES, cases), (EVENTS, own)):
            for number, events in sorted(batch.items()):
                self.customers[number].give(key, inbox(events))

    def look_up(self) -> None:
        """The events that voids name, all those so far, are looked up in the log."""
        events = [(event, line) for line in self._told if isinstance(event := decode(line), Event)]
        lookup = Lookup(
            ((subject_of(event).id, event.data.source, event.data.event_id), Place("crm.commands", 0, number, line))
            for number, (event, line) in enumerate(events)
            if isinstance(event.data, EventVoided)
        )
        for line in self._told:
            lookup.look(line, None, self._policy)
        for home, retraction in lookup.found(self.partitions):
            self.customers[home].give(RETRACT, write_retraction(retraction))

    def decide(self, policy: Policy) -> None:
        """A new policy stands in every inbox."""
        for seat in self.customers:
            seat.give(POLICY, write_policy(policy))

    def tick(self, at: int, final: bool = False, between: Callable[[], None] = lambda: None) -> None:
        """Time comes to an instant in every stage, each after all that the one before it has to say.

        `between` is called wherever a stage has been told and the next has not.
        """
        for last in [*[False] * HOPS, True] if final else [False]:
            for seat in self.customers:
                seat.give(TICK, tick(at, last))
            between()
            self.flush_customers()
            between()
        value = tick(at, final)
        for seat in self.employees:
            seat.give(TICK, value)
        between()
        self.flush_employees()
        between()
        self.company.give(TICK, value)
        between()
        self.flush_company()

    def flush(self) -> None:
        """Everything is handed on to the end."""
        self.flush_customers()
        self.flush_employees()
        self.flush_company()

    def flush_customers(self) -> None:
        for seat in self.customers:
            self._hand_on(seat.flush())

    def flush_employees(self) -> None:
        for seat in self.employees:
            self._hand_on(seat.flush())

    def flush_company(self) -> None:
        self._hand_on(self.company.flush())

    def seats(self) -> list[Seat]:
        return [*self.customers, *self.employees, self.company]

    def _hand_on(self, sends: list[Send]) -> None:
        for send in sends:
            if send.topic in ("streams.facts", "streams.rollup", "streams.inbox"):
                value = send.value or b""  # as the shell gives a stage a tombstone
                assert isinstance(value, bytes)
                for seat in self._targets(send):
                    seat.give(send.key, value)
            elif send.topic == "alerts" and send.value is not None:
                assert isinstance(send.value, dict)
                self.alerts.append(send.value)
            compacted = self.topics.setdefault(send.topic, {})
            if send.value is None:
                compacted.pop(send.key, None)
            else:
                compacted[send.key] = _read(send.value)

    def _targets(self, send: Send) -> list[Seat]:
        if send.topic == "streams.rollup":
            return [self.company]
        if send.topic == "streams.inbox":
            assert send.route is not None
            if send.route == ALL:
                return self.customers
            home = partition_of(send.route, self.partitions) if isinstance(send.route, str) else send.route
            return [self.customers[home]]
        if send.route == ALL:
            return self.employees
        assert isinstance(send.route, str)
        return [self.employees[partition_of(send.route, self.partitions)]]

    def outcome(self) -> Outcome:
        return Outcome(self.topics, self.alerts)


def told(seat: Seat) -> list[list[tuple[str, bytes, Any, str | int | None]]]:
    """What each flush of a partition sent, whatever the order of keys in it."""
    return [
        sorted(((s.topic, s.key, _read(s.value), s.route) for s in flush), key=lambda s: (s[0], s[1], str(s[2])))
        for flush in seat.flushes
    ]


def kept(seat: Seat) -> dict[bytes, Any]:
    """The state topic of a partition, compacted."""
    return {key: _read(value) for key, value in seat.states.items()}


def _read(value: bytes | dict[str, Any] | None) -> Any:
    if not isinstance(value, bytes) or not value:
        return value
    return msgspec.json.decode(value) if value[:1] == b"{" else msgspec.msgpack.decode(value)


def settled(alerts: Iterable[Record]) -> dict[str, Record]:
    """The last record per id, but for those withdrawn or never fired.

    The team of an episode that is over is the one known when it ended, so the arrival of personnel records decides it.
    """
    newest = {record["id"]: record for record in alerts}
    return {
        key: {name: value for name, value in record.items() if name != "team" or record["status"] != "resolved"}
        for key, record in newest.items()
        if record["reason"] != "withdrawn" and record["fired_at"] is not None
    }
