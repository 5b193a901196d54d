"""The leaderboard and the teams, made of score records alone."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from streams.events.instants import to_us
from streams.events.outputs import ScoreRecord, TeamScoreRecord
from streams.simulate.hours import DAY

PERIOD: Final = "30d"
"""The period that is shown."""
WEEK: Final = 7
KEPT_DAYS: Final = 28
"""Days of scores that are kept for trends."""


class Row(NamedTuple):
    """A line of the leaderboard. `moved`: places gained in a week, None while unknown; `trend`: the oldest first."""

    place: int
    moved: int | None
    employee: str
    name: str
    team: str
    score: float
    rating: str
    trend: tuple[float, ...]
    won: float | None


class Board:
    """Takes score records in any order of their keys and answers who stands where."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._scores: dict[str, ScoreRecord] = {}
        self._teams: dict[str, TeamScoreRecord] = {}
        self._days: dict[str, dict[int, float]] = {}  # employee -> day -> the last score of that day

    def score(self, key: str, value: bytes | None) -> None:
        """A record of scores.employees. Raises msgspec.DecodeError for what is none."""
        employee, _, period = key.rpartition("/")
        if period != PERIOD:
            return
        record = None if value is None else _SCORE.decode(value)
        if record is None or record.score is None:
            self._scores.pop(employee, None)
            return
        self._scores[employee] = record
        days = self._days.setdefault(employee, {})
        today = to_us(record.as_of) // DAY
        days[today] = record.score
        for day in [day for day in days if day <= today - KEPT_DAYS]:
            del days[day]

    def team(self, key: str, value: bytes | None) -> None:
        """A record of scores.teams. Raises msgspec.DecodeError for what is none."""
        name, _, period = key.rpartition("/")
        if period != PERIOD:
            return
        if value is None:
            self._teams.pop(name, None)
            return
        record = self._teams[name] = _TEAM.decode(value)
        for member in record.ranking:
            if member["name"]:
                self._names[str(member["employee_id"])] = str(member["name"])

    def name(self, employee: str) -> str:
        """What an employee is called; the id while nobody has said."""
        return self._names.get(employee, employee)

    def rows(self) -> list[Row]:
        """Everybody with a score, the best first; of equal scores whoever won more."""
        won = {one: _won(record) for one, record in self._scores.items()}
        order = sorted(self._scores, key=lambda one: (-(self._scores[one].score or 0), -(won[one] or 0), one))
        before = {one: place for place, one in enumerate(self._order_before(order))}
        return [
            Row(
                place=place + 1,
                moved=before[one] - place if one in before else None,
                employee=one,
                name=self.name(one),
                team=record.team or "",
                score=record.score or 0.0,
                rating=record.rating or "",
                trend=tuple(score for _, score in sorted(self._days[one].items())),
                won=won[one],
            )
            for place, one in enumerate(order)
            for record in (self._scores[one],)
        ]

    def _order_before(self, now: list[str]) -> list[str]:
        """Those whose score of a week ago is known, as they stood then; equal scores in the order of now."""
        today = max((max(days) for days in self._days.values()), default=0)
        then = {}
        for one in now:
            past = [day for day in self._days[one] if day <= today - WEEK]
            if past:
                then[one] = self._days[one][max(past)]
        return sorted(then, key=lambda one: -then[one])

    def teams(self) -> list[TeamScoreRecord]:
        """The best first, those without a score last."""
        return sorted(self._teams.values(), key=lambda team: (team.rank or len(self._teams) + 1, team.team or ""))


def _won(record: ScoreRecord) -> float | None:
    return next((line.value for line in record.kpis if line.kpi == "won_amount"), None)


_SCORE: Final = msgspec.json.Decoder(ScoreRecord)
_TEAM: Final = msgspec.json.Decoder(TeamScoreRecord)
