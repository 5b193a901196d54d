"""How an event changes a customer: its history, what it credits, and the alerts that follow."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from datetime import date
from sys import intern

from msgspec import UNSET, UnsetType

from streams.core.customers import (
    answers,
    attendance,
    campaigns,
    crediting,
    followup,
    pipeline,
    prospects,
    servicing,
    stalls,
)
from streams.core.customers.alerting import Alerting
from streams.core.customers.campaigns import Campaigns
from streams.core.customers.casework import Casework, end_of, local_day
from streams.core.customers.contacts import INBOUND, MADE
from streams.core.customers.entries import (
    CREATED,
    LOST,
    NOTED,
    RANK,
    REOPENED,
    STAGE_CHANGED,
    UPDATED,
    WON,
    Close,
    Entry,
)
from streams.core.customers.opportunity import fold, leans_on_customer, post
from streams.core.customers.sharing import Sharing
from streams.core.customers.state import (
    ISSUED,
    RECEIVED,
    REFUNDED,
    WRITTEN_OFF,
    Customer,
    Holder,
    Invoice,
    MoneyEntry,
    Opportunity,
    Plan,
    Purchase,
    Signed,
)
from streams.core.history import END, Change
from streams.core.ledger import Ledger
from streams.events import (
    CampaignJoined,
    ContactLogged,
    ContactPlanned,
    ContractSigned,
    CustomerOwnerChanged,
    CustomerUpserted,
    DebtWrittenOff,
    Event,
    FeedbackReceived,
    InvoiceIssued,
    Money,
    OpportunityCreated,
    OpportunityLost,
    OpportunityReopened,
    OpportunityStageChanged,
    OpportunityUpdated,
    OpportunityWon,
    PaymentReceived,
    PaymentRefunded,
)
from streams.events.instants import to_us
from streams.policy import Clock, Policy

KINDS: dict[type, int] = {
    OpportunityCreated: CREATED,
    OpportunityStageChanged: STAGE_CHANGED,
    OpportunityUpdated: UPDATED,
    OpportunityWon: WON,
    OpportunityLost: LOST,
    OpportunityReopened: REOPENED,
}
PAYMENTS: dict[type, int] = {
    InvoiceIssued: ISSUED,
    PaymentReceived: RECEIVED,
    PaymentRefunded: REFUNDED,
    DebtWrittenOff: WRITTEN_OFF,
}
Payment = InvoiceIssued | PaymentReceived | PaymentRefunded | DebtWrittenOff


class Changer:
    """Applies events to customers of one partition. Answers whether the event's type is used."""

    def __init__(
        self,
        policy: Policy,
        ledger: Ledger,
        funnel: Ledger,
        alerting: Alerting,
        casework: Casework,
        campaigns: Campaigns,
        sharing: Sharing,
    ) -> None:
        self._ledger = ledger
        self._funnel = funnel
        self._campaigns, self._sharing = campaigns, sharing
        self._alerting = alerting
        self._casework = casework
        self.opportunities = 0
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Apply events under another policy from now on."""
        self._policy = policy
        self._need = stalls.NEEDED.get(policy.stall_basis)
        self._intervals = policy.watching(followup.INTERVAL)
        self._dues = policy.watching(followup.DUE)
        self._steps = policy.watching(prospects.NO_NEXT_STEP)
        self._ladders = any(rule.escalate for rule in policy.rules.values())
        self._quieted = any(rule.silent_when_planned for _, rule in policy.watching(stalls.STALLED))

    def change(self, customer: Customer, event: Event, time: int, now: int) -> bool:
        """Apply an event of this customer that happened at `time`; `now` is the partition's clock."""
        data, kind = event.data, type(event.data)
        holders: list[Holder]
        customer.dirty = True
        if isinstance(data, ContactLogged):
            self._contact(customer, event, data, time, now)
        elif kind in KINDS:
            self._opportunity(customer, event, KINDS[kind], time, now)
        elif isinstance(data, ContactPlanned):
            plan = data
            awaiting = self._awaiting(customer, time, True)
            self._alerting.around(
                [customer, *awaiting], customer, time, now, lambda: self._plan(customer, event, plan, time)
            )
        elif kind is CustomerUpserted or kind is CustomerOwnerChanged:
            self._register(customer, event, time, now)
        elif isinstance(data, Payment):
            self._payment(customer, event, data, time, now)
        elif event.data.CASE is not None:
            self._casework.step(customer, event, time, now)
        else:
            holders = [customer] if time < customer.first else []
            self._alerting.around(holders, customer, time, now, lambda: None)
            if isinstance(data, FeedbackReceived):
                self._sharing.post_outcomes_at(customer, time, -1)
                answers.take(customer, event, data, time, self._policy, self._ledger)
                self._sharing.post_outcomes_at(customer, time, 1)
            elif isinstance(data, CampaignJoined):
                self._campaigns.join(customer, event, data, time)
            elif isinstance(data, ContractSigned):
                self._contract(customer, event, data, time)
            else:
                return False
        return True

    def _contact(self, customer: Customer, event: Event, data: ContactLogged, time: int, now: int) -> None:
        def take() -> int:
            inbound = data.direction == "inbound"
            index = customer.contacts.add(time, data.employee_id, data.connected, inbound, data.channel)
            crediting.post_contact(customer, index, data, self._policy, self._ledger)
            return index

        def change() -> None:
            self._sharing.add(customer, take)
            customer.touch_month(self._policy.zone.month(self._policy.zone.day(time)))
            if data.next_contact_at is not UNSET:
                self._plan(customer, event, data, time)
            if noted is not None:
                self._note(noted, event, data.next_step, time)
                customer.touch(noted)
            if deadline is not None:
                if data.connected and time <= now:
                    self._alerting.contacted(customer, time)
                self._alerting.wake(customer, customer, deadline)

        deadline = self._quiet(customer, data, time, now)
        noted = self._noted(customer, data)
        flags = MADE * data.connected | INBOUND * (data.direction == "inbound")
        restarts = self._need is not None and flags & self._need == self._need
        late = time <= customer.latest
        found: dict[Holder, None] = dict.fromkeys(_leaning(customer, late))
        if restarts:
            cases = customer.opportunities if late else customer.open
            found |= {o: None for o in cases.values() if late or time >= o.deadline or o.standing}
        if data.connected and self._ladders:
            found |= {o: None for o in customer.open.values() if o.standing}
        if data.connected or data.next_contact_at is not UNSET:
            found |= dict.fromkeys(self._awaiting(customer, time, data.next_contact_at is not UNSET))
        if noted is not None:
            found[noted] = None
        self._alerting.around([*([customer] if deadline is None else ()), *found], customer, time, now, change)

    def _noted(self, customer: Customer, data: ContactLogged) -> Opportunity | None:
        """The opportunity whose next step a contact names."""
        if data.opportunity_id is None or not data.next_step:
            return None
        return self._opportunity_of(customer, data.opportunity_id)

    def _note(self, opportunity: Opportunity, event: Event, next_step: str | None, time: int) -> None:
        entry = Entry(
            time, RANK[NOTED], intern(event.source), event.id, NOTED, None, UNSET, UNSET, None, UNSET, next_step
        )
        insort(opportunity.log, entry, key=lambda item: item[:4])
        opportunity.view = fold(opportunity.log, self._policy)

    def _awaiting(self, customer: Customer, time: int, plans: bool) -> Iterable[Opportunity]:
        """The opportunities whose alerts depend on whether a planned contact lies ahead, where a contact made at
        `time`, or a plan, may change that."""
        if not self._steps and not self._quieted:
            return ()
        if time <= customer.latest:
            return customer.opportunities.values()
        newest = customer.plans[-1].next_at if customer.plans else None
        if not plans and (newest is None or newest <= time):
            return ()  # there was none, and there is none
        return customer.open.values()

    def _deadline(self, customer: Customer, data: ContactLogged, time: int) -> int:
        """The first instant after a contact in order at which an alert of contact may start; never too late."""
        policy, grade, deadline = self._policy, customer.grades.at(time), END
        for _, rule in self._intervals:
            interval = followup.allowed(rule, grade, policy)
            if interval is not None:
                deadline = min(deadline, policy.after(time, interval, rule.clock) + 1)
        if data.next_contact_at is not UNSET and data.next_contact_at is not None:
            planned = to_us(data.next_contact_at)
            for clock in {rule.clock for _, rule in self._dues} or {Clock.ELAPSED}:
                due = policy.before(planned, policy.contact.lead_time, clock)
                deadline = min(deadline, max(due + 1, time))
        return deadline

    def _quiet(self, customer: Customer, data: ContactLogged, time: int, now: int) -> int | None:
        """The next deadline, where a contact in order has no effect but to end what stands; else None.

        The deadline may be too early, never too late: what comes of it is looked at when it passes.
        """
        if time <= customer.latest or not customer.contacts.times or customer in self._alerting.due:
            return None
        deadline = self._deadline(customer, data, time)
        if time >= customer.deadline:
            return None  # something stands by now that is not published yet
        if not (data.connected and time <= now):
            cancels = data.next_contact_at is None  # a plan may have kept the interval quiet
            if customer.standing or cancels:
                return None
            deadline = min(deadline, customer.deadline)
        return deadline if deadline > max(now, time) else None

    def _plan(self, customer: Customer, event: Event, data: ContactLogged | ContactPlanned, time: int) -> None:
        planned = data.next_contact_at
        next_at = to_us(planned) if planned is not None and planned is not UNSET else None
        customer.touch_month(self._policy.zone.month(self._policy.zone.day(time)))
        insort(customer.plans, Plan(time, event.source, event.id, next_at, data.next_step), key=lambda plan: plan[:3])

    def _register(self, customer: Customer, event: Event, time: int, now: int) -> None:
        data = event.data
        owner: str | None | UnsetType = UNSET
        grade: str | None | UnsetType = UNSET
        status: str | None | UnsetType = UNSET
        segment: str | None | UnsetType = UNSET
        if isinstance(data, CustomerOwnerChanged):
            owner = data.to
        elif isinstance(data, CustomerUpserted):
            owner, grade, status, segment = data.owner_id, data.grade, data.status, data.segment
        moves = bool(self._policy.customers.segments) and (grade is not UNSET or segment is not UNSET)
        leaning = list(customer.leaning.values()) if owner is not UNSET else []
        tickets = servicing.leaning(customer) if owner is not UNSET else []
        graded: list[Holder] = []
        if grade is not UNSET:
            late = time <= customer.latest
            cases = (customer.opportunities if late else customer.open).values()
            graded = [*cases, *customer.invoices.values()]
        source = intern(event.source)

        def change() -> None:
            if status is not UNSET or owner is not UNSET:
                pipeline.post_customer(customer, self._funnel, -1)
            if owner is not UNSET or moves:
                self._credit(customer, leaning, -1, True)
            if owner is not UNSET:
                servicing.post_tickets(tickets, customer, self._policy, self._ledger, -1)
                customer.owners.set(Change(time, source, event.id, intern(owner) if owner else owner))
                if leaning:
                    customer.purchase = crediting.first_purchase(customer)
                attendance.note(customer, None, time)
                servicing.post_tickets(tickets, customer, self._policy, self._ledger, 1)
                if tickets and servicing.solutions(customer) != customer.solutions:
                    self._sharing.recount(customer, self._policy)
                for opportunity in leaning:
                    customer.touch(opportunity)  # what is told of it names the owner
            for history, value in ((customer.grades, grade), (customer.statuses, status), (customer.segments, segment)):
                if value is not UNSET:
                    history.set(Change(time, source, event.id, intern(value) if value else value))
            if owner is not UNSET or moves:
                self._credit(customer, leaning, 1, True)
            if status is not UNSET or owner is not UNSET:
                pipeline.post_customer(customer, self._funnel, 1)

        standing = [holder for holder in customer.holders() if holder.standing] if status is not UNSET else []
        led = [] if owner is UNSET else _leaning(customer, time <= customer.latest)
        holders = {holder.name: holder for holder in (customer, *leaning, *led, *graded, *standing)}
        self._alerting.around(holders.values(), customer, time, now, change)

    def _opportunity_of(self, customer: Customer, id: str) -> Opportunity:
        opportunity = customer.opportunities.get(id)
        if opportunity is None:
            opportunity = customer.opportunities[id] = Opportunity(id)
            self.opportunities += 1
        return opportunity

    def _opportunity(self, customer: Customer, event: Event, kind: int, time: int, now: int) -> None:
        entry = self._entry(event, kind, time)
        changed = self._opportunity_of(customer, event.data.opportunity_id)  # type: ignore[attr-defined]

        def change() -> None:
            insort(changed.log, entry, key=lambda item: item[:4])
            view = fold(changed.log, self._policy)
            assert view is not None  # the event is one of its own
            buys = view.outcome == WON or (changed.view is not None and changed.view.outcome == WON)
            self._credit(customer, [changed], -1, buys)
            if buys:
                self._sharing.post_outcomes(customer, self._policy, -1)
            changed.view = view
            if buys:
                customer.purchase = crediting.first_purchase_after(customer, changed)
            if leans_on_customer(view):
                customer.leaning[changed.id] = changed
            else:
                customer.leaning.pop(changed.id, None)
            attendance.note(customer, changed, time)
            customer.touch(changed)
            self._credit(customer, [changed], 1, buys)
            if buys:
                self._sharing.post_outcomes(customer, self._policy, 1)

        holders: list[Holder] = [changed]
        owners = customer.owners
        if time < customer.first or owners.at(time) is None or any(c.value is None for c in owners.changes):
            holders.append(customer)
            late = time <= customer.latest
            holders += [holder for holder in _leaning(customer, late) if holder is not changed]
        self._alerting.around(holders, customer, time, now, change)

    def _entry(self, event: Event, kind: int, time: int) -> Entry:
        data = event.data
        day = self._policy.zone.day(time)
        money = getattr(data, "amount", UNSET)
        owner = getattr(data, "owner_id", UNSET)
        amount: int | None | UnsetType = money if money is None or money is UNSET else self._atoms(money, day)
        if kind != UPDATED:
            amount = UNSET if amount is None else amount
            owner = UNSET if owner is None else owner
        stage = getattr(data, "stage", None) or getattr(data, "to_stage", None)
        return Entry(
            time,
            RANK[kind],
            intern(event.source),
            event.id,
            kind,
            stage,
            amount,
            intern(owner) if isinstance(owner, str) else owner,
            getattr(data, "from_stage", None),
            self._close(getattr(data, "expected_close_at", UNSET), kind),
            getattr(data, "next_step", UNSET),
            campaigns.origin_of(data),
        )

    def _close(self, moment: date | None | UnsetType, kind: int) -> Close | None | UnsetType:
        """When the deal is expected by an event; where one is not there to change fields, null says nothing."""
        if moment is UNSET or (moment is None and kind != UPDATED):
            return UNSET
        if moment is None:
            return None
        return Close(end_of(moment, self._policy), self._policy.zone.month(local_day(moment, self._policy)))

    def _atoms(self, money: Money, day: int) -> int:
        return crediting.atoms(money, day, self._policy)

    def _credit(self, customer: Customer, opportunities: Iterable[Opportunity], sign: int, itself: bool) -> None:
        if itself:
            crediting.post_customer(customer, self._policy, self._ledger, sign)
        for opportunity in opportunities:
            post(opportunity, customer, self._policy, self._ledger, sign)
            pipeline.post(opportunity, customer, self._policy, self._funnel, sign)
            campaigns.post_deal(opportunity.view, self._policy.zone, self._campaigns.ledger, sign)

    def _contract(self, customer: Customer, event: Event, data: ContractSigned, time: int) -> None:
        crediting.post_contract(data, self._policy.zone.day(time), self._policy, self._ledger)
        purchase = Purchase(time, event.source, event.id, data.employee_id)
        crediting.post_customer(customer, self._policy, self._ledger, -1)
        self._sharing.post_outcomes(customer, self._policy, -1)
        insort(customer.contracts, Signed(time, data.opportunity_id), key=_signed_at)
        customer.touch_month(self._policy.zone.month(self._policy.zone.day(time)))
        if customer.contract is None or purchase[:3] < customer.contract[:3]:
            customer.contract = purchase
            customer.purchase = crediting.first_purchase(customer)
        crediting.post_customer(customer, self._policy, self._ledger, 1)
        self._sharing.post_outcomes(customer, self._policy, 1)

    def _payment(self, customer: Customer, event: Event, data: Payment, time: int, now: int) -> None:
        kind, day = PAYMENTS[type(data)], self._policy.zone.day(time)
        amount = self._atoms(data.amount, day)
        due = local_day(data.due_at, self._policy) if isinstance(data, InvoiceIssued) else None
        crediting.post_payment(kind, data.employee_id, day, due, amount, self._ledger)
        holders: list[Holder] = [customer] if time < customer.first else []
        if data.invoice_id is None:
            self._receive(customer, kind, getattr(data, "opportunity_id", None) or "", amount)
            self._alerting.around(holders, customer, time, now, lambda: None)
            return
        invoice = customer.invoices.get(data.invoice_id)
        if invoice is None:
            invoice = customer.invoices[data.invoice_id] = Invoice(data.invoice_id)
        entry = MoneyEntry(
            time,
            intern(event.source),
            event.id,
            kind,
            amount,
            end_of(data.due_at, self._policy) if isinstance(data, InvoiceIssued) else None,
            intern(data.employee_id),
            getattr(data, "opportunity_id", None),
        )
        changed = invoice

        def change() -> None:
            insort(changed.log, entry, key=lambda item: item[:3])
            customer.touch(changed)

        self._alerting.around([*holders, changed], customer, time, now, change)

    def _receive(self, customer: Customer, kind: int, name: str, amount: int) -> None:
        """Keep what came in, or went back, without an invoice: sums are enough, as no alert looks at them."""
        total = customer.receipts.get(name, 0) + (amount if kind == RECEIVED else -amount)
        customer.receipts[name] = total
        if name in customer.opportunities:
            customer.touch(customer.opportunities[name])


def _signed_at(contract: Signed) -> int:
    return contract.time


def _leaning(customer: Customer, late: bool) -> list[Holder]:
    """What may be whose the customer is, as it was nobody's for a time: that which stands; where it is late, all."""
    found: list[Holder] = [*customer.leaning.values(), *customer.tickets.values()]
    return [holder for holder in found if late or holder.standing]
