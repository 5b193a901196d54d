"""Scorecards, KPIs, teams and funnels as they stand, by whom they are of and period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import isqrt
from typing import Final, NamedTuple

import msgspec

from streams.dashboard.shelf import Shelf
from streams.events.outputs import FunnelRecord, KpiRecord, ScoreLine, ScoreRecord, TeamScoreRecord
from streams.policy.periods import ROLLING, month_key, months

MICRO: Final = 1_000_000
YEAR: Final = 12
"""Months of one."""
TREND: Final = 12
"""Months of a trend."""
COMPANY: Final = ""
"""The team of the funnel of all."""


class Score(NamedTuple):
    """What a scorecard came to."""

    score: float | None
    rating: str | None


class Ahead(NamedTuple):
    """Of a KPI the sums over employees, in millionths: what was to be expected, and what is to come of it."""

    counted: int = 0
    expected: int = 0
    projected: int = 0
    """Lines that have a forecast; of them the forecasts, and what they have reached."""
    forecast: int = 0
    reached: int = 0
    ranged: int = 0
    """Lines that have a range; of them the squares of its upper half."""
    squares: int = 0

    @classmethod
    def of(cls, line: ScoreLine) -> Ahead:
        """What one line adds. Its lower bound says less than its upper one: it never lies below what is reached."""
        if line.forecast is None:
            return cls(1, _micro(line.expected))
        forecast, high = _micro(line.forecast), line.forecast_high
        spread = 0 if high is None else _micro(high) - forecast
        return cls(1, _micro(line.expected), 1, forecast, _micro(line.value), int(high is not None), spread * spread)

    def plus(self, other: Ahead, sign: int) -> Ahead:
        """Both together, or this one less the other."""
        return Ahead(*(one + sign * two for one, two in zip(self, other, strict=True)))

    def bounds(self) -> tuple[int, int] | None:
        """The range of all together, or None where somebody's is not known. What single people bring above or below
        their forecasts is taken as independent, so half the range is the root of the sum of the squares of theirs,
        and holds as often as theirs do; and it never goes below what is reached."""
        if not self.ranged or self.ranged < self.projected:
            return None
        spread = isqrt(self.squares)
        return max(self.forecast - spread, self.reached), self.forecast + spread


class Scorecards:
    """Takes the records of `scores.employees`. Raises msgspec.MsgspecError for what is none."""

    def __init__(self) -> None:
        self._values = Shelf()
        self._scores: dict[str, dict[str, Score]] = {}  # employee -> period
        self._ahead: dict[str, dict[str, Ahead]] = {}  # period -> kpi
        self.stale: Counter[str] = Counter()
        """How many scorecards rest on a source that lags."""

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def take(self, key: str, value: bytes | None) -> ScoreRecord | None:
        """A record; answers it, of a deletion the one before."""
        record = None if value is None else _score(value)
        former = self.get(key)
        if former is not None:
            self._add(former, -1)
        if record is None or value is None:
            self._values.drop(key)
            if former is not None:
                self._scores[former.employee_id].pop(former.period, None)
            return former
        self._values.put(key, value)
        self._scores.setdefault(record.employee_id, {})[record.period] = Score(record.score, record.rating)
        self._add(record, 1)
        return record

    def _add(self, record: ScoreRecord, sign: int) -> None:
        sums = self._ahead.setdefault(record.period, {})
        for line in record.kpis:
            if line.expected is None and line.forecast is None:
                continue
            new = sums.get(line.kpi, Ahead()).plus(Ahead.of(line), sign)
            if new.counted:
                sums[line.kpi] = new
            else:
                del sums[line.kpi]
        for source in record.stale:
            self.stale[source] += sign
            if not self.stale[source]:
                del self.stale[source]

    def get(self, key: str) -> ScoreRecord | None:
        """A scorecard by `employee/period`."""
        value = self._values.get(key)
        return None if value is None else _score(value)

    def score(self, employee: str, period: str) -> Score | None:
        """What a scorecard came to."""
        return self._scores.get(employee, {}).get(period)

    def ahead(self, period: str) -> dict[str, Ahead]:
        """By KPI, what is to be expected of all scorecards of a period."""
        return self._ahead.get(period, {})

    def trend(self, employee: str) -> list[tuple[str, float]]:
        """The scores of the last months that have one, the oldest first."""
        scores = self._scores.get(employee, {})
        found = [(period, one.score) for period, one in scores.items() if one.score is not None and len(period) == 7]
        return sorted((period, score) for period, score in found if "Q" not in period)[-TREND:]


class KpiSheets:
    """Takes the records of `kpis.employees`. Raises msgspec.MsgspecError for what is none."""

    def __init__(self) -> None:
        self._values = Shelf()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def take(self, key: str, value: bytes | None) -> KpiRecord | None:
        """A record; answers it, of a deletion the one before."""
        if value is None:
            former = self.get(key)
            self._values.drop(key)
            return former
        record = _kpis(value)
        self._values.put(key, value)
        return record

    def get(self, key: str) -> KpiRecord | None:
        """A record by `employee/period`."""
        value = self._values.get(key)
        return None if value is None else _kpis(value)


class Teams:
    """Takes the records of `scores.teams`. Raises msgspec.MsgspecError for what is none."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, TeamScoreRecord]] = {}  # period -> team

    def __contains__(self, key: str) -> bool:
        team, _, period = key.rpartition("/")
        return team in self._records.get(period, {})

    def take(self, key: str, value: bytes | None) -> TeamScoreRecord | None:
        """A record; answers it, of a deletion the one before."""
        if value is None:
            team, _, period = key.rpartition("/")
            return self._records.get(period, {}).pop(team, None)
        record = _team(value)
        self._records.setdefault(record.period, {})[record.team or ""] = record
        return record

    def get(self, team: str, period: str) -> TeamScoreRecord | None:
        """The record of a team."""
        return self._records.get(period, {}).get(team)

    def ranked(self, period: str) -> list[TeamScoreRecord]:
        """The teams of a period, the best first, those without a score last."""
        found = self._records.get(period, {})
        return sorted(found.values(), key=lambda one: (one.rank or len(found) + 1, one.team or ""))

    def places(self, team: str, period: str | None) -> dict[str, int]:
        """The ranks of a team's members."""
        record = None if period is None else self.get(team, period)
        return {} if record is None else {str(one["employee_id"]): int(one["rank"] or 0) for one in record.ranking}


class Funnels:
    """Takes the records of `funnel`. Raises msgspec.MsgspecError for what is none."""

    def __init__(self) -> None:
        self._records: dict[str, FunnelRecord] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._records

    def take(self, key: str, value: bytes | None) -> FunnelRecord | None:
        """A record; answers it, of a deletion the one before."""
        if value is None:
            return self._records.pop(key, None)
        record = self._records[key] = _funnel(value)
        return record

    def get(self, team: str, period: str) -> FunnelRecord | None:
        """The funnel of a team, or of the company."""
        return self._records.get(f"{team}/{period}")


def in_order(periods: Iterable[str]) -> list[str]:
    """Months, quarters and years, the newest first of each; then the rolling ones."""

    def place(period: str) -> tuple[int, int]:
        if period in ROLLING:
            return YEAR + 1, ROLLING[period]
        return len(months(period)), -months(period).start

    return sorted(periods, key=place)


def former(period: str) -> str | None:
    """The calendar period before; None of a rolling one."""
    if period in ROLLING:
        return None
    span = months(period)
    first = span.start - len(span)
    year, month = divmod(first, 12)
    if len(span) == 1:
        return month_key(first)
    return f"{year:04d}" if len(span) == YEAR else f"{year:04d}-Q{month // 3 + 1}"


def line_of(record: ScoreRecord, kpi: str) -> ScoreLine | None:
    """The line of a KPI in a scorecard."""
    return next((line for line in record.kpis if line.kpi == kpi), None)


def _micro(value: float | None) -> int:
    return 0 if value is None else round(value * MICRO)


_score: Final = msgspec.json.Decoder(ScoreRecord).decode
_kpis: Final = msgspec.json.Decoder(KpiRecord).decode
_team: Final = msgspec.json.Decoder(TeamScoreRecord).decode
_funnel: Final = msgspec.json.Decoder(FunnelRecord).decode
