"""What was too late once, by the grade that its customer had then, stays so."""

from __future__ import annotations

from datetime import timedelta

from tests.oracle.law import Law, spoken
from tests.year.hours import Meter


class Patience:
    """Asks the rules of a policy."""

    def __init__(self, law: Law, meter: Meter) -> None:
        self._law, self._meter = law, meter

    def lost(self, kind: str, date: int, grade: str | None, time: int) -> set[str]:
        """The rules of a kind by which a date was passed just before `time`, up to when the grade was this."""
        return {
            rule.name
            for rule in self._law.watching(kind)
            if (text := spoken(rule.keys["after"], grade)) is not None
            and self._has_passed(date, text, rule.clock, time - 1)
        }

    def _has_passed(self, date: int, text: str, clock: str, now: int) -> bool:
        length = self._law.length(text, clock) // timedelta(microseconds=1)
        if clock == "working" and length:
            return now > date and self._meter.read(now) - self._meter.read(date) > length
        return now - date > length
