"""The decoder never raises, and what it takes is sound: under any bytes, any JSON, and any change to a valid event."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from streams.events import EVENT_TYPES, Event, Rejected, decode
from streams.events.schema import event_schema
from tests.unit.events.examples import VALID, raw
from tests.unit.events.soundness import check

SEEDS = [json.loads(path.read_bytes()) for path in VALID]
VALIDATORS = {name: Draft202012Validator(event_schema(data)) for name, data in EVENT_TYPES.items()}

texts = st.text() | st.sampled_from(
    ["", "1", "-1.5", "1e3", "NaN", "2026-03-02", "2026-03-02T09:30:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31",
     "call", "target", "2026-Q1", "contact.logged", "x" * 257]
)  # fmt: skip
numbers = (
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0, 1, 101, 10**18, 10**400])
)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """A valid event with a few fields left out, added or given another value, at any depth."""
    event = json.loads(json.dumps(draw(st.sampled_from(SEEDS))))
    for _ in range(draw(st.integers(1, 3))):
        place = event
        while True:
            inner = [part for part in (place.values() if isinstance(place, dict) else place) if part and _nested(part)]
            if not inner or draw(st.booleans()):
                break
            place = draw(st.sampled_from(inner))
        if isinstance(place, list):
            place.append(draw(values))
        elif place and draw(st.booleans()):
            del place[draw(st.sampled_from(sorted(place)))]
        else:
            place[draw(st.sampled_from(sorted(place) or ["x"]) | texts)] = draw(values)
    return event


def _nested(part: object) -> bool:
    return isinstance(part, dict | list)


@given(st.binary())
@example(b"")
@example(b"\xff")
@example(b'"' * 3)
@example(b"[" * 100_000)
def test_any_bytes_are_answered(record: bytes) -> None:
    check(record)


@given(values)
def test_any_json_is_answered(value: Any) -> None:
    assert isinstance(check(raw(value)), Rejected)


@given(st.sampled_from(SEEDS), values)
def test_any_data_is_answered(event: dict[str, Any], data: Any) -> None:
    check(raw(event | {"data": data}))


@given(st.sampled_from(SEEDS), st.dictionaries(texts, values), st.data())
def test_unknown_fields_change_nothing(event: dict[str, Any], unknown: dict[str, Any], data: st.DataObject) -> None:
    """Whatever else an event carries, and in whatever order, it stays the same event."""
    known = {"subject", "from_", *event, *event["data"], *_names(event["type"])}
    extra = {f"x-{name}" if name in known else name: value for name, value in unknown.items()}
    order = data.draw(st.permutations([*event, *extra]))
    inside = event["data"] | extra
    shuffled = {name: ({**event, "data": inside} | extra)[name] for name in order}
    assert check(raw(shuffled)) == decode(raw(event))


def _names(type_: str) -> set[str]:
    return set(event_schema(EVENT_TYPES[type_])["properties"]["data"]["properties"])


@given(changed())
def test_a_changed_event_is_answered_and_what_is_taken_follows_the_schema(event: Any) -> None:
    result = check(raw(event))
    if isinstance(result, Event):
        errors = list(VALIDATORS[result.type].iter_errors(event))
        assert errors == []


@given(st.sampled_from(SEEDS), st.data())
def test_an_event_that_is_cut_off_is_refused(event: dict[str, Any], data: st.DataObject) -> None:
    record = raw(event)
    assert isinstance(check(record[: data.draw(st.integers(0, len(record) - 1))]), Rejected)
