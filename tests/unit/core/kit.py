"""Drawing small logs, and driving one partition of the first stage by hand.

An instant is written `"02 09:30"`: day, hour and minute of March 2026 in UTC (`"02"` is its midnight), or as RFC 3339.
Everything is about customer `c` and opportunity `o`, done by `ann`, unless a test says else.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec
import yaml

from streams.core.customers import Customers
from streams.core.customers.packed import PackedShelf
from streams.core.records import Tick
from streams.core.stage import EVENTS, TICK, Changes
from streams.events import EVENT_TYPES, Event, EventVoided, decode, encode, make_event, subject_of
from streams.events.instants import from_us, iso, parse_iso
from streams.policy import Policy, load, money_text

Record = dict[str, Any]
MARCH = "m24314"
"""The bucket of March 2026."""
MONEY = ("won_amount", "open_amount", "contract_amount", "invoiced", "collected", "due_amount", "written_off")
HOUR = 3_600_000_000
DAY = 24 * HOUR
STAGES = [
    {"name": "A", "probability": 0.1, "stall_after": "10d"},
    {"name": "B", "probability": 0.5, "stall_after": "5d"},
    {"name": "C", "probability": 0.9},
]
MOVES = ("opp.stage_changed", "opp.regressed", "opp.ping_pong", "opp.close_date_pushed")
PROSPECTS = ("opp.close_date_passed", "opp.no_next_step")
MONEY_RULES = ("payment.overdue", "payment.bad_debt")
WORK = ("lead.unprocessed", "lead.slow_response", "task.due", "task.overdue")
TWICE = ("dq.duplicate_customer", "dq.same_name")
ODD = ("dq.suspicious", "dq.suspicious_calls", "dq.suspicious_moves", "dq.backdated", "dq.feedback_score", *TWICE)
SERVICE = ("ticket.response_breach", "ticket.resolution_breach", "ticket.warning", "complaint.unresolved")
PLAIN: Mapping[str, Any] = {
    "currency": {"reporting": "EUR", "rates": {"USD": 0.5}},
    "pipeline": {"stages": STAGES},
    "contact": {"intervals": {"gold": "7d", "default": "30d"}, "grace": "1d", "lead_time": "2d"},
    "alerts": {rule: {"enabled": False} for rule in (*MOVES, *PROSPECTS, *MONEY_RULES, *SERVICE, *WORK, *ODD)},
}
"""Stages A and B stall, C does not; due 2 days ahead, overdue after 1, gold is heard of weekly and others monthly.

Of the alerts only those of contact, of stalls and of odd outcomes are on."""


def policy(**sections: Any) -> Policy:
    """The plain policy, with some sections of it replaced key by key."""
    merged = {
        key: (PLAIN.get(key, {}) | value if isinstance(value, dict) else value) for key, value in sections.items()
    }
    return _load(yaml.safe_dump({**PLAIN, **merged}, sort_keys=False))


@cache
def _load(text: str) -> Policy:
    return load(text)


def us(when: str) -> int:
    """The instant in microseconds."""
    if "T" in when:
        return parse_iso(when)
    day, _, time = when.partition(" ")
    return parse_iso(f"2026-03-{day}T{time or '00:00'}:00Z")


_numbers = itertools.count()


def event(when: str | int, kind: str, /, **data: Any) -> bytes:
    """An event as a line of JSON. `id`, `source`, `subject`, `enteredtime` are the envelope's; without an id it
    has one of its own."""
    envelope = {
        "specversion": "1.0",
        "id": data.pop("id", None) or f"n{next(_numbers):06d}",
        "source": data.pop("source", "/crm"),
        "type": kind,
        "time": iso(us(when) if isinstance(when, str) else when),
    }
    for name in ("subject", "enteredtime"):
        if name in data:
            envelope[name] = data.pop(name)
    return json.dumps(envelope | {"data": data}).encode()


def void_of(line: bytes, when: str | int) -> bytes:
    """What takes a line's event back."""
    found = parsed(line)
    void = EventVoided(source=found.source, event_id=found.id)
    time = us(when) if isinstance(when, str) else when
    return encode(make_event(void, f"v{next(_numbers):06d}", "/crm", from_us(time), subject_of(found).id))


def contact(when: str | int, /, **data: Any) -> bytes:
    """ann reached the customer by telephone."""
    logged = {"employee_id": "ann", "customer_id": "c", "channel": "call", "direction": "outbound"}
    return event(when, "contact.logged", **logged | _instants(data))


def attempt(when: str | int, /, **data: Any) -> bytes:
    """ann did not reach the customer."""
    return contact(when, **{"connected": False} | data)


def plan(when: str | int, next_contact_at: str | None, /, **data: Any) -> bytes:
    """ann plans the next contact; None cancels it."""
    planned = {"employee_id": "ann", "customer_id": "c", "next_contact_at": next_contact_at}
    return event(when, "contact.planned", **_instants(planned | data))


def customer(when: str | int, /, **data: Any) -> bytes:
    """The customer's record says so."""
    return event(when, "customer.upserted", **{"customer_id": "c"} | data)


def deal(when: str | int, verb: str, /, **data: Any) -> bytes:
    """Something happened to the opportunity."""
    return event(when, f"opportunity.{verb}", **{"customer_id": "c", "opportunity_id": "o"} | data)


def created(when: str | int, stage: str = "A", /, **data: Any) -> bytes:
    """The opportunity came up; ann has it."""
    return deal(when, "created", **{"stage": stage, "owner_id": "ann"} | data)


def moved(when: str | int, to_stage: str, /, **data: Any) -> bytes:
    """The opportunity went into a stage."""
    return deal(when, "stage_changed", to_stage=to_stage, **data)


def employee(when: str | int, who: str = "ann", /, **data: Any) -> bytes:
    """The personnel record: sales, in the team north."""
    return event(when, "employee.upserted", **{"employee_id": who, "role": "sales", "team": "north"} | data)


def money(amount: str, currency: str | None = None) -> dict[str, str]:
    """An amount, in the reporting currency unless one is named."""
    return {"amount": amount} if currency is None else {"amount": amount, "currency": currency}


def parsed(line: bytes) -> Event:
    """The event of a line."""
    found = decode(line)
    assert isinstance(found, Event), found
    return found


def _instants(data: dict[str, Any]) -> dict[str, Any]:
    planned = data.get("next_contact_at")
    return data if planned is None else data | {"next_contact_at": iso(us(planned))}


def inbox(lines: Iterable[bytes]) -> bytes:
    """One inbox record of some events."""
    items = (f'["{_topic(line)}",0,{number},'.encode() + line + b"]" for number, line in enumerate(lines))
    return b"[" + b",".join(items) + b"]"


def _topic(line: bytes) -> str:
    try:
        return EVENT_TYPES[json.loads(line)["type"]].TOPIC
    except (ValueError, KeyError):
        return "crm.unknown"


def tick(at: int, final: bool = False) -> bytes:
    """The value of a tick."""
    return msgspec.json.encode(Tick(at, final))


class Partition:
    """One partition of customers on a wall clock that stands until `tick`. Gathers the alerts that it sends."""

    def __init__(self, policy: Policy, *, follow: bool = False) -> None:
        self.policy = policy
        self.shelf = PackedShelf()
        self.stage = Customers(policy, 0, follow=follow, shelf=self.shelf)
        self.offset = -1
        self.letters: list[Record] = []
        self.states: dict[bytes, bytes] = {}
        self.changes = Changes([], [], {})

    def tell(self, *lines: bytes, key: bytes = EVENTS) -> list[Record]:
        """Events arrive in one record; the alert records that this causes."""
        self.offset += 1
        self.stage.apply(key, inbox(lines), self.offset)
        return self.flush()

    def tick(self, when: str | int) -> list[Record]:
        """Time comes to an instant; the alert records that this causes."""
        self.offset += 1
        self.stage.apply(TICK, tick(us(when) if isinstance(when, str) else when), self.offset)
        return self.flush()

    def flush(self) -> list[Record]:
        """Empty the buffers; the alert records in them."""
        self.changes = self.stage.flush()
        list(self.shelf.put(self.changes.states))
        for key, value in self.changes.states:
            if value is None:
                self.states.pop(key, None)
            else:
                self.states[key] = value
        self.letters += [_record(send.value) for send in self.changes.sends if send.topic == "streams.dead-letters"]
        return [_record(send.value) for send in self.changes.sends if send.topic == "alerts" and send.value is not None]

    def deleted(self) -> list[str]:
        """The ids of the alerts that the last flush deleted."""
        return [send.key.decode() for send in self.changes.sends if send.topic == "alerts" and send.value is None]

    def restarted(self) -> Partition:
        """The same partition in another process, from what was stored of it."""
        other = Partition(self.policy)
        other.stage = restored(self.policy, self.states.items())
        other.offset, other.states = self.offset, dict(self.states)
        return other

    def figure(self, who: str, measure: str, bucket: str = MARCH) -> int:
        """A sum in the ledger; the bucket is March 2026 unless said else."""
        return self.stage.ledger.totals.get(who, {}).get(bucket, {}).get(measure, 0)

    def credit(self, who: str = "ann", bucket: str = MARCH) -> dict[str, str]:
        """What somebody is credited with in a bucket: counts, money to the cent, lengths in days."""
        self.stage.ledger.settle(self.stage._now)
        sums = self.stage.ledger.totals.get(who, {}).get(bucket, {})
        return {name: _told(name, value) for name, value in sums.items()}


def restored(policy: Policy, states: Iterable[tuple[bytes, bytes]]) -> Customers:
    """A partition's stage from its state topic."""
    shelf = PackedShelf()
    stage = Customers(policy, 0, shelf=shelf)
    for key, value in [*shelf.put(states), *shelf.records()]:
        assert value is not None
        stage.restore(key, value)
    stage.restored()
    return stage


def _told(name: str, value: int) -> str:
    plain = name.partition(":")[0]
    if plain in MONEY:
        return money_text(value)
    return f"{value / DAY:g}d" if plain.endswith("_us") else str(value)


def _record(value: object) -> Record:
    assert isinstance(value, dict)
    return value


def said(records: Iterable[Record]) -> list[str]:
    """Alert records in short: rule, status and reason."""
    return [f"{record['rule']} {record['status']} {record['reason']}" for record in records]


def episodes(policy: Policy, lines: Iterable[bytes], until: str = "31") -> list[str]:
    """Every alert that has fired by an instant: its rule, since when, until when and why it stands so, and whose it is.

    As a run with the clock that follows events tells it, and as one that looks but once, at the end, tells it too; both
    of one event after the other, and of all in one record.
    """
    ordered = sorted(lines, key=lambda line: parsed(line).time)
    runs = []
    for follow, together in itertools.product((True, False), (False, True)):
        partition = Partition(policy, follow=follow)
        inputs = [ordered] if together else [[line] for line in ordered]
        records = [record for some in inputs for record in partition.tell(*some)] + partition.tick(until)
        last = {record["id"]: record for record in records}
        runs.append([record for record in last.values() if record["fired_at"] and record["reason"] != "withdrawn"])
    told = [sorted(map(_episode, run)) for run in runs]
    assert all(one == told[0] for one in told)
    return told[0]


def _episode(record: Record) -> str:
    since, ended = _short(record["started_at"]), record["ended_at"]
    until = f"-{_short(ended)}" if ended else ""
    who = f" {record['employee_id']}" if record["employee_id"] else ""
    return f"{record['rule'].partition('.')[2]} {since}{until} {record['reason']}{who}"


def _short(text: str) -> str:
    day, time = text[8:10], text[11:].rstrip("Z")
    return day if time == "00:00:00" else f"{day} {time.removesuffix(':00')}"
