"""Lines to events: whom each is about, each counted once, in the order in which they happened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from tests.oracle.law import Law, instant

_VERBS = {
    "customer": "upserted owner_changed merged erased",
    "contact": "logged planned",
    "lead": "created assigned converted disqualified",
    "opportunity": "created stage_changed updated won lost reopened",
    "contract": "signed",
    "invoice": "issued",
    "payment": "received refunded",
    "debt": "written_off",
    "ticket": "opened assigned replied paused resumed resolved reopened closed",
    "feedback": "received",
    "campaign": "launched spent joined",
    "task": "assigned completed cancelled",
    "expense": "claimed approved rejected",
    "trip": "requested approved rejected",
    "usage": "recorded",
    "assessment": "submitted",
    "key_result": "updated",
    "improvement_plan": "opened step_done closed",
    "reward": "granted",
    "training": "completed",
    "response": "submitted",
    "employee": "upserted absent erased",
    "measure": "recorded",
    "target": "set",
    "alert": "acknowledged silenced",
    "review": "decided",
    "event": "voided",
}
TYPES = frozenset(f"{thing}.{verb}" for thing, verbs in _VERBS.items() for verb in verbs.split())

# At one and the same time: created, then what changes it, then its outcome, then what takes the outcome back.
# Likewise tickets, leads and tasks in the order of their lives.
_RANK = {"opportunity.created": 0, "opportunity.won": 2, "opportunity.lost": 2, "opportunity.reopened": 3}
for _thing, _lives in {
    "ticket": "opened assigned replied paused resumed resolved reopened closed",
    "lead": "created assigned converted disqualified",
    "task": "assigned completed cancelled",
}.items():
    _RANK |= {f"{_thing}.{verb}": place for place, verb in enumerate(_lives.split())}


class Event(NamedTuple):
    """One event as it stands in the log."""

    type: str
    time: datetime
    source: str
    id: str
    subject: tuple[str, str]
    data: dict[str, Any]

    @property
    def order(self) -> tuple[datetime, int, str, str]:
        """What happened earlier is less."""
        return self.time, _RANK.get(self.type, 1), self.source, self.id

    @property
    def is_contact(self) -> bool:
        """Whether it is an interaction, be it only an attempt."""
        return self.type == "contact.logged"

    @property
    def is_made(self) -> bool:
        """Whether it is a contact that reached somebody."""
        return self.is_contact and self.data.get("connected") is not False


class Money:
    """Amounts in the reporting currency, at the rate of the day of the event that names them."""

    def __init__(self, law: Law) -> None:
        self._law = law

    def worth(self, event: Event, money: Any) -> Fraction | None:
        """The exact worth; None without a rate."""
        rate = self._law.rate(money.get("currency"), self._law.day(event.time))
        return None if rate is None else Fraction(Decimal(str(money["amount"]))) * rate

    def of(self, event: Event, field: str = "amount") -> Fraction | None:
        """What the event says of itself; None where it says nothing."""
        money = event.data.get(field)
        return None if money is None else self.worth(event, money)

    def known(self, event: Event) -> bool:
        """Whether every amount in the event has a rate."""
        return all(self.worth(event, money) is not None for money in _amounts(event.data))


def read(lines: Iterable[bytes], law: Law, as_of: datetime) -> list[Event]:
    """Every event up to and including `as_of` once, by time, and of customers that were merged the one that remains."""
    money = Money(law)
    first: dict[tuple[tuple[str, str], str, str], Event] = {}
    for line in lines:
        event = _event(line)
        if event is not None and event.time <= as_of and money.known(event):
            first.setdefault((event.subject, event.source, event.id), event)
    events = sorted(first.values(), key=lambda event: event.order)
    one = _remaining(event for event in events if event.type == "customer.merged")
    return [_renamed(event, one) for event in events]


def _remaining(merges: Iterable[Event]) -> dict[str, str]:
    """By customer that is another one by now, which one: merge by merge in the order of time."""
    one: dict[str, str] = {}
    for merge in merges:
        name, into = merge.data.get("customer_id"), merge.data.get("into")
        if name is None or into is None:
            continue
        former, now = one.get(name, name), one.get(into, into)
        one = {known: now if whom == former else whom for known, whom in one.items()} | {former: now}
    return {name: now for name, now in one.items() if name != now}


def _renamed(event: Event, one: dict[str, str]) -> Event:
    """The event as if it had named the customer that remains; of a merge only that something was heard of it."""
    name = event.data.get("customer_id")
    if event.type == "customer.merged":
        told = {"customer_id": one.get(str(name), name)}
        return event._replace(type="customer.upserted", subject=("customer", str(told["customer_id"])), data=told)
    if name not in one:
        return event
    data = event.data | {"customer_id": one[name]}
    return event._replace(subject=_subject(event.type, data), data=data)


def _event(line: bytes) -> Event | None:
    try:
        raw = json.loads(line, parse_float=Decimal)
        data, kind = raw["data"], raw["type"]
        if kind not in TYPES:
            return None
        return Event(kind, instant(raw["time"]), raw["source"], raw["id"], _subject(kind, data), data)
    except (ValueError, TypeError, KeyError):
        return None


def _subject(kind: str, data: dict[str, Any]) -> tuple[str, str]:
    if kind.startswith("lead."):
        return "lead", data["lead_id"]
    for what in ("customer", "lead", "campaign"):
        if data.get(f"{what}_id") is not None:
            return what, data[f"{what}_id"]
    if kind in ("target.set", "measure.recorded"):
        return data["scope"], data["scope_id"]
    return ("employee", data["employee_id"]) if "employee_id" in data else ("other", "")


def _amounts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "amount" in value and not isinstance(value["amount"], dict | None):
            yield value
        else:
            for inner in value.values():
                yield from _amounts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _amounts(inner)
