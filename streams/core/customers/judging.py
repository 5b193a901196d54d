"""What the rules say of each kind of thing that is followed, who is in charge of it, and what its alerts name."""

from __future__ import annotations

from typing import NamedTuple

from streams.core.alerts import Span
from streams.core.customers import (
    attendance,
    daybooks,
    followup,
    leads,
    likeness,
    moves,
    payments,
    prospects,
    sources,
    stalls,
    tasks,
    tickets,
)
from streams.core.customers.cases import Daybook, Likeness, Source
from streams.core.customers.state import Customer, Holder, Invoice, Lead, Opportunity, Task, Ticket
from streams.policy import Policy


class About(NamedTuple):
    """What an alert names besides its customer: ids, and the money at stake in atoms."""

    opportunity: str | None = None
    invoice: str | None = None
    amount: str | None = None
    case: str | None = None


def spans(customer: Customer, holder: Holder, since: int, policy: Policy) -> list[Span]:
    """All spans of the rules of a holder that end at `since` or later: nothing that happens then changes others.

    Some others may be among them; what fires again for the same basis has the same name as the time before.
    """
    if isinstance(holder, Customer):
        followed = holder.is_customer and holder.merged is None
        return followup.spans(holder, since, policy) if followed else []
    found: list[Span] = []
    if isinstance(holder, Opportunity):
        if holder.view is not None:
            found = stalls.spans(customer, holder, holder.view, since, policy)
            found += moves.spans(customer, holder, holder.view, policy)
            found += prospects.spans(customer, holder, holder.view, since, policy)
    elif isinstance(holder, Invoice):
        found += payments.spans(customer, holder, policy)
    elif isinstance(holder, Ticket):
        found += tickets.spans(holder, policy)
    elif isinstance(holder, Lead):
        found += leads.spans(holder, policy)
    elif isinstance(holder, Daybook):
        found += daybooks.spans(holder, customer.id, policy)
    elif isinstance(holder, Likeness):
        found += likeness.spans(holder, customer.id, policy)
    elif isinstance(holder, Source):
        found += sources.holder_spans(holder, policy)
    else:
        found += tasks.spans(holder, policy)
    return found


def in_charge(customer: Customer, holder: Holder, time: int) -> str | None:
    """Who is to see to an alert at an instant: who has the thing itself, else who looks after the customer."""
    who = None
    if isinstance(holder, Opportunity):
        who = None if holder.view is None else holder.view.owner_at(time)
    elif isinstance(holder, Invoice):
        entry = payments.charged(holder, time)
        who = None if entry is None else entry.employee
    elif isinstance(holder, Ticket):
        who = tickets.assignee_at(holder, time)
    elif isinstance(holder, Lead):
        who = leads.owner_at(holder, time)
    elif isinstance(holder, Task):
        assigned = tasks.assigned_at(holder, time)
        who = None if assigned is None else assigned.employee
    elif isinstance(holder, Daybook):
        who = daybooks.employee_of(customer.id)
    return who or attendance.at(customer, time)


def about(holder: Holder, rule: str, time: int, policy: Policy) -> About:
    """What an alert of a rule names at an instant."""
    if isinstance(holder, Opportunity):
        return About(holder.id)
    if isinstance(holder, Invoice):
        entry, amount = payments.charged(holder, time), payments.amount_of(holder, policy.rule(rule), time)
        return About(None if entry is None else entry.opportunity, holder.id, str(amount))
    if isinstance(holder, Task):
        assigned = tasks.assigned_at(holder, time)
        return About(None if assigned is None else assigned.opportunity, case=holder.id)
    if isinstance(holder, Likeness):
        named = policy.rule(rule).watch == likeness.SAME_NAME
        return About(case=likeness.other_at(holder, named, time))
    return About() if isinstance(holder, Customer | Daybook) else About(case=holder.id)
