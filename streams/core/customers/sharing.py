"""The customers that employees of different roles serve together, and what came of it: who contacted one in a period in
which somebody of another role did so too. Who has no role is nobody.

For calendar periods it is posted on the day of an employee's first contact in the period. The periods of the last N
days all end today, so there the newest contacts count: one that both made since a day is posted on the earlier of the
two. What the customer did in the period is posted beside that, to each; for the last N days on the earlier of that day
and its own. A change of somebody's role comes to each customer when that is looked at next.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence

from streams.core.customers import outcomes
from streams.core.customers.contacts import Contacts
from streams.core.customers.state import Customer
from streams.core.ledger import DAYS, Ledger
from streams.core.organisation import Organisation
from streams.policy import Policy
from streams.policy.periods import first_day
from streams.policy.zone import Zone

KINDS = (("month", 1), ("quarter", 3), ("year", 12))

Days = Mapping[str, int]
"""By employee, a local day."""
Period = tuple[str, int, int]
"""A kind of period, its first month, and of how many it is."""


class Sharing:
    """Posts what the customers of one partition are shared by."""

    def __init__(self, policy: Policy, ledger: Ledger, organisation: Organisation) -> None:
        self._zone, self._ledger, self._organisation = policy.zone, ledger, organisation
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Go by another policy from now on."""
        self._policy = policy

    def look(self, customer: Customer) -> None:
        """Follow the roles that are known now."""
        people = customer.contacts.people
        roles = self._roles(people) if len(people) > 1 else {}
        if roles != customer.roles:
            self.post(customer, -1)
            customer.roles = roles
            customer.dirty = True
            self.post(customer, 1)

    def add(self, customer: Customer, take: Callable[[], int]) -> None:
        """Let a contact be taken in, which answers its index."""
        contacts = customer.contacts
        self.look(customer)
        known = len(contacts.people)
        index = take()
        if len(contacts.people) < 2:
            return
        if len(contacts.people) > known:
            if known == 1:
                self.look(customer)  # nothing was shared before
                return
            roles = self._roles(contacts.people)
            if roles != customer.roles:
                customer.roles, customer.dirty = roles, True
        self._post_one(customer, index)

    def remove(self, customer: Customer, index: int) -> None:
        """Take out the contact at an index, while nothing is posted of the customer."""
        customer.contacts.remove(index)
        self.recast(customer)

    def recast(self, customer: Customer) -> None:
        """Follow who has contacted a customer now, while nothing is posted of it."""
        people = customer.contacts.people
        customer.roles, customer.dirty = self._roles(people) if len(people) > 1 else {}, True

    def post(self, customer: Customer, sign: int) -> None:
        """Credit (sign 1) or take back (sign -1) all of it."""
        self._post_all(customer, sign, self._policy, ("shared",))

    def post_outcomes(self, customer: Customer, policy: Policy, sign: int) -> None:
        """The same of what the customer did alone."""
        self._post_all(customer, sign, policy, ())

    def post_outcomes_at(self, customer: Customer, time: int, sign: int) -> None:
        """The same of the periods that hold an instant, and of the last days."""
        if len(set(customer.roles.values())) > 1:
            zone = self._zone
            month = zone.month(zone.day(time))
            for kind, size in KINDS:
                first = month // size * size
                places = _places(customer.contacts, first, size, zone)
                self._post_first(customer, (kind, first, size), places, sign, self._policy, ())
            self._post_newest(customer, None, sign, self._policy, ())

    def _roles(self, people: Iterable[str]) -> dict[str, str]:
        found = ((who, self._organisation.role(who)) for who in people)
        return {who: role for who, role in found if role is not None}

    def _post_one(self, customer: Customer, index: int) -> None:
        """Post the difference that the contact at an index makes."""
        contacts, zone, who = customer.contacts, self._zone, customer.contacts.who(index)
        if who not in customer.roles or len(set(customer.roles.values())) < 2:
            return
        day = zone.day(contacts.times[index])
        before, after = (None if time is None else zone.day(time) for time in contacts.neighbours(index))
        month = zone.month(day)
        for kind, size in KINDS:
            if before is not None and zone.month(before) // size == month // size:
                continue
            first = month // size * size
            span = _places(contacts, first, size, zone)
            for sign, places in ((-1, [place for place in span if place != index]), (1, span)):
                self._post_first(customer, (kind, first, size), places, sign, self._policy, ("shared",))
        if after is None and before != day:
            for sign, skipped in ((-1, index), (1, None)):
                self._post_newest(customer, skipped, sign, self._policy, ("shared",))

    def _post_all(self, customer: Customer, sign: int, policy: Policy, itself: Sequence[str]) -> None:
        """`itself` is what is posted beside what the customer did."""
        if len(set(customer.roles.values())) < 2:
            return
        contacts, zone = customer.contacts, self._zone
        months = [zone.month(zone.day(time)) for time in contacts.times]
        for kind, size in KINDS:
            spans: dict[int, list[int]] = {}
            for index, month in enumerate(months):
                spans.setdefault(month // size, []).append(index)
            for number, places in spans.items():
                self._post_first(customer, (kind, number * size, size), places, sign, policy, itself)
        self._post_newest(customer, None, sign, policy, itself)

    def _post_first(
        self, customer: Customer, period: Period, places: Iterable[int], sign: int, policy: Policy,
        itself: Sequence[str],
    ) -> None:  # fmt: skip
        days = _shared_first(_first_days(customer.contacts, places, self._zone), customer.roles)
        if days:
            deeds = [(f"{measure}@{period[0]}", 1) for measure in itself]
            if customer.joint:
                deeds += outcomes.in_months(customer, *period, policy)
            for who, day in days.items():
                for measure, value in deeds:
                    self._ledger.post(who, day, measure, sign * value)

    def _post_newest(
        self, customer: Customer, skipped: int | None, sign: int, policy: Policy, itself: Sequence[str]
    ) -> None:
        newest = _newest_days(customer, skipped, self._zone)
        days = _shared_newest(newest, customer.roles)
        deeds = list(outcomes.since(customer, max(newest.values()) - DAYS, policy)) if days and customer.joint else []
        for who, day in days.items():
            for measure in itself:
                self._ledger.post(who, day, f"{measure}@days", sign)
            for done, (measure, value) in deeds:
                self._ledger.post(who, min(day, done), measure, sign * value)


def _places(contacts: Contacts, month: int, size: int, zone: Zone) -> range:
    """Where the contacts of some months stand."""
    start, end = (zone.midnight(first_day(edge)) for edge in (month, month + size))
    return range(bisect_left(contacts.times, start), bisect_left(contacts.times, end))


def _first_days(contacts: Contacts, places: Iterable[int], zone: Zone) -> dict[str, int]:
    found: dict[int, int] = {}
    for index in places:
        found.setdefault(contacts.tags[index] >> 2, contacts.times[index])
    return {contacts.people[person]: zone.day(time) for person, time in found.items()}


def _newest_days(customer: Customer, skipped: int | None, zone: Zone) -> dict[str, int]:
    """Of those with a role who contacted the customer, within the reach of the day buckets before the newest of all."""
    contacts, found = customer.contacts, dict[int, int]()
    oldest: int | None = None
    for index in range(len(contacts.times) - 1, -1, -1):
        if index == skipped or contacts.who(index) not in customer.roles:
            continue
        day = zone.day(contacts.times[index])
        if oldest is None:
            oldest = day - DAYS
        elif day <= oldest:
            break
        found.setdefault(contacts.tags[index] >> 2, day)
    return {contacts.people[person]: day for person, day in found.items()}


def _shared_first(days: Days, roles: Mapping[str, str]) -> Days:
    """Those who share a customer with somebody of another role, each on its own day."""
    present = {roles[who] for who in days if who in roles}
    return {who: day for who, day in days.items() if who in roles and len(present) > 1}


def _shared_newest(days: Days, roles: Mapping[str, str]) -> Days:
    """The same, each on the earlier of its own day and the newest of somebody of another role."""
    newest: dict[str, int] = {}
    for who, day in days.items():
        newest[roles[who]] = max(day, newest.get(roles[who], day))
    found = {}
    for who, day in days.items():
        others = [other for role, other in newest.items() if role != roles[who]]
        if others:
            found[who] = min(day, max(others))
    return found
