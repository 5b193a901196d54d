"""What a target is told of a recipient's digests: cut down, put together, and as a person reads it."""

import json
from typing import Any

import msgspec
import pytest

from streams.events.outputs import DigestRecord
from streams.notify.digests import Deleted, Digest, chosen, merged, read_digest
from streams.notify.messages import LISTED, Message, Tone, of_digest
from streams.notify.selection import Selection, read_condition

NINE = 1_772_442_000_000_000  # us, 2026-03-02T09:00:00Z
AT = "2026-03-02T09:00:00Z"


def standing(news: str | None = "new", severity: str = "warning", rule: str = "opp.stalled", /, **of: int) -> Any:
    """A group of alerts; `of` are ids with how often each fired, 0: it does not flap."""
    alerts = [
        {
            "id": id, "status": "firing", "news": news, "level": 0, "since": AT, "notify_at": AT,
            "flapping": times or None, "summary": f"{id} stands.",
        }
        for id, times in of.items()
    ]  # fmt: skip
    return {"severity": severity, "rule": rule, "alerts": alerts}


def over(id: str, severity: str = "warning", reason: str = "resolved", flapping: int | None = None) -> Any:
    return {
        "id": id, "severity": severity, "rule": "opp.stalled", "reason": reason, "since": AT, "flapping": flapping,
        "summary": f"{id} stood.",
    }  # fmt: skip


def record(*groups: Any, over: tuple[Any, ...] = (), at: str = AT, since: str | None = None, more: int = 0) -> Any:
    alerts = [alert for group in groups for alert in group["alerts"]]
    counts = {"standing": len(alerts) + more, "over": len(over)}
    counts |= {word: sum(alert["news"] == word for alert in alerts) for word in ("new", "again")}
    for group in groups:
        counts[group["severity"]] = counts.get(group["severity"], 0) + len(group["alerts"])
    return {
        "recipient": "ann", "notify_at": at, "since": since, "counts": counts, "standing": groups, "over": over,
        "policy_version": "p",
    }  # fmt: skip


def digest(*groups: Any, **fields: Any) -> Digest:
    found = read_digest(b"ann", msgspec.json.encode(record(*groups, **fields)), 0)
    assert isinstance(found, Digest)
    return found


def told(one: Digest | None) -> list[str]:
    """What it says, as `new a`, `- b`, `over c`."""
    assert one is not None
    alerts = [f"{alert.news or '-'} {alert.id}" for group in one.record.standing for alert in group.alerts]
    return [*alerts, *(f"over {gone.id}" for gone in one.record.over)]


def choose(*conditions: str) -> Selection:
    return Selection(tuple(map(read_condition, conditions)))


def test_a_record_is_read_with_its_time_and_what_is_none_is_not() -> None:
    found = digest(standing(a=0))
    assert (found.recipient, found.notify_at) == ("ann", NINE)
    for value in (b"", b"{}", b"\xff", b'{"recipient":"ann"}'):
        assert read_digest(b"ann", value, 0) is None
    assert read_digest(b"ann", None, 0) == Deleted("ann")


def test_where_nothing_is_news_nothing_is_told() -> None:
    assert chosen(digest(standing(None, a=0)), Selection()) is None
    for news in (digest(standing("again", a=0)), digest(standing(None, a=0), over=(over("b"),))):
        assert chosen(news, Selection()) == news


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (["severity=critical"], ["new b"]),
        (["severity=warning"], ["- a", "over c"]),
        (["rule=opp.*", "recipient=ann"], ["- a", "new b", "over c"]),
        (["rule=contact.*"], None),
        (["recipient=bob"], None),
    ],
)
def test_only_what_is_chosen_is_told_and_counted(conditions: list[str], expected: list[str] | None) -> None:
    whole = digest(standing("new", "critical", b=0), standing(None, a=0), over=(over("c"),))
    cut = chosen(whole, choose(*conditions))
    if expected is None:
        assert cut is None
        return
    assert cut is not None
    assert sorted(told(cut)) == sorted(expected)
    counts = cut.record.counts
    assert counts["new"] == sum(text.startswith("new") for text in expected)
    assert counts["standing"] == sum(not text.startswith("over") for text in expected)
    assert counts["over"] == sum(text.startswith("over") for text in expected)


def test_of_two_that_wait_the_newer_says_what_stands_and_both_what_is_news() -> None:
    older = digest(
        standing("new", a=0, b=0, c=0), standing("again", d=0),
        over=(over("e"), over("f")), since="2026-03-01T09:00:00Z",
    )  # fmt: skip
    newer = digest(
        standing(None, a=0), standing("again", b=0), standing("new", f=0), standing(None, d=0),
        over=(over("c"), over("g")), at="2026-03-03T09:00:00Z", since=AT,
    )  # fmt: skip
    both = merged(older, newer)
    # c came and went unheard of; f is back
    assert told(both) == ["new a", "new b", "new f", "again d", "over e", "over g"]
    assert (both.record.since, both.record.notify_at) == (older.record.since, newer.record.notify_at)
    assert both.notify_at == newer.notify_at
    assert both.record.counts == {"standing": 4, "new": 3, "again": 1, "over": 2, "warning": 4}


def test_what_is_counted_and_not_listed_stays_counted() -> None:
    newer = digest(standing("again", a=0), more=700)
    both = merged(digest(standing("new", a=0)), newer)
    assert both.record.counts == {"standing": 701, "new": 1, "again": 0, "over": 0, "warning": 1}


def test_what_flapped_unheard_of_and_is_over_is_told() -> None:
    newer = digest(over=(over("a", flapping=3), over("b")))
    assert told(merged(digest(standing("new", a=0, b=0)), newer)) == ["over a"]


def test_three_in_a_row_come_to_the_same_however_they_are_put_together() -> None:
    one, two = digest(standing("new", a=0, b=0)), digest(standing(None, a=0), over=(over("b"),))
    three = digest(standing("again", a=0), over=(over("c"),))
    assert merged(merged(one, two), three) == merged(one, merged(two, three))


def message(*groups: Any, **fields: Any) -> Message:
    return of_digest(digest(*groups, **fields))


def test_a_person_reads_what_is_news_first_and_how_much_there_is() -> None:
    made = message(
        standing("new", "critical", a=3), standing(None, b=0), standing("again", c=0),
        over=(over("d", reason="passed_on"),),
    )  # fmt: skip
    assert made.title == "ann: 1 new, 1 again, 1 over, 3 standing"
    assert made.text.splitlines() == [
        "new critical: a stands. (came 3 times)", "again warning: c stands.", "passed on: d stood.",
    ]  # fmt: skip
    assert (made.tone, made.key) == (Tone.FAILURE, f"notice/ann/{NINE}")
    assert message(over=(over("d"),)).tone is Tone.SUCCESS


def test_of_very_much_a_person_reads_the_worst_and_how_much_more_there_is() -> None:
    made = message(standing("new", **{f"a{number}": 0 for number in range(LISTED + 7)}))
    lines = made.text.splitlines()
    assert len(lines) == LISTED + 1
    assert lines[-1] == "... and 7 more; `crmpulse tail digest` shows what stands."


def test_a_webhook_gets_the_record_itself() -> None:
    body = json.loads(message(standing("new", a=0), over=(over("b"),)).body)
    assert body["format"] == 1
    found = msgspec.json.decode(msgspec.json.encode(body["digest"]), type=DigestRecord)
    assert found == digest(standing("new", a=0), over=(over("b"),)).record
