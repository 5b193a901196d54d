"""What leads, tickets and tasks add to the ledger, in measures of their own; all of it may change with any event.

- `leads`, `leads_converted`: on the day of the creation, to the first owner.
- `lead_response_us`, `lead_responses`, `lead_response~<bin>`: from when the lead was created or, if that is later, last
  given to somebody, to the first attempt to reach it; on the day of the attempt, to who made it. Of attempts at one
  instant that of the lesser employee id is the first.
- `tickets`, `complaints`, `tickets_solved`: on the day of the opening, to whom it names, else to whom the ticket was
  given first, else to whose the customer was.
- `first_response_us` and so on: working time, without pauses, from the opening to the first answer that no machine
  gave; on the day of that, to who answered.
- `resolution_us` and so on: the same of tickets that are solved, to the newest solution; on the day of that, to whom it
  names, else to whose the ticket was, else to whose the customer was then.
- `open_tickets`: in the bucket of now, to whose they are, else to whose the customer is.
- `tasks_due`, `tasks_done`: tasks that were not cancelled, and those completed of them; on the day that they are due,
  to whom they were given last.
- `tasks_completed`, `tasks_on_time`: on the day of the completion, to whom it names.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice, takewhile

from streams.core.alerts import Cause
from streams.core.bins import measure_of
from streams.core.customers import leads, tasks, tickets, ticketview
from streams.core.customers.state import Customer, Lead, LeadEntry, Task, Ticket, TicketEntry, Turn
from streams.core.customers.ticketview import TicketView
from streams.core.history import END
from streams.core.ledger import NOW, Ledger
from streams.policy import Clock, Policy

_SOLVING = {Cause.RESOLVED: ticketview.RESOLVED, Cause.CLOSED: ticketview.CLOSED}


def post_cases(customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit (sign 1) or take back (sign -1) all that the cases of a dossier count for."""
    post_tickets(customer.tickets.values(), customer, policy, ledger, sign)
    for task in customer.tasks.values():
        post_task(task, policy, ledger, sign)
    for lead in customer.leads.values():
        post_lead(lead, policy, ledger, sign)


def post_lead(lead: Lead, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit or take back a lead."""
    log, day = lead.log, policy.zone.day
    created = next((entry for entry in log if entry.kind == leads.CREATED), None)
    if created is None:
        return
    given = [entry for entry in log if entry.kind == leads.ASSIGNED]
    owner = created.employee or next((entry.employee for entry in given), None)
    closed = next((entry.kind for entry in reversed(log) if entry.kind in leads.CLOSED), None)
    ledger.post(owner, day(created.time), "leads", sign)
    ledger.post(owner, day(created.time), "leads_converted", sign * (closed == leads.CONVERTED))
    tried = [entry for entry in log if entry.kind == leads.ATTEMPTED and entry.time >= created.time]
    attempt = min(tried, key=_by_employee, default=None)
    if attempt is not None:
        since = max([created.time, *(entry.time for entry in given if entry.time <= attempt.time)])
        _post_length(attempt.employee, day(attempt.time), "lead_response", attempt.time - since, ledger, sign)


def post_tickets(found: Iterable[Ticket], customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit or take back tickets of a customer."""
    for ticket in found:
        post_ticket(ticket, customer, policy, ledger, sign)


def post_ticket(ticket: Ticket, customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit or take back a ticket."""
    view = ticket.view
    if view is None:
        return
    _post_opening(ticket, view, customer, policy, ledger, sign)
    _, solved, cause = view.unsolved[-1]
    if view.replied != END:
        reply = _event(ticket, view.replied, ticketview.REPLIED)
        _post_worked("first_response", ticket, view, reply, customer, policy, ledger, sign)
    if solved == END:
        ledger.post(tickets.assignee_at(ticket, END) or customer.owners.now(), NOW, "open_tickets", sign)
    else:
        last = _event(ticket, solved, _SOLVING[cause])
        _post_worked("resolution", ticket, view, last, customer, policy, ledger, sign)


def solution(ticket: Ticket, customer: Customer) -> Turn | None:
    """When a ticket was solved, and to whose credit; None where it is not, or to nobody's."""
    if ticket.view is None:
        return None
    _, solved, cause = ticket.view.unsolved[-1]
    if solved == END:
        return None
    who = _worker(_event(ticket, solved, _SOLVING[cause]), ticket, customer)
    return None if who is None else Turn(solved, who)


def solutions(customer: Customer) -> list[Turn]:
    """The same of all tickets of a customer, in order."""
    return sorted(found for ticket in customer.tickets.values() if (found := solution(ticket, customer)) is not None)


def leaning(customer: Customer) -> list[Ticket]:
    """The tickets that may be credited to whose the customer is or was, as their openings name nobody."""
    opened = ((ticket, ticket.view) for ticket in customer.tickets.values())
    return [ticket for ticket, view in opened if view is not None and _opening(ticket, view).employee is None]


def post_task(task: Task, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit or take back a task."""
    given = next((entry for entry in reversed(task.log) if entry.kind == tasks.ASSIGNED), None)
    if given is None or given.due is None:
        return
    outcome = next((entry for entry in reversed(task.log) if entry.kind != tasks.ASSIGNED), None)
    if outcome is not None and outcome.kind == tasks.CANCELLED:
        return
    zone = policy.zone
    # What a former release kept may be a plain date, which ends where the next day begins.
    due = zone.day(given.due - 1) if given.day is None else given.day
    ledger.post(given.employee, due, "tasks_due", sign)
    if outcome is not None:
        ledger.post(given.employee, due, "tasks_done", sign)
        ledger.post(outcome.employee, zone.day(outcome.time), "tasks_completed", sign)
        ledger.post(outcome.employee, zone.day(outcome.time), "tasks_on_time", sign * (outcome.time <= given.due))


def _post_opening(
    ticket: Ticket, view: TicketView, customer: Customer, policy: Policy, ledger: Ledger, sign: int
) -> None:
    given = view.given[0][1] if view.given else None
    who = _opening(ticket, view).employee or given or customer.owners.at(view.opened)
    day = policy.zone.day(view.opened)
    ledger.post(who, day, "tickets", sign)
    ledger.post(who, day, "complaints", sign * (view.kind == "complaint"))
    ledger.post(who, day, "tickets_solved", sign * (view.unsolved[-1][1] != END))


def _post_worked(
    what: str,
    ticket: Ticket,
    view: TicketView,
    last: TicketEntry,
    customer: Customer,
    policy: Policy,
    ledger: Ledger,
    sign: int,
) -> None:
    """The working time from the opening to one of its events, to whom that names, else whose the ticket is then."""
    end = last.time
    stretches = takewhile(lambda stretch: stretch[0] < end, view.running)
    ran = sum(_worked(policy, since, min(until, end)) for since, until in stretches)
    who = _worker(last, ticket, customer)
    _post_length(who, policy.zone.day(end), what, ran, ledger, sign)


def _worker(entry: TicketEntry, ticket: Ticket, customer: Customer) -> str | None:
    return entry.employee or tickets.assignee_at(ticket, entry.time) or customer.owners.at(entry.time)


def _post_length(who: str | None, day: int, what: str, length: int, ledger: Ledger, sign: int) -> None:
    ledger.post(who, day, f"{what}_us", sign * length)
    ledger.post(who, day, f"{what}s", sign)
    ledger.post(who, day, measure_of(what, length), sign)


@lru_cache(1 << 14)
def _worked(policy: Policy, since: int, until: int) -> int:
    """Working time between two instants, us; as whatever is credited is taken back, it is asked for again and again."""
    return policy.elapsed(since, until, Clock.WORKING)


def _opening(ticket: Ticket, view: TicketView) -> TicketEntry:
    return _event(ticket, view.opened, ticketview.OPENED)


def _event(ticket: Ticket, time: int, kind: int) -> TicketEntry:
    """The first event of a kind at an instant, of a person."""
    begin = bisect_left(ticket.log, (time, kind), key=_time_and_kind)
    return next(entry for entry in islice(ticket.log, begin, None) if not entry.automatic)


def _time_and_kind(entry: TicketEntry) -> tuple[int, int]:
    return entry.time, entry.kind


def _by_employee(entry: LeadEntry) -> tuple[int, str]:
    return entry.time, entry.employee or ""
