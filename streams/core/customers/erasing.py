"""A customer that is erased: what is kept of it goes, from here, from other partitions and from what was told of it.

What it brought to somebody's credit on a day stays, as sums that name nobody; what is measured at this moment, and
whether it stays in periods to come, is taken back. From then on whatever comes of it is refused as `REFUSED`, whenever
it happened, and nothing of it is written down. So here the order of arrival matters, for the sums alone: an event that
was sent before the erasure counts, one that comes behind it does not (see `pending`).

Its id stays where it says that it is erased, and in the keys of the fingerprints of its events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator

import msgspec

from streams.core.alerts import Cause
from streams.core.customers import costs, crediting, pipeline, purchases, servicing
from streams.core.customers.alerting import Alerting
from streams.core.customers.expiry import NOBODY, Expiry
from streams.core.customers.files import Charge
from streams.core.customers.host import Host, parts
from streams.core.customers.opportunity import post
from streams.core.customers.state import Customer
from streams.core.customers.storage import PIECES
from streams.core.formats import tagged
from streams.core.ledger import NOW, Ledger, Measures
from streams.core.notices.facts import notice_key, write_effaced
from streams.core.records import key_of
from streams.core.stage import ALL, EFFACED, Send, Shelf, partition_of
from streams.policy import Policy

KIND = "erased"
"""The kind of the state records, one for each customer that is erased."""
REFUSED = "erased"
"""What becomes of an event of a customer that is erased."""


class Erasure(msgspec.Struct, array_like=True, frozen=True):
    """What another partition is to forget of a customer: whose these cases are, by their names in the directory, and
    for whom these costs, by employee and id, were."""

    customer: str
    cases: list[str]
    costs: list[tuple[str, str]]


_pack, read_erasure = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Erasure).decode


def write_erasure(erasure: Erasure) -> Iterator[bytes]:
    """An erasure on its way to another partition, in records that are not too large."""
    for cases in parts(erasure.cases):
        yield _pack(Erasure(erasure.customer, cases, []))
    for charges in parts(erasure.costs):
        yield _pack(Erasure(erasure.customer, [], charges))


class _Chosen(Ledger):
    """Hands on to a ledger what is posted on some days, and nothing else."""

    def __init__(self, under: Ledger, choose: Callable[[int], bool]) -> None:
        self._under, self._choose = under, choose

    def post(self, employee: str | None, day: int, measure: str, value: int) -> None:
        if self._choose(day):
            self._under.post(employee, day, measure, value)

    def page(self, employee: str, day: int) -> Measures:
        return self._under.page(employee, day) if self._choose(day) else defaultdict(int)


class Erasing:
    """The customers of partition `origin` that are erased."""

    def __init__(
        self,
        policy: Policy,
        origin: int,
        partitions: int,
        ledger: Ledger,
        funnel: Ledger,
        alerting: Alerting,
        shelf: Shelf,
        expiry: Expiry | None,
        host: Host,
    ) -> None:
        self._policy, self._origin, self._partitions = policy, origin, partitions
        self._ledger, self._funnel, self._alerting = ledger, funnel, alerting
        self._shelf, self._expiry, self._host = shelf, expiry, host
        self._unwritten: set[str] = set()
        self.names: set[str] = set()
        """Who is erased."""

    def adopt(self, policy: Policy) -> None:
        """Reckon by another policy from now on."""
        self._policy = policy

    def clear(self, customer: Customer, time: int) -> list[tuple[int, Erasure]]:
        """Take back what a customer stands for, as of the erasure at an instant, delete what was told of it, and answer
        what other partitions have to forget. All that has happened to it must have been judged."""
        self.names.add(customer.id)
        self._unwritten.add(customer.id)
        self._take_back(customer, time)
        ids = self._alerting.close(customer, time, Cause.CLOSED)
        self.efface(customer.id, ids | self._over(customer.id), customer.id)
        for opportunity in customer.opportunities.values():
            if opportunity.told:
                self._host.say(Send("opportunities", opportunity.id.encode(), None))
        if customer.told:
            self._host.say(Send("customers", customer.id.encode(), None))
        return self._elsewhere(customer)

    def efface(self, customer: str, ids: Collection[str], subject: str | None = None, *, digests: bool = True) -> None:
        """Delete alerts that were told of a customer here, from the topic and from what recipients know; all that they
        know of the `subject` too. The digests that name the customer are deleted with them."""
        outbox = self._alerting.outbox
        outbox.note(self._expiry)
        told = set(outbox.drop(ids))
        if self._expiry is not None:
            told |= self._expiry.forget(customer, ids)
        self._alerting.sends += [Send("alerts", id.encode(), None) for id in sorted(ids)]
        for id, who in sorted(told):
            if who != NOBODY:
                self._host.say(Send("streams.facts", notice_key(who, id, self._origin), None, who))
        if ids or subject is not None:
            self._host.say(
                Send("streams.facts", EFFACED, write_effaced(customer if digests else None, subject, sorted(ids)), ALL)
            )
            self._host.say(Send("streams.facts", EFFACED, None, ALL))  # the record itself names the customer

    def efface_employee(self, employee: str) -> None:
        """Delete the alerts that are over and were an employee's who is erased, and what the employee was told of those
        that are somebody else's."""
        self._alerting.outbox.note(self._expiry)
        if self._expiry is None:
            return
        own: dict[str, set[str]] = {}
        for customer, id, who in self._expiry.of_employee(employee):
            if who == NOBODY:
                own.setdefault(customer, set()).add(id)
            else:
                self._expiry.note(customer, id, who, None)
                self._host.say(Send("streams.facts", notice_key(who, id, self._origin), None, who))
        for customer, ids in sorted(own.items()):
            self.efface(customer, ids, digests=False)  # those that name the employee are deleted in any case

    def efface_unfounded(
        self, customer: str, kinds: Collection[str], former: Collection[str], left: Collection[str]
    ) -> None:
        """Delete the alerts of some kinds of rule that no history tells of any more: of the `former` ones, and of those
        that are over, all but what is `left`."""
        rules = {name for kind in kinds for name, _ in self._policy.watching(kind)}
        ids = set(former) | self._over(customer, rules)
        if ids := ids - set(left):
            self.efface(customer, ids)

    def cases(self, customer: str, names: Iterable[str]) -> list[tuple[int, Erasure]]:
        """What the partitions of the ids of some cases have to forget."""
        return self._sorted(customer, names, ())

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Who was erased since the last time, and the pieces that there were of them, which are deleted."""
        for name in sorted(self._unwritten):
            yield key_of(KIND, name), tagged([])
            for kind, rest, _ in self._shelf.pieces(PIECES, name):
                if kind != PIECES[0]:  # an empty one takes the place of that
                    more = () if rest is None else rest if isinstance(rest, tuple) else (rest,)
                    yield key_of(kind, name, *more), None
        self._unwritten.clear()

    def restore(self, name: str) -> None:
        """There is a record."""
        self.names.add(name)

    def _over(self, customer: str, rules: Collection[str] | None = None) -> set[str]:
        """The alerts of a customer that are over and still kept; of some rules, or all. A run that keeps no states does
        not know them."""
        self._alerting.outbox.note(self._expiry)
        return set() if self._expiry is None else self._expiry.alerts(customer, rules)

    def _take_back(self, customer: Customer, time: int) -> None:
        """What is measured now, and what is known ahead of periods that begin after the erasure."""
        if customer.merged is not None:
            return  # it counts for nothing itself
        policy, today = self._policy, self._policy.zone.day(time)
        now, funnel = _Chosen(self._ledger, _is_now), _Chosen(self._funnel, _is_now)
        crediting.post_customer(customer, policy, now, -1)
        purchases.post(customer, policy, _Chosen(self._ledger, lambda day: day > today), -1)
        servicing.post_cases(customer, policy, now, -1)
        pipeline.post_customer(customer, funnel, -1)
        for opportunity in customer.opportunities.values():
            post(opportunity, customer, policy, now, -1)
            pipeline.post(opportunity, customer, policy, funnel, -1)
            pipeline.post_leaving(opportunity, customer, time, policy, self._funnel)

    def _elsewhere(self, customer: Customer) -> list[tuple[int, Erasure]]:
        names = [f"ticket:{id}" for id in customer.tickets] + [f"task:{id}" for id in customer.tasks]
        found = self._sorted(customer.id, names, ())
        charges: dict[str, list[tuple[str, str]]] = {}
        for file in customer.files.values():
            if isinstance(file, Charge):
                employee, cost, part = costs.charge_of(file.id)
                charges.setdefault(part or customer.id, []).append((employee, cost))
        for name, theirs in charges.items():
            found += self._sorted(name, (), theirs)
        return found

    def _sorted(
        self, customer: str, names: Iterable[str], charges: Iterable[tuple[str, str]]
    ) -> list[tuple[int, Erasure]]:
        """The same by the partitions that they are for."""
        found: dict[int, Erasure] = {}

        def home(id: str) -> Erasure:
            return found.setdefault(partition_of(id, self._partitions), Erasure(customer, [], []))

        for name in names:
            home(name.partition(":")[2]).cases.append(name)
        for employee, cost in charges:
            home(employee).costs.append((employee, cost))
        return sorted(found.items(), key=lambda item: item[0])


def _is_now(day: int) -> bool:
    return day == NOW
