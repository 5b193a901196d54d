"""The customers and fingerprints of one partition: in memory those that are in use, all others as records.

Records wait in one of two places. Without a shelf, those that a restart has given are kept as they came until somebody
asks for them: most customers are never asked for, and building one costs many times what keeping its records does.
With a shelf, what was not used for longest goes back to it when there is more than `bound` in memory.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import groupby, islice
from typing import TypeVar

from streams.core.customers import storage
from streams.core.customers.state import Customer
from streams.core.records import key_of, parts_of
from streams.core.seen import Seen, newest_in
from streams.core.stage import Shelf
from streams.policy import Policy

T = TypeVar("T")
_CUSTOMER, _SEEN = b'["customer",', b'["seen",'
_UNREAD = (b'["contacts",', b'["invoice",')
"""How the keys begin of what no index needs."""


class Roster(Mapping[str, Customer]):
    """Every customer by id, wherever it is. Asking for one brings it into memory, where it stays until a `trim`.

    `policies` are those that customers stand under, by the numbers of their revisions. With a `shelf`, `bound` is how
    many customers, and how many subjects' fingerprints, a trim leaves in memory.
    """

    def __init__(self, policies: Mapping[int, Policy], shelf: Shelf | None = None, bound: int = 0) -> None:
        self._policies, self._shelf, self._bound = policies, shelf, bound
        self._customers: dict[str, Customer] = {}
        self._asleep: dict[str, list[tuple[bytes, bytes]]] = {}
        self._queued: dict[str, dict[str, int]] = {}
        self._seen: dict[str, Seen] = {}
        self._last = b""
        self._count = 0
        self.subjects = 0
        """How many subjects have fingerprints."""

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        """The ids of all customers, in no order that means anything."""
        here = {*self._customers, *self._asleep}
        yield from here
        for key, _ in self._shelved(_CUSTOMER):
            customer_id = str(parts_of(key)[1])
            if customer_id not in here:
                yield customer_id

    def __getitem__(self, customer_id: str) -> Customer:
        customer = self._customers.get(customer_id) or self._wake(customer_id)
        if customer is None:
            raise KeyError(customer_id)
        self._use(self._customers, customer_id)
        return customer

    def enrol(self, customer_id: str, revision: int) -> Customer:
        """The customer of an id; where there was none, a new one that stands under a revision of the policy."""
        customer = self._customers.get(customer_id) or self._wake(customer_id)
        if customer is None:
            customer = self._customers[customer_id] = Customer(customer_id)
            customer.revision = revision
            self._count += 1
        self._use(self._customers, customer_id)
        return customer

    def seen(self, subject: str) -> Seen:
        """The fingerprints of a subject; none yet where it is new."""
        seen = self._seen.get(subject)
        if seen is None:
            seen = self._seen[subject] = Seen()
            if self._shelf is not None:
                for key, value in self._shelf.records(_prefix_of(subject)):
                    seen.restore(int(parts_of(key)[2]), value)
            self.subjects += not seen
        self._use(self._seen, subject)
        return seen

    def _wake(self, customer_id: str) -> Customer | None:
        pieces = self._asleep.pop(customer_id, None)
        if pieces is None and self._shelf is not None:
            header, *others = storage.prefixes(customer_id)
            if pieces := list(self._shelf.records(header)):
                pieces += [record for prefix in others for record in self._shelf.records(prefix)]
        if not pieces:
            return None
        customer = self._customers[customer_id] = storage.assemble(customer_id, pieces, self._policies)
        customer.armed = customer.deadline
        for opportunity in customer.opportunities.values():
            opportunity.armed = opportunity.deadline
        for name, instant in self._queued.pop(customer_id, {}).items():
            customer.holder(name).armed = instant
        return customer

    def _shelved(self, prefix: bytes) -> Iterable[tuple[bytes, bytes]]:
        return () if self._shelf is None else self._shelf.records(prefix)

    def _use(self, things: dict[str, T], name: str) -> None:
        """It is the newest used now, which is the last."""
        if self._shelf is not None:
            things[name] = things.pop(name)

    def leaves(self, key: bytes) -> bool:
        """Whether a record that is restored can be left where it is, unread."""
        if self._shelf is None:
            return False
        if key.startswith(_SEEN):
            subject = key[: key.rindex(b",")]
            self.subjects += subject != self._last
            self._last = subject
            return True
        return key.startswith(_UNREAD)

    def restore(self, parts: list[str | int], key: bytes, value: bytes) -> None:
        """Take one record of a customer or of fingerprints; `parts` are those of its key."""
        name = str(parts[1])
        if parts[0] == "seen":
            self._seen.setdefault(name, Seen()).restore(int(parts[2]), value)
            self.subjects = len(self._seen)
            return
        self._count += parts[0] == "customer"
        if self._shelf is None:
            self._asleep.setdefault(name, []).append((key, value))

    def trim(self, customers: Container[str], subjects: Container[str]) -> None:
        """Let go of what was not used for longest and is on the shelf, which those named are not yet."""
        if self._shelf is None:
            return
        for customer in _trim(self._customers, self._bound, customers):
            if queued := _queued(customer):
                self._queued[customer.id] = queued
        self.subjects -= sum(not seen for seen in _trim(self._seen, self._bound, subjects))

    def forget(self, before: int) -> Iterator[tuple[str, int]]:
        """Let go of the fingerprints of events before an instant: (subject, block) of each that is gone."""
        for subject in [*self._seen, *self._shelved_before(before)]:
            seen = self.seen(subject)
            for number in seen.forget(before):
                yield subject, number

    def _shelved_before(self, before: int) -> Iterator[str]:
        """The subjects not in memory that have a block from before an instant."""
        records = ((str(parts_of(key)[1]), value) for key, value in self._shelved(_SEEN))
        for subject, blocks in groupby(records, key=lambda record: record[0]):
            if subject not in self._seen and any(newest_in(value) < before for _, value in blocks):
                yield subject


def _queued(customer: Customer) -> dict[str, int]:
    """Where a customer's own deadline ("") and those of its opportunities stand in the queue, if not where they are."""
    return {name: holder.armed for name, holder in customer.holders() if holder.armed != holder.deadline}


def _prefix_of(subject: str) -> bytes:
    """How the keys of a subject's fingerprints begin."""
    return key_of("seen", subject)[:-1] + b","


def _trim(things: dict[str, T], bound: int, held: Container[str]) -> list[T]:
    """Leave `bound` of them, or as few as may go; those that went."""
    free = (name for name in things if name not in held)
    return [things.pop(name) for name in list(islice(free, max(0, len(things) - bound)))]
