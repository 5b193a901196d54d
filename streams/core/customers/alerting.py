"""Keeps what is published equal to what history and the clock say, and says only what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

import msgspec

from streams.core.alerts import Cause, Span, Status, severity_of
from streams.core.customers import attendance, followup, stalls
from streams.core.customers.state import MADE, Customer, Opportunity, Standing
from streams.core.customers.wording import describe
from streams.core.history import END
from streams.core.organisation import Organisation
from streams.core.stage import Send
from streams.events.instants import iso
from streams.policy import Policy

Holder = Customer | Opportunity
"""Who keeps standing alerts and a deadline: a customer those of contact, an opportunity its own."""

Settled = dict[str, Standing]
"""By alert id, the episodes that are over as they were published."""


class Alerting:
    """The alerts of one partition. `before`, then the change of history, then `after` publishes the difference."""

    def __init__(self, policy: Policy, organisation: Organisation) -> None:
        self._policy = policy
        self._organisation = organisation
        self._deadlines: list[tuple[int, str, str]] = []
        self._by_employee: dict[str, Counter[str]] = {}
        self.standing: Counter[tuple[str, str, str]] = Counter()
        self.sends: list[Send] = []
        self._severities: dict[str, str] = {}
        self.transitions: Counter[tuple[str, str, str]] = Counter()

    def restore(self, customer_id: str, opportunity_id: str, standing: Iterable[Standing], deadline: int) -> None:
        """Take what was stored of a customer's own alerts (opportunity id "") or of an opportunity's."""
        for alert in standing:
            self._count(customer_id, alert, 1)
        if deadline != END:
            self._deadlines.append((deadline, customer_id, opportunity_id))

    def restored(self) -> None:
        """Everything has been given."""
        heapify(self._deadlines)

    def next_deadline(self) -> int:
        """The instant of the earliest deadline, else `END`."""
        return self._deadlines[0][0] if self._deadlines else END

    def pop(self) -> tuple[int, str, str]:
        """The earliest deadline: (instant, customer id, opportunity id or "")."""
        return heappop(self._deadlines)

    def spans(self, customer: Customer, holder: Holder, since: int) -> list[Span]:
        """What history says, from `since` on."""
        if isinstance(holder, Opportunity):
            return stalls.spans(customer, holder, since, self._policy)
        return followup.spans(customer, since, self._policy)

    def settled(self, customer: Customer, holder: Holder, since: int, clock: int) -> Settled:
        """What ended at `since` or later and was published as resolved: what a late event may change."""
        return {
            span.id: self._alert(customer, holder, span, Status.RESOLVED, clock)
            for span in self.spans(customer, holder, since)
            if span.status(clock) is Status.RESOLVED
        }

    def publish(self, customer: Customer, holder: Holder, since: int, clock: int, settled: Settled) -> None:
        """Publish the difference between what was and what history now says; set the next deadline."""
        customer.latest = max(customer.latest, clock)
        since = min(since, clock + 1)
        deadline = END
        visible: dict[str, tuple[Span, Status]] = {}
        unfired: dict[str, Span] = {}
        for span in self.spans(customer, holder, since):
            deadline = min(deadline, span.next_change(clock))
            status = span.status(clock)
            if span.end.at < since and span.id not in holder.standing and span.id not in settled:
                continue  # over and told of long before
            if status is not None:
                visible[span.id] = (span, status)
            elif clock >= span.end.at:
                unfired[span.id] = span
        for key in [key for key in holder.standing if key not in visible]:
            alert = self._drop(customer, holder, key)
            if key in unfired and alert.status == Status.PENDING:
                span = unfired[key]
                self._end(customer, alert, span.end.reported, span.cause)
            else:
                self._end(customer, alert, alert.started, Cause.WITHDRAWN)
        for key, alert in settled.items():
            if key not in visible:
                self._end(customer, alert, alert.started, Cause.WITHDRAWN)
        for key, (span, status) in sorted(visible.items(), key=lambda pair: pair[1][0].start.at):
            now = self._alert(customer, holder, span, status, clock)
            before = holder.standing.get(key) or settled.get(key)
            if now != before:
                self._show(customer, holder, before, now, span)
        if holder.standing and customer.latest > clock:
            deadline = min(deadline, clock + 1)  # by what is known ahead of the clock somebody else may come in charge
        self.wake(customer, holder, deadline)

    def contacted(self, customer: Customer, time: int) -> None:
        """A contact made, in order and not ahead of the clock, ends whatever stands of the contact rules."""
        for key in list(customer.standing):
            self._end(customer, self._drop(customer, customer, key), time, Cause.CONTACTED)

    def wake(self, customer: Customer, holder: Holder, deadline: int) -> None:
        """Look at the holder again at `deadline`."""
        if deadline != holder.deadline:
            holder.deadline = deadline
            _touch(customer, holder)
            if deadline != END:
                heappush(self._deadlines, (deadline, customer.id, _key(holder)))

    def customers_with_alerts_of(self, employee: str) -> list[str]:
        """The customers whose standing alerts name an employee."""
        return sorted(self._by_employee.get(employee, ()))

    def rename(self, customer: Customer, employee: str, clock: int) -> None:
        """Publish the standing alerts of an employee anew of whose team more is known."""
        for holder in _holders(customer):
            started = [alert.started for alert in holder.standing.values() if alert.employee == employee]
            if started:
                since = min(started)
                self.publish(customer, holder, since, clock, self.settled(customer, holder, since, clock))

    def _show(self, customer: Customer, holder: Holder, before: Standing | None, now: Standing, span: Span) -> None:
        if before is not None and before.id in holder.standing:
            self._drop(customer, holder, before.id)
        if now.status == Status.RESOLVED:
            if before is None or before.status == Status.PENDING:
                self._send(customer, self._alert(customer, holder, span, Status.FIRING, span.end.at - 1))
        else:
            holder.standing[now.id] = now
            _touch(customer, holder)
            self._count(customer.id, now, 1)
        self._send(customer, now)

    def _cause(self, customer: Customer, holder: Holder, span: Span, status: Status, employee: str | None) -> Cause:
        """Why an alert stands as it does. From history alone, so that it is the same whatever came first."""
        if status is Status.RESOLVED:
            return span.cause
        fires = status is Status.FIRING
        if employee != self._employee(customer, holder, span.fires if fires else span.start.at):
            return Cause.REASSIGNED
        return Cause.HELD if fires and span.fires > span.start.at else Cause.CONDITION_MET

    def _end(self, customer: Customer, alert: Standing, time: int, cause: Cause) -> None:
        over = msgspec.structs.replace(alert, status=Status.RESOLVED.value, cause=cause.value, ended=time)
        self._send(customer, over)

    def _drop(self, customer: Customer, holder: Holder, key: str) -> Standing:
        alert = holder.standing.pop(key)
        _touch(customer, holder)
        self._count(customer.id, alert, -1)
        return alert

    def _count(self, customer_id: str, alert: Standing, sign: int) -> None:
        self.standing[alert.rule, alert.status, self._severity(alert.rule)] += sign
        if alert.employee is not None:
            customers = self._by_employee.setdefault(alert.employee, Counter())
            customers[customer_id] += sign
            if not customers[customer_id]:
                del customers[customer_id]

    def _severity(self, rule: str) -> str:
        known = self._severities.get(rule)
        if known is None:
            known = self._severities[rule] = severity_of(self._policy, rule)
        return known

    def _employee(self, customer: Customer, holder: Holder, time: int) -> str | None:
        if isinstance(holder, Opportunity) and holder.view is not None:
            owner = holder.view.owner_at(time)
            if owner is not None:
                return owner
        return attendance.at(customer, time)

    def _alert(self, customer: Customer, holder: Holder, span: Span, status: Status, clock: int) -> Standing:
        """What a span comes to at an instant. It depends on history alone, so that every run says the same."""
        employee = self._employee(customer, holder, min(clock, span.end.at - 1))
        of_contact = holder is customer
        return Standing(
            span.id,
            span.rule,
            span.basis,
            span.start.reported,
            span.bound,
            None if status is Status.PENDING else span.fired,
            span.end.reported if status is Status.RESOLVED else None,
            status.value,
            self._cause(customer, holder, span, status, employee).value,
            employee,
            self._organisation.team_at(employee, span.start.at if status is Status.PENDING else span.fires),
            None if of_contact else holder.id,
            span.about,
            span.planned,
            customer.contacts.before(span.start.at, MADE) if of_contact else None,
        )

    def _send(self, customer: Customer, alert: Standing) -> None:
        values, summary = describe(alert, customer.id, self._policy)
        record = {
            "id": alert.id,
            "rule": alert.rule,
            "status": alert.status,
            "reason": alert.cause,
            "severity": self._severity(alert.rule),
            "level": 0,
            "recipients": [alert.employee] if alert.employee else [],
            "employee_id": alert.employee,
            "team": alert.team,
            "customer_id": customer.id,
            "opportunity_id": alert.opportunity,
            "started_at": iso(alert.started),
            "fired_at": None if alert.fired is None else iso(alert.fired),
            "ended_at": None if alert.ended is None else iso(alert.ended),
            "suppressed_by": None,
            "values": values,
            "summary": summary,
            "policy_version": self._policy.version,
        }
        self.transitions[alert.rule, alert.status, alert.cause] += 1
        self.sends.append(Send("alerts", alert.id.encode(), record))
        self.sends.append(Send("alerts.log", (alert.employee or "").encode(), record))


def _key(holder: Holder) -> str:
    return holder.id if isinstance(holder, Opportunity) else ""


def _touch(customer: Customer, holder: Holder) -> None:
    if isinstance(holder, Opportunity):
        customer.dirty_opportunities.add(holder.id)
    else:
        customer.dirty = True


def _holders(customer: Customer) -> list[Holder]:
    return [customer, *customer.opportunities.values()]
