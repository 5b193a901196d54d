"""From one policy to the next: which policies a partition's customers stand under, and who has still to be moved.

A policy that comes into force is a *revision* with the number after the last one's. What was published under the former
one would take too long to go through at once, so customers follow a few at a time; until its turn, or until something
touches it, a customer stands under the revision that it was last judged by. The outcome depends on neither: whoever is
judged late is judged as of the instant at which the policy came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from streams.core.customers.alerting import Alerting
from streams.core.customers.opportunity import fold, post
from streams.core.customers.state import Customer
from streams.core.ledger import Ledger
from streams.core.records import key_of, policy_of
from streams.policy import Policy

KIND = "policy"
"""The kind of its state records: one for each revision that somebody stands under."""


class Revision(NamedTuple):
    """A policy, and the instant (us) at which it came into force."""

    policy: Policy
    since: int


class Rearming:
    """The revisions of one partition, and the customers that wait for the newest."""

    def __init__(self, policy: Policy, ledger: Ledger, alerting: Alerting) -> None:
        self._ledger, self._alerting = ledger, alerting
        self._revisions = {0: Revision(policy, 0)}
        self._unwritten = {0}
        self._waiting: list[str] = []
        self.newest = 0
        """The number of the revision in force."""

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._revisions[self.newest].policy

    def policies(self) -> Mapping[int, Policy]:
        """Every policy that somebody may stand under, by the number of its revision."""
        return {number: revision.policy for number, revision in self._revisions.items()}

    def adopt(self, policy: Policy, now: int, customers: Iterable[str]) -> None:
        """Put a policy in force from `now` on: all customers, by their ids, are to follow."""
        self.newest += 1
        self._revisions[self.newest] = Revision(policy, now)
        self._unwritten.add(self.newest)
        self._wait(customers)

    def follow(self, customer: Customer, now: int) -> bool:
        """Bring a customer under the policy in force; False where it stands under it already."""
        if customer.revision == self.newest:
            return False
        while customer.revision < self.newest:
            former, (policy, since) = self._revisions[customer.revision], self._revisions[customer.revision + 1]
            following = self._revisions.get(customer.revision + 2)
            self._alerting.adopt(former.policy)
            stood = self._alerting.take_down(customer)
            self._credit(customer, former.policy, policy)
            self._alerting.adopt(policy)
            until = now if following is None else following.since
            self._alerting.put_up(customer, stood, former.policy, since, until)
            customer.revision += 1
        customer.dirty = True
        return True

    def some(self, most: int | None, customers: Mapping[str, Customer], now: int) -> Iterator[Customer]:
        """Bring so many more under the policy in force, all that are left where `most` is None; those that moved."""
        while self._waiting and (most is None or most > 0):
            customer = customers[self._waiting.pop()]
            if self.follow(customer, now):
                yield customer
                most = None if most is None else most - 1

    def _credit(self, customer: Customer, former: Policy, policy: Policy) -> None:
        """What opportunities count for, which follows from the stages: taken back, and credited anew."""
        if former.stages == policy.stages:
            return
        for opportunity in customer.opportunities.values():
            post(opportunity, customer, former, self._ledger, -1)
            opportunity.view = fold(opportunity.log, policy)
            post(opportunity, customer, policy, self._ledger, 1)

    def _wait(self, customers: Iterable[str]) -> None:
        self._waiting = sorted(customers, reverse=True)  # one order, in whichever they were loaded

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """What is to be written of the revisions since the last time; those that nobody stands under are deleted."""
        if not self._waiting:
            for number in [number for number in self._revisions if number < self.newest]:
                del self._revisions[number]
                self._unwritten.discard(number)
                yield key_of(KIND, number), None
        for number in sorted(self._unwritten):
            policy, since = self._revisions[number]
            yield key_of(KIND, number), msgspec.msgpack.encode((since, policy.text))
        self._unwritten.clear()

    def restore(self, number: int, value: bytes) -> None:
        """Put back a revision that `take_states` gave. The worker's own policy then counts for nothing."""
        since, text = msgspec.msgpack.decode(value, type=tuple[int, str])
        if self._unwritten:
            self._revisions.clear()
            self._unwritten.clear()
        self._revisions[number] = Revision(policy_of(text), since)
        self.newest = max(self._revisions)

    def restored(self, customers: Iterable[Customer]) -> None:
        """Every revision and every customer has been given."""
        self._wait(customer.id for customer in customers if customer.revision < self.newest)
