"""What a policy file decides, out of its parsed YAML; numbers exact, times as datetimes and timedeltas."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

ROLLING = {"7d": 7, "30d": 30, "90d": 90}
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def exact(number: Any) -> Fraction:
    """A number as it is written: 0.1 is a tenth."""
    return Fraction(str(number))


def duration(text: str) -> timedelta:
    """`7d` as 168 hours."""
    return int(text[:-1]) * _UNITS[text[-1]]


def instant(text: str) -> datetime:
    """An RFC 3339 date-time, in UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return moment.astimezone(UTC)


class Law:
    """A policy, asked by name."""

    def __init__(self, policy: Mapping[str, Any]) -> None:
        pipeline, contact = policy["pipeline"], policy.get("contact") or {}
        currency = policy.get("currency") or {}
        self.zone = ZoneInfo(policy.get("timezone", "UTC"))
        self.reporting: str = currency.get("reporting", "USD")
        self._rates: Any = currency.get("rates") or {}
        self.stages: list[str] = [stage["name"] for stage in pipeline["stages"]]
        self.probability = {s["name"]: exact(s["probability"]) for s in pipeline["stages"] if "probability" in s}
        self.stall_after = {s["name"]: duration(s["stall_after"]) for s in pipeline["stages"] if s.get("stall_after")}
        self.stall_basis: str = pipeline.get("stall_basis", "stage_entered")
        self._intervals = {grade: duration(text) for grade, text in (contact.get("intervals") or {}).items()}
        self.grace = duration(contact.get("grace", "1d"))
        self.lead_time = duration(contact.get("lead_time", "1d"))
        self.silent_when_planned: bool = contact.get("silent_when_planned", False)
        self._alerts: Mapping[str, Any] = policy.get("alerts") or {}
        self._cards: Mapping[str, Any] = policy.get("scorecards") or {}

    def day(self, moment: datetime) -> date:
        """The local day of an instant."""
        return moment.astimezone(self.zone).date()

    def day_of(self, text: str) -> date:
        """The local day of a date-time, or the plain date that is written."""
        return self.day(instant(text)) if "T" in text.upper() else date.fromisoformat(text)

    def interval(self, grade: str | None) -> timedelta:
        """How long a customer of this grade may go without a contact."""
        return self._intervals.get(grade or "default") or self._intervals.get("default", timedelta(days=30))

    def enabled(self, rule: str) -> bool:
        """Whether the rule is judged at all."""
        return bool((self._alerts.get(rule) or {}).get("enabled", True))

    def card(self, role: str | None) -> list[dict[str, Any]]:
        """The lines of the role's scorecard; none for a role without one."""
        return list((self._cards.get(role or "") or {}).get("kpis", []))

    def rate(self, currency: str | None, day: date) -> Fraction | None:
        """Reporting units for one unit of a currency; None where none is given for that day."""
        if currency is None or currency == self.reporting:
            return Fraction(1)
        if isinstance(self._rates, Mapping):
            return exact(self._rates[currency]) if currency in self._rates else None
        known = [(str(row["from"]), exact(row[currency])) for row in self._rates if currency in row]
        return max(((since, rate) for since, rate in known if since <= day.isoformat()), default=("", None))[1]


def periods(day: date, today: date) -> set[str]:
    """The keys of all periods that a local day falls into; the rolling ones end with `today`."""
    calendar = {f"{day.year:04d}", f"{day.year:04d}-Q{(day.month + 2) // 3}", f"{day.year:04d}-{day.month:02d}"}
    return calendar | {key for key, days in ROLLING.items() if timedelta(0) <= today - day < timedelta(days)}


def months(period: str) -> Fraction:
    """How many monthly targets a period holds."""
    if period in ROLLING:
        return Fraction(ROLLING[period], 30)
    return Fraction(3 if "Q" in period else 1 if "-" in period else 12)
