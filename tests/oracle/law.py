"""What a policy file decides, out of its parsed YAML; numbers exact, times as datetimes and timedeltas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.worktime import moment_of, us, worktime

ROLLING = {"7d": 7, "30d": 30, "90d": 90}
MICROSECOND = timedelta(microseconds=1)
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


def moment(text: str) -> date:
    """A date-time in UTC, or the plain date that is written."""
    return instant(text) if "T" in text.upper() else date.fromisoformat(text)


def spoken(said: Any, word: str | None) -> str | None:
    """A duration for all, or the one for a word; None for one that is neither named nor covered by `default`."""
    return (said.get(word) or said.get("default")) if isinstance(said, Mapping) else said


KINDS: dict[str, dict[str, Any]] = {
    "contact.due": {},
    "contact.overdue": {},
    "contact.interval_exceeded": {},
    "opp.stalled": {},
    "opp.stage_changed": {"lasts": "1d"},
    "opp.regressed": {"lasts": "7d"},
    "opp.ping_pong": {"count": 2},
    "opp.close_date_pushed": {"count": 2},
    "opp.close_date_passed": {"after": "0s"},
    "opp.no_next_step": {"after": "7d"},
    "payment.overdue": {"after": "0s"},
    "payment.bad_debt": {"lasts": "90d"},
    "ticket.response_breach": {"clock": "working", "after": "8h"},
    "ticket.resolution_breach": {"clock": "working", "after": "3d"},
    "ticket.warning": {"clock": "working"},
    "complaint.unresolved": {"after": "2d"},
    "lead.unprocessed": {"clock": "working", "after": "8h"},
    "lead.slow_response": {"clock": "working", "after": "1h", "lasts": "7d"},
    "task.due": {"before": "1d"},
    "task.overdue": {"after": "0s"},
    "dq.missing_field": {},
    "dq.negative_cycle": {},
}
"""What a rule can watch, each with what holds where the policy says nothing else."""


@dataclass(frozen=True)
class Rule:
    """One rule: its name, what it watches, and its keys."""

    name: str
    kind: str
    keys: Mapping[str, Any]

    def after(self, word: str | None = None) -> str | None:
        """The patience with a customer of this grade, or a ticket of this priority; None where it is not watched."""
        return spoken(self.keys["after"], word)

    @property
    def lasts(self) -> str:
        """How long it tells of something that happened."""
        return str(self.keys["lasts"])

    @property
    def before(self) -> str:
        """How long before its time it tells of what is to come."""
        return str(self.keys["before"])

    @property
    def hold(self) -> str:
        """For more than how long it must stand to fire."""
        return str(self.keys.get("hold", "0s"))

    @property
    def clock(self) -> str:
        """`elapsed`, or `working`: by which time its durations are measured."""
        return str(self.keys.get("clock", "elapsed"))

    @property
    def count(self) -> int:
        """How often is too often."""
        return int(self.keys["count"])

    @property
    def silent_when_planned(self) -> bool:
        """Whether a plan that lies ahead quiets it."""
        return bool(self.keys.get("silent_when_planned", False))

    @property
    def roles(self) -> list[str]:
        """The roles that it holds for; none: for everybody."""
        return list(self.keys.get("roles", []))

    @property
    def enabled(self) -> bool:
        """Whether it is judged at all."""
        return bool(self.keys.get("enabled", True))

    @property
    def bounds(self) -> set[str]:
        """Every duration among its keys that may pass."""
        said = [self.keys.get("after"), self.keys.get("lasts")]
        return {text for value in said if value is not None for text in texts(value)}


def texts(said: Any) -> set[str]:
    """Every duration in one for all, or in those by word."""
    return {str(text) for text in (said.values() if isinstance(said, Mapping) else [said])}


class Law:
    """A policy, asked by name."""

    def __init__(self, policy: Mapping[str, Any], kinds: Mapping[str, dict[str, Any]] = KINDS) -> None:
        pipeline, contact = policy["pipeline"], policy.get("contact") or {}
        currency = policy.get("currency") or {}
        self.policy = policy
        self.zone = ZoneInfo(policy.get("timezone", "UTC"))
        self.work = worktime(self.zone.key, policy.get("calendar") or {})
        self.reporting: str = currency.get("reporting", "USD")
        self._rates: Any = currency.get("rates") or {}
        self.stages: list[str] = [stage["name"] for stage in pipeline["stages"]]
        self.probability = {s["name"]: exact(s["probability"]) for s in pipeline["stages"] if "probability" in s}
        self._stall_after = {s["name"]: s["stall_after"] for s in pipeline["stages"] if s.get("stall_after")}
        self.stall_basis: str = pipeline.get("stall_basis", "stage_entered")
        self._intervals: Mapping[str, str] = {"default": "30d"} | (contact.get("intervals") or {})
        self.grace: str = contact.get("grace", "1d")
        self.lead_time: str = contact.get("lead_time", "1d")
        self.silent_when_planned: bool = contact.get("silent_when_planned", False)
        self.rules = _rules(policy.get("alerts") or {}, kinds)
        self._cards: Mapping[str, Any] = policy.get("scorecards") or {}
        self.seasons = [exact(w) for w in (policy.get("targets") or {}).get("seasons") or [1] * 12]
        """What the months of a year weigh."""
        self._ends: dict[str, datetime] = {}
        said = policy.get("assessments") or {}
        weights = said.get("weights") or {"superior": 40, "peer": 30, "subordinate": 20, "customer": 10}
        self.weights = {relation: exact(weight) for relation, weight in weights.items()}
        self.min_raters: int = said.get("min_raters", 3)

    def day(self, moment: datetime) -> date:
        """The local day of an instant."""
        return moment.astimezone(self.zone).date()

    def day_of(self, text: str) -> date:
        """The local day of a date-time, or the plain date that is written."""
        said = moment(text)
        return self.day(said) if isinstance(said, datetime) else said

    def ends(self, text: str) -> datetime:
        """A date-time, or of a plain date the first instant that is later than that local day, found by walking."""
        if text not in self._ends:
            said = moment(text)
            if not isinstance(said, datetime):
                day, said = said, datetime(said.year, said.month, said.day, tzinfo=UTC) - timedelta(days=1)
                while self.day(said) <= day:
                    said += timedelta(minutes=15)  # of which all offsets in use are multiples
            self._ends[text] = said
        return self._ends[text]

    def length(self, text: str, clock: str) -> timedelta:
        """How much of a clock's time a duration is: on the working clock `2d` are the hours of two working days."""
        if clock == "working" and text.endswith("d"):
            return int(text[:-1]) * timedelta(microseconds=self.work.day)
        return duration(text)

    def later(self, start: datetime, text: str, clock: str) -> datetime:
        """The bound that lies a duration after an instant; nothing is the instant itself, on either clock."""
        length = self.length(text, clock)
        if clock == "working" and length:
            return moment_of(self.work.later(us(start), length // MICROSECOND))
        return start + length

    def earlier(self, end: datetime, text: str, clock: str) -> datetime:
        """The bound that lies a duration before an instant."""
        length = self.length(text, clock)
        if clock == "working" and length:
            return moment_of(self.work.earlier(us(end), length // MICROSECOND))
        return end - length

    def fires(self, name: str, started_at: datetime, now: datetime) -> bool:
        """Whether what has stood since an instant has stood for more than the rule's hold."""
        rule = self.rules[name]
        return not self.length(rule.hold, rule.clock) or now > self.later(started_at, rule.hold, rule.clock)

    def elapsed(self, start: datetime, end: datetime, clock: str) -> timedelta:
        """How much of a clock's time lies between two instants."""
        return self.work.worked(us(start), us(end)) * MICROSECOND if clock == "working" else end - start

    def stall_after(self, rule: Rule, stage: str | None, grade: str | None) -> str | None:
        """How long an opportunity may stay as it is in a stage, by a rule; None where it never stalls."""
        said = rule.keys.get("after") or self._stall_after.get(stage or "")
        return None if said is None or stage not in self.stages else spoken(said, grade)

    def watching(self, kind: str) -> list[Rule]:
        """The rules that watch for this."""
        return [rule for rule in self.rules.values() if rule.kind == kind and rule.enabled]

    @property
    def bounds(self) -> set[tuple[str, str]]:
        """Every duration that may pass between what happens and an alert of it, with its clock."""
        stalls = set().union(*(texts(said) for said in self._stall_after.values()))
        shared = {
            "contact.overdue": {self.grace},
            "contact.interval_exceeded": set(self._intervals.values()),
            "opp.stalled": stalls,
        }
        rules = self.rules.values()
        return {(text, rule.clock) for rule in rules for text in rule.bounds | shared.get(rule.kind, set())}

    @property
    def leads(self) -> set[tuple[str, str]]:
        """Every duration before something at which an alert may tell of it, with its clock."""
        of_tasks = {(rule.before, rule.clock) for rule in self.watching("task.due")}
        return of_tasks | {(self.lead_time, rule.clock) for rule in self.watching("contact.due")}

    def interval(self, rule: Rule, grade: str | None) -> str | None:
        """How long a customer of this grade may go without a contact, by a rule; None where that is not watched."""
        return spoken(rule.keys.get("after") or self._intervals, grade)

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


def _rules(alerts: Mapping[str, Any], usual: Mapping[str, dict[str, Any]]) -> dict[str, Rule]:
    """The rules by name: one of each kind under its own name, and those beside them that name what they watch."""
    said = {name: keys or {} for name, keys in alerts.items()}
    kinds = {kind: kind for kind in usual} | {name: keys["watch"] for name, keys in said.items() if "watch" in keys}
    return {name: Rule(name, kind, usual[kind] | said.get(name, {})) for name, kind in kinds.items() if kind in usual}


def periods(day: date, today: date) -> set[str]:
    """The keys of all periods that a local day falls into; the rolling ones end with `today`."""
    calendar = {f"{day.year:04d}", f"{day.year:04d}-Q{(day.month + 2) // 3}", f"{day.year:04d}-{day.month:02d}"}
    return calendar | {key for key, days in ROLLING.items() if timedelta(0) <= today - day < timedelta(days)}


def months(period: str) -> Fraction:
    """How many monthly targets a period holds."""
    if period in ROLLING:
        return Fraction(ROLLING[period], 30)
    return Fraction(3 if "Q" in period else 1 if "-" in period else 12)
