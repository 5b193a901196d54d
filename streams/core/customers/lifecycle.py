"""The life of an alert that fires: acknowledged or not, how far up the ladder, who hears of it, what keeps it quiet.

All of it follows from history, the organisation and the silences as an instant sees them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from streams.core.alerts import Span, Status
from streams.core.customers import payments
from streams.core.customers.contacts import MADE
from streams.core.customers.silences import Silences
from streams.core.customers.sources import Sources
from streams.core.customers.state import Ack, Customer, Holder, Invoice, Opportunity
from streams.core.history import END
from streams.core.organisation import Organisation
from streams.policy import Escalation, Policy, RulePolicy

OWNER, MANAGER = "owner", "manager"
"""To whom a step of a ladder may go besides a name: who is in charge, and that person's manager."""
CUSTOMER_CLOSED, ABSENT = "customer_closed", "absent"
"""What suppresses an alert besides a silence and another rule."""


class Phase(NamedTuple):
    """Where an alert stands on its ladder."""

    level: int
    """How many steps have been taken."""
    recipients: tuple[str, ...]
    since: Mapping[str, int]
    """When the step was taken by which each came to hear of it, us; nobody where it has no ladder."""


class Lifecycle:
    """What an instant makes of the alerts of one partition that fire."""

    def __init__(self, policy: Policy, organisation: Organisation, silences: Silences, sources: Sources) -> None:
        self._organisation, self._silences, self._sources = organisation, silences, sources
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Judge by another policy from now on."""
        self._policy = policy

    def status(self, customer: Customer, span: Span, clock: int) -> Status | None:
        """The span's status; where it fires and somebody looks after it, acknowledged."""
        status = span.status(clock)
        if status is Status.FIRING and customer.acks and self._ack(customer, span, clock) is not None:
            return Status.ACKNOWLEDGED
        return status

    def ran_out(self, customer: Customer, span: Span, clock: int) -> bool:
        """Whether an acknowledgement of it ran out by an instant."""
        return any(
            ack.until is not None and span.start.at <= ack.time and ack.until <= clock for ack in _acks(customer, span)
        )

    def next_change(self, customer: Customer, holder: Holder, span: Span, clock: int) -> int:
        """The first instant after `clock` at which an acknowledgement or its ladder changes it."""
        found = END
        if customer.acks:
            edges = (edge for ack in _acks(customer, span) for edge in (ack.time, ack.until) if edge is not None)
            found = min((edge for edge in edges if edge > clock), default=END)
        rule = self._policy.rules.get(span.rule)
        if rule is not None and rule.escalate:
            base = self._base(customer, holder, span, clock)
            steps = (self._reached(step, rule, base) for step in rule.escalate)
            found = min(found, min((at for at in steps if at > clock), default=END))
        return found

    def phase(self, customer: Customer, holder: Holder, span: Span, employee: str | None, clock: int) -> Phase:
        """How far up the ladder it is, and who hears of it. While it is acknowledged it climbs no further."""
        own = (employee,) if employee else ()
        rule = self._policy.rules.get(span.rule)
        if rule is None or not rule.escalate or clock < span.fires:
            return Phase(0, own, {})
        ack = self._ack(customer, span, clock) if customer.acks else None
        time = clock if ack is None else min(clock, max(ack.time, span.fires))
        base = self._base(customer, holder, span, time)
        steps = [(step, self._reached(step, rule, base)) for step in rule.escalate]
        taken = [(step, at) for step, at in steps if at <= time]
        heard: dict[str, int] = {}
        for step, at in taken:
            if who := self._recipient(step.to, employee, at):
                heard.setdefault(who, at - bool(step.after.us))
        return Phase(len(taken), tuple(heard) or own, heard)

    def suppressed(
        self,
        customer: Customer,
        alert: dict[str, str | None],
        rule: RulePolicy,
        others: Collection[str],
        fires: int,
        clock: int,
    ) -> str | None:
        """What keeps an alert that fires, from `fires` on, quiet at an instant; None: nothing does. `others` fire
        beside it."""
        if self._silences and (silence := self._silences.over(alert, clock)) is not None:
            return silence
        if customer.statuses.at(clock) in self._policy.contact.closed:
            return CUSTOMER_CLOSED
        if self._organisation.is_absent(alert["employee_id"], clock):
            return ABSENT
        if (lag := self._sources.excuse(rule.watch, fires, clock)) is not None:
            return lag
        return next((worse for worse in rule.inhibited_by if worse in others), None)

    def _ack(self, customer: Customer, span: Span, clock: int) -> Ack | None:
        """The newest acknowledgement, if it still holds."""
        known = [ack for ack in _acks(customer, span) if span.start.at <= ack.time <= clock]
        newest = max(known, key=lambda ack: ack[:3], default=None)
        return None if newest is None or (newest.until is not None and newest.until <= clock) else newest

    def _base(self, customer: Customer, holder: Holder, span: Span, clock: int) -> int:
        """What the ladder counts from: when it fired, or what was done about it last, though that did not end it."""
        last = None
        if isinstance(holder, Opportunity):
            last = customer.contacts.before(clock + 1, MADE)
        elif isinstance(holder, Invoice):
            last = payments.last_receipt(holder, clock)
        return span.fired if last is None else max(span.fired, last)

    def _reached(self, step: Escalation, rule: RulePolicy, base: int) -> int:
        """The first instant at which a step is taken: its bound is passed."""
        return base if not step.after.us else self._policy.after(base, step.after, rule.clock) + 1

    def _recipient(self, to: str, employee: str | None, time: int) -> str | None:
        if to == OWNER:
            return employee
        return self._organisation.manager_at(employee, time) if to == MANAGER else to


def _acks(customer: Customer, span: Span) -> list[Ack]:
    id = span.id
    return [ack for ack in customer.acks if ack.alert == id and ack.time < span.end.at]
