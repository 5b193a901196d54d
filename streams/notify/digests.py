"""What stands for one recipient, as a target is told of it: read, cut down to what was chosen, and put together.

A digest says what is news since the one before. Where several of one recipient wait, the target is told one that says
what all of them together do: what stands by the newest, and everything that has become news or over since the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from streams.events.instants import to_us
from streams.events.outputs import DigestAlert, DigestGroup, DigestOver, DigestRecord
from streams.notify.selection import Selection

NEW: Final = "new"
_decoder: Final = msgspec.json.Decoder(DigestRecord)
_replace = msgspec.structs.replace


class Digest(NamedTuple):
    """A record of the topic, and when it is to be told, us."""

    record: DigestRecord
    notify_at: int

    @property
    def recipient(self) -> str:
        """Whom it is for."""
        return self.record.recipient


class Deleted(NamedTuple):
    """The last digest of a recipient was deleted, as it named somebody who was erased. There is nothing to tell."""

    recipient: str


def read_digest(key: bytes | None, value: bytes | None, at: int) -> Digest | Deleted | None:
    """The record with this key and value; None for one that is no digest. When it was written says nothing."""
    if value is None and key:
        return Deleted(key.decode(errors="replace"))
    try:
        record = _decoder.decode(value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return Digest(record, to_us(record.notify_at))


def chosen(digest: Digest, selection: Selection) -> Digest | None:
    """What of it the target is told; None where there is nothing to tell. What is cut down counts what it lists."""
    record = digest.record
    if selection.conditions:
        groups = tuple(group for group in record.standing if _takes(selection, record, group))
        over = tuple(one for one in record.over if _takes(selection, record, one))
        if (groups, over) != (record.standing, record.over):
            record = _replace(record, standing=groups, over=over, counts=_counts(groups, over))
    news = record.counts.get("new") or record.counts.get("again") or record.counts.get("over")
    return Digest(record, digest.notify_at) if news else None


def merged(older: Digest, newer: Digest) -> Digest:
    """One digest for two of a recipient, of which the older was not told."""
    before, now = older.record, newer.record
    untold = {alert.id: alert.news for group in before.standing for alert in group.alerts if alert.news}
    groups = tuple(
        _replace(group, alerts=tuple(_replace(alert, news=_news(alert, untold)) for alert in group.alerts))
        for group in now.standing
    )
    known = {alert.id for group in groups for alert in group.alerts} | {one.id for one in now.over}
    over = tuple(one for one in before.over if one.id not in known) + tuple(
        one for one in now.over if one.flapping or untold.get(one.id) != NEW
    )
    changes = Counter(_counts(groups, over))
    changes.subtract(_counts(now.standing, now.over))
    counts = {word: number + changes[word] for word, number in now.counts.items()}
    return Digest(_replace(now, since=before.since, counts=counts, standing=groups, over=over), newer.notify_at)


def _takes(selection: Selection, record: DigestRecord, one: DigestGroup | DigestOver) -> bool:
    values = {"severity": (one.severity,), "rule": (one.rule,), "recipient": (record.recipient,)}
    return all(condition.matches(values.get(condition.key, ())) for condition in selection.conditions)


def _news(alert: DigestAlert, untold: Mapping[str, str]) -> str | None:
    found = untold.get(alert.id)
    return found if found == NEW or alert.news is None else alert.news


def _counts(groups: Iterable[DigestGroup], over: Iterable[DigestOver]) -> dict[str, int]:
    counts = Counter(over=len(tuple(over)), standing=0, new=0, again=0)
    for group in groups:
        counts["standing"] += len(group.alerts)
        counts[group.severity] += len(group.alerts)
        counts.update(alert.news for alert in group.alerts if alert.news)
    return dict(counts)
