"""Odd customers, contacts, leads, tickets and feedback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.appraisal.cast import Cast, Step


def of_customer(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    """Two at once say whose it is, or it is nobody's for a while."""
    customer, day = {"customer_id": data["customer_id"]}, cast.day(0, 90)
    for owner in (cast.who(), cast.who()):
        yield day, "customer.owner_changed", customer | {"to": owner}
    if cast.chance.random() < 0.3:
        yield cast.edge(), "customer.owner_changed", customer | {"to": cast.who()}
    if cast.chance.random() < 0.3:
        yield day + 2, "customer.upserted", customer | {"owner_id": None}
        yield day + 12, "customer.upserted", customer | {"owner_id": cast.who()}


def of_contact(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    """Somebody else is in touch too, and is called back at one instant, and when a month begins or ends."""
    who = {"employee_id": cast.who(), "channel": "message", "direction": "outbound", "connected": False}
    about = {name: data[name] for name in ("customer_id", "lead_id") if data.get(name)}
    day = cast.day(0, 12)
    yield day, "contact.logged", who | about
    if cast.chance.random() < 0.3:
        back = {"direction": "inbound", "connected": True}
        for at in (day, cast.edge()):
            yield at, "contact.logged", who | about | back | {"employee_id": cast.who()}


def of_lead(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    lead, day = {"lead_id": data["lead_id"]}, cast.day(0, 10)
    call = {"employee_id": cast.who(), "channel": "call", "direction": "outbound"}
    match cast.chance.randrange(7):
        case 0:  # created twice, by two systems
            about = {"customer_id": data["customer_id"]} if data.get("customer_id") else {}
            yield cast.chance.choice([-0.5, 0.0, 1.0]), "lead.created", lead | about | {"owner_id": cast.who()}
        case 1:  # converted, and given up at once
            yield day, "lead.converted", lead | {"customer_id": cast.customer()}
            yield day, "lead.disqualified", lead
        case 2:  # given to one after the other, be it before anybody told of it
            for later in (-1.0, 0.1, 0.1, 2.0):
                yield later, "lead.assigned", lead | {"owner_id": cast.who()}
        case 3:  # called before it was there, calling, and called in the end
            yield -0.2, "contact.logged", call | lead
            yield 0.01, "contact.logged", call | lead | {"direction": "inbound"}
            yield day, "contact.logged", call | lead | {"connected": False}
        case 4:  # never created
            never = {"lead_id": cast.new("lead")}
            yield day, "lead.assigned", never | {"owner_id": cast.who()}
            yield day + 1, "contact.logged", call | never
            yield day + 2, "lead.converted", never | {"customer_id": cast.customer()}
        case 5:  # a customer that is known; two know it by the same name
            named = {"lead_id": cast.new("lead")}
            for customer in (cast.customer(), cast.customer())[: cast.chance.randint(1, 2)]:
                yield day, "lead.created", named | {"customer_id": customer, "campaign_id": cast.campaign()}
                yield cast.day(day - 1, day + 5), "contact.logged", call | {"customer_id": customer}
            yield day + 1, "lead.assigned", named | {"owner_id": cast.who()}
        case _:  # given up, and won after all
            yield day, "lead.disqualified", lead
            yield day + 3, "lead.converted", lead | {"customer_id": cast.customer()}


def of_ticket(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    ticket, day = {"ticket_id": data["ticket_id"]}, cast.day(0, 6)
    fresh = {"ticket_id": cast.new("tic")}
    opened = fresh | {"customer_id": data["customer_id"], "kind": cast.chance.choice(["complaint", "request"])}
    match cast.chance.randrange(8):
        case 0:  # handed around, and solved by nobody says whom
            for later in (0.1, 0.1, 0.5):
                yield later, "ticket.assigned", ticket | {"employee_id": cast.who()}
            yield day + 1, "ticket.resolved", ticket
            yield day + 2, "ticket.assigned", ticket | {"employee_id": cast.who()}
        case 1:  # answered before it was there, by a machine, and at the instant of its opening
            yield -0.1, "ticket.replied", fresh | {"employee_id": cast.who()}
            yield -0.1, "ticket.assigned", fresh | {"employee_id": cast.who()}
            yield 0.0, "ticket.opened", opened
            yield 0.1, "ticket.replied", fresh | {"employee_id": cast.who(), "automatic": True}
            yield day, "ticket.replied", fresh | {"employee_id": cast.who()}
        case 2:  # nobody's but the customer's owner's
            yield day, "ticket.opened", opened
            if cast.chance.random() < 0.7:
                yield day + cast.day(0, 9), "ticket.closed", fresh
        case 3:  # solved and reopened at once, and closed later
            yield 0.0, "ticket.opened", opened | {"employee_id": cast.who()}
            yield day, "ticket.resolved", fresh | {"employee_id": cast.who()}
            yield day, "ticket.reopened", fresh
            yield day, "ticket.replied", fresh | {"employee_id": cast.who()}
            yield day + cast.day(0, 5), "ticket.closed", fresh | {"employee_id": cast.who()}
        case 4:  # paused, solved meanwhile, resumed in vain, reopened
            yield 0.0, "ticket.opened", opened | {"employee_id": cast.who()}
            yield 0.5, "ticket.paused", fresh
            yield 1.5, "ticket.resolved", fresh | {"employee_id": cast.who()}
            yield 1.6, "ticket.resumed", fresh
            yield 2.0, "ticket.paused", fresh
            yield 2.5, "ticket.reopened", fresh
            yield 2.6, "ticket.paused", fresh
            yield 2.6, "ticket.reopened", fresh
            yield 2.6 + day, "ticket.resolved", fresh
        case 5:  # without an opening
            yield day, "ticket.replied", fresh | {"employee_id": cast.who()}
            yield day + 1, "ticket.resolved", fresh | {"employee_id": cast.who()}
        case 6:  # opened twice
            yield day, "ticket.opened", dict(data) | {"kind": "complaint", "employee_id": cast.who()}
        case _:  # solved again and again
            for number in range(3):
                yield day + number, "ticket.resolved", ticket | {"employee_id": cast.who()}
            yield day + 4, "ticket.reopened", ticket


def of_feedback(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    """What nobody asked for, and scores beyond the scale, between two numbers, or left out."""
    scores: dict[str, list[Any]] = {
        "csat": [0, 1, 3, "3.75", 4, 4.5, 5, 6, None],
        "nps": [-1, 0, 6, 6.5, 7, 8.5, 9, 10, "10.5", 11, None],
        "ces": [0, 1, 2.5, 4, "6.75", 7, 8, None],
        "praise": [None, 3],
        "suggestion": [None, 5],
    }
    for _ in range(4):
        kind = cast.chance.choice(["csat", "nps", "ces", "praise", "suggestion"])
        said: dict[str, Any] = {"employee_id": cast.who(), "kind": kind}
        if (score := cast.chance.choice(scores[kind])) is not None:
            said["score"] = score
        if cast.chance.random() < 0.6:
            said["aspect"] = cast.chance.choice(["product", "service", "after_sales"])
        if cast.chance.random() < 0.6 and data.get("customer_id"):
            said["customer_id"] = data["customer_id"]
        yield cast.day_or_edge(0, 9), "feedback.received", said
