"""What an event follows: the table of the contract's rule, type by type."""

import pytest

from streams.events import EVENT_TYPES, Event, Subject, decode, subject_of
from tests.unit.events.contract import TYPES
from tests.unit.events.examples import full, raw, with_data, without

CUSTOMER = Subject("customer", "cus-0042")
LEAD = Subject("lead", "lead-0815")
EMPLOYEE = Subject("employee", "emp-007")
BY_TOPIC = {
    "crm.leads": LEAD,
    "crm.tickets": Subject("employee", "emp-022"),
    "crm.campaigns": Subject("campaign", "cam-03"),
    "crm.measures": Subject("scope", "emp-007"),
    "crm.targets": Subject("scope", "emp-007"),
    "crm.commands": Subject("other", "cus-0042"),
}


def subject(event: dict[str, object]) -> Subject:
    result = decode(raw(event))
    assert isinstance(result, Event), result
    return subject_of(result)


@pytest.mark.parametrize("name", TYPES)
def test_the_subject_of_an_event_that_gives_every_field(name: str) -> None:
    with_customer = "customer_id" in TYPES[name].fields and TYPES[name].topic != "crm.leads"
    expected = CUSTOMER if with_customer else BY_TOPIC.get(TYPES[name].topic, EMPLOYEE)
    assert subject(full(name)) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (without("contact.logged", "customer_id", "opportunity_id"), LEAD),
        (without("contact.logged", "lead_id"), CUSTOMER),
        (with_data("contact.logged", customer_id=None, opportunity_id=None), LEAD),
        (without("campaign.joined", "customer_id"), LEAD),
        (without("feedback.received", "customer_id"), Subject("employee", "emp-022")),
        (without("task.assigned", "customer_id", "opportunity_id"), EMPLOYEE),
        (without("expense.claimed", "customer_id", "opportunity_id"), EMPLOYEE),
        (without("trip.approved", "customer_id", "opportunity_id"), EMPLOYEE),
        (without("ticket.closed", "employee_id"), Subject("other", "tic-9001")),
        (without("lead.created", "customer_id"), LEAD),
        (with_data("response.submitted", by="emp-001"), Subject("employee", "emp-001")),
        (with_data("assessment.submitted", rater_id="emp-001"), EMPLOYEE),
    ],
    ids=lambda value: f"{value['type']} {sorted(value['data'])}" if isinstance(value, dict) else "",
)
def test_without_the_first_field_the_next_one_names_the_subject(event: dict[str, object], expected: Subject) -> None:
    assert subject(event) == expected


def test_the_envelope_names_the_subject_of_a_command_alone() -> None:
    assert subject(full("event.voided") | {"subject": "lead-0815"}) == Subject("other", "lead-0815")
    assert subject(full("contact.logged") | {"subject": "lead-0815"}) == CUSTOMER


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("alert.acknowledged", "5f1c9e02ab34d768"),
        ("alert.silenced", "emp-002"),
        ("review.decided", "rec-19"),
        ("event.voided", "c-000017"),
    ],
)
@pytest.mark.parametrize("given", [None, ""])
def test_a_command_without_a_subject_follows_what_it_names(name: str, own: str, given: str | None) -> None:
    assert subject(full(name) | {"subject": given}) == Subject("other", own)


def test_some_field_of_every_type_always_names_its_subject() -> None:
    """The last field that may name it is required, or a rule requires it."""
    for name, data in EVENT_TYPES.items():
        field = data.SUBJECTS[-1][1]
        assert TYPES[name].fields[field].required or field == "lead_id"
