"""Decoding at its edges: numbers exactly as written, times, sizes, the envelope, and what is no event at all."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from streams.events import (
    MAX_BYTES,
    MAX_DEPTH,
    AssessmentSubmitted,
    ContactLogged,
    CustomerUpserted,
    Event,
    InvoiceIssued,
    OpportunityUpdated,
    OpportunityWon,
    PaymentReceived,
    Reason,
    Rejected,
    TargetSet,
    decode,
    instants,
)
from tests.unit.events.examples import INVALID, VALID, full, raw, with_data, without

SECOND = 1_000_000
LONE_REASONS = {
    Reason.malformed,
    Reason.unknown_type,
    Reason.missing_field,
    Reason.wrong_type,
    Reason.invalid_value,
}


def taken(event: dict[str, Any]) -> Event:
    result = decode(raw(event))
    assert isinstance(result, Event), result
    return result


def refused(event: dict[str, Any]) -> Rejected:
    result = decode(raw(event))
    assert isinstance(result, Rejected), result
    return result


def won_with(amount: str) -> bytes:
    """A won opportunity whose amount is written exactly so."""
    return raw(with_data("opportunity.won", amount={"amount": "AMOUNT"})).replace(b'"AMOUNT"', amount.encode())


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_example_is_taken(path: Path) -> None:
    event = decode(path.read_bytes())
    assert isinstance(event, Event), event
    assert event.type == path.stem.split("--")[0]


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_example_is_refused_for_the_reason_in_its_name(path: Path) -> None:
    result = decode(path.read_bytes())
    assert isinstance(result, Rejected)
    assert result.reason == path.stem.split("--")[0]
    assert result.detail


def test_the_invalid_examples_show_every_reason_of_a_record_alone() -> None:
    assert {path.stem.split("--")[0] for path in INVALID} == LONE_REASONS


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ('"1234.50"', "1234.50"),
        ("1234.50", "1234.50"),
        ("0.1000000000000000001e1", "1.000000000000000001"),
        ("0.123456789012345678", "0.123456789012345678"),
        ('"-999999999999999999.999999999999999999"', "-999999999999999999.999999999999999999"),
        ("999999999999999999", "999999999999999999"),
        ("123456789012345678.9", "123456789012345678.9"),
        ("1.5e3", "1500"),
        ('"1E+17"', "100000000000000000"),
        ("1e-18", "1E-18"),
        ("-0", "0"),
        ("0e9999", "0"),
        ('"007"', "7"),
    ],
)
def test_an_amount_is_read_exactly_as_written(written: str, amount: str) -> None:
    event = decode(won_with(written))
    assert isinstance(event, Event)
    assert isinstance(event.data, OpportunityWon)
    assert event.data.amount is not None
    value = event.data.amount.amount
    assert type(value) is Decimal
    assert value == Decimal(amount)
    assert value.as_tuple().exponent <= 0  # type: ignore[operator]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('"abc"', "expected a decimal"),
        ('""', "expected a decimal"),
        ('" 1"', "expected a decimal"),
        ('"1\\n"', "expected a decimal"),
        ('"1_000"', "expected a decimal"),
        ('"1,000.00"', "expected a decimal"),
        ('"+1"', "expected a decimal"),
        ('".5"', "expected a decimal"),
        ('"5."', "expected a decimal"),
        ('"\uff11\uff12"', "expected a decimal"),
        ('"NaN"', "expected a decimal"),
        ('"-Infinity"', "expected a decimal"),
        ('"1e99999"', "expected a decimal"),
        ("1e18", "expected a number below 10^18"),
        ("-1000000000000000000", "expected a number below 10^18"),
        ("1e9999", "expected a number below 10^18"),
        ("9" * 4000, "expected a number below 10^18"),
        ("0.0000000000000000001", "expected at most 18 decimals"),
        ("1e-19", "expected at most 18 decimals"),
        ('"0.' + "0" * 100_000 + '"', "expected at most 18 decimals"),
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_amount_is_refused(written: str, problem: str) -> None:
    result = decode(won_with(written))
    assert isinstance(result, Rejected)
    assert result.reason is Reason.invalid_value
    assert result.detail.startswith(f"data.amount.amount: {problem}, got ")
    assert len(result.detail) < 200


@pytest.mark.parametrize(
    ("type_", "field", "value", "fits"),
    [
        ("assessment.submitted", "score", 0, True),
        ("assessment.submitted", "score", 100, True),
        ("assessment.submitted", "score", "99.999999999", True),
        ("assessment.submitted", "score", 100.000000001, False),
        ("assessment.submitted", "score", -1e-9, False),
        ("key_result.updated", "progress", 0, True),
        ("key_result.updated", "progress", 1, True),
        ("key_result.updated", "progress", "1.000000001", False),
        ("key_result.updated", "progress", -0.1, False),
        ("measure.recorded", "value", -12.5, True),
        ("measure.recorded", "value", "0.000000000000000001", True),
        ("measure.recorded", "value", "0.0000000000000000001", False),
        ("contact.logged", "duration_s", 0, True),
        ("contact.logged", "duration_s", 12.5, True),
        ("contact.logged", "duration_s", -0.5, False),
    ],
)
def test_a_number_within_its_bounds_is_taken(type_: str, field: str, value: object, fits: bool) -> None:
    event = with_data(type_, **{field: value})
    if fits:
        taken(event)
    else:
        answer = refused(event)
        assert answer.reason is Reason.invalid_value
        assert answer.detail.startswith(f"data.{field}: expected ")


@pytest.mark.parametrize("period", ["2026", "2026-Q1", "2026-Q4", "2026-01", "2026-12", "0001", "9999"])
def test_a_target_is_for_a_year_quarter_or_month(period: str) -> None:
    data = taken(with_data("target.set", period=period)).data
    assert isinstance(data, TargetSet)
    assert data.period == period


@pytest.mark.parametrize(
    "period",
    ["", "26", "0000", "2026-Q0", "2026-Q5", "2026-q1", "2026-0", "2026-00", "2026-13", "2026-1", "2026-W01",
     "2026-03-01", "90d", "2026\n", " 2026", "\uff12\uff10\uff12\uff16"],
)  # fmt: skip
def test_a_target_for_another_period_is_refused(period: str) -> None:
    assert refused(with_data("target.set", period=period)).reason is Reason.invalid_value


UTC_0930 = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T09:30:00Z", UTC_0930),
        ("2026-03-02t09:30:00z", UTC_0930),
        ("2026-03-02 09:30:00Z", UTC_0930),
        ("2026-03-02T09:30:00-00:00", UTC_0930),
        ("2026-03-02T17:30:00+08:00", UTC_0930),
        ("2026-03-03T09:29:00+23:59", UTC_0930),
        ("2026-03-01T09:31:00-23:59", UTC_0930),
        ("2026-03-02T09:30:00.5Z", UTC_0930 + timedelta(milliseconds=500)),
        ("2026-03-02T09:30:00.000001Z", UTC_0930 + timedelta(microseconds=1)),
        ("2026-03-02T09:30:00.000000499Z", UTC_0930),
        ("2026-03-02T09:29:59.999999999Z", UTC_0930),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T23:59:00+23:59", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("9999-12-31T00:00:59-23:59", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_of_rfc_3339_is_taken(text: str, moment: datetime) -> None:
    assert taken(full("contact.logged") | {"time": text}).time == moment
    planned = taken(with_data("contact.logged", next_contact_at=text)).data
    assert isinstance(planned, ContactLogged)
    assert planned.next_contact_at == moment
    due = taken(with_data("invoice.issued", due_at=text)).data
    assert isinstance(due, InvoiceIssued)
    assert due.due_at == moment


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-03-02T09:30:00", "2026-03-02T09:30Z", "2026-03-02T24:00:00Z", "2026-03-02T09:60:00Z",
     "2016-12-31T23:59:60Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z",
     "10000-01-01T00:00:00Z", "2026-03-02T09:30:00+24:00", "2026-03-02T09:30:00+08", "2026-W10-1T09:30:00Z",
     "2026-03-02T09:30:00Z\n", " 2026-03-02T09:30:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
     "9999-12-31T23:59:59.9999999Z", "\uff12\uff10\uff12\uff16-03-02T09:30:00Z"],
)  # fmt: skip
def test_another_time_is_refused(text: str) -> None:
    for event, field in [
        (full("contact.logged") | {"time": text}, "time"),
        (with_data("contact.logged", next_contact_at=text), "data.next_contact_at"),
        (with_data("contact.planned", next_contact_at=text), "data.next_contact_at"),
        (with_data("invoice.issued", due_at=text), "data.due_at"),
        (with_data("alert.acknowledged", until=text), "data.until"),
        (with_data("alert.silenced", until=text), "data.until"),
    ]:
        answer = refused(event)
        assert answer.reason is Reason.invalid_value
        assert answer.detail.startswith(f"{field}: ")


def test_a_moment_may_be_a_plain_date_and_then_stays_one() -> None:
    invoice = taken(with_data("invoice.issued", due_at="2026-03-09")).data
    assert isinstance(invoice, InvoiceIssued)
    assert type(invoice.due_at) is date
    assert invoice.due_at == date(2026, 3, 9)
    assert refused(with_data("invoice.issued", due_at="2026-02-30")).reason is Reason.invalid_value
    assert refused(with_data("contact.logged", next_contact_at="2026-03-09")).reason is Reason.invalid_value


def test_what_an_upsert_names_differs_from_what_it_leaves_out() -> None:
    named = taken(with_data("customer.upserted", owner_id=None)).data
    assert isinstance(named, CustomerUpserted)
    assert named.owner_id is None
    silent = taken(without("customer.upserted", "owner_id")).data
    assert isinstance(silent, CustomerUpserted)
    assert silent.owner_id is UNSET


def test_an_update_of_an_opportunity_may_name_nothing() -> None:
    data = taken(without("opportunity.updated", "amount", "expected_close_at", "owner_id", "next_step")).data
    assert isinstance(data, OpportunityUpdated)
    assert data.amount is UNSET


def test_the_envelope_may_carry_what_cloudevents_allows_and_more() -> None:
    event = full("contact.logged") | {
        "datacontenttype": "application/json",
        "dataschema": "urn:example",
        "traceparent": "00-4bf9-01",
        "retries": 3,
    }
    assert decode(raw(event)) == decode(raw(full("contact.logged")))


def test_fields_that_are_not_listed_are_kept_out() -> None:
    assert decode(raw(with_data("contact.logged", mood={"of": ["the", "day"]}))) == decode(raw(full("contact.logged")))


def test_the_subject_may_be_left_out_or_null() -> None:
    event = full("contact.logged")
    del event["subject"]
    assert taken(event).subject is None
    assert taken(event | {"subject": None}).subject is None


def test_an_unknown_type_is_said_before_missing_data() -> None:
    assert decode(b'{"type":"deal.won"}') == Rejected(
        Reason.unknown_type, 'type: no such type of event, got "deal.won"'
    )


def test_a_record_that_breaks_off_is_malformed_whatever_its_type() -> None:
    result = decode(b'{"type":"deal.won","id":"x"')
    assert isinstance(result, Rejected)
    assert result.reason is Reason.malformed


@pytest.mark.parametrize("nothing", [None, b""])
def test_an_empty_record_is_malformed(nothing: bytes | None) -> None:
    assert decode(nothing) == Rejected(Reason.malformed, "the record is empty")


def test_a_record_may_have_a_mebibyte_and_no_byte_more() -> None:
    event = without("contact.logged", "content")
    space = MAX_BYTES - len(raw(event | {"note": ""}))
    assert MAX_BYTES == 1_048_576
    assert isinstance(decode(raw(event | {"note": "x" * space})), Event)
    result = decode(raw(event | {"note": "x" * (space + 1)}))
    assert result == Rejected(Reason.too_large, "the record has 1048577 bytes, more than the 1048576 allowed")


def test_what_is_not_utf8_is_malformed_even_in_a_field_that_nobody_reads() -> None:
    broken = raw(full("contact.logged") | {"note": "?"}).replace(b"?", b"\xff")
    result = decode(broken)
    assert isinstance(result, Rejected)
    assert result.reason is Reason.malformed
    assert "UTF-8" in result.detail


@pytest.mark.parametrize(("escape", "fits"), [("\\ud83d\\ude00", True), ("\\ud83d", False), ("\\ude00", False)])
def test_half_a_surrogate_pair_is_no_character(escape: str, fits: bool) -> None:
    text = raw(with_data("contact.logged", content="?")).replace(b'"?"', f'"{escape}"'.encode())
    result = decode(text)
    if fits:
        assert isinstance(result, Event)
    else:
        assert isinstance(result, Rejected)
        assert result.reason is Reason.malformed


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    """An event that is so many levels deep, itself being the first."""
    note = opening * (depth - 1) + "1" + closing * (depth - 1)
    return raw(full("contact.logged") | {"note": 0}).replace(b'"note": 0', f'"note": {note}'.encode())


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('{"]}":', "}")])
def test_an_event_may_be_a_hundred_levels_deep(opening: str, closing: str) -> None:
    assert isinstance(decode(nested(MAX_DEPTH, opening, closing)), Event)
    deeper = Rejected(Reason.malformed, "the record is nested too deeply, more than 100 levels")
    for depth in (MAX_DEPTH + 1, 1_000, 100_000):
        assert decode(nested(depth, opening, closing)) == deeper


def test_brackets_in_texts_and_beside_each_other_are_not_deep() -> None:
    lines = [{"product": '[{"\\' * 50} for _ in range(200)]
    assert isinstance(decode(raw(with_data("contract.signed", lines=lines))), Event)
    assert isinstance(decode(raw(with_data("contact.logged", content="\\" + '"[' * 500))), Event)


class TestFuture:
    at = instants.parse_iso("2026-03-02T09:30:00Z")

    def decode(self, received: int | None, max_future: int | None) -> Event | Rejected:
        return decode(raw(full("contact.logged")), received, max_future)

    def test_the_bound_itself_is_taken(self) -> None:
        assert isinstance(self.decode(self.at - SECOND, SECOND), Event)

    def test_a_microsecond_more_is_refused(self) -> None:
        result = self.decode(self.at - SECOND - 1, SECOND)
        assert isinstance(result, Rejected)
        assert result.reason is Reason.future
        assert result.detail == "time: 2026-03-02T09:30:00+00:00 lies more than 1 s ahead of the record"

    def test_without_a_bound_or_an_arrival_nothing_is_too_far_ahead(self) -> None:
        assert isinstance(self.decode(0, None), Event)
        assert isinstance(self.decode(None, 0), Event)

    def test_an_offset_is_counted_in(self) -> None:
        event = raw(full("contact.logged") | {"time": "2026-03-02T17:30:00+08:00"})
        assert isinstance(decode(event, self.at, 0), Event)
        assert isinstance(decode(event, self.at - 1, 0), Rejected)


def test_a_number_of_more_digits_than_python_reads_is_refused() -> None:
    for written in ("9" * 5_000, "-" + "9" * 5_000):
        result = decode(won_with(written))
        assert result == Rejected(Reason.invalid_value, "data.amount.amount: integer value out of range")
    assert decode(b"9" * 5_000) == Rejected(Reason.malformed, "the record is JSON, but not an object")


def test_a_number_that_is_out_of_range_elsewhere_does_not_hide_the_fault() -> None:
    result = decode(raw(full("contact.logged") | {"id": 1, "note": "?"}).replace(b'"?"', b"1e9999"))
    assert result == Rejected(Reason.wrong_type, "id: expected a text, got 1")
    result = decode(raw(full("contact.logged") | {"id": 1, "note": "?"}).replace(b'"?"', b"9" * 5_000))
    assert result == Rejected(Reason.wrong_type, "id: expected a text")


def test_the_sentence_shows_a_number_as_it_was_written() -> None:
    for written in ("1.50e30", "123456789012345678901234567890"):
        result = decode(won_with(written))
        assert isinstance(result, Rejected)
        assert result.detail == f"data.amount.amount: expected a number below 10^18, got {written}"


def test_scores_are_exact_numbers() -> None:
    data = taken(with_data("assessment.submitted", score=82.1)).data
    assert isinstance(data, AssessmentSubmitted)
    assert data.score == Decimal("82.1")


def test_an_amount_below_zero_is_an_amount() -> None:
    data = taken(with_data("payment.received", amount={"amount": "-12.50", "currency": "CNY"})).data
    assert isinstance(data, PaymentReceived)
    assert data.amount.amount == Decimal("-12.50")


def test_an_offset_is_kept() -> None:
    event = taken(full("contact.logged") | {"time": "2026-03-02T17:30:00+08:00"})
    assert event.time.tzinfo == timezone(timedelta(hours=8))
