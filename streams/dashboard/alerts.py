"""Alerts as they stand, found by status and by what they are about, and how each came to be."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import msgspec

from streams.dashboard.chinese import in_chinese
from streams.dashboard.index import Entry, Index
from streams.dashboard.shapes import AlertView
from streams.dashboard.shelf import Shelf
from streams.events.instants import parse_iso

STANDING: Final = ("pending", "firing", "acknowledged")
FIELDS: Final = ("rule", "severity", "team", "employee", "customer", "opportunity")
HISTORY: Final = 200_000
"""Changes that are kept; of more, the oldest are forgotten."""
LAGGING: Final = "source.lagging"
APART: Final = "\0"
"""Between the words that a search looks at, so that none is found across two of them."""


class Facts(NamedTuple):
    """What decides who hears of a record."""

    team: str | None = None
    employee: str | None = None
    rule: str | None = None


class AlertBook:
    """Takes the records of `alerts` and `alerts.log`. Raises msgspec.MsgspecError for what is none."""

    def __init__(self) -> None:
        self.index = Index(FIELDS)
        self._values: dict[str, bytes] = {}
        self._history: dict[str, list[bytes]] = {}
        self._log = Shelf()
        self._order: deque[str] = deque()
        self.newest = 0
        """The newest instant that one of them began or ended at, us."""

    def __len__(self) -> int:
        return len(self.index)

    def take(self, key: str, value: bytes | None) -> Facts:
        """A record of `alerts`; answers whom it concerns, of a deletion whom it concerned."""
        if value is None:
            self._values.pop(key, None)
            gone = self.index.drop(key)
            return Facts() if gone is None else _facts(gone)
        alert = _decode(value)
        started = 0 if alert.started_at is None else parse_iso(alert.started_at)
        about = (
            alert.rule, alert.severity, alert.team, alert.employee_id, alert.customer_id, alert.opportunity_id,
        )  # fmt: skip
        words = (alert.summary, alert.rule, alert.customer_id, alert.opportunity_id, alert.employee_id)
        text = APART.join(word or "" for word in words).casefold()
        entry = Entry(started, key, alert.status, tuple(one or "" for one in about), text)
        self.newest = max(self.newest, started, 0 if alert.ended_at is None else parse_iso(alert.ended_at))
        self._values[key] = value
        self.index.put(entry)
        return _facts(entry)

    def log(self, value: bytes | None) -> None:
        """A record of `alerts.log`."""
        if value is None:
            return
        id = _decode(value).id
        self._history.setdefault(id, []).append(self._log.pack(value))
        self._order.append(id)
        if len(self._order) > HISTORY:
            oldest = self._order.popleft()
            del self._history[oldest][0]
            if not self._history[oldest]:
                del self._history[oldest]

    def get(self, id: str) -> AlertView | None:
        """An alert as it stands."""
        value = self._values.get(id)
        return None if value is None else view(value)

    def history(self, id: str) -> list[AlertView]:
        """The changes of an alert that are still at hand, the oldest first."""
        return [view(self._log.unpack(packed)) for packed in self._history.get(id, ())]

    def employee_of(self, id: str) -> str | None:
        """Who looks after an alert; KeyError for one that is not known."""
        entry = self.index.get(id)
        if entry is None:
            raise KeyError(id)
        return _facts(entry).employee

    def standing(self, field: str, value: str) -> list[AlertView]:
        """What stands of something, the newest first, at most 500."""
        page = self.index.page({field: (value,)}, 500, groups=STANDING)
        return [view(self._values[id]) for id in page.ids]

    def has(self, rules: frozenset[str], opportunity: str) -> bool:
        """Whether an alert of one of the rules stands for an opportunity."""
        return self.index.count({"opportunity": (opportunity,), "rule": rules}, STANDING) > 0


def view(value: bytes) -> AlertView:
    """The record of an alert as readers get it."""
    alert = _decode(value)
    alert.summary_zh = in_chinese(alert)
    return alert


def _facts(entry: Entry) -> Facts:
    rule, _, team, employee, *_ = entry.values
    return Facts(team or None, employee or None, rule or None)


_decode: Final = msgspec.json.Decoder(AlertView).decode
