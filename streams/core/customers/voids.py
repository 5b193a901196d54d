"""Which events of one partition were taken back: 8 bytes each, for good, as the event may come late, or come again.

An event is named by its subject, whichever kind of thing that is, its source and its id. One that was counted before
its void came *awaits* its retraction, see `retracting`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, get_args

import msgspec

from streams.core.customers.roster import Roster
from streams.core.formats import reader, tagged
from streams.core.records import key_of
from streams.core.retraction import Contract
from streams.core.seen import fingerprint
from streams.events import AlertAcknowledged, ContractSigned, Event, EventVoided, SubjectKind, subject_of

KIND = "void"
"""The kind of the state records: one for each subject."""


class Other(NamedTuple):
    """What is to be known of another event of the same subject."""

    print: bytes
    time: int
    contract: Contract | None


class Awaiting(msgspec.Struct, array_like=True):
    """The fingerprints of the events of a subject that are to be taken back, and what came meanwhile: whoever looks
    them up may have been past that."""

    prints: set[bytes]
    others: list[Other] = []


class _Voided(msgspec.Struct, array_like=True):
    """The record of a subject."""

    prints: set[bytes]
    awaiting: Awaiting | None = None


_read = reader(_Voided)


class Voids:
    """What was voided, by subject. `customers` knows what was seen."""

    def __init__(self, customers: Roster) -> None:
        self._customers = customers
        self._voided: dict[str, set[bytes]] = {}
        self._awaiting: dict[str, Awaiting] = {}
        self._missed: set[tuple[str, bytes]] = set()
        self._dirty: set[str] = set()

    def __len__(self) -> int:
        return sum(map(len, self._voided.values()))

    @property
    def missed(self) -> int:
        """How many of those learned of since the start named an event that has not come."""
        return len(self._missed)

    @property
    def awaited(self) -> int:
        """How many events are still to be taken back."""
        return sum(len(one.prints) for one in self._awaiting.values())

    def add(self, subject: str, void: EventVoided) -> None:
        """Learn of a void. One that is known already changes nothing."""
        known, print_ = self._voided.setdefault(subject, set()), fingerprint(void.source, void.event_id)
        if print_ in known:
            return
        known.add(print_)
        self._dirty.add(subject)
        if any(self._customers.has_seen(f"{kind}:{subject}", print_) for kind in get_args(SubjectKind)):
            self._awaiting.setdefault(subject, Awaiting(set())).prints.add(print_)
        else:
            self._missed.add((subject, print_))

    def hold(self, event: Event) -> bool:
        """Whether an event was taken back. A void never is."""
        if not self._voided or isinstance(event.data, EventVoided):
            return False
        subject = subject_of(event).id
        known = self._voided.get(subject)
        if known is None or (print_ := fingerprint(event.source, event.id)) not in known:
            return False
        self._missed.discard((subject, print_))
        return True

    def heed(self, event: Event, time: int) -> None:
        """An event was taken: whoever waits has to know of it."""
        if not self._awaiting or (found := self._awaiting.get(subject := subject_of(event).id)) is None:
            return
        data, signed = event.data, None
        if isinstance(data, AlertAcknowledged):
            return  # says nothing of when somebody was first seen
        if isinstance(data, ContractSigned):
            signed = Contract(time, event.source, event.id, data.employee_id)
        found.others.append(Other(fingerprint(event.source, event.id), time, signed))
        self._dirty.add(subject)

    def meet(self, event: Event, time: int) -> list[Other] | None:
        """An event that is found in the log: if it is one that waits to be taken back, it does no more, and the answer
        is what came meanwhile and stands."""
        subject, print_ = subject_of(event), fingerprint(event.source, event.id)
        found = self._awaiting.get(subject.id)
        if found is None or print_ not in found.prints:
            return None
        if not self._customers.seen(f"{subject.kind}:{subject.id}").took(event, time):
            return None  # another one under its id, which was not taken
        found.prints.remove(print_)
        if not found.prints:
            del self._awaiting[subject.id]
        self._dirty.add(subject.id)
        voided = self._voided[subject.id]
        return [other for other in found.others if other.print not in voided]

    def take_dirty(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The state records that changed since the last time."""
        for subject in sorted(self._dirty):
            awaiting = self._awaiting.get(subject)
            waits = None if awaiting is None else (sorted(awaiting.prints), awaiting.others)
            yield key_of(KIND, subject), tagged((sorted(self._voided[subject]), waits))
        self._dirty.clear()

    def restore(self, subject: str, value: bytes) -> None:
        """Put back what `take_dirty` gave of a subject."""
        found = _read(value)
        self._voided[subject] = found.prints
        if found.awaiting is not None:
            self._awaiting[subject] = found.awaiting
