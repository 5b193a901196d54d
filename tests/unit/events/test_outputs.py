"""What the engine writes follows the schemas of its records: nothing missing, nothing that is not described."""

from collections import defaultdict
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streams.events.outputs import OUTPUTS, RECORDS
from streams.events.schema import record_schema
from streams.policy import default_policy
from streams.replay import Line, Replay
from tests.unit.events.examples import full, raw, with_data

NAMES = {output.topic: name for output in OUTPUTS for name, record in RECORDS.items() if output.record is record}


def events() -> list[bytes]:
    """A few months of one seller: won and lost deals, a contact missed, a deal that stands still, and bad records."""
    at = "2026-{:02}-02T09:30:00Z".format
    made = [
        full("employee.upserted") | {"time": at(1)},
        full("customer.upserted") | {"time": at(1)},
        with_data("target.set", period="2026", value=500_000) | {"time": at(1)},
        with_data("contact.logged", next_contact_at=at(2)) | {"time": at(1)},
        *(with_data("opportunity.created", opportunity_id=f"opp-{n}") | {"time": at(1)} for n in range(3)),
        with_data("opportunity.won", opportunity_id="opp-0", owner_id="emp-007") | {"time": at(3)},
        with_data("opportunity.lost", opportunity_id="opp-1", amount=None) | {"time": at(4)},
        with_data("contact.logged", next_contact_at=None) | {"time": at(5)},
        full("contract.signed") | {"time": at(5)},
        full("payment.received") | {"time": at(6)},
    ]
    reporting = default_policy().currency.reporting.encode()
    lines = [raw(event | {"id": f"e-{n}"}).replace(b"CNY", reporting) for n, event in enumerate(made)]
    return [*lines, b"{", b"\xff", b'{"type":"x"}']


@pytest.fixture(scope="module")
def written() -> dict[str, list[dict[str, Any]]]:
    records: dict[str, list[dict[str, Any]]] = defaultdict(list)
    replay = Replay(default_policy(), lambda topic, record: records[topic].append(record))
    for _ in replay.feed(Line(record, "events.jsonl", number) for number, record in enumerate(events(), 1)):
        pass
    replay.finish()
    return records


@pytest.mark.parametrize("topic", NAMES)
def test_a_record_follows_its_schema(written: dict[str, list[dict[str, Any]]], topic: str) -> None:
    schema = record_schema(NAMES[topic])
    validator = Draft202012Validator(schema)
    assert written[topic], f"nothing was written to {topic}"
    for record in written[topic]:
        assert [error.message for error in validator.iter_errors(record)] == []
        assert record.keys() <= schema["properties"].keys()


def test_what_is_written_is_an_output_of_the_contract_and_typed(written: dict[str, list[dict[str, Any]]]) -> None:
    assert written.keys() <= {output.topic for output in OUTPUTS if output.record is not None}
