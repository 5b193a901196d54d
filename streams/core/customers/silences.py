"""What people asked not to hear of: alerts that match, until an instant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

import msgspec

from streams.core.formats import reader, tagged
from streams.core.records import key_of
from streams.events import AlertSilenced
from streams.events.instants import to_us

KIND = "silence"
"""The kind of their state records."""
FIELDS = ("rule", "severity", "employee_id", "team", "customer_id", "opportunity_id")
"""What matchers may name: fields of an alert's record."""


class Silence(msgspec.Struct, array_like=True, frozen=True):
    """From `time` to before `until`, whatever matches every pattern (`*` stands for any text)."""

    time: int
    source: str
    id: str
    until: int
    by: str
    matchers: dict[str, str]

    @property
    def name(self) -> str:
        """What a suppressed alert says it is suppressed by."""
        return f"silence {self.id}"

    def matches(self, alert: Mapping[str, str | None]) -> bool:
        """Whether it is about an alert, given by `FIELDS`; a field that is not known matches nothing."""
        return all(
            field in alert and fnmatchcase(alert[field] or "", pattern) for field, pattern in self.matchers.items()
        )

    def exact(self, field: str) -> str | None:
        """The one value of a field that it is about; None where that may be any."""
        pattern = self.matchers.get(field)
        return None if pattern is None or any(mark in pattern for mark in "*?[") else pattern


_read = reader(Silence)


class Silences:
    """Every silence that a partition has been told of, and that may still matter."""

    def __init__(self) -> None:
        self._all: dict[tuple[int, str, str], Silence] = {}
        self._dirty: set[tuple[int, str, str]] = set()

    def __bool__(self) -> bool:
        return bool(self._all)

    def learn(self, stamp: tuple[int, str, str], data: AlertSilenced) -> Silence | None:
        """Take in a command; None where it was known. The first of one stamp stands."""
        if stamp in self._all:
            return None
        given = data.matchers
        matchers = given if isinstance(given, dict) else dict(_pair(text) for text in given)
        silence = Silence(*stamp, to_us(data.until), data.by, matchers)
        self._all[stamp] = silence
        self._dirty.add(stamp)
        return silence

    def over(self, alert: Mapping[str, str | None], time: int) -> str | None:
        """By what an alert is silenced at an instant: the newest that is about it."""
        found = [one for one in self._all.values() if one.time <= time < one.until and one.matches(alert)]
        return max(found, key=lambda one: (one.time, one.source, one.id)).name if found else None

    def turned(self, before: int, now: int) -> list[Silence]:
        """Those that began or ended after one instant and up to another, oldest first."""
        found = [one for one in self._all.values() if before < one.time <= now or before < one.until <= now]
        return sorted(found, key=lambda one: (one.time, one.source, one.id))

    def take_dirty(self, before: int) -> Iterator[tuple[bytes, bytes | None]]:
        """The records that changed since the last time; what ended before an instant is deleted."""
        for stamp in [stamp for stamp, silence in self._all.items() if silence.until < before]:
            del self._all[stamp]
            self._dirty.discard(stamp)
            yield key_of(KIND, *stamp), None
        for stamp in sorted(self._dirty):
            yield key_of(KIND, *stamp), tagged(self._all[stamp])
        self._dirty.clear()

    def restore(self, value: bytes) -> None:
        """Put back one that `take_dirty` gave."""
        silence = _read(value)
        self._all[silence.time, silence.source, silence.id] = silence


def _pair(text: str) -> tuple[str, str]:
    """The field and the pattern of `field=pattern`; what is no such text names a field that no alert has."""
    field, equals, value = text.partition("=")
    return (field.strip() if equals else text + "="), value.strip().strip('"')
