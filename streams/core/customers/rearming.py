"""From one policy to the next: which policies a partition's customers stand under, and who has still to be moved.

A policy that comes into force is a *revision* with the number after the last one's. What was published under the former
one would take too long to go through at once, so customers follow a few at a time; until its turn, or until something
touches it, a customer stands under the revision that it was last judged by. The outcome depends on neither: whoever is
judged late is judged as of the instant at which the policy came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from streams.core.customers import answers, pipeline, purchases, servicing
from streams.core.customers.alerting import Alerting
from streams.core.customers.opportunity import fold, post
from streams.core.customers.sharing import Sharing
from streams.core.customers.state import Customer
from streams.core.formats import reader, tagged
from streams.core.ledger import Ledger
from streams.core.records import key_of, policy_of
from streams.policy import Policy

KIND = "policy"
"""The kind of its state records: one for each revision that somebody stands under."""


class _Revision(msgspec.Struct, array_like=True):
    """A revision's record. Former releases did not write the version that a text came to with them."""

    since: int
    text: str
    version: str = ""


_read = reader(_Revision)


class Rearming:
    """The revisions of one partition, and the customers that wait for the newest."""

    def __init__(
        self, policy: Policy, ledger: Ledger, funnel: Ledger, alerting: Alerting, sharing: Sharing
    ) -> None:  # fmt: skip
        self._ledger, self._funnel, self._alerting, self._sharing = ledger, funnel, alerting, sharing
        self.policies = {0: policy}
        """Every policy that somebody may stand under, by the number of its revision."""
        self._since = {0: 0}  # the instant (us) at which each came into force
        self._unwritten = {0}
        self._waiting: dict[str, None] = {}  # whose turn it is stands last
        self._restored: set[int] = set()
        self._judged_by: dict[int, str] = {}  # the version of each as the release that wrote it had it
        self.newest = 0
        """The number of the revision in force."""

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.policies[self.newest]

    def adopt(self, policy: Policy, now: int, customers: Iterable[str]) -> None:
        """Put a policy in force from `now` on: all customers, by their ids, are to follow."""
        self.newest += 1
        self.policies[self.newest], self._since[self.newest] = policy, now
        self._unwritten.add(self.newest)
        self._wait(customers)

    def follow(self, customer: Customer, now: int) -> bool:
        """Bring a customer under the policy in force; False where nothing of it changed by that."""
        known = customer.counted and customer.cases_counted and customer.related and customer.joint and customer.helped
        if not known or (customer.leads and not all(lead.counted for lead in customer.leads.values())):
            self._count(customer, now)
        elif customer.revision == self.newest:
            return False
        while customer.revision < self.newest:
            former, policy = self.policies[customer.revision], self.policies[customer.revision + 1]
            since, until = self._since[customer.revision + 1], self._since.get(customer.revision + 2, now)
            self._alerting.adopt(former)
            self._alerting.episodes.post_all(customer, former, since, -1)
            stood = self._alerting.take_down(customer)
            self._credit(customer, former, policy)
            self._alerting.adopt(policy)
            self._alerting.put_up(customer, stood, former, since, until)
            self._alerting.episodes.post_all(customer, policy, until, 1)
            customer.revision += 1
        customer.dirty = customer.whole = True
        self._waiting.pop(customer.id, None)
        return True

    def some(self, most: int | None, customers: Mapping[str, Customer], now: int) -> Iterator[Customer]:
        """Bring so many more under the policy in force, all that are left where `most` is None; those that moved."""
        while self._waiting and (most is None or most > 0):
            customer = customers[next(reversed(self._waiting))]
            self.follow(customer, now)
            yield customer
            most = None if most is None else most - 1

    def _count(self, customer: Customer, now: int) -> None:
        """Let the funnel and the ledger have what a former release kept none of."""
        policy = self.policies[customer.revision]
        if not customer.counted:
            pipeline.post_customer(customer, self._funnel, 1)
            for opportunity in customer.opportunities.values():
                pipeline.post(opportunity, customer, policy, self._funnel, 1)
            customer.counted = True
        if not customer.cases_counted:
            servicing.post_cases(customer, policy, self._ledger, 1)
            customer.cases_counted = True
        if not customer.related:
            purchases.post(customer, policy, self._ledger, 1)
            self._alerting.episodes.post_all(customer, policy, self._since.get(customer.revision + 1, now), 1)
            customer.related = True
        if not customer.joint:
            customer.joint = True
            self._sharing.post_outcomes(customer, policy, 1)
        if not customer.helped:
            customer.helped = True
            self._sharing.recount(customer, policy)
        for lead in customer.leads.values():
            if not lead.counted:
                pipeline.post_lead(lead, self._funnel, 1)
                lead.counted = True
                customer.touch(lead)

    def _credit(self, customer: Customer, former: Policy, policy: Policy) -> None:
        """What follows from the working time, the stages, the segments, and how long customers are active: taken back,
        and credited anew."""
        if former.customers != policy.customers:
            for sign, judge in ((-1, former), (1, policy)):
                purchases.post(customer, judge, self._ledger, sign)
                answers.post(customer, judge, self._ledger, sign)
                self._sharing.post_outcomes(customer, judge, sign)
        if former.calendar.terms != policy.calendar.terms:
            servicing.post_tickets(customer.tickets.values(), customer, former, self._ledger, -1)
            servicing.post_tickets(customer.tickets.values(), customer, policy, self._ledger, 1)
        if former.stages == policy.stages:
            return
        for opportunity in customer.opportunities.values():
            post(opportunity, customer, former, self._ledger, -1)
            pipeline.post(opportunity, customer, former, self._funnel, -1)
            opportunity.view = fold(opportunity.log, policy)
            post(opportunity, customer, policy, self._ledger, 1)
            pipeline.post(opportunity, customer, policy, self._funnel, 1)

    def _wait(self, customers: Iterable[str]) -> None:
        self._waiting = dict.fromkeys(sorted(customers, reverse=True))  # one order, in whichever they were loaded

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """What is to be written of the revisions since the last time; those that nobody stands under are deleted."""
        if not self._waiting:
            for number in [number for number in self.policies if number < self.newest]:
                del self.policies[number], self._since[number]
                self._unwritten.discard(number)
                yield key_of(KIND, number), None
        for number in sorted(self._unwritten):
            policy = self.policies[number]
            yield key_of(KIND, number), tagged((self._since[number], policy.text, policy.version))
        self._unwritten.clear()

    def restore(self, number: int, value: bytes) -> None:
        """Put back a revision that `take_states` gave. The worker's own policy then counts for nothing."""
        found = _read(value)
        if self._unwritten:
            self.policies.clear()
            self._since.clear()
            self._unwritten.clear()
        self.policies[number], self._since[number] = policy_of(found.text), found.since
        self.newest = max(self.policies)
        self._judged_by[number] = found.version

    def restore_customer(self, revision: int) -> None:
        """Take note that some restored customer stands under a revision."""
        self._restored.add(revision)

    def restored(self, revisions: Iterable[tuple[str, int]], now: int) -> Mapping[str, Policy]:
        """Every revision and every customer has been given. The policies of those who have to follow, by their ids.

        `revisions` are those of all customers; they are looked at only if some have to follow. Where this release makes
        another thing of the policy's text than the one that judged by it, all follow, from `now` on.
        """
        former: dict[str, Policy] = {}
        if self._judged_by.get(self.newest, self.policy.version) != self.policy.version:
            self.adopt(self.policy, now, ())
        if self._restored - {self.newest}:
            former = {one: self.policies[number] for one, number in revisions if number != self.newest}
        self._wait(former)
        return former
