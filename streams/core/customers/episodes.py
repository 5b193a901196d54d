"""How many alerts of follow-up fired, for whom: counted on the local day on which they fired, to who has them.

An alert counts once, by its newest firing, though it was quiet for a while in between. What was counted is nowhere
written down: it follows from history, the policy and the instant at which a holder was looked at last, as the alerts
themselves do. So whoever looks again says what was counted until then, and the difference is posted. Whether an alert
is still kept by those who are told of it has no part in that.

A rule may hold for some roles alone. A role may become known late, and nobody hears of that at once; so a customer
keeps the roles that its alerts were counted by, and all of it is counted anew before anything else happens to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from streams.core.alerts import Key, Span
from streams.core.customers import followup, judging, stalls
from streams.core.customers.state import Customer, Holder
from streams.core.history import END, Change, History
from streams.core.ledger import Ledger
from streams.core.organisation import Organisation
from streams.policy import Policy

MEASURES: Final[Mapping[str, str]] = {followup.OVERDUE: "overdue_episodes", stalls.STALLED: "stalled_episodes"}
"""By the rule, what its alerts are counted as."""


class Firing(NamedTuple):
    """When an alert fired last and who has it. `fired` is the instant that is reported."""

    fires: int
    fired: int
    employee: str | None


Firings = dict[Key, Firing]


class Past(NamedTuple):
    """What was counted of a holder before its history changed, of the alerts that ended at `since` or later."""

    since: int
    firings: Firings
    """Those of earlier alerts may be among them."""
    keys: frozenset[Key]


class Episodes:
    """Counts the alerts of one partition that fired."""

    def __init__(self, policy: Policy, ledger: Ledger, organisation: Organisation) -> None:
        self._ledger, self._organisation = ledger, organisation
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Count by another policy from now on."""
        self._policy = policy

    def past(self, customer: Customer, holder: Holder, spans: Iterable[Span], since: int, clock: int) -> Past:
        """What an instant sees of the spans that end at `since` or later, for `post_change`."""
        counted = self._counted(customer, holder, spans, self._policy)
        return Past(since, _firings(customer, holder, counted, clock), _since(counted, since))

    def post_change(
        self, customer: Customer, holder: Holder, spans: Iterable[Span], before: Past | int, clock: int
    ) -> None:
        """Post what an instant sees of these spans otherwise than was counted `before`: where history has changed,
        that; where it has not, as of an instant."""
        counted = self._counted(customer, holder, spans, self._policy)
        if isinstance(before, int):
            if counted:
                former = _firings(customer, holder, counted, before)
                self._post_difference(former, _firings(customer, holder, counted, clock))
        elif counted or before.firings:
            keys = before.keys | _since(counted, before.since)
            found = _firings(customer, holder, counted, clock)
            self._post_difference(_among(before.firings, keys), _among(found, keys))

    def post_all(self, customer: Customer, policy: Policy, clock: int, sign: int) -> None:
        """Post (sign 1) or take back (sign -1) all that is counted of a customer under a policy, as an instant sees it
        or, of what nobody has looked at since its deadline, the one before that."""
        for holder in customer.holders():
            spans = self._counted(customer, holder, judging.spans(customer, holder, -END, policy), policy)
            for key, firing in _firings(customer, holder, spans, min(clock, holder.deadline - 1)).items():
                self._post(key, firing, sign)

    def follow_roles(self, customer: Customer, clock: int) -> bool:
        """Count a customer by the roles that are known now; False where they are those that it was counted by. Nothing
        of its history may be left to be judged."""
        roles = {who: self._roles(who) for who in customer.casts}
        if roles == customer.casts:
            return False
        self.post_all(customer, self._policy, clock, -1)
        customer.casts = roles
        customer.dirty = True
        self.post_all(customer, self._policy, clock, 1)
        return True

    def _roles(self, employee: str) -> list[Change]:
        return list(self._organisation.roles_of(employee).changes)

    def _counted(self, customer: Customer, holder: Holder, spans: Iterable[Span], policy: Policy) -> list[Span]:
        """The spans of these rules that hold for who was in charge as they began."""
        return [
            span
            for span in spans
            if span.rule in MEASURES
            and (not (roles := policy.rule(span.rule).roles) or self._role(customer, holder, span.start.at) in roles)
        ]

    def _role(self, customer: Customer, holder: Holder, time: int) -> str | None:
        who = judging.in_charge(customer, holder, time)
        if who is None:
            return None
        if who not in customer.casts:
            customer.casts[who] = self._roles(who)
            customer.dirty = True
        return History(customer.casts[who]).at(time)

    def _post_difference(self, before: Firings, after: Firings) -> None:
        for key in before.keys() | after.keys():
            former, firing = before.get(key), after.get(key)
            if former != firing:
                self._post(key, former, -1)
                self._post(key, firing, 1)

    def _post(self, key: Key, firing: Firing | None, sign: int) -> None:
        if firing is not None:
            self._ledger.post(firing.employee, self._policy.zone.day(firing.fired), MEASURES[key[0]], sign)


def _firings(customer: Customer, holder: Holder, spans: Iterable[Span], clock: int) -> Firings:
    """By alert, its newest firing up to an instant."""
    newest: dict[Key, Span] = {}
    for span in spans:
        if span.fires <= clock and span.fires < span.end.at:
            known = newest.get(span.key)
            if known is None or known.fires < span.fires:
                newest[span.key] = span
    return {
        key: Firing(span.fires, span.fired, judging.in_charge(customer, holder, min(clock, span.end.at - 1)))
        for key, span in newest.items()
    }


def _since(spans: Iterable[Span], since: int) -> frozenset[Key]:
    return frozenset(span.key for span in spans if span.end.at >= since)


def _among(firings: Firings, keys: frozenset[Key]) -> Firings:
    return {key: firing for key, firing in firings.items() if key in keys}
