"""Small random worlds: a policy, a log of events under it, and an instant to judge them at.

`world(chance)` draws one from any `random.Random`: a seeded one for long runs, hypothesis's own in `worlds()`, where a
failure shrinks to few events. Instants are coarse and few, so that events tie and bounds are met exactly; each world's
days lie around a change of its clocks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any, NamedTuple

import yaml
from hypothesis import strategies as st

from tests.property.policies import CLOCKS, GRADES, SCORED, policies

PEOPLE = ["ann", "bob", "cid"]
CUSTOMERS = ["c1", "c2", "c3"]
DEALS = {"o1": "c1", "o2": "c1", "o3": "c2", "o4": "c3"}
CAMPAIGNS, ORIGINS = ["spring", "fair"], ["web", "fair"]
INVOICES = {"i1": "c1", "i2": "c1", "i3": "c2", "i4": "c3"}
TICKETS = {"t1": "c1", "t2": "c1", "t3": "c2"}
TASKS = {"k1": {"customer_id": "c1"}, "k2": {"customer_id": "c3"}, "k3": {}}
LEADS = {"l1": {}, "l2": {"customer_id": "c2"}}
STEPS = ["call", "call", "send the offer", "", None]
UNKNOWN_STAGE = "Limbo"
CHANNELS = ["call", "email", "visit"]


class World(NamedTuple):
    """A log with no event in it twice, the policy that it is judged by, and when."""

    policy: dict[str, Any]
    lines: list[bytes]
    as_of: str

    @property
    def yaml(self) -> str:
        """The policy as a file has it."""
        return yaml.safe_dump(self.policy, sort_keys=False)


class Times(NamedTuple):
    """The instants of one world."""

    origin: datetime

    def draw(self, chance: Random) -> datetime:
        """Mostly one of a few dozen within a month; now and then one that a day or a quarter sets apart."""
        if chance.random() < 0.03:
            return self.origin + timedelta(days=chance.randint(-150, 150), microseconds=chance.randint(0, 3))
        hours = chance.choice([0, 3, 4, 5, 10, 13, 15, 16, 22, 23])
        return self.origin + timedelta(days=chance.choice([-14, -7, -3, -2, -1, 0, 1, 2, 3, 4, 9, 14]), hours=hours)

    def text(self, chance: Random) -> str:
        """As an event writes it, in whatever offset."""
        return written(self.draw(chance), chance.choice([0, 0, 8, -5]))


def written(moment: datetime, offset_hours: int = 0) -> str:
    """RFC 3339, in an offset."""
    local = moment.astimezone(timezone(timedelta(hours=offset_hours)))
    return local.isoformat().replace("+00:00", "Z")


Draw = Callable[[Random, Times], dict[str, Any]]


def _maybe(chance: Random, share: float, **fields: Any) -> dict[str, Any]:
    return fields if chance.random() < share else {}


def money(chance: Random) -> dict[str, Any]:
    """Amounts that lie between two cents, below 0, in other currencies (one without a rate), as text and as numbers."""
    amount = chance.choice(
        ["100", "0.005", "33.335", "1234.50", "-7.125", "0", 250, 0.1, 99.99, "0.000000000000000001"]
    )
    currency = chance.choice(["absent", "absent", None, "CNY", "USD", "USD", "JPY"])
    if chance.random() < 0.02:
        currency = "XAU"
    return {"amount": amount} | ({} if currency == "absent" else {"currency": currency})


def _deal(chance: Random) -> dict[str, Any]:
    # One of them more often, so that much happens to it.
    name = chance.choice([*DEALS, "o1"])
    return {"opportunity_id": name, "customer_id": DEALS[name]}


def _deals_of(customer: str) -> list[str]:
    return [name for name, theirs in DEALS.items() if theirs == customer]


def _stage(chance: Random) -> str:
    return chance.choice(["Lead", "Lead", "Talk", "Talk", "Offer", "Closing", UNKNOWN_STAGE])


def _person(chance: Random) -> str:
    return chance.choice(PEOPLE)


def _upserted(chance: Random, _: Times) -> dict[str, Any]:
    return (
        {"customer_id": chance.choice(CUSTOMERS)}
        | _maybe(chance, 0.6, owner_id=chance.choice([*PEOPLE, None]))
        | _maybe(chance, 0.5, grade=chance.choice([*GRADES, None]))
        | _maybe(chance, 0.3, segment=chance.choice(["retail", "food", None]))
    )


def _logged(chance: Random, times: Times) -> dict[str, Any]:
    customer = chance.choice(CUSTOMERS)
    whom = {"lead_id": chance.choice(list(LEADS))} if chance.random() < 0.15 else {"customer_id": customer}
    if "customer_id" in whom:
        whom |= _maybe(chance, 0.4, opportunity_id=chance.choice(_deals_of(customer)))
    return (
        {"employee_id": _person(chance), "channel": chance.choice(CHANNELS)}
        | {"direction": chance.choice(["inbound", "outbound"])}
        | whom
        | _maybe(chance, 0.4, connected=chance.random() < 0.4)
        | _maybe(chance, 0.3, next_contact_at=chance.choice([times.text(chance), times.text(chance), None]))
        | _maybe(chance, 0.4, next_step=chance.choice(STEPS))
    )


def _planned(chance: Random, times: Times) -> dict[str, Any]:
    next_contact_at = None if chance.random() < 0.2 else times.text(chance)
    return {"employee_id": _person(chance), "customer_id": chance.choice(CUSTOMERS), "next_contact_at": next_contact_at}


def _day_or_instant(chance: Random, times: Times) -> str:
    return times.text(chance) if chance.random() < 0.6 else times.draw(chance).date().isoformat()


def _closing(chance: Random, times: Times) -> str:
    later = Times(times.origin + timedelta(days=chance.choice([0, 0, 0, 31, 62])))
    return _day_or_instant(chance, later)


def _origin(chance: Random) -> dict[str, Any]:
    """Where a lead or an opportunity came from."""
    named = {"campaign_id": chance.choice([*CAMPAIGNS, None])} if chance.random() < 0.4 else {}
    return named | _maybe(chance, 0.3, lead_source=chance.choice([*ORIGINS, None]))


def _created(chance: Random, times: Times) -> dict[str, Any]:
    return (
        _deal(chance)
        | _origin(chance)
        | {"owner_id": _person(chance), "stage": _stage(chance)}
        | _maybe(chance, 0.8, amount=money(chance))
        | _maybe(chance, 0.5, expected_close_at=_closing(chance, times))
    )


def _stage_changed(chance: Random, _: Times) -> dict[str, Any]:
    return (
        _deal(chance)
        | {"to_stage": _stage(chance)}
        | _maybe(chance, 0.4, from_stage=_stage(chance))
        | _maybe(chance, 0.3, amount=chance.choice([money(chance), None]))
        | _maybe(chance, 0.3, owner_id=chance.choice([_person(chance), None]))
    )


def _updated(chance: Random, times: Times) -> dict[str, Any]:
    return (
        _deal(chance)
        | _maybe(chance, 0.5, amount=chance.choice([money(chance), money(chance), None]))
        | _maybe(chance, 0.4, owner_id=chance.choice([_person(chance), _person(chance), None]))
        | _maybe(chance, 0.5, expected_close_at=None if chance.random() < 0.2 else _closing(chance, times))
        | _maybe(chance, 0.4, next_step=chance.choice(STEPS))
    )


def _outcome(chance: Random, _: Times) -> dict[str, Any]:
    return _deal(chance) | _maybe(chance, 0.5, amount=money(chance)) | _maybe(chance, 0.3, owner_id=_person(chance))


def _signed(chance: Random, _: Times) -> dict[str, Any]:
    lines = [
        _maybe(chance, 0.9, quantity=chance.choice([1, 3, 0.5, "2.25"]))
        | _maybe(chance, 0.9, unit_price=money(chance))
        | _maybe(chance, 0.8, list_price=money(chance))
        for _ in range(chance.randint(0, 2))
    ]
    named = _maybe(chance, 0.4, opportunity_id=chance.choice([*DEALS, "o1"]))
    return _paid(chance) | {"contract_id": f"k{chance.random()}"} | _maybe(chance, 0.8, lines=lines) | named


def _paid(chance: Random) -> dict[str, Any]:
    return {"customer_id": chance.choice(CUSTOMERS), "employee_id": _person(chance), "amount": money(chance)}


def _of_invoice(chance: Random) -> dict[str, Any]:
    # Mostly in round sums, so that what is paid is now and then all that was billed.
    name = chance.choice([*INVOICES, "i1"])
    amount = money(chance) if chance.random() < 0.3 else {"amount": chance.choice(["50", "100", 100])}
    return {"customer_id": INVOICES[name], "employee_id": _person(chance), "amount": amount, "invoice_id": name}


def _invoiced(chance: Random, times: Times) -> dict[str, Any]:
    data = _of_invoice(chance) | {"due_at": _day_or_instant(chance, times)}
    return data | _maybe(chance, 0.4, opportunity_id=chance.choice(_deals_of(data["customer_id"])))


def _receipt(chance: Random, _: Times) -> dict[str, Any]:
    return (_of_invoice(chance) if chance.random() < 0.85 else _paid(chance)) | {"payment_id": "p"}


def _goal(chance: Random, times: Times) -> dict[str, Any]:
    month = times.draw(chance)
    periods = [f"{month:%Y-%m}", f"{month:%Y}-Q{(month.month + 2) // 3}", f"{month:%Y}"]
    scope = chance.choice(["employee", "employee", "team", "department", "company"])
    scope_id = _person(chance) if scope == "employee" else chance.choice("tu")
    return (
        {"scope": scope, "scope_id": scope_id, "kpi": chance.choice(["won_amount", "won_amount", *SCORED])}
        | {"period": chance.choice(periods), "value": chance.choice([1, 10, 250.5, "3000", 0])}
        | _maybe(chance, 0.5, level=chance.choice(["target", "target", "challenge"]))
    )


def _ticket(chance: Random, _: Times) -> dict[str, Any]:
    return {"ticket_id": chance.choice([*TICKETS, "t1", "t1"]), "employee_id": _person(chance)}


def _opened(chance: Random, _: Times) -> dict[str, Any]:
    name = chance.choice([*TICKETS, "t1", "t1"])
    return (
        {"ticket_id": name, "customer_id": TICKETS[name], "kind": chance.choice(["request", "complaint"])}
        | _maybe(chance, 0.6, employee_id=_person(chance))
        | _maybe(chance, 0.6, priority=chance.choice(["high", 1, "low", None]))
    )


def _replied(chance: Random, times: Times) -> dict[str, Any]:
    return _ticket(chance, times) | _maybe(chance, 0.5, automatic=chance.random() < 0.5)


def _lead(chance: Random, _: Times) -> dict[str, Any]:
    return {"lead_id": chance.choice(list(LEADS))}


def _came(chance: Random, times: Times) -> dict[str, Any]:
    lead = _lead(chance, times)
    known = lead | _maybe(chance, 0.8, **LEADS[lead["lead_id"]]) | _origin(chance)
    return known | _maybe(chance, 0.5, owner_id=_person(chance))


def _campaign(chance: Random) -> dict[str, Any]:
    return {"campaign_id": chance.choice(CAMPAIGNS)}


def _joined(chance: Random, _: Times) -> dict[str, Any]:
    who = (
        {"lead_id": chance.choice(list(LEADS))} if chance.random() < 0.3 else {"customer_id": chance.choice(CUSTOMERS)}
    )
    return _campaign(chance) | who | _maybe(chance, 0.7, status=chance.choice(["invited", "clicked", "attended", None]))


def _task(chance: Random, times: Times) -> dict[str, Any]:
    name = chance.choice(list(TASKS))
    return (
        {"task_id": name, "employee_id": _person(chance), "due_at": _day_or_instant(chance, times)}
        | TASKS[name]
        | _maybe(chance, 0.3, opportunity_id=chance.choice(_deals_of("c1")) if name == "k1" else None)
    )


def _tasked(chance: Random, _: Times) -> dict[str, Any]:
    return {"task_id": chance.choice(list(TASKS)), "employee_id": _person(chance)}


def _feedback(chance: Random, _: Times) -> dict[str, Any]:
    return (
        {"employee_id": _person(chance), "kind": chance.choice(["csat", "csat", "nps", "nps", "ces", "praise"])}
        | _maybe(chance, 0.9, score=chance.choice([1, 3, 4, 5, 6, 7, 9, 10, "4.5", 0, -1, 11]))
        | _maybe(chance, 0.6, customer_id=chance.choice(CUSTOMERS))
        | _maybe(chance, 0.5, aspect=chance.choice(["product", "service", None]))
    )


def _for_whom(chance: Random) -> dict[str, Any]:
    """What a cost is for: nobody, a customer, or a deal, now and then one of another customer."""
    whom = {"customer_id": chance.choice(CUSTOMERS)} | _maybe(chance, 0.7, opportunity_id=chance.choice(list(DEALS)))
    return whom if chance.random() < 0.7 else {}


def _expense(chance: Random, _: Times) -> dict[str, Any]:
    return {"expense_id": chance.choice(["e1", "e1", "e2"]), "employee_id": chance.choice(PEOPLE[:2])}


def _claimed(chance: Random, times: Times) -> dict[str, Any]:
    return _expense(chance, times) | _for_whom(chance) | {"amount": money(chance), "category": "travel"}


def _trip(chance: Random, _: Times) -> dict[str, Any]:
    trip = {"trip_id": chance.choice(["e1", "p1"]), "employee_id": chance.choice(PEOPLE[:2])}
    return trip | _for_whom(chance) | _maybe(chance, 0.7, cost=money(chance))


def _rating(chance: Random, _: Times) -> dict[str, Any]:
    relation = chance.choice(["superior", "peer", "peer", "peer", "subordinate", "customer", "self"])
    return {
        "employee_id": chance.choice(PEOPLE[:2]),
        "rater_id": chance.choice([*PEOPLE, "dan"]),
        "relation": relation,
        "competency": chance.choice(["Team Work", "team work", "selling"]),
        "score": chance.choice([0, 33.3, "66.6", 100]),
    }


def _result(chance: Random, times: Times) -> dict[str, Any]:
    due = _maybe(chance, 0.6, due_at=_closing(chance, times))
    about = {"objective": chance.choice(["grow", "learn"]), "key_result": chance.choice(["a", "b"])}
    return {"employee_id": _person(chance), "progress": chance.choice([0, 0.3, "0.7", 1])} | about | due


def _usage(chance: Random, _: Times) -> dict[str, Any]:
    action = chance.choice(["login", "record_created", "record_updated"])
    return {"employee_id": _person(chance), "action": action} | _maybe(chance, 0.5, valid=chance.random() < 0.5)


def _measure(chance: Random, _: Times) -> dict[str, Any]:
    scope = {"scope": chance.choice(["employee", "employee", "team"]), "scope_id": _person(chance)}
    return scope | {"measure": chance.choice(["market share", "exam@"]), "value": chance.choice([1, -2.5, "0.1"])}


KINDS: dict[str, tuple[int, Draw]] = {
    "customer.upserted": (6, _upserted),
    "customer.owner_changed": (3, lambda c, _: {"customer_id": c.choice(CUSTOMERS), "to": _person(c)}),
    "contact.logged": (9, _logged),
    "contact.planned": (5, _planned),
    "opportunity.created": (5, _created),
    "opportunity.stage_changed": (11, _stage_changed),
    "opportunity.updated": (7, _updated),
    "opportunity.won": (5, _outcome),
    "opportunity.lost": (3, _outcome),
    "opportunity.reopened": (4, lambda c, _: _deal(c) | {"to_stage": _stage(c)}),
    "contract.signed": (2, _signed),
    "invoice.issued": (6, _invoiced),
    "payment.received": (6, _receipt),
    "payment.refunded": (2, _receipt),
    "debt.written_off": (3, lambda c, _: _of_invoice(c)),
    # eve has no record, cid's role no scorecard.
    "employee.upserted": (
        3,
        lambda c, _: (
            {
                "employee_id": c.choice(PEOPLE),
                "role": c.choice(["sales", "sales", "clerk"]),
                "team": c.choice("tu"),
            }
            | _maybe(c, 0.3, active=c.choice([True, False, None]))
            | _maybe(c, 0.4, department=c.choice(["t", "u", None]))
        ),
    ),
    "target.set": (3, _goal),
    "ticket.opened": (5, _opened),
    "ticket.assigned": (2, _ticket),
    "ticket.replied": (2, _replied),
    "ticket.paused": (3, _ticket),
    "ticket.resumed": (3, _ticket),
    "ticket.resolved": (2, _ticket),
    "ticket.reopened": (2, _ticket),
    "ticket.closed": (1, _ticket),
    "lead.created": (4, _came),
    "campaign.launched": (2, lambda c, _: _campaign(c) | {"employee_id": _person(c)}),
    "campaign.spent": (2, lambda c, _: _campaign(c) | {"amount": money(c)}),
    "campaign.joined": (4, _joined),
    "lead.assigned": (2, lambda c, t: _lead(c, t) | {"owner_id": _person(c)}),
    "lead.converted": (1, lambda c, t: _lead(c, t) | {"customer_id": c.choice(CUSTOMERS)}),
    "lead.disqualified": (1, _lead),
    "task.assigned": (5, _task),
    "task.completed": (2, _tasked),
    "task.cancelled": (1, _tasked),
    "feedback.received": (5, _feedback),
    "expense.claimed": (4, _claimed),
    "expense.approved": (4, _expense),
    "expense.rejected": (1, _expense),
    "trip.requested": (3, _trip),
    "trip.approved": (3, _trip),
    "trip.rejected": (1, _trip),
    "usage.recorded": (4, _usage),
    "assessment.submitted": (9, _rating),
    "key_result.updated": (4, _result),
    "measure.recorded": (2, _measure),
}


def event(chance: Random, times: Times, among: Collection[str] = KINDS.keys()) -> dict[str, Any]:
    """Any event of these types, still without an id."""
    kind = chance.choices([*among], [KINDS[one][0] for one in among])[0]
    source = chance.choice(["/crm/1", "/crm/2"])
    return {"source": source, "type": kind, "time": times.text(chance), "data": KINDS[kind][1](chance, times)}


def _numbered(events: list[dict[str, Any]], chance: Random) -> list[bytes]:
    # Ids in an order of their own, and counted anew for each subject, as they need to differ only within one.
    free: dict[str, list[int]] = {}
    lines = []
    for body in events:
        data = body["data"]
        about = data.get("customer_id") or data.get("lead_id") or data.get("campaign_id") or data.get("scope_id")
        about = data["lead_id"] if body["type"].startswith("lead.") else about or data["employee_id"]
        ids = free.setdefault(about, chance.sample(range(len(events)), len(events)))
        lines.append(json.dumps({"specversion": "1.0", "id": f"{ids.pop():03d}", "subject": about, **body}).encode())
    return lines


def times_of(policy: dict[str, Any]) -> Times:
    """The instants of the worlds under a policy."""
    return Times(datetime.fromisoformat(CLOCKS[policy["timezone"]]).replace(tzinfo=UTC))


def world(chance: Random, events: int = 40) -> World:
    """A world of that many events."""
    policy = policies(chance)
    times = times_of(policy)
    lines = _numbered([event(chance, times) for _ in range(events)], chance)
    return World(policy, lines, written(times.draw(chance) + timedelta(days=chance.choice([0, 5, 30]))))


@st.composite
def worlds(draw: st.DrawFn, most: int = 40, among: Collection[str] = KINDS.keys()) -> World:
    """Any world of these types of events; every one is drawn by itself, so that a failure shrinks to the few that
    matter."""
    randoms = st.randoms(use_true_random=False)
    policy = policies(draw(randoms))
    times = times_of(policy)
    events = draw(st.lists(randoms.map(lambda chance: event(chance, times, among)), max_size=most))
    chance = draw(randoms)
    return World(
        policy, _numbered(events, chance), written(times.draw(chance) + timedelta(days=chance.choice([0, 5, 30])))
    )


def rearranged(lines: list[bytes], chance: Random) -> list[bytes]:
    """The same events in another order, some of them twice, some after all others."""
    again = [line for line in lines if chance.random() < 0.2]
    late = [line for line in lines if chance.random() < 0.1]
    mixed = [*(line for line in lines if line not in late), *again]
    chance.shuffle(mixed)
    return [*mixed, *late, *again[:2]]
