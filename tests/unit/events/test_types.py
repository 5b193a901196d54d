"""The types against the contract's table, field by field."""

import re
from typing import Any

import msgspec
import pytest
from msgspec import NODEFAULT, UNSET

from streams.events import EVENT_TYPES, TOPICS, Data, Event, Reason, Rejected, decode
from tests.unit.events.contract import TYPES
from tests.unit.events.examples import full, raw, with_data, without

EITHER = {"contact.logged", "campaign.joined"}
"""They need a customer or a lead, so that neither is required alone."""

REQUIRED = [(name, field) for name, type_ in TYPES.items() for field, about in type_.fields.items() if about.required]
FIELDS = [(name, field) for name, type_ in TYPES.items() for field in type_.fields]
ENUMS = [(name, field) for name, type_ in TYPES.items() for field, about in type_.fields.items() if about.values]
ENVELOPE = ["specversion", "id", "source", "time", "data"]
NESTED = [
    ("contract.signed", "lines", {"product": [1], "quantity": [1], "unit_price": [1], "list_price": [1]}),
    ("improvement_plan.opened", "steps", {"step": [1], "due_at": [1], "kpi": [1], "target": [1]}),
]


def fields_of(data: type[Data]) -> dict[str, Any]:
    return {field.encode_name: field for field in msgspec.structs.fields(data)}


def rejected(event: Any) -> Rejected:
    result = decode(raw(event))
    assert isinstance(result, Rejected)
    return result


def test_the_types_and_topics_are_those_of_the_contract() -> None:
    assert {name: data.TOPIC for name, data in EVENT_TYPES.items()} == {t.name: t.topic for t in TYPES.values()}
    assert list(TOPICS) == list(dict.fromkeys(t.topic for t in TYPES.values()))


@pytest.mark.parametrize("name", TYPES)
def test_a_type_has_the_fields_of_the_contract(name: str) -> None:
    fields = fields_of(EVENT_TYPES[name])
    assert set(fields) == set(TYPES[name].fields)
    assert {n for n, field in fields.items() if field.required} == {
        n for n, f in TYPES[name].fields.items() if f.required
    }
    for field, about in TYPES[name].fields.items():
        if about.default is not None:
            assert str(fields[field].default).lower() == about.default
        elif not about.required:
            assert fields[field].default in (None, UNSET)
        else:
            assert fields[field].default is NODEFAULT


@pytest.mark.parametrize("name", TYPES)
def test_a_class_is_named_as_its_type(name: str) -> None:
    assert EVENT_TYPES[name].__name__ == "".join(word.capitalize() for word in re.split(r"[._]", name))


@pytest.mark.parametrize("name", TYPES)
def test_the_full_event_is_taken(name: str) -> None:
    event = decode(raw(full(name)))
    assert isinstance(event, Event)
    assert type(event.data) is EVENT_TYPES[name]
    assert event.type == name


@pytest.mark.parametrize("name", TYPES)
def test_the_event_with_required_fields_alone_is_taken(name: str) -> None:
    optional = [field for field, about in TYPES[name].fields.items() if not about.required]
    if name in EITHER:
        optional.remove("lead_id")
    event = decode(raw(without(name, *optional)))
    assert isinstance(event, Event)
    for field in optional:
        default = fields_of(EVENT_TYPES[name])[field].default
        assert getattr(event.data, "from_" if field == "from" else field) is default


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("field", ["type", *ENVELOPE])
def test_a_missing_field_of_the_envelope_is_named(name: str, field: str) -> None:
    event = full(name)
    del event[field]
    assert rejected(event) == Rejected(Reason.missing_field, f"{field}: required, but missing")


@pytest.mark.parametrize("field", ["type", *ENVELOPE, "subject"])
@pytest.mark.parametrize("value", [7, True, [1]])
def test_a_field_of_the_envelope_of_a_wrong_type_is_named(field: str, value: object) -> None:
    answer = rejected(full("contact.logged") | {field: value})
    # Whatever is no text is not the version that is asked for either.
    assert answer.reason is Reason.wrong_type
    assert answer.detail.startswith(f"{field}: expected ")


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("field", [*ENVELOPE, "type"])
def test_a_field_of_the_envelope_must_not_be_null(name: str, field: str) -> None:
    answer = rejected(full(name) | {field: None})
    assert answer.reason is Reason.wrong_type
    assert answer.detail.startswith(f"{field}: expected ")


@pytest.mark.parametrize(("name", "field"), REQUIRED)
def test_a_missing_required_field_is_named(name: str, field: str) -> None:
    assert rejected(without(name, field)) == Rejected(Reason.missing_field, f"data.{field}: required, but missing")


@pytest.mark.parametrize(("name", "field"), FIELDS)
@pytest.mark.parametrize("value", [{"x": [1]}, [[1]]], ids=["object", "list"])
def test_a_field_of_a_wrong_type_is_named(name: str, field: str, value: object) -> None:
    answer = rejected(with_data(name, **{field: value}))
    if field in ("amount", "budget", "cost", "base_salary") and value == {"x": [1]}:
        assert answer == Rejected(Reason.missing_field, f"data.{field}.amount: required, but missing")
        return
    assert answer.reason is Reason.wrong_type
    assert answer.detail.startswith(f"data.{field}")


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_scalar_of_a_wrong_type_is_named(name: str, field: str) -> None:
    """A number for what is a text and the like, a text for what is a truth value or an object."""
    given = full(name)["data"][field]
    wrong: object = "maybe" if isinstance(given, bool | dict | list) else True
    if field == "dispatch":
        wrong = 1.5
    if field in ("match_keys", "matchers", "missing_fields"):
        wrong = False
    answer = rejected(with_data(name, **{field: wrong}))
    assert answer.reason is Reason.wrong_type
    assert answer.detail.startswith(f"data.{field}: expected ")
    assert answer.detail.endswith(f", got {msgspec.json.encode(wrong).decode()}")


@pytest.mark.parametrize(("name", "field"), [case for case in REQUIRED if case[1] != "next_contact_at"])
def test_a_required_field_must_not_be_null(name: str, field: str) -> None:
    answer = rejected(with_data(name, **{field: None}))
    assert answer.reason is Reason.wrong_type
    assert answer.detail.startswith(f"data.{field}: expected ")
    assert answer.detail.endswith(", got null")


@pytest.mark.parametrize(("name", "field"), [case for case in FIELDS if case not in REQUIRED])
def test_null_in_an_optional_field_says_that_it_is_absent_or_cleared(name: str, field: str) -> None:
    if name in EITHER and field == "customer_id":
        return
    result = decode(raw(with_data(name, **{field: None})))
    if TYPES[name].fields[field].default is not None:
        # There null could mean the default or its opposite.
        assert isinstance(result, Rejected)
        assert result.reason is Reason.wrong_type
    elif field == "customer_id" and "opportunity_id" in TYPES[name].fields:
        assert result == Rejected(Reason.missing_field, "data.customer_id: required, as opportunity_id is given")
    else:
        assert isinstance(result, Event)
        assert getattr(result.data, "from_" if field == "from" else field) is None


@pytest.mark.parametrize(("name", "field"), ENUMS)
def test_the_values_of_a_choice_are_those_of_the_contract(name: str, field: str) -> None:
    for value in TYPES[name].fields[field].values:
        assert isinstance(decode(raw(with_data(name, **{field: value}))), Event)
    for value in ("", "none of these"):
        answer = rejected(with_data(name, **{field: value}))
        assert answer == Rejected(Reason.invalid_value, f'data.{field}: not one of the values allowed, got "{value}"')


@pytest.mark.parametrize(
    ("name", "field"), [case for case in FIELDS if re.search(r"_id$|^(by|to|into|about)$", case[1])]
)
def test_an_id_is_a_text_of_1_to_256_characters(name: str, field: str) -> None:
    if (name, field) == ("employee.absent", "to"):
        return
    assert isinstance(decode(raw(with_data(name, **{field: "é" * 256}))), Event)
    assert rejected(with_data(name, **{field: ""})).reason is Reason.invalid_value
    answer = rejected(with_data(name, **{field: "é" * 257}))
    assert answer.reason is Reason.invalid_value
    assert answer.detail.startswith(f"data.{field}: expected a text of at most 256 characters, got")


@pytest.mark.parametrize(("name", "field", "items"), NESTED)
def test_a_field_of_a_line_of_a_wrong_type_is_named_with_its_place(
    name: str, field: str, items: dict[str, object]
) -> None:
    for item, wrong in items.items():
        answer = rejected(with_data(name, **{field: [{}, {item: wrong}]}))
        assert answer.reason is Reason.wrong_type
        assert answer.detail.startswith(f"data.{field}[1].{item}: expected ")
    assert isinstance(decode(raw(with_data(name, **{field: [{}, dict.fromkeys(items)]}))), Event)
