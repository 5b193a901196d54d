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

    def reset(self, stage: str, grade: str | None, stay: tuple[int, int], away: tuple[int, int]) -> set[str]:
        """The rules by which a time away was short, when at least half of what the stage allows had passed in it."""
        stalled = self._law.rules["opp.stalled"]
        text = self._law.stall_after(stalled, stage, grade)
        if text is None or 2 * self._run(*stay, stalled.clock) < self._us(text, stalled.clock):
            return set()
        return {
            rule.name
            for rule in self._law.watching("dq.suspicious_moves")
            if not self._has_passed(away[0], rule.keys["within"], rule.clock, away[1])
        }

    def _run(self, start: int, end: int, clock: str) -> int:
        return self._meter.read(end) - self._meter.read(start) if clock == "working" else end - start

    def _us(self, text: str, clock: str) -> int:
        return self._law.length(text, clock) // timedelta(microseconds=1)

    def _has_passed(self, date: int, text: str, clock: str, now: int) -> bool:
        length = self._us(text, clock)
        if clock == "working" and length:
            return now > date and self._meter.read(now) - self._meter.read(date) > length
        return now - date > length
