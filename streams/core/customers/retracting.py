"""Taking back an event that was counted, as if it had never been: what it added to a history is taken out of that, and
what it posted is posted the other way round.

Events of these kinds can be taken back; that of another kind only before it comes, as `REFUSED` says of why.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from streams.core.customers import answers, campaigns, conduct, crediting, moving
from streams.core.customers.alerting import Alerting
from streams.core.customers.bookkeeping import Bookkeeping
from streams.core.customers.campaigns import Campaigns
from streams.core.customers.casework import KINDS as STEPS
from streams.core.customers.casework import OPENINGS, LeadStep, local_day
from streams.core.customers.changes import KINDS, PAYMENTS, Payment
from streams.core.customers.entries import NOTED, RANK
from streams.core.customers.exchange import Exchange
from streams.core.customers.host import Host
from streams.core.customers.matching import Matching
from streams.core.customers.merging import Merging
from streams.core.customers.rewriting import Rewriting
from streams.core.customers.state import DESK, FEED, LEAD, RECEIVED, Customer, Lead, Part, Purchase, Task, Ticket
from streams.core.customers.voids import Other, Voids
from streams.core.history import END, take_out
from streams.core.ledger import Ledger
from streams.core.records import case_of
from streams.core.retraction import Retraction
from streams.events import (
    AlertAcknowledged,
    AlertSilenced,
    AssessmentSubmitted,
    CampaignJoined,
    CampaignLaunched,
    CampaignSpent,
    ContactLogged,
    ContactPlanned,
    ContractSigned,
    CustomerErased,
    CustomerMerged,
    CustomerOwnerChanged,
    CustomerUpserted,
    EmployeeAbsent,
    EmployeeErased,
    EmployeeUpserted,
    Event,
    ExpenseApproved,
    ExpenseClaimed,
    ExpenseRejected,
    FeedbackReceived,
    ImprovementPlanClosed,
    ImprovementPlanOpened,
    ImprovementPlanStepDone,
    InvoiceIssued,
    KeyResultUpdated,
    LeadCreated,
    MeasureRecorded,
    Reason,
    Rejected,
    ResponseSubmitted,
    ReviewDecided,
    RewardGranted,
    TargetSet,
    TrainingCompleted,
    TripApproved,
    TripRejected,
    TripRequested,
    UsageRecorded,
    decode,
    subject_of,
)
from streams.events.instants import to_us
from streams.policy import Policy

REFUSED = (
    *OPENINGS, AlertSilenced, AssessmentSubmitted, CampaignJoined, CampaignLaunched, CustomerErased, CustomerMerged,
    EmployeeAbsent, EmployeeErased, EmployeeUpserted, ExpenseApproved, ExpenseClaimed, ExpenseRejected,
    ImprovementPlanClosed, ImprovementPlanOpened, ImprovementPlanStepDone, KeyResultUpdated, ResponseSubmitted,
    ReviewDecided, RewardGranted, TargetSet, TrainingCompleted, TripApproved, TripRejected, TripRequested,
    UsageRecorded,
)  # fmt: skip
"""Of these a register keeps only the newest, or who counted first, or another partition has made something of it."""


class Retracting:
    """One partition's part of it."""

    def __init__(
        self,
        policy: Policy,
        ledger: Ledger,
        campaigns_: Campaigns,
        alerting: Alerting,
        books: Bookkeeping,
        matching: Matching,
        exchange: Exchange,
        voids: Voids,
        rewriting: Rewriting,
        merging: Merging,
        host: Host,
    ) -> None:
        self._ledger, self._campaigns = ledger, campaigns_
        self._rewriting, self._merging = rewriting, merging
        self._alerting, self._books, self._matching = alerting, books, matching
        self._exchange, self._voids, self._host = exchange, voids, host
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Reckon by another policy from now on."""
        self._policy = policy

    def hear(self, found: Retraction) -> Rejected | None:
        """Take an event of this partition back, if it was counted and waits for that; the rejection of its void, where
        an event of its kind cannot be taken back any more."""
        event = decode(found.raw)
        if isinstance(event, Rejected):
            raise TypeError("an event that is taken back was good when it was counted")
        time = to_us(event.time)
        if found.case_of is not None:
            self._step(self._host.dossier(found.case_of), found, event, time)
            return None
        others = self._voids.meet(event, time)
        if others is None:
            return None
        if isinstance(event.data, REFUSED) or (isinstance(event.data, LeadCreated) and event.data.customer_id):
            return Rejected(
                Reason.invalid_value,
                f"data.event_id: names a {event.type} that was counted already, which a running worker cannot take "
                "back; `crmpulse rebuild` counts everything without it",
            )
        self._take_back(found, event, time, others)
        return None

    def _take_back(self, found: Retraction, event: Event, time: int, others: list[Other]) -> None:
        data, subject = event.data, subject_of(event)
        self._post_back(event, time)
        if isinstance(data, ContactLogged | FeedbackReceived):
            self._books.take_back(event, data, time)
        if isinstance(data, AlertAcknowledged):
            self._acknowledged(found, event, subject.id, time)
        elif subject.kind == "lead":
            if isinstance(data, LeadStep):
                dossier = self._host.dossier(LEAD + subject.id)
                self._undo(dossier, time, partial(self._unlog, dossier.leads.get(subject.id), dossier, event, time))
        elif subject.kind == "customer":
            customer = self._host.dossier(subject.id)
            if isinstance(data, CustomerUpserted):
                self._matching.take_back(customer, event, time)
            self.of_customer(customer, subject.id, _of_all(found, others))
        elif (case := case_of(event)) is not None:
            name = self._exchange.take_back(case, found)
            if name is not None:
                self._step(self._host.dossier(name), found, event, time)

    def of_customer(self, customer: Customer, part: str, found: Retraction) -> None:
        """Take an event out of a customer, which named `part` of it: all of its subject's others are in `found`."""
        if customer.merged is not None:
            self._merging.forward_retraction(customer, part, found)
            return
        event = decode(found.raw)
        assert isinstance(event, Event)  # it was good when it was counted
        data, time = event.data, to_us(event.time)
        if found.case_of is not None:
            self._step(customer, found, event, time)
            return
        if isinstance(data, AlertAcknowledged):
            self._unacknowledge(customer, event, time)
            return
        former = customer.parts.get(part, Part(customer.first, customer.contract))
        self._undo(customer, time, partial(self._remove, customer, part, found, event, time))
        if time <= former.first:
            first = END if found.first is None else found.first
            if customer.parts:
                customer.parts[part] = customer.parts[part]._replace(first=first)
                first = min(one.first for one in customer.parts.values())
            handed_on = (case.log[0].time for case in _handed_on(customer) if case.log)
            customer.first = min([first, *handed_on])
        if isinstance(data, ContactLogged) and customer.watchers and data.direction == "outbound":
            self._exchange.tell_leads_otherwise(customer, time, data.employee_id)

    def _remove(self, customer: Customer, part: str, found: Retraction, event: Event, time: int) -> None:
        """Take an event out of the histories of a customer."""
        data, stamp = event.data, (time, event.source, event.id)
        if isinstance(data, ContactLogged):
            self._contact(customer, event, data, time)
        elif isinstance(data, ContactPlanned):
            take_out(customer.plans, stamp)
        elif type(data) in KINDS:
            self._unentry(customer, data.opportunity_id, (time, RANK[KINDS[type(data)]], *stamp[1:]))  # type: ignore[attr-defined]
        elif isinstance(data, CustomerUpserted | CustomerOwnerChanged):
            for history in (customer.owners, customer.grades, customer.statuses, customer.segments):
                take_out(history.changes, stamp)
        elif isinstance(data, FeedbackReceived):
            answers.take_out_of(customer, event, data, time)
        elif isinstance(data, ContractSigned):
            place = next(i for i, one in enumerate(customer.contracts) if one == (time, data.opportunity_id))
            del customer.contracts[place]
            self._unsigned(customer, part, found, stamp)
        elif isinstance(data, Payment):
            self._unpaid(customer, data, stamp)
        customer.touch_month(self._policy.zone.month(self._policy.zone.day(time)))

    def _unsigned(self, customer: Customer, part: str, found: Retraction, stamp: tuple[int, str, str]) -> None:
        """A contract is none: of whose it was, another one is the first."""
        known = customer.parts.get(part, Part(customer.first, customer.contract)).contract
        if known is None or known[:3] != stamp:
            return
        signed = found.contract
        first = None if signed is None else Purchase(signed.time, signed.source, signed.id, signed.employee)
        if customer.parts:
            customer.parts[part] = customer.parts[part]._replace(contract=first)
            first = moving.first_contract(customer.parts.values())
        customer.contract = first

    def _contact(self, customer: Customer, event: Event, data: ContactLogged, time: int) -> None:
        contacts, stamp = customer.contacts, (time, event.source, event.id)
        index = contacts.find(time, data.employee_id, data.connected, data.direction == "inbound", data.channel)
        scratch = Ledger(self._policy.zone)
        crediting.post_contact(customer, index, data, self._policy, scratch)
        self._ledger.take_back(scratch)
        contacts.remove(index)
        take_out(customer.plans, stamp)
        if data.opportunity_id is not None and data.next_step:
            self._unentry(customer, data.opportunity_id, (time, RANK[NOTED], *stamp[1:]))

    def _unentry(self, customer: Customer, opportunity_id: str, key: tuple[int, int, str, str]) -> None:
        changed = customer.opportunities[opportunity_id]
        take_out(changed.log, key)
        customer.touch(changed)

    def _unpaid(self, customer: Customer, data: Payment, stamp: tuple[int, str, str]) -> None:
        if data.invoice_id is not None:
            invoice = customer.invoices[data.invoice_id]
            take_out(invoice.log, stamp)
            customer.touch(invoice)
            return
        name, amount = getattr(data, "opportunity_id", None) or "", self._amount(data, stamp[0])
        sign = -1 if PAYMENTS[type(data)] == RECEIVED else 1
        customer.receipts[name] = customer.receipts.get(name, 0) + sign * amount
        if not customer.receipts[name]:
            del customer.receipts[name]

    def _unlog(self, case: Lead | Ticket | Task | None, dossier: Customer, event: Event, time: int) -> None:
        if case is not None:
            take_out(case.log, (time, STEPS[type(event.data)], event.source, event.id))
            dossier.touch(case)

    def _step(self, dossier: Customer, found: Retraction, event: Event, time: int) -> None:
        """A step of a case that was handed on."""
        if dossier.merged is not None:
            self._merging.forward_retraction(
                dossier, dossier.id, msgspec.structs.replace(found, case_of=dossier.merged.into)
            )
            return
        self._undo(dossier, time, partial(self._unlog, _case_of(dossier, event), dossier, event, time))
        if dossier.is_customer and time <= dossier.first:
            others = [part.first for part in dossier.parts.values() if part.first != time]
            dossier.first = min([_first_kept(dossier), *others])

    def _acknowledged(self, found: Retraction, event: Event, subject: str, time: int) -> None:
        for name in (kind + subject for kind in ("", LEAD, DESK, FEED)):
            if self._host.knows(name):
                dossier = self._host.dossier(name)
                self._unacknowledge(dossier, event, time)
                if dossier.merged is not None:
                    self._merging.forward_retraction(dossier, subject, found)

    def _unacknowledge(self, dossier: Customer, event: Event, time: int) -> None:
        first = dossier.first  # an acknowledgement says nothing of when somebody was first seen
        self._undo(dossier, time, partial(take_out, dossier.acks, (time, event.source, event.id)))
        dossier.first = first
        self._alerting.look_again(dossier, self._host.reach(0))

    def _undo(self, dossier: Customer, time: int, remove: Callable[[], None]) -> None:
        """Change history at an instant by taking something out; all that follows from it is made anew."""
        since = min(time, dossier.first)  # what is known of a thing from its first event on may be other
        self._rewriting.rewrite(dossier, since, self._host.reach(0), remove)

    def _post_back(self, event: Event, time: int) -> None:
        """Take back what an event posted by itself."""
        data, day = event.data, self._policy.zone.day(time)
        scratch, spent = Ledger(self._policy.zone), Ledger(self._policy.zone)
        if isinstance(data, ContactLogged) and subject_of(event).kind == "lead":
            crediting.post_interaction(data, day, scratch)
        elif isinstance(data, ContractSigned):
            crediting.post_contract(data, day, self._policy, scratch)
        elif isinstance(data, Payment):
            due = local_day(data.due_at, self._policy) if isinstance(data, InvoiceIssued) else None
            kind, amount = PAYMENTS[type(data)], self._amount(data, time)
            crediting.post_payment(kind, data.employee_id, day, due, amount, scratch)
        elif isinstance(data, FeedbackReceived):
            conduct.post_feedback(data, scratch.page(data.employee_id, day))
        elif isinstance(data, MeasureRecorded) and data.scope == "employee":
            conduct.post_measure(data, scratch.page(data.scope_id, day))
        elif isinstance(data, CampaignSpent):
            campaigns.post_spending(data, day, self._policy, spent)
        self._ledger.take_back(scratch)
        self._campaigns.ledger.take_back(spent)

    def _amount(self, data: Payment, time: int) -> int:
        return crediting.atoms(data.amount, self._policy.zone.day(time), self._policy)


def _case_of(dossier: Customer, event: Event) -> Ticket | Task | None:
    case = case_of(event)
    assert case is not None
    kind, id = case
    return dossier.tickets.get(id) if kind == "ticket" else dossier.tasks.get(id)


def _handed_on(customer: Customer) -> list[Ticket | Task]:
    return [*customer.tickets.values(), *customer.tasks.values()]


def _first_kept(customer: Customer) -> int:
    """The instant of the first event of a customer that has left a trace of it."""
    times = [*customer.contacts.times[:1], *(joined.first for joined in customer.joined.values())]
    cases = *customer.opportunities.values(), *customer.invoices.values(), *_handed_on(customer)
    times += (case.log[0].time for case in cases if case.log)
    histories = customer.owners, customer.grades, customer.statuses, customer.segments, customer.keys, customer.names
    for history in histories:
        times += (change.time for change in history.changes[:1])
    if (kept := answers.answers_of(customer)) is not None:
        times += (answer.time for answer in kept.log[:1])
    times += (plan.time for plan in customer.plans[:1])
    times += (contract.time for contract in customer.contracts)
    return min(times, default=END)


def _of_all(found: Retraction, others: list[Other]) -> Retraction:
    """The same with what came meanwhile."""
    times = [one for one in (found.first, *(other.time for other in others)) if one is not None]
    contracts = [one for one in (found.contract, *(other.contract for other in others)) if one is not None]
    return msgspec.structs.replace(
        found, first=min(times, default=None), contract=min(contracts, default=None), case_of=None
    )
