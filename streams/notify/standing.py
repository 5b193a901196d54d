"""What an Alertmanager is to hold: the alerts that stand, and for a while those that ended.

To an Alertmanager the labels are the alert. They are the same as long as nothing changes that routes, groups or
silences by; where one does (another owner, severity or level), the alert with the old labels is ended, and one with the
new labels begins. An alert that is not sent again ends there by itself, so that none stays when we are gone.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import msgspec

from streams.events.instants import iso, to_us
from streams.events.outputs import AlertRecord
from streams.notify.seen import Seen, shown
from streams.notify.selection import Selection

US: Final = 1_000_000
AGAIN_US: Final = 60 * US
"""Everything is sent again after so long."""
LASTS_US: Final = 15 * 60 * US
"""An alert that stands ends so long after it was last sent: time enough to restart us without a false end."""
REPEATED_US: Final = 15 * 60 * US
"""The end of an alert is sent so long, as an Alertmanager that restarts has forgotten it."""
LABEL, NOTE, NOTES = 256, 1024, 20
"""Longest label and annotation, characters; so many measured values."""

Labels = tuple[tuple[str, str], ...]
"""What is one alert to an Alertmanager."""


class _Entry(msgspec.Struct):
    notes: dict[str, str]
    starts: int
    """us"""
    ends: int | None = None
    """us; None while it stands."""
    repeated_until: int = 0


class Standing:
    """The alerts of one Alertmanager; instants are microseconds."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._entries: dict[Labels, _Entry] = {}
        self._labels: dict[str, Labels] = {}  # of the alerts that stand, by id
        self._unsent: set[Labels] = set()

    @property
    def count(self) -> int:
        """How many alerts stand."""
        return len(self._labels)

    def take(self, seen: Seen, now: int, *, new: bool) -> None:
        """Takes in a record. The end that it may bring is sent for a while from `now` on where the record is `new`,
        else from when it was written: one that was sent before and is long past is not sent again."""
        until = (now if new else seen.at) + REPEATED_US
        record = seen.record
        if record is None:
            self._end(seen.id, seen.at, until, now)
        elif shown(record, self._selection):
            self._show(seen, record, until, now)
        else:
            if seen.id not in self._labels and until > now and self._fired(record):
                # Its firing record is compacted away; the end of something that was never sent harms nothing.
                self._show(seen, record, until, now)
            self._end(seen.id, _instant(seen.at, record.ended_at), until, now)

    def due(self, now: int, *, everything: bool) -> list[Labels]:
        """What to send now: what changed since it was last sent, or everything."""
        for labels, entry in list(self._entries.items()) if everything else ():
            if entry.ends is not None and entry.repeated_until <= now and labels not in self._unsent:
                del self._entries[labels]
        return list(self._entries if everything else self._unsent)

    def bodies(self, due: Collection[Labels], now: int) -> list[dict[str, Any]]:
        """These alerts as POST /api/v2/alerts takes them; nothing was taken in since they were due."""
        return [_body(labels, self._entries[labels], now) for labels in due]

    def sent(self, due: Collection[Labels]) -> None:
        """These were sent; nothing was taken in since they were due."""
        self._unsent.difference_update(due)

    def _fired(self, record: AlertRecord) -> bool:
        return (
            record.status == "resolved"
            and record.fired_at is not None
            and record.suppressed_by is None
            and self._selection.takes(record)
        )

    def _show(self, seen: Seen, record: AlertRecord, until: int, now: int) -> None:
        labels = labels_of(seen.id, record)
        if self._labels.get(seen.id, labels) != labels:
            self._end(seen.id, seen.at, until, now)
        entry = _Entry(_notes(record), _instant(seen.at, record.fired_at, record.started_at))
        if self._entries.get(labels) != entry:
            self._entries[labels] = entry
            self._unsent.add(labels)
        self._labels[seen.id] = labels

    def _end(self, name: str, at: int, until: int, now: int) -> None:
        labels = self._labels.pop(name, None)
        if labels is None:
            return
        if until > now:
            entry = self._entries[labels]
            entry.ends, entry.repeated_until = at, until
            self._unsent.add(labels)
        else:
            del self._entries[labels]
            self._unsent.discard(labels)


def labels_of(name: str, record: AlertRecord) -> Labels:
    """What identifies the alert and what routes, groups and silences go by; nothing empty, nothing long."""
    labels: dict[str, str | None] = {
        "alertname": record.rule,
        "severity": record.severity,
        "level": str(record.level) if record.level else None,
        "employee": record.employee_id,
        "team": record.team,
        "customer": record.customer_id,
        "opportunity": record.opportunity_id,
        "recipients": ",".join(record.recipients),
        "alert_id": name,
    }
    return tuple((key, value if key == "alert_id" else value[:LABEL]) for key, value in labels.items() if value)


def _notes(record: AlertRecord) -> dict[str, str]:
    notes = {
        "summary": record.summary,
        "status": record.status,
        "reason": record.reason,
        "level": str(record.level),
        "recipients": ", ".join(record.recipients),
        "started_at": iso(to_us(record.started_at)) if record.started_at else "",
        "policy_version": record.policy_version,
    }
    for key, value in list(record.values.items())[:NOTES]:
        notes["value_" + re.sub(r"[^A-Za-z0-9_]", "_", key)[:LABEL]] = "" if value is None else str(value)
    return {key: value[:NOTE] for key, value in notes.items() if value}


def _instant(otherwise: int, *moments: datetime | None) -> int:
    """The first that is known, us."""
    return next((to_us(moment) for moment in moments if moment is not None), otherwise)


def _body(labels: Labels, entry: _Entry, now: int) -> dict[str, Any]:
    # An end before the beginning is refused, and one that is still to come is none yet: a clock of events may be ahead.
    starts = min(entry.starts, now)
    ends = now + LASTS_US if entry.ends is None else max(starts, min(entry.ends, now))
    return {"labels": dict(labels), "annotations": entry.notes, "startsAt": iso(starts), "endsAt": iso(ends)}
