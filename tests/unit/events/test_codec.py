"""Making and writing events: what is written is read again as the same."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import UNSET, UnsetType

from streams.events import (
    EVENT_TYPES,
    AlertAcknowledged,
    ContactLogged,
    Event,
    Money,
    OpportunityWon,
    decode,
    encode,
    make_event,
    subject_of,
)
from tests.unit.events.contract import TYPES
from tests.unit.events.examples import VALID, full, raw

TIME = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def read(path: Path) -> Event:
    event = decode(path.read_bytes())
    assert isinstance(event, Event)
    return event


def same(value: Any, written: Any) -> bool:
    """Whether a decoded value says what the JSON says, by rules of its own."""
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        return all(same(getattr(value, f.name), written.get(f.encode_name, ...)) for f in fields)
    if written is ...:
        return value in (None, UNSET, True, False)
    if isinstance(value, tuple):
        return len(value) == len(written) and all(map(same, value, written))
    if isinstance(value, Decimal):
        return value == Decimal(str(written))
    if isinstance(value, datetime):
        return value == datetime.fromisoformat(written.upper())
    if isinstance(value, date):
        return value.isoformat() == str(written)
    return bool(value == written) and type(value) in (type(written), float)


@pytest.mark.parametrize("name", TYPES)
def test_every_field_is_read_as_it_is_written(name: str) -> None:
    event = decode(raw(full(name)))
    assert isinstance(event, Event)
    assert same(event.data, full(name)["data"])
    assert not any(
        isinstance(value, UnsetType) or value is None for value in msgspec.structs.asdict(event.data).values()
    )


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_an_event_that_is_written_is_read_as_the_same_event(path: Path) -> None:
    event = read(path)
    assert decode(encode(event)) == event


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_an_event_made_from_parts_is_the_event_that_is_read(path: Path) -> None:
    event = read(path)
    made = make_event(event.data, event.id, event.source, event.time, event.subject, event.enteredtime)
    assert made == msgspec.structs.replace(event, subject=subject_of(event).id)
    assert decode(encode(made)) == made


def test_what_is_written_is_a_cloudevent_with_its_type_first_and_no_defaults() -> None:
    data = OpportunityWon(
        opportunity_id="opp-1", customer_id="cus-1", amount=Money(amount=Decimal("12.50"), currency="CNY")
    )
    text = encode(make_event(data, id="e-1", source="/test", time=TIME)).decode()
    assert text == (
        '{"type":"opportunity.won","specversion":"1.0","id":"e-1","source":"/test","time":"2026-03-02T09:30:00Z",'
        '"subject":"cus-1","data":{"opportunity_id":"opp-1","customer_id":"cus-1",'
        '"amount":{"amount":"12.50","currency":"CNY"}}}'
    )


def test_an_offset_null_and_a_default_survive_the_writing() -> None:
    data = ContactLogged(
        employee_id="emp-1", customer_id="cus-1", channel="call", direction="inbound", next_contact_at=None
    )
    time = TIME.astimezone(timezone(timedelta(hours=-3, minutes=-30)))
    event = json.loads(encode(make_event(data, id="e-1", source="/test", time=time)))
    assert event["time"] == "2026-03-02T06:00:00-03:30"
    assert event["data"] == {
        "employee_id": "emp-1",
        "customer_id": "cus-1",
        "channel": "call",
        "direction": "inbound",
        "next_contact_at": None,
    }


def test_a_command_carries_the_subject_that_it_is_given() -> None:
    data = AlertAcknowledged(alert_id="a-1", by="emp-1")
    assert make_event(data, id="e-1", source="/test", time=TIME, subject="cus-1").subject == "cus-1"
    assert make_event(data, id="e-1", source="/test", time=TIME).subject == "a-1"


def test_data_that_names_nobody_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="required, unless lead_id is given"):
        ContactLogged(employee_id="emp-1", channel="call", direction="inbound")


def test_events_cannot_be_changed() -> None:
    event = read(VALID[0])
    with pytest.raises(AttributeError, match="immutable"):
        event.id = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="immutable"):
        event.data.customer_id = "other"  # type: ignore[attr-defined]


def test_the_type_of_an_event_is_that_of_its_data() -> None:
    for name, data in EVENT_TYPES.items():
        event = decode(raw(full(name)))
        assert isinstance(event, Event)
        assert type(event.data) is data
        assert event.type == data.TYPE == name
