"""Whatever stands in a topic: a worker goes on, good events count, each bad one is kept and, mended, sent again."""

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.events import MAX_BYTES, ContactLogged, EmployeeUpserted, encode, make_event
from streams.intake import committed
from streams.topics import DEAD_LETTERS
from tests.acceptance.installation import RECORD, Installation
from tests.acceptance.test_bad_lines import Said, run

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNTIL = "2026-04-01T00:00:00Z"
GOOD = 400
POLICY = "currency: {reporting: EUR, rates: {%s}}\npipeline: {stages: [{name: Prospecting}]}\n"

Key = bytes | None


def contact(id: str, time: datetime = NOON) -> bytes:
    data = ContactLogged(
        employee_id="emp-1", customer_id="cus-1", channel="call", direction="outbound", content="CONTENT"
    )
    return encode(make_event(data, id, "/crm/1", time))


def with_content(id: str, content: bytes) -> bytes:
    """A contact whose content, and whatever follows it, is written exactly so."""
    return contact(id).replace(b'"CONTENT"', content)


def payment(id: str, amount: bytes) -> bytes:
    """A payment whose amount is written exactly so."""
    return (
        b'{"specversion":"1.0","id":"%b","source":"/crm/1","type":"payment.received","time":"2026-03-02T12:00:00Z",'
        b'"data":{"payment_id":"%b","customer_id":"cus-1","employee_id":"emp-1","amount":%b}}'
        % (id.encode(), id.encode(), amount)
    )


POISON: dict[str, tuple[bytes | None, str]] = {
    "tombstone": (None, "malformed"),
    "nothing": (b"", "malformed"),
    "oversized": (with_content("b-1", b'"' + b"x" * MAX_BYTES + b'"'), "too_large"),
    "not UTF-8": (with_content("b-2", b'"\xff\xfe"'), "malformed"),
    "UTF-16": (contact("b-3").decode().encode("utf-16"), "malformed"),
    "ten thousand levels": (with_content("b-4", b'"","x":' + b"[" * 10_000 + b"]" * 10_000), "malformed"),
    "brackets and no end": (b"[" * MAX_BYTES, "malformed"),
    "quotes and no end": (b'"' + b'\\"' * (MAX_BYTES // 2 - 200) + b"[" * 200, "malformed"),
    "ten thousand digits": (payment("b-5", b'{"amount":%b}' % (b"9" * 10_000)), "invalid_value"),
    "1e999999": (payment("b-6", b'{"amount":1e999999}'), "invalid_value"),
    "NaN": (payment("b-7", b'{"amount":NaN}'), "malformed"),
    "Infinity": (payment("b-8", b'{"amount":-Infinity}'), "malformed"),
    "NaN as text": (payment("b-9", b'{"amount":"NaN"}'), "invalid_value"),
    "two types": (contact("b-10").replace(b"{", b'{"type":"task.cancelled",', 1), "malformed"),
    "null bytes": (bytes(1_000), "malformed"),
    "null byte in a text": (with_content("b-11", b'"a\x00b"'), "malformed"),
    "a clock far ahead": (contact("b-12", datetime.now(UTC) + timedelta(days=400)), "future"),
    "year 9999": (contact("b-13", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)), "future"),
    "year 0": (contact("b-14").replace(b"2026-03-02T", b"0000-03-02T"), "invalid_value"),
    "Avro": (b"\x00\x00\x00\x00\x07\x0eemp-001\x02\x80\xde\xc2\x9b", "malformed"),
    "byte order mark": (b"\xef\xbb\xbf" + contact("b-15"), "malformed"),
    "list": (b"[%b]" % contact("b-16"), "malformed"),
    "text": (b'"contact.logged"', "malformed"),
    "number": (b"17", "malformed"),
    "half a surrogate pair": (with_content("b-17", b'"\\ud800"'), "malformed"),
    "the same in bytes": (with_content("b-18", b'"\xed\xa0\x80"'), "malformed"),
    "currency without a rate": (payment("b-19", b'{"amount":"5","currency":"XTS"}'), "no_rate"),
}
ODD: dict[str, tuple[bytes, Key]] = {
    "a field twice": (with_content("o-1", b'"first","content":"last"'), b"cus-1"),
    "digits that nobody reads": (with_content("o-2", b'"","x":' + b"9" * 10_000), b"cus-1"),
    "a null character": (with_content("o-3", b'"a\\u0000b"'), b"cus-1"),
    "no key": (contact("o-4"), None),
    "a huge key": (contact("o-5"), b"k" * 500_000),
    "a key that is no text": (contact("o-6"), b"\xff\x00"),
}
"""They are events all the same."""


@contextmanager
def installed(kafka: str, app: str, home: Path, **variables: object) -> Iterator[Installation]:
    (home / "policy.yaml").write_text(POLICY % "", encoding="utf-8")
    with Installation(kafka, app, home, CRMPULSE_POLICY=home / "policy.yaml", **variables) as place:
        yield place


async def produce(place: Installation, topic: str, records: list[tuple[bytes | None, Key]]) -> None:
    producer = AIOKafkaProducer(**place.settings.client_options(), acks="all", max_request_size=RECORD)
    await producer.start()
    try:
        headers = [("content-type", b"\xff"), ("", b""), ("x" * 1_000, None)]
        full = place.topics.full(topic)
        await asyncio.gather(*[await producer.send(full, value, key, headers=headers) for value, key in records])
    finally:
        await producer.stop()


def said(place: Installation, *arguments: object) -> Said:
    found = run("dead-letters", *arguments, environ=place.environ)
    assert "Traceback" not in found.err, found.err
    return found


def original(letter: dict[str, Any]) -> bytes:
    text: str = letter["original"]
    return base64.b64decode(text) if letter["encoding"] == "base64" else text.encode()


def contacts(place: Installation) -> float:
    """How many contacts the employee has in March."""
    record = asyncio.run(place.newest("kpis.employees"))["emp-1/2026-03"]
    value: float = next(kpi["value"] for kpi in record["kpis"] if kpi["kpi"] == "contacts")
    return value


def test_poison_among_good_events_is_kept_and_named_and_counts_once_it_is_mended(
    kafka: str, app_id: str, tmp_path: Path
) -> None:
    staff = encode(make_event(EmployeeUpserted(employee_id="emp-1", role="sales", team="north"), "s", "/crm/1", NOON))
    records: list[tuple[bytes | None, Key]] = [(contact(f"g-{number}"), b"cus-1") for number in range(GOOD)]
    for place_, (value, _) in enumerate(POISON.values(), 1):
        records.insert(place_ * 12, (value, b"cus-1"))
    records += ODD.values()
    with installed(kafka, app_id, tmp_path) as place:
        asyncio.run(produce(place, "crm.employees", [(staff, b"emp-1")]))
        asyncio.run(produce(place, "crm.contacts", records))
        place.backfill(UNTIL, 1)

        assert contacts(place) == GOOD + len(ODD)
        listed = said(place, "list", "--json")
        letters = [json.loads(line) for line in listed.out.splitlines()]
        assert sorted((one["reason"], original(one)) for one in letters) == sorted(
            (reason, value or b"") for value, reason in POISON.values()
        )
        assert {one["topic"] for one in letters} == {"crm.contacts"}
        assert all(one["detail"].strip() for one in letters)

        summary = said(place, "list", "--summary").out
        assert [line.split()[:3] for line in summary.splitlines()] == [
            ["crm.contacts", reason, str(sum(one == reason for _, one in POISON.values()))]
            for reason in sorted({reason for _, reason in POISON.values()})
        ]

        # As they stand in the topic: the policy got the rate.
        (tmp_path / "policy.yaml").write_text(POLICY % "XTS: 2", encoding="utf-8")
        assert said(place, "retry", "--reason", "no_rate") == Said(0, "1 sent, none left\n", "")

        # Mended: one had a byte order mark, one was a list; the third is as bad as it was.
        chosen = [one for one in letters if b'"b-15"' in original(one) or b'"b-16"' in original(one)]
        mended = [one | {"original": one["original"].strip("\ufeff[]")} for one in chosen]
        bad = next(one for one in letters if b'"b-10"' in original(one))
        file = tmp_path / "mended.jsonl"
        file.write_text("".join(json.dumps(one) + "\n" for one in [*mended, bad]), encoding="utf-8")
        answer = said(place, "retry", file)
        assert (answer.code, answer.out) == (1, "2 sent, 1 not, as they would be refused again (malformed 1)\n")
        assert answer.err == f"{file}:3  malformed  type: stands there twice, with different values\n"

        place.backfill(UNTIL, 1)
        assert contacts(place) == GOOD + len(ODD) + 2
        (received,) = asyncio.run(place.records("crm.payments"))
        assert (received.key, received.value) == (b"cus-1", POISON["currency without a rate"][0])


def test_a_topic_in_another_format_stops_the_worker_before_it_is_drained(
    kafka: str, app_id: str, tmp_path: Path
) -> None:
    foreign = POISON["Avro"][0]

    async def taken(place: Installation) -> int:
        """How many records of the topic the intake group is through with."""
        admin = AIOKafkaAdminClient(**place.settings.client_options())
        await admin.start()
        try:
            partitions = [TopicPartition(place.topics.full("crm.tasks"), number) for number in range(4)]
            done = await committed(admin, place.settings.intake_group, partitions)
            return sum(progress.offset for progress in done.values())
        finally:
            await admin.close()

    with installed(kafka, app_id, tmp_path) as place:
        asyncio.run(produce(place, "crm.contacts", [(contact(f"g-{n}"), b"cus-1") for n in range(GOOD)]))
        asyncio.run(produce(place, "crm.tasks", [(foreign, b"%d" % number) for number in range(3_000)]))
        for _ in range(2):
            worker = place.start()
            assert worker.wait(180) == 1
            assert "Traceback" not in place.said(worker)
            sentence = place.said(worker).splitlines()[-1]
            assert "crm.tasks: 1,000 records one after another were refused, mostly as malformed" in sentence
            assert "the record is not UTF-8" in sentence
            assert "CRMPULSE_DEAD_LETTER_RUN" in sentence
            letters = asyncio.run(place.records(DEAD_LETTERS))
            assert len(letters) == asyncio.run(taken(place)) < 2_000

        place.environ |= {"CRMPULSE_DEAD_LETTER_RUN": "100000", "CRMPULSE_DEAD_LETTER_SHARE": "1"}
        place.backfill(UNTIL, 1)
        assert len(asyncio.run(place.records(DEAD_LETTERS))) == asyncio.run(taken(place)) == 3_000
