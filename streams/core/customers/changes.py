"""How an event changes a customer: its history, what it credits, and the alerts that follow."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable
from datetime import date, datetime
from sys import intern

from msgspec import UNSET, UnsetType

from streams.core.customers import attendance, crediting, stalls
from streams.core.customers.alerting import Alerting
from streams.core.customers.contacts import INBOUND, MADE
from streams.core.customers.opportunity import fold, leans_on_customer, post
from streams.core.customers.state import (
    CREATED,
    LOST,
    RANK,
    REOPENED,
    STAGE_CHANGED,
    UPDATED,
    WON,
    Customer,
    Entry,
    Holder,
    Invoice,
    Opportunity,
    Plan,
    Purchase,
)
from streams.core.history import Change
from streams.core.ledger import Ledger
from streams.events import (
    ContactLogged,
    ContactPlanned,
    ContractSigned,
    CustomerOwnerChanged,
    CustomerUpserted,
    DebtWrittenOff,
    Event,
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
from streams.policy import Policy
from streams.policy.zone import day_of

KINDS: dict[type, int] = {
    OpportunityCreated: CREATED,
    OpportunityStageChanged: STAGE_CHANGED,
    OpportunityUpdated: UPDATED,
    OpportunityWon: WON,
    OpportunityLost: LOST,
    OpportunityReopened: REOPENED,
}
PAYMENTS = (InvoiceIssued, PaymentReceived, PaymentRefunded, DebtWrittenOff)


class Changer:
    """Applies events to customers of one partition. Answers whether the event's type is used."""

    def __init__(self, policy: Policy, ledger: Ledger, alerting: Alerting) -> None:
        self._ledger = ledger
        self._alerting = alerting
        self.opportunities = 0
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Apply events under another policy from now on."""
        self._policy = policy
        self._need = stalls.NEEDED.get(policy.stall_basis)

    def change(self, customer: Customer, event: Event, time: int, now: int) -> bool:
        """Apply an event of this customer that happened at `time`; `now` is the partition's clock."""
        data, kind = event.data, type(event.data)
        customer.dirty = True
        if isinstance(data, ContactLogged):
            self._contact(customer, event, data, time, now)
        elif kind in KINDS:
            self._opportunity(customer, event, KINDS[kind], time, now)
        elif isinstance(data, ContactPlanned):
            plan = data
            self._around([customer], customer, time, now, lambda: self._plan(customer, event, plan, time))
        elif kind is CustomerUpserted or kind is CustomerOwnerChanged:
            self._register(customer, event, time, now)
        else:
            holders: list[Holder] = [customer] if time < customer.first else []
            self._around(holders, customer, time, now, lambda: self._money(customer, event, time))
            return kind in PAYMENTS or kind is ContractSigned
        return True

    def _around(
        self, holders: Iterable[Holder], customer: Customer, time: int, now: int, change: Callable[[], None]
    ) -> None:
        """Change history, and publish what that changes of the alerts of `holders`."""
        late = time <= customer.latest
        before = [(h, self._alerting.settled(customer, h, time, now) if late else {}) for h in holders]
        change()
        customer.first = min(customer.first, time)
        customer.latest = max(customer.latest, time, now)
        for holder, settled in before:
            self._alerting.publish(customer, holder, time, now, settled)

    def _contact(self, customer: Customer, event: Event, data: ContactLogged, time: int, now: int) -> None:
        def change() -> None:
            inbound = data.direction == "inbound"
            index = customer.contacts.add(time, data.employee_id, data.connected, inbound)
            crediting.post_contact(customer, index, data, self._policy, self._ledger)
            customer.touch_month(self._policy.zone.month(self._policy.zone.day(time)))
            if data.next_contact_at is not UNSET:
                self._plan(customer, event, data, time)
            if deadline is not None:
                if data.connected and time <= now:
                    self._alerting.contacted(customer, time)
                self._alerting.wake(customer, customer, deadline)

        deadline = self._quiet(customer, data, time, now)
        flags = MADE * data.connected | INBOUND * (data.direction == "inbound")
        restarts = self._need is not None and flags & self._need == self._need
        late = time <= customer.latest
        found = {o.id: o for o in customer.leaning.values() if late or o.standing}
        for opportunity in (customer.opportunities if late else customer.open).values() if restarts else ():
            if late or time >= opportunity.deadline or opportunity.standing:
                found[opportunity.id] = opportunity
        self._around([*([customer] if deadline is None else ()), *found.values()], customer, time, now, change)

    def _deadline(self, customer: Customer, data: ContactLogged, time: int) -> int:
        """The first instant after a contact in order at which an alert of contact may start; never too late."""
        policy = self._policy
        rule, interval = policy.rule("contact.interval_exceeded"), policy.contact.interval(customer.grades.at(time))
        deadline = policy.after(time, interval, rule.clock) + 1
        if data.next_contact_at is not UNSET and data.next_contact_at is not None:
            clock = policy.rule("contact.due").clock
            due = policy.before(to_us(data.next_contact_at), policy.contact.lead_time, clock)
            deadline = min(deadline, max(due + 1, time))
        return deadline

    def _quiet(self, customer: Customer, data: ContactLogged, time: int, now: int) -> int | None:
        """The next deadline, where a contact in order has no effect but to end what stands; else None.

        The deadline may be too early, never too late: what comes of it is looked at when it passes.
        """
        if time <= customer.latest or not customer.contacts.times:
            return None
        deadline = self._deadline(customer, data, time)
        if not (data.connected and time <= now):
            cancels = data.next_contact_at is None  # a plan may have kept the interval quiet
            if customer.standing or time >= customer.deadline or cancels:
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
        if isinstance(data, CustomerOwnerChanged):
            owner = data.to
        elif isinstance(data, CustomerUpserted):
            owner, grade = data.owner_id, data.grade
        leaning = list(customer.leaning.values()) if owner is not UNSET else []
        source = intern(event.source)

        def change() -> None:
            if owner is not UNSET:
                self._credit(customer, leaning, -1, True)
                customer.owners.set(Change(time, source, event.id, intern(owner) if owner else owner))
                if leaning:
                    customer.purchase = crediting.first_purchase(customer)
                attendance.note(customer, None, time)
                self._credit(customer, leaning, 1, True)
            if grade is not UNSET:
                customer.grades.set(Change(time, source, event.id, intern(grade) if grade else grade))

        self._around([customer, *leaning], customer, time, now, change)

    def _opportunity(self, customer: Customer, event: Event, kind: int, time: int, now: int) -> None:
        entry = self._entry(event, kind, time)
        opportunity = customer.opportunities.get(event.data.opportunity_id)  # type: ignore[attr-defined]
        if opportunity is None:
            opportunity = Opportunity(event.data.opportunity_id)  # type: ignore[attr-defined]
            customer.opportunities[opportunity.id] = opportunity
            self.opportunities += 1
        changed = opportunity

        def change() -> None:
            insort(changed.log, entry, key=lambda item: item[:4])
            view = fold(changed.log, self._policy)
            buys = view.outcome == WON or (changed.view is not None and changed.view.outcome == WON)
            self._credit(customer, [changed], -1, buys)
            changed.view = view
            if buys:
                customer.purchase = crediting.first_purchase_after(customer, changed)
            if leans_on_customer(view):
                customer.leaning[changed.id] = changed
            else:
                customer.leaning.pop(changed.id, None)
            attendance.note(customer, changed, time)
            customer.touch_opportunity(changed.id)
            self._credit(customer, [changed], 1, buys)

        holders: list[Holder] = [changed]
        owners = customer.owners
        if time < customer.first or owners.at(time) is None or any(c.value is None for c in owners.changes):
            holders.append(customer)
            late = time <= customer.latest
            holders += [o for o in customer.leaning.values() if o is not changed and (late or o.standing)]
        self._around(holders, customer, time, now, change)

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
        )

    def _day(self, moment: date) -> int:
        """The local day of a date, or of an instant (a datetime is a date too)."""
        return self._policy.zone.day(to_us(moment)) if isinstance(moment, datetime) else day_of(moment)

    def _atoms(self, money: Money, day: int) -> int:
        return crediting.atoms(money, day, self._policy)

    def _credit(self, customer: Customer, opportunities: Iterable[Opportunity], sign: int, itself: bool) -> None:
        if itself:
            crediting.post_customer(customer, self._policy, self._ledger, sign)
        for opportunity in opportunities:
            post(opportunity, customer, self._policy, self._ledger, sign)

    def _money(self, customer: Customer, event: Event, time: int) -> None:
        data, day, ledger = event.data, self._policy.zone.day(time), self._ledger
        if isinstance(data, ContractSigned):
            crediting.post_contract(data, day, self._policy, ledger)
            purchase = Purchase(time, event.source, event.id, data.employee_id)
            if customer.contract is None or purchase[:3] < customer.contract[:3]:
                crediting.post_customer(customer, self._policy, ledger, -1)
                customer.contract = purchase
                customer.purchase = crediting.first_purchase(customer)
                crediting.post_customer(customer, self._policy, ledger, 1)
        elif isinstance(data, PAYMENTS):
            amount, employee = self._atoms(data.amount, day), data.employee_id
            invoice = customer.invoices.setdefault(data.invoice_id or "", Invoice())
            customer.touch_invoice(data.invoice_id or "")
            if isinstance(data, InvoiceIssued):
                due = self._day(data.due_at)
                ledger.post(employee, day, "invoices", 1)
                ledger.post(employee, day, "invoiced", amount)
                ledger.post(employee, due, "due_amount", amount)
                ledger.post(employee, due, "due", 1)
                invoice.billed += amount
                stamp = (time, event.source, event.id)
                if invoice.stamp is None or stamp > invoice.stamp:
                    invoice.stamp, invoice.due = stamp, due
            elif isinstance(data, PaymentReceived):
                ledger.post(employee, day, "receipts", 1)
                ledger.post(employee, day, "collected", amount)
                invoice.received += amount
            elif isinstance(data, PaymentRefunded):
                ledger.post(employee, day, "receipts", 1)
                ledger.post(employee, day, "collected", -amount)
                invoice.refunded += amount
            else:
                ledger.post(employee, day, "write_offs", 1)
                ledger.post(employee, day, "written_off", amount)
                invoice.written_off += amount
