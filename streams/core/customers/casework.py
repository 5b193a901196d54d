"""How an event changes a case: a ticket, a lead, a task. An event that is known already changes nothing."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from datetime import date, datetime
from sys import intern

from streams.core.customers import campaigns, leads, pipeline, servicing, tasks, tickets, ticketview
from streams.core.customers.alerting import Alerting
from streams.core.customers.logbook import holds
from streams.core.customers.sharing import Sharing
from streams.core.customers.state import Customer, Holder, Lead, LeadEntry, Task, TaskEntry, Ticket, TicketEntry
from streams.core.history import take_out
from streams.core.ledger import Ledger
from streams.events import (
    ContactLogged,
    Data,
    Event,
    LeadAssigned,
    LeadConverted,
    LeadCreated,
    LeadDisqualified,
    TaskAssigned,
    TaskCancelled,
    TaskCompleted,
    TicketAssigned,
    TicketClosed,
    TicketOpened,
    TicketPaused,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketResumed,
)
from streams.events.instants import MAX_US, MIN_US, to_us
from streams.policy import Policy
from streams.policy.zone import day_of

TicketStep = (
    TicketOpened
    | TicketAssigned
    | TicketReplied
    | TicketPaused
    | TicketResumed
    | TicketResolved
    | TicketReopened
    | TicketClosed
)
TaskStep = TaskAssigned | TaskCompleted | TaskCancelled
LeadStep = LeadCreated | LeadAssigned | LeadConverted | LeadDisqualified | ContactLogged
KINDS: dict[type[Data], int] = {
    TicketOpened: ticketview.OPENED,
    TicketAssigned: ticketview.ASSIGNED,
    TicketReplied: ticketview.REPLIED,
    TicketPaused: ticketview.PAUSED,
    TicketResumed: ticketview.RESUMED,
    TicketResolved: ticketview.RESOLVED,
    TicketReopened: ticketview.REOPENED,
    TicketClosed: ticketview.CLOSED,
    TaskAssigned: tasks.ASSIGNED,
    TaskCompleted: tasks.COMPLETED,
    TaskCancelled: tasks.CANCELLED,
    LeadCreated: leads.CREATED,
    LeadAssigned: leads.ASSIGNED,
    ContactLogged: leads.ATTEMPTED,
    LeadConverted: leads.CONVERTED,
    LeadDisqualified: leads.DISQUALIFIED,
}
OPENINGS = (TicketOpened, TaskAssigned)
"""The events that say whose a case is."""


class Casework:
    """Applies events to the cases of one partition."""

    def __init__(
        self, policy: Policy, alerting: Alerting, ledger: Ledger, funnel: Ledger, campaigns: Ledger, sharing: Sharing
    ) -> None:  # fmt: skip
        self._alerting, self._ledger, self._funnel, self._campaigns = alerting, ledger, funnel, campaigns
        self._sharing = sharing
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Apply events under another policy from now on."""
        self._policy = policy

    def step(self, customer: Customer, event: Event, time: int, now: int) -> None:
        """Apply an event of a ticket or of a task."""
        data = event.data
        if isinstance(data, TicketStep):
            ticket = customer.tickets.setdefault(data.ticket_id, Ticket(data.ticket_id))
            entry = _ticket_entry(event, data, time)
            if holds(ticket.log, entry):
                return

            def take() -> None:
                solution = servicing.solution(ticket, customer)
                servicing.post_ticket(ticket, customer, self._policy, self._ledger, -1)
                if ticket.view is not None and entry[:4] > ticket.log[-1][:4]:
                    ticket.log.append(entry)
                    ticket.view = tickets.advance(ticket.view, entry)
                else:
                    insort(ticket.log, entry, key=lambda item: item[:4])
                    ticket.view = tickets.fold(ticket.log)
                servicing.post_ticket(ticket, customer, self._policy, self._ledger, 1)
                if servicing.solution(ticket, customer) != solution:
                    self._sharing.recount(customer, self._policy)

            self._around(customer, ticket, time, now, take)
        elif isinstance(data, TaskStep):
            task = customer.tasks.setdefault(data.task_id, Task(data.task_id))
            known = self._task_entry(event, data, time)
            if holds(task.log, known):
                return

            def take_in() -> None:
                servicing.post_task(task, self._policy, self._ledger, -1)
                insort(task.log, known, key=lambda item: item[:4])
                servicing.post_task(task, self._policy, self._ledger, 1)

            self._around(customer, task, time, now, take_in)

    def lead(self, dossier: Customer, lead_id: str, event: Event, time: int, now: int) -> None:
        """Apply an event of a lead."""
        data = event.data
        if not isinstance(data, LeadStep) or (isinstance(data, ContactLogged) and data.direction != "outbound"):
            return
        who = data.employee_id if isinstance(data, ContactLogged) else getattr(data, "owner_id", None)
        who = intern(who) if who else None
        entry = LeadEntry(time, KINDS[type(data)], intern(event.source), event.id, who, campaigns.origin_of(data))
        self.lead_entry(dossier, lead_id, entry, now)

    def lead_entry(self, dossier: Customer, lead_id: str, entry: LeadEntry, now: int) -> None:
        """Take in what happened to a lead."""
        lead = dossier.leads.setdefault(lead_id, Lead(lead_id))
        if not holds(lead.log, entry):

            def take() -> None:
                self._credit(lead, -1)
                insort(lead.log, entry, key=lambda item: item[:4])
                self._credit(lead, 1)

            self._around(dossier, lead, entry.time, now, take)

    def take_out_of_lead(self, dossier: Customer, lead_id: str, entry: LeadEntry, now: int) -> None:
        """Take back what happened to a lead."""
        lead = dossier.leads.get(lead_id)
        if lead is not None and holds(lead.log, entry):
            taken = lead

            def take() -> None:
                self._credit(taken, -1)
                take_out(taken.log, entry[:4])
                self._credit(taken, 1)

            self._around(dossier, taken, entry.time, now, take)

    def _credit(self, lead: Lead, sign: int) -> None:
        pipeline.post_lead(lead, self._funnel, sign)
        servicing.post_lead(lead, self._policy, self._ledger, sign)
        campaigns.post_lead(lead, self._policy.zone, self._campaigns, sign)

    def _around(self, customer: Customer, case: Holder, time: int, now: int, take: Callable[[], None]) -> None:
        customer.dirty = True
        customer.touch(case)
        first: list[Holder] = [customer] if time < customer.first else []
        self._alerting.around([*first, case], customer, time, now, take)

    def _task_entry(self, event: Event, data: TaskStep, time: int) -> TaskEntry:
        entry = TaskEntry(time, KINDS[type(data)], intern(event.source), event.id, intern(data.employee_id))
        if not isinstance(data, TaskAssigned):
            return entry
        due, day = end_of(data.due_at, self._policy), local_day(data.due_at, self._policy)
        return entry._replace(due=due, about=data.kind, opportunity=data.opportunity_id, day=day)


def local_day(moment: date, policy: Policy) -> int:
    """The local day of a date, or of an instant (a datetime is a date too)."""
    return policy.zone.day(to_us(moment)) if isinstance(moment, datetime) else day_of(moment)


def start_of(moment: date, policy: Policy) -> int:
    """The instant, or the beginning of a plain date, microseconds."""
    return to_us(moment) if isinstance(moment, datetime) else max(policy.zone.midnight(day_of(moment)), MIN_US)


def end_of(moment: date, policy: Policy) -> int:
    """The instant, or the end of a plain date, microseconds. A date for ever, such as 9999-12-31, ends with time."""
    return to_us(moment) if isinstance(moment, datetime) else min(policy.zone.midnight(day_of(moment) + 1), MAX_US)


def _ticket_entry(event: Event, data: TicketStep, time: int) -> TicketEntry:
    employee = intern(data.employee_id) if data.employee_id else None
    entry = TicketEntry(time, KINDS[type(data)], intern(event.source), event.id, employee)
    if isinstance(data, TicketReplied):
        return entry._replace(automatic=data.automatic)
    if isinstance(data, TicketOpened):
        return entry._replace(about=data.kind, priority=None if data.priority is None else str(data.priority))
    return entry
