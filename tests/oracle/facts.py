"""What counts, for whom and on which day: one row a fact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.law import Law
from tests.oracle.reading import Event, Money
from tests.oracle.timeline import Customer, Opportunity

DAY = timedelta(days=1)


class Fact(NamedTuple):
    """So much of something, to an employee's credit, on a local day; `what` is the thing where things are distinct."""

    employee: str
    day: date
    name: str
    amount: Fraction = Fraction(1)
    what: str = ""


def days(span: timedelta) -> Fraction:
    """A length in days of 24 hours, exactly."""
    return Fraction(span // timedelta(microseconds=1), DAY // timedelta(microseconds=1))


class Facts:
    """The facts of a log."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._money = Money(law)

    def of_events(self, events: list[Event]) -> Iterator[Fact]:
        """What events say by themselves, each to the credit of the employee that it names."""
        for event in events:
            if event.type.split(".")[0] in ("contact", "contract", "invoice", "payment", "debt"):
                employee, day = event.data["employee_id"], self._law.day(event.time)
                for name, amount, what, on in self._of(event):
                    yield Fact(employee, on or day, name, amount, what)

    def _of(self, event: Event) -> Iterator[tuple[str, Fraction, str, date | None]]:
        one, worth = Fraction(1), self._money.of(event) or Fraction(0)
        match event.type:
            case "contact.logged":
                yield "contacts", one, "", None
                yield f"contacts:{event.data['channel']}", one, "", None
                if event.is_made:
                    yield "contacts_connected", one, "", None
                if event.data.get("customer_id") is not None:
                    yield "contacted", one, event.data["customer_id"], None
            case "contract.signed":
                yield "contract_count", one, "", None
                yield "contract_amount", worth, "", None
                for line in event.data.get("lines") or []:
                    yield from self._of_line(event, line)
            case "invoice.issued":
                yield "invoiced_amount", worth, "", None
                yield "due", worth, "", self._law.day_of(event.data["due_at"])
            case "payment.received":
                yield "collected_amount", worth, "", None
            case "payment.refunded":
                yield "collected_amount", -worth, "", None
            case "debt.written_off":
                yield "bad_debt_amount", worth, "", None

    def _of_line(self, event: Event, line: dict[str, object]) -> Iterator[tuple[str, Fraction, str, date | None]]:
        if line.get("quantity") is None:
            return
        quantity = Fraction(str(line["quantity"]))
        yield "units_sold", quantity, "", None
        if line.get("unit_price") is not None and line.get("list_price") is not None:
            yield "realised", quantity * (self._money.worth(event, line["unit_price"]) or 0), "", None
            yield "listed", quantity * (self._money.worth(event, line["list_price"]) or 0), "", None

    def of_customer(self, customer: Customer, as_of: datetime) -> Iterator[Fact]:
        """What follows from a customer's history, and where it stands at `as_of`."""
        today = self._law.day(as_of)
        if owner := customer.owner(as_of):
            yield Fact(owner, today, "customers_owned")
        yield from self._first_business(customer)
        yield from self._handoffs(customer)
        for opportunity in customer.opportunities.values():
            for event, name, amount in self._of_opportunity(opportunity):
                if employee := customer.credit(opportunity, event):
                    yield Fact(employee, self._law.day(event.time), name, amount)
            for time, name, amount in self._of_stages(opportunity):
                if employee := customer.owner_of(opportunity, time):
                    yield Fact(employee, self._law.day(time), name, amount)
            if opportunity.is_open and (employee := customer.owner_of(opportunity, as_of)):
                amount = opportunity.amount or Fraction(0)
                yield Fact(employee, today, "open_count")
                yield Fact(employee, today, "open_amount", amount)
                expected = amount * self._law.probability.get(opportunity.stage or "", Fraction(0))
                yield Fact(employee, today, "expected_revenue", expected)

    def _handoffs(self, customer: Customer) -> Iterator[Fact]:
        """Who owned the customer at the instants at which that was said, one after the other."""
        times = sorted({time for time, _ in customer.owners})
        owners = [customer.owner(time) for time in times]
        for time, giver, taker in zip(times[1:], owners, owners[1:], strict=False):
            if giver and taker and giver != taker:
                yield Fact(giver, self._law.day(time), "handoffs_given")
                yield Fact(taker, self._law.day(time), "handoffs_taken")

    def _first_business(self, customer: Customer) -> Iterator[Fact]:
        """The customer became one with its first won opportunity or contract; of two at one instant a win is first."""
        firsts = [
            (e.time, 1, e.source, e.id, e.data["employee_id"]) for e in customer.events if e.type == "contract.signed"
        ]
        for opportunity in customer.opportunities.values():
            if opportunity.is_won and (won := opportunity.outcome) is not None:
                firsts.append((won.time, 0, "", opportunity.id, customer.credit(opportunity, won)))
        for time, *_, employee in sorted(firsts, key=lambda first: first[:4])[:1]:
            if employee:
                yield Fact(employee, self._law.day(time), "new_customers")

    def _of_opportunity(self, opportunity: Opportunity) -> Iterator[tuple[Event, str, Fraction]]:
        one = Fraction(1)
        if opportunity.created is not None:
            yield opportunity.created, "opportunities_created", one
        for event in opportunity.advances:
            yield event, "stages_advanced", one
        if opportunity.outcome is not None:
            yield opportunity.outcome, "won_count" if opportunity.is_won else "lost_count", one
        if opportunity.outcome is not None and opportunity.is_won:
            yield opportunity.outcome, "won_amount", opportunity.won_amount
            if opportunity.created is not None and opportunity.outcome.time >= opportunity.created.time:
                yield opportunity.outcome, "cycle", days(opportunity.outcome.time - opportunity.created.time)

    def _of_stages(self, opportunity: Opportunity) -> Iterator[tuple[datetime, str, Fraction]]:
        for stage, entered in opportunity.entries.items():
            yield entered, f"entered:{stage}", Fraction(1)
            if opportunity.is_won or stage in opportunity.went_on:
                yield entered, f"entered_next:{stage}", Fraction(1)
        for stage in {visit.stage for visit in opportunity.visits}:
            visits = [visit for visit in opportunity.visits if visit.stage == stage]
            lengths = [days(visit.until - visit.since) for visit in visits]
            yield visits[-1].until, f"time_in_stage_latest:{stage}", lengths[-1]
            yield visits[-1].until, f"time_in_stage_cumulative:{stage}", sum(lengths, Fraction(0))
