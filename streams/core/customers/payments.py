"""The alerts of an invoice: that it was not paid in time, and that it was written off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from streams.core.alerts import NEVER, Cause, Span, happened, passed, span
from streams.core.customers.patience import patience
from streams.core.customers.state import ISSUED, RECEIVED, WRITTEN_OFF, Customer, Invoice, MoneyEntry
from streams.core.history import END
from streams.policy import Policy, RulePolicy

OVERDUE, BAD_DEBT = "payment.overdue", "payment.bad_debt"


class Debt(NamedTuple):
    """A time in which something of an invoice is outstanding under one due date; `start` names it."""

    start: int
    end: int
    cause: Cause
    due: int


def spans(customer: Customer, invoice: Invoice, policy: Policy) -> Iterator[Span]:
    """All spans of the rules of payment."""
    overdue, bad_debt = policy.watching(OVERDUE), policy.watching(BAD_DEBT)
    if overdue:
        debts = list(_debts(invoice.log))
        for name, rule in overdue:
            for debt in debts:
                yield from _overdue(name, rule, customer, invoice.id, debt, policy)
    for name, rule in bad_debt:
        yield from _bad_debt(name, rule, invoice, policy)


def charged(invoice: Invoice, time: int) -> MoneyEntry | None:
    """The event that says whose an invoice is: the newest `invoice.issued` up to an instant, else write-off."""
    known = [entry for entry in reversed(invoice.log) if entry.time <= time]
    issued = (entry for entry in known if entry.kind == ISSUED)
    return next(issued, None) or next(filter(_is_loss, known), None)


def amount_of(invoice: Invoice, rule: RulePolicy, time: int) -> int:
    """What money an alert is about at an instant, in atoms: what is outstanding, or what was written off last."""
    known = [entry for entry in invoice.log if entry.time <= time]
    if rule.watch == OVERDUE:
        return sum(map(_owed, known))
    losses = list(filter(_is_loss, known))
    return sum(entry.amount for entry in losses if entry.time == losses[-1].time)


def last_receipt(invoice: Invoice, time: int) -> int | None:
    """When money came in last, up to an instant."""
    return max((entry.time for entry in invoice.log if entry.kind == RECEIVED and entry.time <= time), default=None)


def _is_loss(entry: MoneyEntry) -> bool:
    """Whether money was written off; an amount of nothing or less takes some back."""
    return entry.kind == WRITTEN_OFF and entry.amount > 0


def _time(entry: MoneyEntry) -> int:
    return entry.time


def _owed(entry: MoneyEntry) -> int:
    """What an event adds to what is outstanding."""
    return -entry.amount if entry.kind in (RECEIVED, WRITTEN_OFF) else entry.amount


def _debts(log: list[MoneyEntry]) -> Iterator[Debt]:
    outstanding, due, start = 0, END, END
    for time, together in groupby(log, key=_time):
        entries = list(together)
        issued = [entry for entry in entries if entry.kind == ISSUED]
        outstanding += sum(map(_owed, entries))
        if start != END and (issued or outstanding <= 0):
            received = any(entry.kind == RECEIVED for entry in entries)
            cause = Cause.PLAN_MOVED if issued else Cause.PAID if received else Cause.WRITTEN_OFF
            yield Debt(start, time, cause, due)
            start = END
        if issued and issued[-1].due is not None:
            due = issued[-1].due
        if start == END and outstanding > 0 and due != END:
            start = time
    if start != END:
        yield Debt(start, END, Cause.PAID, due)


def _overdue(
    name: str, rule: RulePolicy, customer: Customer, subject: str, debt: Debt, policy: Policy
) -> Iterator[Span]:
    found = patience(customer, rule, debt.due, debt.start, debt.end, policy)
    if found is not None:
        opening, deadline, grade = found
        end = happened(debt.end)
        yield span(
            name,
            subject,
            debt.start,
            opening,
            end,
            debt.cause,
            bound=deadline,
            terms=rule,
            policy=policy,
            about="",
            planned=debt.due,
            grade=grade,
        )


def _bad_debt(name: str, rule: RulePolicy, invoice: Invoice, policy: Policy) -> Iterator[Span]:
    losses = sorted({entry.time for entry in filter(_is_loss, invoice.log)})
    for index, time in enumerate(losses):
        end, cause = NEVER, Cause.EXPIRED
        if rule.lasts is not None:
            end = passed(policy.after(time, rule.lasts, rule.clock))
        if index + 1 < len(losses) and losses[index + 1] < end.at:
            end, cause = happened(losses[index + 1]), Cause.WRITTEN_OFF
        paid = _paid_after(invoice.log, time)
        if paid < end.at:
            end, cause = happened(paid), Cause.PAID
        if time < end.at:
            yield span(
                name, invoice.id, time, happened(time), end, cause, bound=time, terms=rule, policy=policy, about=""
            )


def _paid_after(log: list[MoneyEntry], written_off: int) -> int:
    """The first instant, a write-off's or later, by which all was paid after all, else `END`."""
    owed, billed = 0, False
    for time, together in groupby(log, key=_time):
        for entry in together:
            owed += 0 if entry.kind == WRITTEN_OFF else _owed(entry)
            billed = billed or entry.kind == ISSUED
        if time >= written_off and billed and owed <= 0:
            return time
    return END
