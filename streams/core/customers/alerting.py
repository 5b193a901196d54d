"""Keeps what is published equal to what history and the clock say, and says only what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Any

from streams.core.alerts import Cause, Span, Status, severity_of
from streams.core.customers import attendance, followup, stalls
from streams.core.customers.state import Customer, Opportunity, Standing
from streams.core.customers.wording import describe
from streams.core.history import END
from streams.core.organisation import Organisation
from streams.core.stage import Send
from streams.events.instants import iso
from streams.policy import Policy

Holder = Customer | Opportunity
"""Who keeps standing alerts and a deadline: a customer those of contact, an opportunity its own."""

Settled = dict[str, tuple[Span, str | None]]
"""By alert id, the episodes that are over as they were published, each with the employee that it named."""


class Alerting:
    """The alerts of one partition. `before`, then the change of history, then `after` publishes the difference."""

    def __init__(self, policy: Policy, organisation: Organisation) -> None:
        self._policy = policy
        self._organisation = organisation
        self._deadlines: list[tuple[int, str, str]] = []
        self._by_employee: dict[str, Counter[str]] = {}
        self.standing: Counter[tuple[str, str, str]] = Counter()
        self.sends: list[Send] = []
        self.transitions: Counter[tuple[str, str, str]] = Counter()

    def restored(self, customers: Iterable[Customer]) -> None:
        """Rebuild deadlines and indexes from restored customers."""
        for customer in customers:
            for holder in _holders(customer):
                for standing in holder.standing.values():
                    self._count(customer, standing, 1)
                if holder.deadline != END:
                    heappush(self._deadlines, (holder.deadline, customer.id, _key(holder)))

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
        """The spans that ended at `since` or later and were published as resolved: what a late event may change."""
        return {
            s.id: (s, self._employee(customer, holder, s.end.at - 1))
            for s in self.spans(customer, holder, since)
            if s.status(clock) is Status.RESOLVED
        }

    def publish(self, customer: Customer, holder: Holder, since: int, clock: int, settled: Settled) -> None:
        """Publish the difference between what was and what history now says; set the next deadline."""
        deadline = END
        visible: dict[str, tuple[Span, Status]] = {}
        unfired: dict[str, Span] = {}
        for item in self.spans(customer, holder, since):
            deadline = min(deadline, item.next_change(clock))
            status = item.status(clock)
            if status is not None:
                visible[item.id] = (item, status)
            elif clock >= item.end.at:
                unfired[item.id] = item
        for gone in [key for key in holder.standing if key not in visible]:
            standing = holder.standing[gone]
            self._drop(customer, holder, gone)
            if gone in unfired and standing.status == Status.PENDING:
                span = unfired[gone]
                self._emit(customer, holder, span, Status.RESOLVED, span.cause, clock)
            else:
                self._withdraw(customer, standing)
        for key, (span, _) in settled.items():
            if key not in visible and key not in holder.standing:
                self._emit(customer, holder, span, Status.RESOLVED, Cause.WITHDRAWN, clock)
        for key, (span, status) in sorted(visible.items(), key=lambda pair: pair[1][0].start.at):
            self._show(customer, holder, key, span, status, clock, settled.get(key))
        self.wake(customer, holder, deadline)

    def wake(self, customer: Customer, holder: Holder, deadline: int) -> None:
        """Look at the holder again at `deadline`."""
        if deadline != holder.deadline:
            holder.deadline = deadline
            _touch(customer, holder)
            if deadline != END:
                heappush(self._deadlines, (deadline, customer.id, _key(holder)))

    def wake_for_successor(self, customer: Customer, holder: Holder, time: int) -> None:
        """Look again at a coming instant at which somebody else will be in charge of what stands."""
        if any(s.employee != self._employee(customer, holder, time) for s in holder.standing.values()):
            self.wake(customer, holder, min(holder.deadline, time))

    def customers_with_alerts_of(self, employee: str) -> list[str]:
        """The customers whose standing alerts name an employee."""
        return sorted(self._by_employee.get(employee, ()))

    def rename(self, customer: Customer, employee: str, clock: int) -> None:
        """Publish the standing alerts of an employee anew whose team has changed."""
        for holder in _holders(customer):
            stale = [s for s in holder.standing.values() if s.employee == employee]
            if any(s.team != self._organisation.team_of(employee) for s in stale):
                since = min(s.started for s in stale)
                self.publish(customer, holder, since, clock, self.settled(customer, holder, since, clock))

    def _show(
        self,
        customer: Customer,
        holder: Holder,
        key: str,
        span: Span,
        status: Status,
        clock: int,
        settled: tuple[Span, str | None] | None,
    ) -> None:
        standing = holder.standing.get(key)
        if status is Status.RESOLVED:
            if standing is None and settled == (span, self._employee(customer, holder, span.end.at - 1)):
                return
            if standing is None and settled is None:
                self._emit(customer, holder, span, Status.FIRING, Cause.CONDITION_MET, min(span.end.at - 1, clock))
            elif standing is not None and standing.status == Status.PENDING:
                self._emit(customer, holder, span, Status.FIRING, Cause.HELD, min(span.end.at - 1, clock))
            cause = span.cause if settled is None else Cause.REVISED
            self._drop(customer, holder, key)
            self._emit(customer, holder, span, status, cause, clock)
            return
        employee = self._employee(customer, holder, clock)
        now = Standing(
            id=key,
            rule=span.rule,
            basis=span.basis,
            started=span.start.reported,
            fired=span.fired,
            status=status,
            employee=employee,
            team=self._organisation.team_of(employee),
            opportunity=_key(holder) or None,
        )
        if standing is None:
            cause = Cause.CONDITION_MET if settled is None else Cause.REVISED
        elif standing == now:
            return
        elif standing.status != status:
            cause = Cause.HELD
        else:
            cause = Cause.REASSIGNED if standing.employee != employee else Cause.REVISED
        self._drop(customer, holder, key)
        holder.standing[key] = now
        _touch(customer, holder)
        self._count(customer, now, 1)
        self._emit(customer, holder, span, status, cause, clock)

    def _withdraw(self, customer: Customer, standing: Standing) -> None:
        record = self._record(customer, standing.id, standing.rule, Status.RESOLVED, Cause.WITHDRAWN)
        record |= {
            "employee_id": standing.employee,
            "team": standing.team,
            "recipients": [standing.employee] if standing.employee else [],
            "opportunity_id": standing.opportunity,
            "started_at": iso(standing.started),
            "fired_at": iso(standing.fired) if standing.status == Status.FIRING else None,
            "ended_at": iso(standing.started),
            "summary": "Withdrawn: by what has since been learned, this never held.",
        }
        self._send(record)

    def _drop(self, customer: Customer, holder: Holder, key: str) -> None:
        standing = holder.standing.pop(key, None)
        if standing is not None:
            _touch(customer, holder)
            self._count(customer, standing, -1)

    def _count(self, customer: Customer, standing: Standing, sign: int) -> None:
        self.standing[(standing.rule, standing.status, severity_of(self._policy, standing.rule))] += sign
        if standing.employee is not None:
            customers = self._by_employee.setdefault(standing.employee, Counter())
            customers[customer.id] += sign
            if not customers[customer.id]:
                del customers[customer.id]

    def _employee(self, customer: Customer, holder: Holder, time: int) -> str | None:
        if isinstance(holder, Opportunity) and holder.view is not None:
            owner = holder.view.owner_at(time)
            if owner is not None:
                return owner
        return attendance.at(customer, time)

    def _emit(self, customer: Customer, holder: Holder, span: Span, status: Status, cause: Cause, clock: int) -> None:
        time = min(clock, span.end.at - 1)
        employee = self._employee(customer, holder, time)
        record = self._record(customer, span.id, span.rule, status, cause)
        values, summary = describe(customer, span, time, self._policy)
        record |= {
            "employee_id": employee,
            "team": self._organisation.team_of(employee),
            "recipients": [employee] if employee else [],
            "opportunity_id": _key(holder) or None,
            "started_at": iso(span.start.reported),
            "fired_at": iso(span.fired) if status is not Status.PENDING and span.fires < span.end.at else None,
            "ended_at": iso(span.end.reported) if status is Status.RESOLVED else None,
            "values": values,
            "summary": summary,
        }
        self._send(record)

    def _record(self, customer: Customer, key: str, rule: str, status: Status, cause: Cause) -> dict[str, Any]:
        return {
            "id": key,
            "rule": rule,
            "status": status.value,
            "reason": cause.value,
            "severity": severity_of(self._policy, rule),
            "level": 0,
            "recipients": [],
            "employee_id": None,
            "team": None,
            "customer_id": customer.id,
            "opportunity_id": None,
            "started_at": None,
            "fired_at": None,
            "ended_at": None,
            "suppressed_by": None,
            "values": {},
            "summary": "",
            "policy_version": self._policy.version,
        }

    def _send(self, record: dict[str, Any]) -> None:
        self.transitions[(record["rule"], record["status"], record["reason"])] += 1
        self.sends.append(Send("alerts", record["id"].encode(), record))
        self.sends.append(Send("alerts.log", (record["employee_id"] or "").encode(), record))


def _key(holder: Holder) -> str:
    return holder.id if isinstance(holder, Opportunity) else ""


def _touch(customer: Customer, holder: Holder) -> None:
    if isinstance(holder, Opportunity):
        customer.dirty_opportunities.add(holder.id)
    else:
        customer.dirty = True


def _holders(customer: Customer) -> list[Holder]:
    return [customer, *customer.opportunities.values()]
