"""The read model: what the output topics say, ready to be asked. Pure: a record in, what it changed out.

It is a function of the records alone: whatever came before the newest of a key leaves no trace, so a dashboard that was
killed and starts anew gives the same answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, Protocol, TypeVar

import msgspec

from streams.core.records import policy_of
from streams.dashboard.advice import Advice
from streams.dashboard.alerts import AlertBook, Facts
from streams.dashboard.campaigns import Campaigns
from streams.dashboard.customers import Customers
from streams.dashboard.deals import Deals
from streams.dashboard.letters import LetterBox
from streams.dashboard.people import People
from streams.dashboard.scores import Funnels, KpiSheets, Scorecards, Teams, in_order
from streams.events.instants import iso, to_us
from streams.policy import Policy, PolicyError
from streams.policy.periods import ROLLING, months

POLICY: Final = "streams.policy"
LETTERS: Final = "streams.dead-letters"
EMPLOYEES: Final = "crm.employees"
STALLED: Final = "opp.stalled"
DAY: Final = 86_400_000_000


class Change(NamedTuple):
    """What a record changed, for who listens: its topic and key, and whom it concerns."""

    topic: str
    key: str
    value: bytes | None
    facts: Facts


class Figures(Protocol):
    """A record of a period."""

    @property
    def as_of(self) -> datetime: ...


R = TypeVar("R", bound=Figures, covariant=True)


class Book(Protocol[R]):
    """Keeps records by `id/period`; `take` answers the record, of a deletion the one before."""

    def __contains__(self, key: str) -> bool: ...

    def take(self, key: str, value: bytes | None) -> R | None: ...


class _Announced(msgspec.Struct):
    text: str


class ReadModel:
    """`apply` takes the records, of each topic in the order of their partition. `policy` serves until one is told."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.people = People()
        self.alerts = AlertBook()
        self.scorecards = Scorecards()
        self.kpis = KpiSheets()
        self.teams = Teams()
        self.funnels = Funnels()
        self.campaigns = Campaigns()
        self.deals = Deals()
        self.customers = Customers()
        self.advice = Advice()
        self.letters = LetterBox()
        self.records: Counter[str] = Counter()
        """Records that were taken, by topic."""
        self.foreign: Counter[str] = Counter()
        """Those of them that are no records of that topic."""
        self._as_of = 0
        self._periods: Counter[str] = Counter()
        self._takers: Mapping[str, Callable[[str, bytes | None], Facts | None]] = {
            "alerts": self.alerts.take,
            "alerts.log": self._log,
            "scores.employees": self._score,
            "scores.teams": self._team,
            "kpis.employees": self._kpi,
            "funnel": self._funnel,
            "campaigns": self._campaign,
            "opportunities": self.deals.take,
            "customers": self.customers.take,
            "recommendations": self.advice.take,
            LETTERS: self._letter,
            EMPLOYEES: self._employee,
            POLICY: self._announced,
        }

    @property
    def topics(self) -> list[str]:
        """The topics that it is made of."""
        return list(self._takers)

    def apply(self, topic: str, key: bytes | None, value: bytes | None) -> Change | None:
        """Take one record; None where it changed nothing that anybody listens to, or is none of the topic's."""
        self.records[topic] += 1
        try:
            name = (key or b"").decode()
            facts = self._takers[topic](name, value or None)
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, PolicyError):
            self.foreign[topic] += 1
            return None
        return None if facts is None else Change(topic, name, value or None, facts)

    @property
    def as_of(self) -> str | None:
        """The newest instant that figures are as of, or that an alert tells of."""
        return iso(self.now) if self.now else None

    @property
    def now(self) -> int:
        """The same in microseconds, 0 while nothing is known."""
        return max(self._as_of, self.alerts.newest)

    def periods(self) -> list[str]:
        """Every period that there are figures of, and that has begun."""
        month = self.policy.zone.month(self.policy.zone.day(self.now))
        return in_order(
            period
            for period, count in self._periods.items()
            if count and (period in ROLLING or months(period).start <= month)
        )

    def period(self, asked: str | None) -> str:
        """The one that is asked for; else the newest month. "" where there is none."""
        if asked is not None:
            return asked
        return next((one for one in self.periods() if len(one) == 7 and "Q" not in one), "")

    def stalls(self) -> frozenset[str]:
        """The rules that watch for opportunities that stand still."""
        return frozenset(name for name, _ in self.policy.watching(STALLED))

    def _take(self, book: Book[R], key: str, value: bytes | None) -> R | None:
        """A record with figures of a period; the model knows how many of each period there are."""
        known, period = key in book, key.rpartition("/")[2]
        if period not in ROLLING:
            months(period)  # raises where it is none
        record = book.take(key, value)
        self._periods[period] += (value is not None) - known
        if record is not None:
            self._as_of = max(self._as_of, to_us(record.as_of))
        return record

    def _score(self, key: str, value: bytes | None) -> Facts:
        record = self._take(self.scorecards, key, value)
        return Facts() if record is None else Facts(record.team, record.employee_id)

    def _kpi(self, key: str, value: bytes | None) -> Facts:
        record = self._take(self.kpis, key, value)
        if record is None:
            return Facts()
        person = self.people.get(record.employee_id)
        return Facts(person and person.team, record.employee_id)

    def _team(self, key: str, value: bytes | None) -> Facts:
        self._take(self.teams, key, value)
        return Facts(team=key.rpartition("/")[0])

    def _funnel(self, key: str, value: bytes | None) -> Facts:
        self._take(self.funnels, key, value)
        return Facts(team=key.rpartition("/")[0])

    def _campaign(self, key: str, value: bytes | None) -> None:
        self._take(self.campaigns, key, value)

    def _log(self, key: str, value: bytes | None) -> None:
        self.alerts.log(value)

    def _letter(self, key: str, value: bytes | None) -> None:
        self.letters.take(value)

    def _employee(self, key: str, value: bytes | None) -> None:
        if not self.people.take(value):
            self.foreign[EMPLOYEES] += 1

    def _announced(self, key: str, value: bytes | None) -> None:
        if value is not None:
            self.policy = policy_of(msgspec.json.decode(value, type=_Announced).text)
