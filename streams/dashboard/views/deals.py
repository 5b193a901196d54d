"""The pipeline, and customers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Literal

from streams.dashboard.access import Access, Forbidden, Kind, Reader, Scope
from streams.dashboard.alerts import STANDING
from streams.dashboard.deals import CENT, entered_at
from streams.dashboard.model import DAY, ReadModel
from streams.dashboard.queries import CustomersQuery, PipelineQuery
from streams.dashboard.scores import COMPANY
from streams.dashboard.shapes import (
    AlertView,
    Bridge,
    CustomerDeal,
    Customers,
    CustomerView,
    Moment,
    OpenDeal,
    OpenDeals,
    Pipeline,
    StageSum,
)
from streams.events.instants import iso, to_us
from streams.events.outputs import CustomerRecord, OpportunityRecord


def moment(time: datetime | None) -> str | None:
    """An instant of a record as readers get it."""
    return None if time is None else iso(to_us(time))


def pipeline(model: ReadModel, scope: Scope, query: PipelineQuery) -> Pipeline:
    """What is open, of the owners in the scope. Raises `BadCursor`."""
    owners: Collection[str] | None = scope if query.employee is None else (query.employee,)
    wanted: dict[str, Collection[str]] = {}
    if owners is not None:
        wanted["owner"] = owners
    if query.team is not None:
        wanted["team"] = (query.team,)
    if query.stage is not None:
        wanted["stage"] = (query.stage,)
    page = model.deals.index.page(wanted, query.limit, query.cursor, newest_first=False)
    stalls = model.stalls()
    found = [one for one in map(model.deals.get, page.ids) if one is not None]
    items = [OpenDeal(**_deal(model, one, stalls)) for one in found]
    return Pipeline(
        stages=_stages(model, owners, query.team),
        opportunities=OpenDeals(items=items, total=page.total, next=page.next),
        bridge=_bridge(model, scope, query),
    )


def _stages(model: ReadModel, owners: Collection[str] | None, team: str | None) -> list[StageSum]:
    """Every stage of the policy in order, then those that it does not know."""
    sums = model.deals.sums(owners, team)
    known = {stage.name: stage.probability for stage in model.policy.stages}
    names = [*known, *sorted(name for name in sums if name not in known)]
    return [
        StageSum(
            stage=name,
            probability=None if known.get(name) is None else float(known[name] or 0),
            count=sums[name].number if name in sums else 0,
            amount=sums[name].amount / CENT if name in sums else 0.0,
            expected_revenue=sums[name].expected / CENT if name in sums else 0.0,
        )
        for name in names
    ]


def _bridge(model: ReadModel, scope: Scope, query: PipelineQuery) -> Bridge | None:
    """That of a team; of the company only for who sees all of it."""
    if query.employee is not None or (scope is not None and query.team is None):
        return None
    period = model.period(query.period)
    funnel = model.funnels.get(query.team or COMPANY, period)
    return None if funnel is None else Bridge(period=period, count=funnel.count, amount=funnel.amount)


def _deal(model: ReadModel, one: OpportunityRecord, stalls: frozenset[str]) -> dict[str, Any]:
    """The fields of an opportunity that is open, or was."""
    entered = entered_at(one)
    is_open = one.status == "open"
    return {
        "opportunity_id": one.opportunity_id,
        "customer_id": one.customer_id,
        "owner_id": one.owner_id,
        "stage": one.stage,
        "amount": one.amount,
        "entered_at": None if entered is None else iso(entered),
        "age_days": round(max(0, model.now - entered) / DAY, 3) if entered is not None and is_open else None,
        "stalled": is_open and model.alerts.has(stalls, one.opportunity_id),
        "expected_close_at": moment(one.expected_close_at),
    }


def customers(model: ReadModel, scope: Scope, query: CustomersQuery) -> Customers:
    """Those whose id begins with what is searched for."""
    page = model.customers.search(query.search, scope, query.limit, query.cursor)
    items = [one for one in map(model.customers.summary, page.ids) if one is not None]
    return Customers(items=items, total=page.total, next=page.next)


def customer(model: ReadModel, access: Access, reader: Reader, asked: str) -> CustomerView | None:
    """One customer, be it under an id that was merged into it; None for one that is not known. Alerts only for who may
    see those of whoever looks after it."""
    id = model.customers.survivor(asked)
    record = model.customers.get(id)
    if record is None:
        return None
    deals, stalls = model.deals.of_customer(id), model.stalls()
    alerts = [one for one in _alerts(model, id) if _sees(access, reader, one)]
    return CustomerView(
        customer=record,
        merged_into=None if id == asked else id,
        opportunities=[_told(model, one, stalls) for one in deals],
        timeline=sorted(
            _timeline(record, deals, alerts), key=lambda one: (one.at, one.kind, one.ref or ""), reverse=True
        ),
        alerts=[one for one in alerts if one.status in STANDING],
    )


def _alerts(model: ReadModel, id: str) -> list[AlertView]:
    page = model.alerts.index.page({"customer": (id,)}, 500)
    return [one for one in map(model.alerts.get, page.ids) if one is not None]


def _sees(access: Access, reader: Reader, alert: AlertView) -> bool:
    try:
        access.check_employee(reader, Kind.ALERTS, alert.employee_id)
    except Forbidden:
        return False
    return True


def _told(model: ReadModel, one: OpportunityRecord, stalls: frozenset[str]) -> CustomerDeal:
    return CustomerDeal(
        **_deal(model, one, stalls),
        status=one.status,
        created_at=moment(one.created_at),
        closed_at=moment(one.closed_at),
        probability=one.probability,
        next_step=one.next_step,
        received=one.received,
        costs=one.costs,
        profit=one.profit,
    )


def _timeline(record: CustomerRecord, deals: list[OpportunityRecord], alerts: list[AlertView]) -> Iterator[Moment]:
    """What the records tell of: of contacts the newest and the next; of invoices, payments and tickets the newest."""
    yield from _lately(record)
    if record.next_contact is not None:
        ahead = record.next_contact
        yield Moment(at=iso(to_us(ahead.at)), kind="plan", text=ahead.step or "", ref=None)
    for deal in deals:
        for stay in deal.history:
            yield Moment(at=iso(to_us(stay.entered_at)), kind="stage", text=stay.stage, ref=deal.opportunity_id)
        if deal.closed_at is not None and deal.status != "open":
            yield Moment(
                at=iso(to_us(deal.closed_at)), kind=deal.status, text=deal.stage or "", ref=deal.opportunity_id
            )
    for alert in alerts:
        told, chinese = alert.summary, alert.summary_zh
        if alert.started_at is not None:
            yield Moment(at=alert.started_at, kind="alert", text=told, text_zh=chinese, ref=alert.id)
        if alert.ended_at is not None and alert.status not in STANDING:
            yield Moment(at=alert.ended_at, kind="over", text=told, text_zh=chinese, ref=alert.id)


def _lately(record: CustomerRecord) -> Iterator[Moment]:
    for contact in record.recent_contacts:
        how: Literal["contact", "attempt"] = "contact" if contact.connected else "attempt"
        at, channel = iso(to_us(contact.at)), contact.channel
        yield Moment(at=at, kind=how, text=contact.employee_id, ref=None, channel=channel, inbound=contact.inbound)
    for invoice in record.recent_invoices:
        at, ref = iso(to_us(invoice.issued_at)), invoice.invoice_id
        yield Moment(at=at, kind="invoice", text=invoice.status, ref=ref, amount=invoice.amount)
    for payment in record.recent_payments:
        at, back = iso(to_us(payment.at)), payment.amount < 0
        kind: Literal["refund", "payment"] = "refund" if back else "payment"
        yield Moment(at=at, kind=kind, text="", ref=payment.invoice_id, amount=abs(payment.amount))
    for ticket in record.recent_tickets:
        yield Moment(at=iso(to_us(ticket.opened_at)), kind="ticket", text=ticket.kind, ref=ticket.ticket_id)
        if ticket.resolved_at is not None:
            yield Moment(at=iso(to_us(ticket.resolved_at)), kind="resolved", text=ticket.kind, ref=ticket.ticket_id)
