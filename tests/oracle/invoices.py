"""What is to be told of the invoices of a customer: money that is overdue, and money that is given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from tests.oracle.law import Law
from tests.oracle.patience import passed
from tests.oracle.reading import Event, Money
from tests.oracle.standing import Alert
from tests.oracle.timeline import Customer

UNPAID = {"invoice.issued": 1, "payment.received": -1, "payment.refunded": 1}
"""What adds to, or takes from, what a customer has not paid of an invoice."""
OUTSTANDING = UNPAID | {"debt.written_off": -1}
"""The same of what is still expected: what was written off is not."""


def of_invoices(customer: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    """What stands now of the invoices that events of this customer name."""
    money = [event for event in customer.events if event.type in OUTSTANDING]
    for name in sorted({str(event.data["invoice_id"]) for event in money if event.data.get("invoice_id") is not None}):
        invoice = Invoice(customer, name, law)
        yield from invoice.overdue(now)
        yield from invoice.bad_debt(now)


class Invoice:
    """The events of an invoice in the order of time."""

    def __init__(self, customer: Customer, id: str, law: Law) -> None:
        self.id = id
        self._customer, self._law, self._money = customer, law, Money(law)
        self._events = [e for e in customer.events if e.type in OUTSTANDING and e.data.get("invoice_id") == id]

    def overdue(self, now: datetime) -> Iterator[Alert]:
        """Something is outstanding though its day has come."""
        issue = self._issue(now)
        if issue is None or self._sum(OUTSTANDING, now) <= 0:
            return
        basis = max(issue.time, self._outstanding_since(now))
        for rule in self._law.watching("payment.overdue"):
            due = self._law.ends(issue.data["due_at"])
            started_at = passed(self._customer, self._law, rule, due, basis, now)
            if started_at is not None:
                yield self._alert(rule.name, basis, started_at, issue)

    def bad_debt(self, now: datetime) -> Iterator[Alert]:
        """Something was written off of late and has not been paid after all."""
        written_off = [e for e in self._events if e.type == "debt.written_off" and (self._money.of(e) or 0) > 0]
        newest = max((event for event in written_off if event.time <= now), key=lambda e: e.order, default=None)
        if newest is None or any(self._is_paid(time) for time in self._times(newest.time, now)):
            return
        for rule in self._law.watching("payment.bad_debt"):
            if now <= self._law.later(newest.time, rule.lasts, rule.clock):
                yield self._alert(rule.name, newest.time, newest.time, self._issue(now) or newest)

    def _alert(self, rule: str, basis: datetime, started_at: datetime, of: Event) -> Alert:
        opportunity = of.data.get("opportunity_id") if of.type == "invoice.issued" else None
        return Alert(rule, self._customer.id, opportunity, basis, started_at, of.data["employee_id"], self.id)

    def _issue(self, at: datetime) -> Event | None:
        """The newest by then."""
        issues = [event for event in self._events if event.type == "invoice.issued" and event.time <= at]
        return max(issues, key=lambda event: event.order, default=None)

    def _sum(self, signs: dict[str, int], at: datetime) -> Fraction:
        counted = [event for event in self._events if event.type in signs and event.time <= at]
        return sum((signs[event.type] * (self._money.of(event) or Fraction(0)) for event in counted), Fraction(0))

    def _times(self, since: datetime, until: datetime) -> list[datetime]:
        return [event.time for event in self._events if since <= event.time <= until]

    def _outstanding_since(self, now: datetime) -> datetime:
        since = now
        for time in reversed(self._times(self._events[0].time, now)):
            if self._sum(OUTSTANDING, time) <= 0:
                break
            since = time
        return since

    def _is_paid(self, at: datetime) -> bool:
        """Whether all that was billed has been received; of what was never billed nobody can tell."""
        return self._issue(at) is not None and self._sum(UNPAID, at) <= 0
