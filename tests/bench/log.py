"""The log that all engines are given: a quarter of an organisation's contacts, opportunities and payments.

Everything follows from (events, seed). A thousandth as many employees as events and a tenth as many customers, so that
a day of an employee looks the same at any size. Each customer has somebody who looks after it; a few customers and a
few employees are much busier than the rest.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson

START, DAYS = datetime(2025, 1, 1, tzinfo=UTC), 90
UNTIL = START + timedelta(days=DAYS)
"""When all has happened."""
QUARTER = "2025-Q1"
TOPICS = ("crm.contacts", "crm.opportunities", "crm.payments")
"""What peers read."""
STAGES = ("Qualification", "Engaging", "Proposal", "Negotiation")
CHANNELS = ("call", "call", "call", "email", "email", "meeting", "visit")
NOTE = "Spoke about the offer and the delivery date."
HOT = 3
"""The power of an even draw that picks a customer: the hundredth most busy make a fifth of what happens."""


class Line(NamedTuple):
    """A record for Kafka, its topic by its plain name."""

    topic: str
    key: str
    value: bytes


class Log(NamedTuple):
    """So many events from a seed."""

    events: int
    seed: int

    @property
    def employees(self) -> int:
        return max(10, self.events // 1_000)

    @property
    def customers(self) -> int:
        return max(100, self.events // 10)

    def organisation(self) -> Iterator[Line]:
        """Who works there and what each is to reach; not among the events that are counted."""
        for number in range(self.employees):
            who, team = _employee(number), f"team-{number // 12:03d}"
            data: dict[str, Any] = {"employee_id": who, "role": "sales", "team": team, "name": f"Person {number}"}
            yield _line("crm.employees", "employee.upserted", f"e-{number}", START, who, data)
            data = {"scope": "employee", "scope_id": who, "kpi": "won_amount", "period": QUARTER, "value": "150000"}
            yield _line("crm.targets", "target.set", f"t-{number}", START, who, data)

    def lines(self) -> Iterator[Line]:
        """The events in the order in which they happen."""
        dice = random.Random(self.seed)
        carers = [_employee(int(self.employees * dice.random() ** 2)) for _ in range(self.customers)]
        open_: list[tuple[str, str, str, str]] = []  # opportunity, customer, owner, amount
        apart = timedelta(days=DAYS).total_seconds() / self.events
        for number in range(self.events):
            at = START + timedelta(seconds=number * apart)
            draw, index = dice.random(), int(self.customers * dice.random() ** HOT)
            customer, carer = f"cus-{index:06d}", carers[index]
            if draw < 0.05:
                deal = (f"opp-{number:07d}", customer, carer, _money(dice, 50_000))
                open_.append(deal)
                yield _deal("created", number, at, deal, stage="Prospecting", lead_source="referral")
            elif draw < 0.09 and open_:
                yield _deal("stage_changed", number, at, dice.choice(open_), to_stage=dice.choice(STAGES))
            elif draw < 0.12 and open_:
                yield _deal("won", number, at, open_.pop(dice.randrange(len(open_))), reason=NOTE)
            elif draw < 0.17:
                data: dict[str, Any] = {
                    "payment_id": f"pay-{number:07d}", "invoice_id": f"inv-{number:07d}", "customer_id": customer,
                    "employee_id": carer, "amount": {"amount": _money(dice, 20_000), "currency": "USD"},
                }  # fmt: skip
                yield _line("crm.payments", "payment.received", f"p-{number:07d}", at, customer, data)
            else:
                who = carer if dice.random() < 0.9 else _employee(dice.randrange(self.employees))
                data = {
                    "employee_id": who, "customer_id": customer, "channel": dice.choice(CHANNELS),
                    "direction": "outbound" if dice.random() < 0.7 else "inbound", "content": NOTE,
                }  # fmt: skip
                if dice.random() < 0.3:
                    data["next_contact_at"] = _instant(at + timedelta(days=dice.randrange(3, 30)))
                yield _line("crm.contacts", "contact.logged", f"c-{number:07d}", at, customer, data)


def _employee(number: int) -> str:
    return f"emp-{number:04d}"


def _money(dice: random.Random, most: int) -> str:
    cents = dice.randrange(100, most * 100)
    return f"{cents // 100}.{cents % 100:02d}"


def _instant(at: datetime) -> str:
    return f"{at.isoformat(timespec='milliseconds')[:23]}Z"


def _deal(what: str, number: int, at: datetime, deal: tuple[str, str, str, str], **more: str) -> Line:
    opportunity, customer, owner, amount = deal
    money = {"amount": amount, "currency": "USD"}
    data = {"opportunity_id": opportunity, "customer_id": customer, "owner_id": owner, "amount": money, **more}
    return _line("crm.opportunities", f"opportunity.{what}", f"o-{number:07d}", at, customer, data)


def _line(topic: str, kind: str, id_: str, at: datetime, subject: str, data: dict[str, Any]) -> Line:
    event = {
        "specversion": "1.0", "id": id_, "source": "/bench/crm/export", "type": kind, "time": _instant(at),
        "subject": subject, "data": data,
    }  # fmt: skip
    return Line(topic, subject, orjson.dumps(event))
