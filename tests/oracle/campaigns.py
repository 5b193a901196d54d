"""What campaigns and lead sources come to, counted by going through all events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from tests.oracle.facts import Fact
from tests.oracle.law import Law
from tests.oracle.reading import Event, Money
from tests.oracle.timeline import Customer


def _launcher(campaign: str, events: list[Event]) -> str | None:
    launches = [e for e in events if e.type == "campaign.launched" and e.data["campaign_id"] == campaign]
    return max(launches, key=lambda e: (e.time, e.source, e.id)).data["employee_id"] if launches else None


def facts_of(events: list[Event], customers: list[Customer], law: Law) -> Iterator[Fact]:
    for (kind, name), day, what, amount in gains(events, customers, law):
        names = {"participants": "campaign_participants", "cost": "campaign_spent", "won_amount": "campaign_won"}
        if kind == "campaign" and what in names and (who := _launcher(name, events)):
            yield Fact(who, day, names[what], amount)


def gains(
    events: list[Event], customers: list[Customer], law: Law
) -> Iterator[tuple[tuple[str, str], date, str, Fraction]]:
    """What campaigns and lead sources gain: of which, when, what, how much."""
    one, money = Fraction(1), Money(law)
    joined: dict[tuple[str, tuple[str, str]], list[Event]] = {}
    leads: dict[str, list[Event]] = {}
    for event in events:
        if event.type == "campaign.joined":
            joined.setdefault((event.data["campaign_id"], event.subject), []).append(event)
        elif event.type == "campaign.spent":
            amount = money.of(event)
            assert amount is not None
            yield ("campaign", event.data["campaign_id"]), law.day(event.time), "cost", amount
        elif event.type.startswith("lead."):
            leads.setdefault(event.data["lead_id"], []).append(event)
    for (campaign, _), theirs in joined.items():
        day, said = law.day(theirs[0].time), [e.data["status"] for e in theirs if e.data.get("status") is not None]
        yield ("campaign", campaign), day, "participants", one
        if said:
            yield ("campaign", campaign), day, f"by_status:{said[-1]}", one
    for told in leads.values():
        created = next((event for event in told if event.type == "lead.created"), None)
        closed = [event for event in told if event.type in ("lead.converted", "lead.disqualified")]
        if created is None:
            continue
        for key in _named(created):
            yield key, law.day(created.time), "leads", one
            if closed and closed[-1].type == "lead.converted":
                yield key, law.day(created.time), "converted", one
    for customer in customers:
        for deal in customer.opportunities.values():
            if deal.is_won and deal.outcome is not None and deal.created is not None:
                for key in _named(deal.created):
                    yield key, law.day(deal.outcome.time), "won_amount", deal.won_amount


def _named(event: Event) -> Iterator[tuple[str, str]]:
    for kind, field in (("campaign", "campaign_id"), ("source", "lead_source")):
        if event.data.get(field) is not None:
            yield kind, event.data[field]
