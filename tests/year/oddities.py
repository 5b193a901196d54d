"""What happens in a CRM now and then, and in the simulation never: it makes rules hold, break off and hold again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from streams.events import Event, encode

Step = tuple[float, str, dict[str, Any]]
"""So many days later an event of a type, with its data."""
STAGES = "Prospecting", "Engaging", "Proposing", "Negotiating"


def with_oddities(events: Iterable[Event], seed: int, end: datetime) -> Iterator[bytes]:
    """The events as lines in the order of their times, and among them some that they gave rise to."""
    chance, swings, numbers = Random(f"odd:{seed}"), Random(f"swing:{seed}"), count(1)
    waiting: list[tuple[datetime, int, bytes]] = []
    for event in events:
        while waiting and waiting[0][0] < event.time:
            yield heappop(waiting)[2]
        line = encode(event)
        yield line
        share, tell = _TELLING.get(event.type, (0.0, None))
        steps: list[Step] = []
        if tell is not None and chance.random() < share:
            steps += tell(chance, json.loads(line)["data"])
        if event.type == "opportunity.stage_changed" and swings.random() < 0.02:
            steps += _swing(swings, json.loads(line)["data"])
        for days, kind, data in steps:
            time = event.time + timedelta(seconds=int(days * 86_400))
            if time < end:
                number = next(numbers)
                heappush(waiting, (time, number, _line(number, kind, time, data)))
    yield from (heappop(waiting)[2] for _ in range(len(waiting)))


def _line(number: int, kind: str, time: datetime, data: dict[str, Any]) -> bytes:
    event = {"specversion": "1.0", "id": f"odd-{number:06d}", "source": "/odd", "type": kind}
    return json.dumps(event | {"time": time.isoformat().replace("+00:00", "Z"), "data": data}).encode()


def _of_deal(chance: Random, data: Mapping[str, Any]) -> Iterator[Step]:
    deal = {"opportunity_id": data["opportunity_id"], "customer_id": data["customer_id"]}
    day = chance.uniform(0, 40)
    match chance.randrange(5):
        case 0:  # a next step comes, and goes
            yield day, "opportunity.updated", deal | {"next_step": "Send the offer"}
            yield day + chance.uniform(0, 20), "opportunity.updated", deal | {"next_step": chance.choice(["", None])}
        case 1:  # put off again and again, by a day or a time, and in the end not dated at all
            for number in range(chance.randint(2, 4)):
                date = f"2026-{min(1 + int(day / 30) + number, 12):02d}-{chance.randint(1, 28):02d}"
                close = date + chance.choice(["", "T12:30:00Z"])
                yield day + 6 * number, "opportunity.updated", deal | {"expected_close_at": close}
            if chance.random() < 0.5:
                yield day + 40, "opportunity.updated", deal | {"expected_close_at": None}
        case 2:  # to and fro
            for number in range(chance.randint(2, 6)):
                stage = chance.choice([*STAGES, "Limbo"])
                yield day + number * chance.choice([0, 0.5, 3]), "opportunity.stage_changed", deal | {"to_stage": stage}
        case 3:  # closed, moved all the same, and opened again
            yield day, "opportunity.lost", deal
            yield day + 1, "opportunity.stage_changed", deal | {"to_stage": "Negotiating"}
            yield day + chance.uniform(1, 9), "opportunity.reopened", deal | {"to_stage": chance.choice(STAGES)}
        case _:  # won by nobody knows how much
            yield day, "opportunity.won", deal


def _swing(chance: Random, data: Mapping[str, Any]) -> Iterator[Step]:
    """Away from its stage for hours, or for days, and back, so that the clock of that starts anew."""
    deal = {"opportunity_id": data["opportunity_id"], "customer_id": data["customer_id"]}
    day, away = chance.uniform(1, 20), chance.choice([0, 0.2, 0.9, 1.1, 3])
    yield day, "opportunity.stage_changed", deal | {"to_stage": chance.choice(STAGES)}
    yield day + away, "opportunity.stage_changed", deal | {"to_stage": data["to_stage"]}


def _of_customer(chance: Random, data: Mapping[str, Any]) -> Iterator[Step]:
    customer, day = {"customer_id": data["customer_id"]}, chance.uniform(0, 60)
    match chance.randrange(3):
        case 0:  # nobody's for a while
            yield day, "customer.upserted", customer | {"owner_id": None}
            yield (
                day + chance.uniform(0, 30),
                "customer.owner_changed",
                customer | {"to": data.get("owner_id", "emp-1")},
            )
        case 1:  # of another grade each week
            for number, grade in enumerate(["A", None, "C", "B", "A"]):
                yield day + number * chance.choice([0, 5, 7.5]), "customer.upserted", customer | {"grade": grade}
        case _:
            yield day, "customer.upserted", customer | {"status": "closed"}


def _of_invoice(chance: Random, data: Mapping[str, Any]) -> Iterator[Step]:
    named = {name: data[name] for name in ("invoice_id", "customer_id", "employee_id", "amount")}
    again = named | {"due_at": "2026-09-30"}
    match chance.randrange(4):
        case 0:  # issued anew
            yield chance.uniform(0, 60), "invoice.issued", again
        case 1:  # given up, and paid after all
            yield 35.0, "debt.written_off", named
            yield 35 + chance.uniform(0, 30), "payment.received", named | {"payment_id": f"late-{named['invoice_id']}"}
        case 2:  # given up in two parts
            half = {"amount": f"{int(float(named['amount']['amount']) * 50) / 100:.2f}"}
            yield 33.0, "debt.written_off", named | {"amount": half}
            yield 33 + chance.choice([0, 3.0]), "debt.written_off", named | {"amount": half}
        case _:  # paid back and forth
            for number in range(3):
                payment = named | {"payment_id": f"again-{number}-{named['invoice_id']}"}
                verb = "payment.refunded" if number % 2 else "payment.received"
                yield 28 + number * chance.uniform(0, 10), verb, payment


def _of_ticket(chance: Random, data: Mapping[str, Any]) -> Iterator[Step]:
    ticket, day = {"ticket_id": data["ticket_id"], "employee_id": data.get("employee_id") or "emp-1"}, 0.0
    for verb in chance.choices(["paused", "resumed", "replied", "resolved", "reopened", "closed"], k=7):
        day += chance.choice([0, 0.05, 0.3, 2])
        yield day, f"ticket.{verb}", ticket


def _of_lead(chance: Random, data: Mapping[str, Any]) -> Iterator[Step]:
    """A customer that is there already shows interest anew."""
    lead = {"lead_id": f"odd-{data['lead_id']}"}
    customer = {"customer_id": f"cus-{chance.randint(1, 50):06d}"}
    yield 0.0, "lead.created", lead | customer
    if chance.random() < 0.5:
        yield chance.uniform(0, 3), "lead.assigned", lead | {"owner_id": "emp-1"}
    if chance.random() < 0.5:
        call = {"employee_id": "emp-1", "channel": "call", "direction": "outbound", "connected": False}
        yield chance.uniform(0, 3), "contact.logged", call | customer
    if chance.random() < 0.5:
        yield chance.uniform(0, 9), "lead.disqualified", lead


def _of_task(chance: Random, data: Mapping[str, Any]) -> Iterator[Step]:
    """Dated anew, and given to somebody else."""
    for day in (1.0, 4.0):
        due = f"2026-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}" + chance.choice(["", "T15:00:00Z"])
        yield day, "task.assigned", dict(data) | {"due_at": due}


def _of_plan(chance: Random, data: Mapping[str, Any]) -> Iterator[Step]:
    plan = {"employee_id": data["employee_id"], "customer_id": data["customer_id"]}
    yield 0.01, "contact.planned", plan | {"next_contact_at": "2026-01-01T00:00:00Z"}
    yield 0.5, "contact.planned", plan | {"next_contact_at": chance.choice([None, "2026-06-30T09:00:00Z"])}


_TELLING: dict[str, tuple[float, Callable[[Random, Mapping[str, Any]], Iterator[Step]]]] = {
    "opportunity.created": (0.12, _of_deal),
    "customer.upserted": (0.08, _of_customer),
    "invoice.issued": (0.1, _of_invoice),
    "ticket.opened": (0.15, _of_ticket),
    "lead.created": (0.2, _of_lead),
    "task.assigned": (0.1, _of_task),
    "contact.planned": (0.05, _of_plan),
}
