"""What a target that is told of changes (a webhook, a person) has been told, and so what there is to tell it next.

A target is told once of each (status, level) that an alert comes to, and of its end where it was told that it stands.
Nothing is told of a record that says the same again, of one that is pending, quiet (`suppressed_by`) or not selected.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote

from streams.events.outputs import AlertRecord
from streams.notify.seen import ACTIVE, Seen, shown
from streams.notify.selection import Selection


class What(StrEnum):
    """What happened to the alert, in the eyes of the target."""

    FIRED = "fired"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    ESCALATED = "escalated"
    DEESCALATED = "deescalated"
    RESOLVED = "resolved"
    DELETED = "deleted"


class State(NamedTuple):
    """What a target is told of; a change of anything else is none."""

    status: str
    level: int


class Change(NamedTuple):
    """Something to tell: the alert's `record` and its bytes; of a deleted one, the last that was known."""

    what: What
    id: str
    before: State | None
    state: State
    record: AlertRecord
    raw: bytes
    at: int

    @property
    def key(self) -> str:
        """The same whenever this change is told, and of no other: a receiver can drop what comes twice.

        Fit for a header, whatever the id."""
        return f"{quote(self.id, safe='')}/{self.state.status}/{self.state.level}/{self.at}"


class _Told(NamedTuple):
    state: State
    record: AlertRecord
    raw: bytes
    silent: bool
    """Whether it stood before the target was first told of anything."""


class Memory:
    """What one target was told of every alert that stands; those that ended are forgotten."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._told: dict[str, _Told] = {}

    def __len__(self) -> int:
        return len(self._told)

    def learn(self, seen: Seen, *, told: bool) -> None:
        """Takes in a record of the past: of which the target was told at the time, or which was before it."""
        self._step(seen, silent=not told)

    def judge(self, seen: Seen) -> Change | None:
        """Takes in a record and answers what to tell; it counts as told from here on."""
        return self._step(seen, silent=False)

    def _step(self, seen: Seen, silent: bool) -> Change | None:
        told = self._told.get(seen.id)
        if seen.record is None:
            return self._over(seen, told, What.DELETED)
        if seen.record.status == "resolved":
            return self._over(seen, told, What.RESOLVED)
        if not shown(seen.record, self._selection):
            return None  # as the target was told of it, it stands on, and its end will be told
        state = State(seen.record.status, seen.record.level)
        if told is not None and told.state == state:
            self._told[seen.id] = _Told(state, seen.record, seen.raw, told.silent)
            return None
        self._told[seen.id] = _Told(state, seen.record, seen.raw, silent)
        before = None if told is None or told.silent else told.state
        return Change(_what(before, state), seen.id, before, state, seen.record, seen.raw, seen.at)

    def _over(self, seen: Seen, told: _Told | None, what: What) -> Change | None:
        if told is None:
            return None
        del self._told[seen.id]
        if told.silent:
            return None
        record, raw = (told.record, told.raw) if seen.record is None else (seen.record, seen.raw)
        return Change(what, seen.id, told.state, State("resolved", record.level), record, raw, seen.at)


def _what(before: State | None, now: State) -> What:
    if before is not None and now.level != before.level:
        return What.ESCALATED if now.level > before.level else What.DEESCALATED
    if now.status == ACTIVE[1]:
        return What.ACKNOWLEDGED
    return What.FIRED if before is None else What.UNACKNOWLEDGED
