"""Letters as values: chosen, turned back into bytes, judged once more, summed up."""

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from streams.core import rates
from streams.core.records import dead_letter
from streams.core.seen import conflict
from streams.dead_letters import (
    Chosen,
    Found,
    Kept,
    Retried,
    Summary,
    UnreadableLetters,
    from_file,
    judge,
    retry,
    summarise,
)
from streams.events import ContactLogged, Event, Money, PaymentReceived, Reason, Rejected, encode, make_event
from streams.events.instants import to_us
from streams.events.outputs import DeadLetter
from streams.policy import Policy, default_policy, load
from streams.settings import Settings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = to_us(NOON)
POLICY = default_policy()
THEN = Rejected(Reason.malformed, "said then")


def contact(time: datetime = NOON) -> Event:
    data = ContactLogged(employee_id="emp-1", customer_id="cus-1", channel="call", direction="outbound")
    return make_event(data, "e-1", "/crm/1", time)


def letter(raw: bytes, why: Rejected = THEN, topic: str = "crm.tasks") -> DeadLetter:
    """As intake writes it."""
    return msgspec.convert(dead_letter(why, topic, 3, 17, NOW, raw), DeadLetter)


def with_policy(folder: Path, text: str) -> Policy:
    (folder / "policy.yaml").write_text(text + "\npipeline: {stages: [{name: Prospecting}]}\n", encoding="utf-8")
    return load(folder / "policy.yaml", set())


@pytest.mark.parametrize(
    ("chosen", "takes"),
    [
        (Chosen(), True),
        (Chosen(reason=Reason.malformed), True),
        (Chosen(reason=Reason.no_rate), False),
        (Chosen(topic="crm.tasks"), True),
        (Chosen(topic="crm.contacts"), False),
        (Chosen(since=NOW), True),
        (Chosen(since=NOW + 1), False),
        (Chosen(Reason.malformed, "crm.tasks", NOW), True),
        (Chosen(Reason.malformed, "crm.contacts", NOW), False),
    ],
)
def test_letters_are_chosen_by_reason_topic_and_when_they_were_written(chosen: Chosen, takes: bool) -> None:
    assert chosen.takes(letter(b"{"), NOW) is takes


def test_what_is_taken_now_is_sent_with_its_very_bytes() -> None:
    raw = encode(contact()).replace(b'"channel"', b' "x" : 1.0, "channel"')
    assert judge(letter(raw), POLICY, NOW) == (contact(), raw)


@pytest.mark.parametrize("raw", [b"{", b"\xff\x00", b"", b"[" * 10_000])
def test_what_would_be_refused_again_says_why_it_would_be_now(raw: bytes) -> None:
    judged = judge(letter(raw), POLICY, NOW)
    assert isinstance(judged, Rejected)
    assert judged.reason is Reason.malformed
    assert judged.detail != "said then"


def test_bytes_that_were_mended_into_no_base64_are_said() -> None:
    spoilt = msgspec.structs.replace(letter(b"\xff\x00"), original="=?=")
    assert judge(spoilt, POLICY, NOW) == Rejected(Reason.malformed, "original: is no base64, as encoding says it were")


def test_base64_may_hold_a_mended_event() -> None:
    mended = msgspec.structs.replace(letter(b"\xff"), original=base64.b64encode(encode(contact())).decode())
    assert judge(mended, POLICY, NOW) == (contact(), encode(contact()))


def test_the_future_that_has_come_is_taken() -> None:
    early = letter(encode(contact(NOON + timedelta(days=3))), Rejected(Reason.future, ""))
    assert isinstance(judge(early, POLICY, NOW), Rejected)
    assert isinstance(judge(early, POLICY, NOW + 2 * 86_400_000_000), tuple)


def test_a_rate_that_the_policy_got_since_is_enough(tmp_path: Path) -> None:
    money = Money("5", "XTS")  # type: ignore[arg-type]
    data = PaymentReceived(payment_id="p", customer_id="c", employee_id="e", amount=money)
    unpriced = letter(encode(make_event(data, "e-2", "/crm/1", NOON)), Rejected(Reason.no_rate, ""))

    judged = judge(unpriced, POLICY, NOW)

    assert isinstance(judged, Rejected)
    assert judged.reason is Reason.no_rate
    assert isinstance(judge(unpriced, with_policy(tmp_path, "currency: {rates: {XTS: 2}}"), NOW), tuple)


def test_what_is_too_old_stays_so_as_long_as_the_policy_says(tmp_path: Path) -> None:
    old = letter(encode(contact(NOON - timedelta(days=30))), Rejected(Reason.too_old, ""))
    judged = judge(old, with_policy(tmp_path, "dedup_keep: 10d"), NOW)
    assert isinstance(judged, Rejected)
    assert judged.reason is Reason.too_old
    assert isinstance(judge(old, POLICY, NOW), tuple)


def test_a_conflict_would_be_one_again_until_it_has_an_id_of_its_own() -> None:
    clash = letter(encode(contact()), conflict(contact()))
    judged = judge(clash, POLICY, NOW)
    assert isinstance(judged, Rejected)
    assert judged.reason is Reason.conflict
    assert "give this one an id of its own" in judged.detail

    mended = msgspec.structs.replace(clash, original=clash.original.replace('"e-1"', '"e-1b"'))
    assert isinstance(judge(mended, POLICY, NOW), tuple)


def test_a_mistake_of_our_own_that_is_still_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("by a bug")

    monkeypatch.setattr(rates, "check", fails)
    judged = judge(letter(encode(contact()), Rejected(Reason.bug, "")), POLICY, NOW)
    assert judged == Rejected(Reason.bug, "ZeroDivisionError while reading the event: by a bug")


def test_a_file_is_read_line_by_line_and_what_is_no_letter_is_named_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "letters.jsonl"
    good = msgspec.json.encode(letter(encode(contact())))
    file.write_bytes(b"\n".join([good, b"", b"nonsense", b'{"reason":"odd"}', good + b"\r", b" ", good]))
    told: list[tuple[str, Rejected]] = []

    done = asyncio.run(
        retry(Settings.from_env({}), POLICY, from_file(str(file)), NOW, lambda *one: told.append(one), dry=True)
    )

    assert done == Retried(3, Counter({Reason.malformed: 2}))
    assert [place for place, _ in told] == [f"{file}:3", f"{file}:4"]
    assert all(why.detail.startswith("this is no dead letter: ") for _, why in told)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    async def read(file: str) -> list[Found]:
        return [found async for found in from_file(file)]

    with pytest.raises(UnreadableLetters, match="cannot be read: "):
        asyncio.run(read(str(tmp_path)))
    endless = tmp_path / "endless"
    endless.write_bytes(b"\n" + b"x" * (17 << 20))
    with pytest.raises(UnreadableLetters, match="line 2 is longer than any dead letter"):
        asyncio.run(read(str(endless)))


def test_a_summary_counts_by_topic_and_reason_and_shows_the_newest_of_each() -> None:
    async def letters() -> AsyncIterator[Kept]:
        for topic, reason, detail, written in (
            ("crm.tasks", Reason.malformed, "a", 5),
            ("crm.contacts", Reason.future, "b", 7),
            ("crm.tasks", Reason.malformed, "c", 9),
            ("crm.tasks", Reason.malformed, "d", 8),
            ("crm.tasks", Reason.bug, "e", 1),
        ):
            yield Kept(letter(b"", Rejected(reason, detail), topic), b"", written)

    assert asyncio.run(summarise(letters())) == [
        Summary("crm.contacts", Reason.future, 1, 7, 7, "b"),
        Summary("crm.tasks", Reason.bug, 1, 1, 1, "e"),
        Summary("crm.tasks", Reason.malformed, 3, 5, 9, "c"),
    ]
