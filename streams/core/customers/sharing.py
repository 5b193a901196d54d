"""The customers that employees of different roles serve together, and what came of it: who served one in a period in
which somebody of another role did so too. To contact a customer is to serve it, and so is to solve a ticket of it: who
is credited with that, at the instant of the newest solution. Who has no role is nobody.

For calendar periods it is posted on the day on which an employee first served it in the period. The periods of the last
N days all end today, so there the newest day counts: where both served it since a day, the earlier of the two. What the
customer did in the period is posted beside that, to each; for the last N days on the earlier of that day and its own. A
change of somebody's role comes to each customer when that is looked at next.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from streams.core.customers import outcomes, servicing
from streams.core.customers.state import Customer, Turn
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


class Served(NamedTuple):
    """How a customer was served in some months: the places of contacts, and who solved tickets."""

    places: Sequence[int]
    solutions: Sequence[Turn]


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
        roles = self._roles(_people(customer))
        if roles != customer.roles:
            self.post(customer, -1)
            customer.roles = roles
            customer.dirty = True
            self.post(customer, 1)

    def add(self, customer: Customer, take: Callable[[], int]) -> None:
        """Let a contact be taken in, which answers its index."""
        self.look(customer)
        known = len(_people(customer))
        index = take()
        people = _people(customer)
        if len(people) < 2:
            return
        if len(people) > known:
            if known == 1:
                self.look(customer)  # nothing was shared before
                return
            roles = self._roles(people)
            if roles != customer.roles:
                customer.roles, customer.dirty = roles, True
        self._post_one(customer, index)

    def recount(self, customer: Customer, policy: Policy) -> None:
        """Another one solved a ticket, or at another instant, than is counted."""
        self._post_all(customer, -1, policy, ("shared",))
        self.recast(customer)
        self._post_all(customer, 1, policy, ("shared",))

    def recast(self, customer: Customer) -> None:
        """Follow who has served a customer by now, while nothing is posted of it."""
        customer.solutions = servicing.solutions(customer)
        customer.roles, customer.dirty = self._roles(_people(customer)), True

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
                served = _served(customer, first, size, zone)
                self._post_first(customer, (kind, first, size), served, sign, self._policy, ())
            self._post_newest(customer, None, sign, self._policy, ())

    def _roles(self, people: Sequence[str]) -> dict[str, str]:
        if len(people) < 2:
            return {}
        found = ((who, self._organisation.role(who)) for who in people)
        return {who: role for who, role in found if role is not None}

    def _post_one(self, customer: Customer, index: int) -> None:
        """Post the difference that the contact at an index makes."""
        contacts, zone, who = customer.contacts, self._zone, customer.contacts.who(index)
        if who not in customer.roles or len(set(customer.roles.values())) < 2:
            return
        day = zone.day(contacts.times[index])
        before, after = (None if time is None else zone.day(time) for time in _neighbours(customer, index))
        month = zone.month(day)
        for kind, size in KINDS:
            if before is not None and zone.month(before) // size == month // size:
                continue
            first = month // size * size
            served = _served(customer, first, size, zone)
            without = served._replace(places=[place for place in served.places if place != index])
            for sign, some in ((-1, without), (1, served)):
                self._post_first(customer, (kind, first, size), some, sign, self._policy, ("shared",))
        if after is None and before != day:
            for sign, skipped in ((-1, index), (1, None)):
                self._post_newest(customer, skipped, sign, self._policy, ("shared",))

    def _post_all(self, customer: Customer, sign: int, policy: Policy, itself: Sequence[str]) -> None:
        """`itself` is what is posted beside what the customer did."""
        if len(set(customer.roles.values())) < 2:
            return
        contacts, zone = customer.contacts, self._zone
        months = [zone.month(zone.day(time)) for time in contacts.times]
        solved = [zone.month(zone.day(turn.time)) for turn in customer.solutions]
        for kind, size in KINDS:
            spans: dict[int, tuple[list[int], list[Turn]]] = {}
            for index, month in enumerate(months):
                spans.setdefault(month // size, ([], []))[0].append(index)
            for turn, month in zip(customer.solutions, solved, strict=True):
                spans.setdefault(month // size, ([], []))[1].append(turn)
            for number, span in spans.items():
                self._post_first(customer, (kind, number * size, size), Served(*span), sign, policy, itself)
        self._post_newest(customer, None, sign, policy, itself)

    def _post_first(
        self, customer: Customer, period: Period, served: Served, sign: int, policy: Policy, itself: Sequence[str]
    ) -> None:
        days = _shared_first(_first_days(customer, served, self._zone), customer.roles)
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


def _people(customer: Customer) -> Sequence[str]:
    """All who have served it."""
    people = customer.contacts.people
    if not customer.solutions:
        return people
    return list(dict.fromkeys([*people, *(turn.employee for turn in customer.solutions)]))


def _neighbours(customer: Customer, index: int) -> tuple[int | None, int | None]:
    """When who made the contact at an index served the customer next before, or then, and next after that."""
    contacts = customer.contacts
    before, after = contacts.neighbours(index)
    if customer.solutions:
        who, at = contacts.who(index), contacts.times[index]
        mine = [turn.time for turn in customer.solutions if turn.employee == who]
        before = max((time for time in (before, *mine) if time is not None and time <= at), default=None)
        after = min((time for time in (after, *mine) if time is not None and time > at), default=after)
    return before, after


def _served(customer: Customer, month: int, size: int, zone: Zone) -> Served:
    """How it was served in some months."""
    start, end = (zone.midnight(first_day(edge)) for edge in (month, month + size))
    times = customer.contacts.times
    places = range(bisect_left(times, start), bisect_left(times, end))
    return Served(places, [turn for turn in customer.solutions if start <= turn.time < end])


def _first_days(customer: Customer, served: Served, zone: Zone) -> dict[str, int]:
    contacts, found = customer.contacts, dict[int, int]()
    for index in served.places:
        found.setdefault(contacts.tags[index] >> 2, contacts.times[index])
    first = {contacts.people[person]: time for person, time in found.items()}
    for time, who in served.solutions:
        first[who] = min(time, first.get(who, time))
    return {who: zone.day(time) for who, time in first.items()}


def _newest_days(customer: Customer, skipped: int | None, zone: Zone) -> dict[str, int]:
    """Of those with a role who served the customer, within the reach of the day buckets before the newest of all."""
    contacts, found = customer.contacts, dict[int, int]()
    solved = {turn.employee: zone.day(turn.time) for turn in customer.solutions if turn.employee in customer.roles}
    oldest = max(solved.values()) - DAYS if solved else None
    for index in range(len(contacts.times) - 1, -1, -1):
        if index == skipped or contacts.who(index) not in customer.roles:
            continue
        day = zone.day(contacts.times[index])
        if not found:
            oldest = day - DAYS if oldest is None else max(oldest, day - DAYS)
        if oldest is not None and day <= oldest:
            break
        found.setdefault(contacts.tags[index] >> 2, day)
    newest = {contacts.people[person]: day for person, day in found.items()}
    for who, day in solved.items():
        if oldest is not None and day > oldest:
            newest[who] = max(day, newest.get(who, day))
    return newest


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
