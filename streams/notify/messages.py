"""The words: what a webhook's body holds, and what a person reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import msgspec

from streams.events.instants import iso, to_us
from streams.events.outputs import AlertRecord
from streams.notify.burst import EXAMPLES, Burst, Kindred
from streams.notify.digests import Digest
from streams.notify.telling import Change, What

FORMAT: Final = 1
LINE: Final = 300
"""Characters of a line for a person: what is sent by way of apprise may end in a text message."""
LISTED: Final = 20
"""So many lines of what is news, and of what is over, has a digest for a person."""


class Tone(StrEnum):
    """How a message looks where colours are known; apprise's own words."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"


class Message(NamedTuple):
    """One notification for either kind of receiver. `key` is the same whenever it is sent; `body` is JSON."""

    key: str
    title: str
    text: str
    tone: Tone
    body: bytes


def of_change(change: Change) -> Message:
    """What is told of one change."""
    record = change.record
    body = {
        "format": FORMAT,
        "change": change.what,
        "at": iso(change.at),
        "before": None if change.before is None else change.before._asdict(),
        "alert": msgspec.Raw(change.raw),
    }
    about = record.opportunity_id or record.customer_id or record.employee_id or change.id
    title = f"{change.what.capitalize()}: {record.rule} {about}" + (f" ({record.severity})" if record.severity else "")
    return Message(change.key, plain(title), _text(record), _tone([(change.what, record.severity)]), _json(body))


def of_burst(burst: Burst[Any]) -> Message:
    """One message for a burst above the limit: counts, the gravest first, and the first changes in full."""
    counts = sorted(burst.counts.items(), key=_gravest)
    examples = [change for change, _ in burst.changes[:EXAMPLES]]
    body = {
        "format": FORMAT,
        "change": "digest",
        "at": iso(burst.newest),
        "total": burst.total,
        "counts": [{**kindred._asdict(), "count": count} for kindred, count in counts],
        "alerts": [{"change": change.what, "alert": msgspec.Raw(change.raw)} for change in examples],
    }
    lines = [f"{count:,} {what}: {rule} ({severity})" for (what, rule, severity), count in counts]
    lines += ["", *(f"{change.what}: {change.record.summary}" for change in examples)]
    if burst.total > len(examples):
        lines.append(f"... and {burst.total - len(examples):,} more; `crmpulse tail alerts` shows them.")
    tone = _tone([(kindred.what, kindred.severity) for kindred, _ in counts])
    key = f"digest/{burst.total}/{examples[0].key}"
    return Message(key, f"{burst.total:,} changes of alerts", _lines(lines), tone, _json(body))


def of_digest(digest: Digest) -> Message:
    """What stands for a recipient: what is news, what is over, and how much there is besides."""
    record, counts = digest.record, digest.record.counts
    news = [(group, alert) for group in record.standing for alert in group.alerts if alert.news]
    lines = [
        f"{alert.news} {group.severity}: {alert.summary}"
        + (f" (came {alert.flapping} times)" if alert.flapping else "")
        for group, alert in news[:LISTED]
    ]
    lines += [f"{one.reason.replace('_', ' ')}: {one.summary}" for one in record.over[:LISTED]]
    more = sum(counts.get(word, 0) for word in ("new", "again", "over")) - len(lines)
    if more > 0:
        lines.append(f"... and {more:,} more; `crmpulse tail digest` shows what stands.")
    said = ", ".join(f"{counts[word]:,} {word}" for word in ("new", "again", "over", "standing") if counts.get(word))
    tone = _tone([(alert.news or "", group.severity) for group, alert in news])
    body = {"format": FORMAT, "digest": record}
    key = f"notice/{quote(record.recipient, safe='')}/{digest.notify_at}"
    return Message(key, plain(f"{record.recipient}: {said}"), _lines(lines), tone, _json(body))


def plain(text: str) -> str:
    """One line without anything that could break a header or move a cursor, cut to the length of a line."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return line if len(line) <= LINE else line[: LINE - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _text(record: AlertRecord) -> str:
    named = {
        "Who": ", ".join(record.recipients) or record.employee_id,
        "Team": record.team,
        "Customer": record.customer_id,
        "Opportunity": record.opportunity_id,
        "Since": _when(record.fired_at or record.started_at),
        "Ended": _when(record.ended_at),
        "Escalation": str(record.level) if record.level else None,
        "Reason": record.reason,
    }
    return _lines([record.summary, *(f"{name}: {value}" for name, value in named.items() if value)])


def _when(moment: datetime | None) -> str:
    return "" if moment is None else iso(to_us(moment))


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(plain(line) for line in lines)


def _tone(told: Sequence[tuple[str, str | None]]) -> Tone:
    standing = [severity for what, severity in told if what not in (What.RESOLVED, What.DELETED)]
    if not standing:
        return Tone.SUCCESS
    if "critical" in standing:
        return Tone.FAILURE
    return Tone.WARNING if any(severity != "info" for severity in standing) else Tone.INFO


def _gravest(item: tuple[Kindred, int]) -> tuple[int, int, Kindred]:
    ranks = {Tone.FAILURE: 0, Tone.WARNING: 1, Tone.INFO: 2, Tone.SUCCESS: 3}
    kindred, count = item
    return ranks[_tone([(kindred.what, kindred.severity)])], -count, kindred


def _json(body: dict[str, Any]) -> bytes:
    return msgspec.json.encode(body)
