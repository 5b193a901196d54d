import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
import pytest

from streams.core import rates
from streams.core.stage import EVENTS, ORG, partition_of
from streams.events import (
    ContactLogged,
    Data,
    EmployeeUpserted,
    Money,
    OpportunityCreated,
    encode,
    instants,
    make_event,
)
from streams.intake.limit import Limit, TooManyRefused
from streams.intake.sift import BUGS, WHOLE, Sifted, Sifter
from streams.policy import default_policy
from streams.topics import BY_NAME, DEAD_LETTERS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARTITIONS = 8
LIMIT = Limit(0.5, 1_000)


class Record(NamedTuple):
    offset: int
    value: bytes | None
    timestamp: int = int(NOON.timestamp() * 1000)


def event(data: Data, time: datetime = NOON, id: str = "e-1", entered: datetime | None = None) -> bytes:
    return encode(make_event(data, id, "/crm/1", time, enteredtime=entered))


def contact(customer: str = "cus-1") -> ContactLogged:
    return ContactLogged(employee_id="emp-1", customer_id=customer, channel="call", direction="outbound")


def sifted(records: Sequence[Record], topic: str = "crm.contacts", until: datetime | None = None) -> Sifted:
    sifter = Sifter(default_policy(), PARTITIONS, LIMIT, None if until is None else instants.to_us(until))
    return sifter.sift([(topic, 3, records)])


def arrived(found: Sifted, kind: bytes = EVENTS) -> dict[int, list[list[Any]]]:
    """The items of the inbox records of one kind, by inbox partition."""
    items: dict[int, list[list[Any]]] = {}
    for record in found.packed:
        if record.kind == kind:
            items.setdefault(record.partition, []).extend(json.loads(record.value))
    return items


def test_an_event_goes_to_its_subject_s_partition_with_where_it_was_read() -> None:
    raw = event(contact("cus-42"))

    found = sifted([Record(17, raw)])

    assert arrived(found) == {partition_of("cus-42", PARTITIONS): [["crm.contacts", 3, 17, json.loads(raw)]]}
    assert arrived(found, ORG) == {}
    assert found.dead == []
    assert found.newest == {"crm.contacts": instants.to_us(NOON)}


def test_the_bytes_travel_as_they_were_produced() -> None:
    raw = event(contact()).replace(b'"channel"', b' "unknown" : 1.0,\n"channel"')

    assert raw in sifted([Record(0, raw)]).packed[0].value


def test_an_employee_s_event_reaches_every_partition_once_and_the_copies_come_first() -> None:
    raw = event(EmployeeUpserted(employee_id="emp-7", role="sales", team="north"))
    home = partition_of("emp-7", PARTITIONS)

    found = sifted([Record(5, event(contact())), Record(6, raw)], "crm.employees")

    assert {tuple(items[0][:3]) for items in arrived(found, ORG).values()} == {("crm.employees", 3, 6)}
    assert set(arrived(found, ORG)) == set(range(PARTITIONS)) - {home}
    assert ["crm.employees", 3, 6, json.loads(raw)] in arrived(found)[home]
    kinds = [record.kind for record in found.packed]
    assert kinds == sorted(kinds, key=[ORG, EVENTS].index)


@pytest.mark.parametrize(
    ("raw", "reason", "names"),
    [
        (None, "malformed", "empty"),
        (b"", "malformed", "empty"),
        (b"{", "malformed", ""),
        (b"\xff\xfe", "malformed", ""),
        (b"x" * ((1 << 20) + 1), "too_large", "bytes"),
        (event(contact()).replace(b"contact.logged", b"contact.lost"), "unknown_type", "contact.lost"),
        (event(contact()).replace(b'"channel":"call",', b""), "missing_field", "channel"),
        (event(contact()).replace(b'"call"', b"3"), "wrong_type", "channel"),
        (event(contact()).replace(b'"call"', b'"telepathy"'), "invalid_value", "channel"),
        (event(contact(), NOON + timedelta(days=2)), "future", "time: "),
        (event(contact(), entered=NOON + timedelta(days=2)), "future", "enteredtime: "),
    ],
)
def test_what_cannot_be_taken_is_a_dead_letter_and_stops_nothing(raw: bytes | None, reason: str, names: str) -> None:
    found = sifted([Record(8, raw), Record(9, event(contact()))])

    (letter,) = found.dead
    assert (letter["reason"], letter["topic"], letter["partition"], letter["offset"]) == (reason, "crm.contacts", 3, 8)
    assert letter["time"] == "2026-03-02T12:00:00Z"
    assert names in letter["detail"]
    assert [item[2] for items in arrived(found).values() for item in items] == [9]
    assert found.counts == {("dead", reason): 1, ("event", "crm.contacts", "unknown", reason): 1}


def test_an_amount_without_a_rate_is_refused_before_anybody_counts_it() -> None:
    def created(currency: str | None) -> bytes:
        amount = Money(Decimal("12.50"), currency)
        return event(
            OpportunityCreated(opportunity_id="o", customer_id="c", owner_id="e", stage="Prospecting", amount=amount)
        )

    found = sifted([Record(0, created("XTS")), Record(1, created(None))], "crm.opportunities")

    assert [(letter["reason"], letter["offset"]) for letter in found.dead] == [("no_rate", 0)]
    assert [item[2] for items in arrived(found).values() for item in items] == [1]


def test_the_future_begins_behind_the_record_s_own_timestamp_not_the_first_one_s() -> None:
    day = timedelta(days=1)
    at = [NOON, NOON + day, NOON + 5 * day]
    stamps = [int(time.timestamp() * 1000) for time in at]

    found = sifted(
        [Record(i, event(contact(), time + day), stamp) for i, (time, stamp) in enumerate(zip(at, stamps, strict=True))]
    )
    assert found.dead == []

    late = event(contact(), NOON + day + timedelta(microseconds=1))
    found = sifted([Record(0, late, stamps[0]), Record(1, late, stamps[1])])
    assert [letter["offset"] for letter in found.dead] == [0]


@pytest.mark.parametrize("timestamp", [-1, 2**62])
def test_a_record_without_a_sensible_timestamp_bounds_nothing(timestamp: int) -> None:
    found = sifted([Record(0, event(contact(), NOON + timedelta(days=900)), timestamp), Record(1, b"{", timestamp)])

    assert len(arrived(found)) == 1
    assert [(letter["offset"], letter["time"]) for letter in found.dead] == [(1, None)]


def test_what_happened_after_until_is_left_out_and_counted_and_until_itself_is_not() -> None:
    east = timezone(timedelta(hours=8))
    records = [
        Record(0, event(contact(), NOON)),
        Record(1, event(contact(), NOON + timedelta(microseconds=1))),
        Record(2, event(contact(), datetime(2026, 3, 2, 20, 0, tzinfo=east))),
        Record(3, event(contact(), datetime(2026, 3, 2, 20, 0, 1, tzinfo=east))),
    ]

    found = sifted(records, until=NOON)

    assert [item[2] for items in arrived(found).values() for item in items] == [0, 2]
    assert found.counts == {("event", "crm.contacts", "contact.logged", "after_as_of"): 2}
    assert found.newest == {"crm.contacts": instants.to_us(NOON)}
    assert found.dead == []


def test_what_is_no_event_is_refused_whatever_until_is_and_what_is_left_out_needs_no_rate() -> None:
    deal = OpportunityCreated(
        opportunity_id="o", customer_id="c", owner_id="e", stage="Prospecting", amount=Money(Decimal(1), "XTS")
    )

    found = sifted([Record(0, b"{"), Record(1, event(deal))], until=NOON - timedelta(days=400))

    assert [(letter["offset"], letter["reason"]) for letter in found.dead] == [(0, "malformed")]
    assert found.counts["event", "crm.contacts", "opportunity.created", "after_as_of"] == 1


@pytest.mark.parametrize("raw", [b"\xff\x00{}", b"\xed\xa0\x80"])
def test_bytes_that_are_no_text_stand_as_base64_and_say_so(raw: bytes) -> None:
    (letter,) = sifted([Record(0, raw)]).dead

    assert letter["encoding"] == "base64"
    assert base64.b64decode(letter["original"]) == raw


@pytest.mark.parametrize("byte", [b"\x00", b"\xff", b'"', b"x"])
def test_the_longest_dead_letter_fits_its_topic_and_says_what_it_left_out(byte: bytes) -> None:
    (letter,) = sifted([Record(0, byte * (WHOLE + 5))]).dead

    assert letter["reason"] == "too_large"
    assert letter["original_bytes"] == WHOLE + 5
    assert len(orjson.dumps(letter)) < BY_NAME[DEAD_LETTERS].max_message - 1024
    (letter,) = sifted([Record(0, byte * WHOLE)]).dead
    assert "original_bytes" not in letter


def test_the_newest_event_time_of_a_topic_is_over_all_its_partitions() -> None:
    sifter = Sifter(default_policy(), PARTITIONS, LIMIT)
    earlier, later = event(contact(), NOON - timedelta(hours=1)), event(contact(), NOON)

    found = sifter.sift(
        [("crm.contacts", 0, [Record(0, later), Record(1, earlier)]), ("crm.contacts", 1, [Record(0, earlier)])]
    )

    assert found.newest == {"crm.contacts": instants.to_us(NOON)}


def test_our_own_mistake_costs_the_record_and_stops_the_stream_when_it_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("by a bug")

    monkeypatch.setattr(rates, "check", fails)

    found = sifted([Record(4, event(contact()))])

    (letter,) = found.dead
    assert (letter["reason"], letter["offset"]) == ("bug", 4)
    assert "ZeroDivisionError" in letter["detail"]

    assert len(sifted([Record(n, event(contact())) for n in range(BUGS)]).dead) == BUGS
    with pytest.raises(ZeroDivisionError):
        sifted([Record(n, event(contact())) for n in range(BUGS + 1)])


def test_a_topic_s_limit_holds_over_its_partitions_and_batches_and_each_topic_has_its_own() -> None:
    sifter = Sifter(default_policy(), PARTITIONS, Limit(1, 4))
    bad, good = Record(0, b"{"), Record(0, event(contact()))
    for topic in ("crm.contacts", "crm.tasks"):
        sifter.sift([(topic, 0, [bad]), (topic, 1, [bad, bad, good])])
        sifter.sift([(topic, 0, [bad, bad, bad])])

    with pytest.raises(TooManyRefused, match=r"^crm\.tasks: 4 records one after another were refused"):
        sifter.sift([("crm.payments", 0, [bad]), ("crm.tasks", 7, [bad])])


def test_what_is_read_once_more_is_not_counted_twice_against_the_limit() -> None:
    sifter = Sifter(default_policy(), PARTITIONS, Limit(1, 4))
    for _ in range(3):
        sifter.begin()
        sifter.sift([("crm.contacts", 0, [Record(0, b"{")] * 3)])


def test_events_after_the_instant_of_a_run_are_not_refused() -> None:
    sifter = Sifter(default_policy(), PARTITIONS, Limit(0, 1), instants.to_us(NOON - timedelta(days=1)))
    found = sifter.sift([("crm.contacts", 0, [Record(n, event(contact())) for n in range(2_000)])])
    assert found.counts["event", "crm.contacts", "contact.logged", "after_as_of"] == 2_000
