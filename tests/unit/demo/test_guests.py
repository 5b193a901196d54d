from datetime import UTC, datetime
from decimal import Decimal

import pytest

from streams.demo.guests import KEPT, Guest
from streams.demo.model import Model
from streams.events import ContactLogged, Data, Money, OpportunityWon, encode, make_event
from tests.unit.demo.records import dead_letter

NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)


def event(data: Data) -> bytes:
    return encode(make_event(data, "1", "/you", NOON))


WON = event(OpportunityWon(opportunity_id="o", customer_id="c", owner_id="emp-1", amount=Money(Decimal(60000), "USD")))
CALL = event(ContactLogged(employee_id="emp-2", customer_id="d", channel="call", direction="inbound"))


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (WON, Guest(("t", 0, 0), "opportunity.won", "c", "emp-1", "60,000 USD")),
        (CALL, Guest(("t", 0, 0), "contact.logged", "d", "emp-2", "")),
    ],
    ids=["a deal", "a contact"],
)
def test_an_event_is_told_by_what_it_names(raw: bytes, told: Guest) -> None:
    made = Model()
    made.guest(("t", 0, 0), raw)

    assert list(made.guests.events) == [told]


@pytest.mark.parametrize("raw", [b"", None, b"[", b"\xff\x00", b'{"specversion":"1.0"}'])
def test_whatever_is_no_event_says_why(raw: bytes | None) -> None:
    made = Model()
    made.guest(("t", 0, 0), raw)

    [guest] = made.guests.events
    assert guest.type == "not an event"
    assert guest.refused


@pytest.mark.parametrize("letter_first", [True, False])
def test_a_dead_letter_says_of_an_event_that_it_was_refused(letter_first: bool) -> None:
    made = Model()
    if letter_first:
        made.take(*dead_letter("t", 1, 7))
    made.guest(("t", 1, 7), WON)
    made.guest(("t", 1, 8), CALL)
    if not letter_first:
        made.take(*dead_letter("t", 1, 7))

    assert [guest.refused for guest in made.guests.events] == ["", "future: time: too far ahead"]
    assert made.guests.refused == 1


def test_the_newest_come_first_and_the_oldest_are_forgotten() -> None:
    made = Model()
    for offset in range(KEPT + 5):
        made.guest(("t", 0, offset), CALL)
        made.take(*dead_letter("t", 1, offset))

    assert len(made.guests.events) == KEPT
    assert made.guests.events[0].place == ("t", 0, KEPT + 4)
    assert made.guests.taken == made.guests.refused == KEPT + 5


def test_alerts_of_their_customers_are_wanted() -> None:
    made = Model()
    made.guest(("t", 0, 0), WON)
    made.guest(("t", 0, 1), CALL)

    assert made.guests.customers == {"c", "d"}
