"""The customers and fingerprints of one partition: in memory those that are in use, all others as records on a shelf.

To build one costs many times what keeping its records does, in time and in memory: what was not used for longest is
let go when there is more than `bound` of it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from itertools import groupby, islice
from operator import itemgetter
from typing import TypeVar

import msgspec

from streams.core.customers import storage
from streams.core.customers.cases import Standing
from streams.core.customers.state import Customer
from streams.core.records import key_of
from streams.core.seen import Seen, newest_in
from streams.core.stage import Shelf
from streams.policy import Policy

T = TypeVar("T")
_CUSTOMER, _SEEN = b'["customer",', b'["seen",'
_UNREAD = tuple(key_of(kind)[:-1] + b"," for kind in storage.UNREAD)
"""How the keys begin of what no index needs."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[str, int]).decode


class Roster(Mapping[str, Customer]):
    """Every customer by id, wherever it is. Asking for one brings it into memory, where it stays until a `trim`.

    `policies` are those that customers stand under, by the numbers of their revisions. `bound` is how many customers,
    and how many subjects' fingerprints, a trim leaves in memory.
    """

    def __init__(self, policies: Mapping[int, Policy], shelf: Shelf, bound: int) -> None:
        self._policies, self._shelf, self._bound = policies, shelf, bound
        self._customers: dict[str, Customer] = {}
        self._queued: dict[str, bytes] = {}
        self._seen: dict[str, Seen] = {}
        self._last = b""
        self._count = 0
        self.subjects = 0
        """How many subjects have fingerprints."""

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        """The ids of all customers, in no order that means anything. They may change while they are gone through."""
        here = set(self._customers)
        yield from here
        yield from (name for name in self._shelf.names("customer") if name not in here)

    def __getitem__(self, customer_id: str) -> Customer:
        customer = self._find(customer_id)
        if customer is None:
            raise KeyError(customer_id)
        return customer

    def enrol(self, customer_id: str, revision: int) -> Customer:
        """The customer of an id; where there was none, a new one that stands under a revision of the policy."""
        customer = self._find(customer_id)
        if customer is None:
            customer = self._customers[customer_id] = Customer(customer_id)
            customer.revision = revision
            customer.dirty = True
            self._count += 1
        return customer

    def renew(self, customer_id: str, revision: int) -> Customer:
        """Put a new customer, which stands under a revision of the policy, in the place of one that is in memory."""
        customer = self._customers[customer_id] = Customer(customer_id)
        customer.revision = revision
        customer.dirty = True
        return customer

    def seen(self, subject: str) -> Seen:
        """The fingerprints of a subject; none yet where it is new."""
        seen = self._seen.pop(subject, None)
        if seen is None:
            seen = Seen()
            for _, number, value in self._shelf.pieces((storage.SEEN,), subject):
                if isinstance(number, int):
                    seen.restore(number, value)
            self.subjects += not seen
        self._seen[subject] = seen  # the newest used stands last
        return seen

    def has_seen(self, subject: str, print_: bytes) -> bool:
        """Whether the fingerprint of an event is among those of a subject, which there need not be."""
        if subject not in self._seen and next(iter(self._shelf.pieces((storage.SEEN,), subject)), None) is None:
            return False
        return self.seen(subject).holds(print_)

    def _find(self, customer_id: str) -> Customer | None:
        customer = self._customers.pop(customer_id, None) or self._wake(customer_id)
        if customer is not None:
            self._customers[customer_id] = customer  # the newest used stands last
        return customer

    def _wake(self, customer_id: str) -> Customer | None:
        pieces = list(self._shelf.pieces(storage.PIECES, customer_id))
        if not pieces:
            return None
        customer = storage.assemble(customer_id, pieces, self._policies)
        for holder in customer.holders():
            holder.armed = holder.deadline
        if queued := self._queued.pop(customer_id, None):
            for name, instant in _unpack(queued).items():
                customer.holder(name).armed = instant
        return customer

    def leaves(self, key: bytes) -> bool:
        """Count the record of a key that is restored, and say whether it can be left on the shelf unread."""
        if key.startswith(_UNREAD):
            return True
        if key.startswith(_SEEN):
            subject = key[: key.rindex(b",")]
            self.subjects += subject != self._last
            self._last = subject
            return True
        self._count += key.startswith(_CUSTOMER)
        return False

    def revisions(self) -> Iterator[tuple[str, int]]:
        """By id, the revision that each restored customer stands under."""
        for name, value in self._shelf.values("customer"):
            yield name, storage.index("customer", None, value).revision or 0

    def standing(self, customer_id: str) -> Iterator[Standing]:
        """Every alert that stands for a restored customer."""
        for kind, rest, value in self._shelf.pieces(storage.INDEXED, customer_id):
            if not isinstance(rest, tuple):  # else a block of a log
                yield from storage.index(kind, rest, value).standing

    def trim(self, customers: Container[str], subjects: Container[str]) -> None:
        """Let go of what was not used for longest and is on the shelf, which those named are not yet."""
        for customer in _trim(self._customers, self._bound, customers):
            if queued := _queued(customer):
                self._queued[customer.id] = _pack(queued)
        self.subjects -= sum(not seen for seen in _trim(self._seen, self._bound, subjects))

    def forget(self, before: int) -> Iterator[tuple[str, int]]:
        """Let go of the fingerprints of events before an instant: (subject, block) of each that is gone."""
        for subject in [*self._seen, *self._shelved_before(before)]:
            for number in self.seen(subject).forget(before):
                yield subject, number

    def _shelved_before(self, before: int) -> Iterator[str]:
        """The subjects not in memory that have a block from before an instant."""
        for subject, blocks in groupby(self._shelf.values(storage.SEEN), key=itemgetter(0)):
            if subject not in self._seen and any(newest_in(value) < before for _, value in blocks):
                yield subject


def _queued(customer: Customer) -> dict[str, int]:
    """Where its own deadline and those of its cases stand in the queue, by their names, if not where they are."""
    return {holder.name: holder.armed for holder in customer.holders() if holder.armed != holder.deadline}


def _trim(things: dict[str, T], bound: int, held: Container[str]) -> list[T]:
    """Leave `bound` of them, or as few as may go; those that went."""
    free = (name for name in things if name not in held)
    return [things.pop(name) for name in list(islice(free, max(0, len(things) - bound)))]
