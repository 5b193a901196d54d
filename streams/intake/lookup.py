"""Finds the events that voids name in the log, and what else of their subjects a retraction has to know. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from streams.core import rates
from streams.core.records import homes
from streams.core.retraction import Contract, Place, Retraction
from streams.events import ContractSigned, Event, EventVoided, Rejected, decode, subject_of
from streams.events.instants import to_us
from streams.policy import Policy

MANY: Final = 16
"""So many subjects are looked for before an event is decoded."""
Identity = tuple[str, str, str]
"""Subject, source and id of an event."""


class _Known(NamedTuple):
    """What is kept of an event of a customer."""

    time: int
    identity: Identity
    contract: Contract | None


class Lookup:
    """Give it the voids, then every record of crm.* once, by `look`; `found` has what is to be sent. With `until` (us)
    what happened later is left out."""

    def __init__(self, voids: Iterable[tuple[Identity, Place]], until: int | None = None) -> None:
        self._until = until
        self._voids = dict(reversed(list(voids)))
        self._voided = set(self._voids)
        self._subjects = {subject for subject, _, _ in self._voids}
        # A text may be written with escapes, which are not worth to be read here. To look for many takes longer than to
        # decode.
        signs = [rb"\\", *(re.escape(subject.encode()) for subject in sorted(self._subjects))]
        self._maybe = re.compile(b"|".join(signs) if len(signs) <= MANY else b"").search
        self._raw: dict[Identity, dict[bytes, Event]] = {}
        self._known: dict[str, list[_Known]] = {}

    def look(self, raw: bytes, received: int | None, policy: Policy) -> None:
        """Take a record that came in at an instant (us)."""
        if not self._maybe(raw):
            return
        event = decode(raw, received, policy.max_future)
        if isinstance(event, Rejected) or rates.check(event, policy) is not None:
            return
        subject = subject_of(event)
        if subject.id not in self._subjects or (self._until is not None and to_us(event.time) > self._until):
            return
        if isinstance(event.data, EventVoided):
            self._voided.add((subject.id, event.data.source, event.data.event_id))
            return
        identity = subject.id, event.source, event.id
        if identity in self._voids:
            self._raw.setdefault(identity, {})[raw] = event
        elif subject.kind == "customer":
            self._known.setdefault(subject.id, []).append(_Known(to_us(event.time), identity, _contract(event)))

    def found(self, partitions: int) -> list[tuple[int, Retraction]]:
        """The retractions, and of so many partitions of the inbox that to which each goes."""
        retractions = []
        for identity, events in self._raw.items():
            others = [one for one in self._known.get(identity[0], ()) if one.identity not in self._voided]
            first = min((one.time for one in others), default=None)
            contract = min((one.contract for one in others if one.contract is not None), default=None)
            for raw, event in events.items():
                retraction = Retraction(raw, self._voids[identity], first, contract)
                retractions.append((homes(event, partitions).partition, retraction))
        return retractions

    def missed(self) -> int:
        """How many voids named an event that is not there."""
        return len(self._voids.keys() - self._raw.keys())


def _contract(event: Event) -> Contract | None:
    data = event.data
    if not isinstance(data, ContractSigned):
        return None
    return Contract(to_us(event.time), event.source, event.id, data.employee_id)
