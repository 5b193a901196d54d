"""The catalogue of KPIs: what each is called, what it means, and which measures it is made of. Data, not code.

A measure is an exact integer sum (see `ledger`); a KPI is one such sum, or the quotient of two.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from streams.core.ledger import Measures
from streams.core.ratio import Ratio
from streams.core.units import ATOM, DAY, EXPECTED, QUANTITY
from streams.policy import Better
from streams.policy.currency import money_text


class Unit(StrEnum):
    """What a value is a number of; decides how it is written."""

    COUNT = "count"
    MONEY = "money"
    RATE = "rate"
    DAYS = "days"
    NUMBER = "number"


class Kpi(NamedTuple):
    """One KPI. Numerator and denominator are sums of measures, each divided by its scale."""

    name: str
    unit: Unit
    definition: str
    numerator: tuple[str, ...]
    counted: str
    """The measure that says how many things the value rests on."""
    denominator: tuple[str, ...] = ()
    scale: int = 1
    divisor: int = 1
    """The scale of the denominator."""
    better: Better = Better.HIGHER
    standing: bool = False
    """Measured at `as_of`: stands only in the periods that contain it."""
    by_suffix: bool = False
    """The measures carry a suffix, `:<stage>` or `:<channel>`; there is one value for each."""

    @property
    def adds_up(self) -> bool:
        """Whether it is a sum or count over time, so that a longer period asks for more of it."""
        return not self.denominator and not self.standing and self.unit is not Unit.RATE


class Value(msgspec.Struct, frozen=True, gc=False):
    """A KPI's value in a period, exact: top / scale, or that by bottom / divisor where it is a quotient.

    Whole numbers, as a quotient of two of them is a float just as exact as that of the fraction they make.
    """

    kpi: str
    unit: Unit
    top: int
    scale: int
    bottom: int | None
    divisor: int
    number: int
    """How many things it rests on."""

    @property
    def ratio(self) -> tuple[int, int]:
        """The value as (dividend, divisor); the latter is above 0."""
        if self.bottom is None:
            return self.top, self.scale
        over, under = self.top * self.divisor, self.scale * self.bottom
        return (over, under) if under > 0 else (-over, -under)

    @property
    def value(self) -> Fraction:
        """The value."""
        return Fraction(*self.ratio)

    @property
    def numerator(self) -> Fraction:
        """What is divided; the value itself where nothing is."""
        return Fraction(self.top, self.scale)

    @property
    def denominator(self) -> Fraction | None:
        """What it is divided by."""
        return None if self.bottom is None else Fraction(self.bottom, self.divisor)


OVERALL: Final = "customers@"
"""Distinct customers: the measure that counts each once is another for each kind of period."""

_C, _M, _R, _D, _N = Unit.COUNT, Unit.MONEY, Unit.RATE, Unit.DAYS, Unit.NUMBER

_LISTED: Final = (
    Kpi("contacts", _C, "contact.logged counted", ("contacts",), "contacts"),
    Kpi("contacts", _C, "contact.logged counted, by channel", ("contacts",), "contacts", by_suffix=True),
    Kpi("contacts_connected", _C, "contacts that were connected", ("contacts_connected",), "contacts_connected"),
    Kpi("contacts_per_customer", _N, "contacts / distinct customers contacted in the period", ("contacts",), "contacts",
        (OVERALL,)),
    Kpi("customers_contacted", _C, "distinct customers contacted per day, summed over the days", ("customer_days",),
        "customer_days"),
    Kpi("customers_owned", _C, "customers owned at as_of", ("owned",), "owned", standing=True),
    Kpi("new_customers", _C, "customers with their first won opportunity or first contract in the period",
        ("new_customers",), "new_customers"),
    Kpi("opportunities_created", _C, "opportunities by their creation", ("created",), "created"),
    Kpi("won_count", _C, "opportunities whose newest outcome is won", ("won",), "won"),
    Kpi("lost_count", _C, "opportunities whose newest outcome is lost", ("lost",), "lost", better=Better.LOWER),
    Kpi("stages_advanced", _C, "forward stage changes", ("advanced",), "advanced"),
    Kpi("win_rate", _R, "won_count / (won_count + lost_count)", ("won",), "closed", ("won", "lost")),
    Kpi("opportunity_conversion_rate", _R, "won_count / opportunities_created", ("won",), "created", ("created",)),
    Kpi("won_amount", _M, "sum of the amounts won", ("won_amount",), "won", scale=ATOM),
    Kpi("sales_cycle_days", _D, "mean days from creation to won, of the won opportunities that have both",
        ("cycle_us",), "cycles", ("cycles",), scale=DAY, better=Better.LOWER),
    Kpi("stage_conversion", _R, "opportunities that went on from a stage / that entered it, by the day of first entry",
        ("passed",), "entered", ("entered",), by_suffix=True),
    Kpi("time_in_stage_latest", _D, "mean days of an opportunity's newest completed stay in a stage", ("latest_us",),
        "left", ("left",), scale=DAY, better=Better.LOWER, by_suffix=True),
    Kpi("time_in_stage_cumulative", _D, "mean days of all of an opportunity's completed stays in a stage",
        ("cumulative_us",), "left", ("left",), scale=DAY, better=Better.LOWER, by_suffix=True),
    Kpi("open_count", _C, "open opportunities at as_of", ("open",), "open", standing=True),
    Kpi("open_amount", _M, "sum of the amounts of open opportunities at as_of", ("open_amount",), "open", scale=ATOM,
        standing=True),
    Kpi("expected_revenue", _M, "sum of amount * stage probability of open opportunities at as_of", ("expected",),
        "open", scale=EXPECTED, standing=True),
    Kpi("contract_count", _C, "contracts signed", ("contracts",), "contracts"),
    Kpi("contract_amount", _M, "sum of the amounts of contracts signed", ("contract_amount",), "contracts", scale=ATOM),
    Kpi("units_sold", _N, "sum of the quantities of contract lines", ("units",), "contracts", scale=QUANTITY),
    Kpi("price_realisation", _R, "Σ quantity * unit price / Σ quantity * list price, of lines that have both",
        ("sold_at",), "contracts", ("listed_at",), scale=ATOM * QUANTITY, divisor=ATOM * QUANTITY),
    Kpi("invoiced_amount", _M, "sum of the invoices issued", ("invoiced",), "invoices", scale=ATOM),
    Kpi("collected_amount", _M, "received - refunded", ("collected",), "receipts", scale=ATOM),
    Kpi("collection_rate", _R, "collected_amount / amount of the invoices due in the period", ("collected",), "due",
        ("due_amount",), scale=ATOM, divisor=ATOM),
    Kpi("bad_debt_amount", _M, "sum of the debts written off", ("written_off",), "write_offs", scale=ATOM,
        better=Better.LOWER),
    Kpi("bad_debt_rate", _R, "bad_debt_amount / amount of the invoices due in the period", ("written_off",), "due",
        ("due_amount",), scale=ATOM, divisor=ATOM, better=Better.LOWER),
    Kpi("flagged", _C, "won opportunities that are oddly recorded: missing_amount, negative_cycle", ("flagged",),
        "flagged", better=Better.LOWER, by_suffix=True),
)  # fmt: skip

PIPELINE_COVERAGE: Final = Kpi(
    "pipeline_coverage", _R, "open_amount / what remains of the won_amount target, at as_of", (), "open", standing=True
)
SALES_VELOCITY: Final = Kpi(
    "sales_velocity", _N, "open_count * mean won amount * win_rate / sales_cycle_days, at as_of: revenue per day", (),
    "won", standing=True,
)  # fmt: skip

CATALOGUE: Final[Mapping[str, Kpi]] = MappingProxyType(
    {
        kpi.name: kpi
        for kpi in (*(k for k in _LISTED if k.by_suffix), *(k for k in _LISTED if not k.by_suffix),
                    PIPELINE_COVERAGE, SALES_VELOCITY)
    }
)  # fmt: skip
"""By name without suffix."""


COMING: Final[Mapping[str, Better]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("leads", "lead_conversion_rate", "resolution_rate", "tickets_handled", "csat", "nps", "ces", "praise",
             "retention_rate", "repeat_rate", "customer_lifetime_value", "shared_customers", "task_completion_rate",
             "on_time_rate", "campaign_participants", "campaign_roi", "deal_profit", "usage_days", "data_quality",
             "okr_progress"),
            Better.HIGHER,
        ),
        **dict.fromkeys(
            ("lead_response_seconds", "first_response_seconds", "resolution_seconds", "open_tickets", "complaint_rate",
             "cost_amount", "trips", "overdue_episodes", "stalled_episodes"),
            Better.LOWER,
        ),
    }
)  # fmt: skip
"""KPIs of the contract whose events are taken in but not yet counted: a scorecard may name them, they are absent."""


NAMES: Final = frozenset((*CATALOGUE, *COMING))
"""Every name that a policy may score, without suffix."""


@lru_cache(4096)
def kpi_of(name: str) -> Kpi | None:
    """The entry of a KPI by its full name, such as `contacts:call`."""
    plain, _, suffix = name.partition(":")
    found = CATALOGUE.get(plain)
    if found is None or (suffix and not any(k.by_suffix for k in _LISTED if k.name == plain)):
        return None
    return found if not suffix or found.by_suffix else next(k for k in _LISTED if k.name == plain and k.by_suffix)


class Formula(NamedTuple):
    """A KPI of a full name, as the measures that it is made of."""

    name: str
    kpi: Kpi
    numerator: tuple[str, ...]
    counted: tuple[str, ...]
    denominator: tuple[str, ...]
    needed: str | None
    """The measure without which there is no such KPI; None where it is told even if there is nothing of it."""
    zero: Value | None
    """Of a sum: the value that most have in most periods."""

    def value(self, sums: Measures, distinct: str) -> Value | None:
        """What sums of measures give; None where the denominator is 0. `distinct` as in `Figures`."""
        get, kpi = sums.get, self.kpi
        top = count = bottom = 0
        for measure in self.numerator:
            top += get(measure, 0)
        for measure in self.counted:
            count += get(measure, 0)
        if not self.denominator:
            if self.zero is not None and not top and not count:
                return self.zero
            return Value(self.name, kpi.unit, top, kpi.scale, None, 1, count)
        for measure in self.denominator:
            bottom += get(distinct if measure == OVERALL else measure, 0)
        return Value(self.name, kpi.unit, top, kpi.scale, bottom, kpi.divisor, count) if bottom else None


def _formula(kpi: Kpi, suffix: str = "") -> Formula:
    numerator, denominator = (tuple(part + suffix for part in parts) for parts in (kpi.numerator, kpi.denominator))
    counted = ("won", "lost") if kpi.counted == "closed" else (kpi.counted + suffix,)
    needed = (denominator or numerator)[0] if kpi.by_suffix else None
    zero = None if denominator or kpi.by_suffix else Value(kpi.name, kpi.unit, 0, kpi.scale, None, 1, 0)
    return Formula(kpi.name + suffix, kpi, numerator, counted, denominator, needed, zero)


_PLAIN: Final = tuple(_formula(kpi) for kpi in _LISTED if not kpi.by_suffix)
_BASES: Final = frozenset(("open_count", "open_amount", "won_amount", "win_rate", "sales_cycle_days"))
"""What the derived KPIs are made of."""
_DERIVED: Final = (PIPELINE_COVERAGE.name, SALES_VELOCITY.name)
_PLACES: Final = {
    **{(kpi.name, kpi.by_suffix): number for number, kpi in enumerate(_LISTED)},
    **{(name, False): len(_LISTED) + number for number, name in enumerate(_DERIVED)},
}


@lru_cache(4096)
def _place(name: str) -> tuple[int, str]:
    """Where a KPI of a full name stands among others."""
    plain, colon, suffix = name.partition(":")
    return _PLACES[plain, bool(colon)], suffix


@lru_cache(4096)
def _formulas_with(measure: str) -> tuple[Formula, ...]:
    """The KPIs that a measure is a part of; where it has a suffix, those of that suffix."""
    plain, colon, suffix = measure.partition(":")
    part = OVERALL if plain.startswith(OVERALL) else measure
    formulas = (_formula(kpi, colon + suffix) for kpi in _LISTED if kpi.by_suffix) if colon else _PLAIN
    return tuple(f for f in formulas if part in (*f.numerator, *f.counted, *f.denominator))


class Figures:
    """The sums of a period's measures and every KPI that they give, of which only what changed is worked out anew.

    Sums and counts are always there, zero included; rates and means are not where the denominator is 0. `distinct` is
    the measure that counts each customer once in such a period.
    """

    __slots__ = ("_distinct", "_now", "_stale", "_target", "sums", "values")

    def __init__(self, distinct: str) -> None:
        self.sums: Measures = {}
        self.values: dict[str, Value] = {}
        """By full name, in the order of the catalogue, as of the last `update`."""
        self._distinct = distinct
        self._now: bool | None = None
        self._target: Ratio | None = None
        self._stale: set[str] = set()

    def add(self, measures: Measures, factor: int = 1) -> None:
        """Add `factor` times what each measure comes to."""
        sums = self.sums
        for measure, value in measures.items():
            total = sums.get(measure, 0) + factor * value
            if total:
                sums[measure] = total
            else:
                sums.pop(measure, None)
        self._stale.update(measures)

    def update(self, contains_now: bool, target: Ratio | None = None) -> list[str]:
        """Bring the values up to date; answers the names of those that came, changed or went.

        `target` is the won_amount target of the period; it matters, as all that stands at this moment, only where the
        period contains now.
        """
        anew = contains_now is not self._now
        formulas = {f.name: f for f in _PLAIN} if anew else {}
        formulas.update(
            (f.name, f) for measure in (self.sums if anew else self._stale) for f in _formulas_with(measure)
        )
        found: dict[str, Value | None] = {}
        for name, formula in formulas.items():
            standing = formula.kpi.standing and not contains_now
            absent = standing or (formula.needed is not None and formula.needed not in self.sums)
            found[name] = None if absent else formula.value(self.sums, self._distinct)
        if anew:
            found = dict.fromkeys(self.values) | found
        changed = self._take(found)
        if anew or target != self._target or not _BASES.isdisjoint(changed):
            changed += self._take(self._derived(target if contains_now else None))
        self._now, self._target = contains_now, target
        self._stale.clear()
        return changed

    def _take(self, found: Mapping[str, Value | None]) -> list[str]:
        values, changed, grown = self.values, [], False
        for name, value in found.items():
            known = values.get(name)
            if value is not known and value != known:
                changed.append(name)
                if value is None:
                    del values[name]
                else:
                    grown = grown or known is None
                    values[name] = value
        if grown:
            self.values = dict(sorted(values.items(), key=lambda item: _place(item[0])))
        return changed

    def _derived(self, target: Ratio | None) -> dict[str, Value | None]:
        found: dict[str, Value | None] = dict.fromkeys(_DERIVED)
        get = self.values.get
        open_count, open_amount, won = get("open_count"), get("open_amount"), get("won_amount")
        if open_count is None or open_amount is None or won is None:
            return found
        if target is not None and target.fraction > won.value:
            remains = target.fraction - won.value
            found[_DERIVED[0]] = _quotient(PIPELINE_COVERAGE, open_amount.value, remains, open_amount.number)
        cycle, rate = get("sales_cycle_days"), get("win_rate")
        if cycle is not None and rate is not None and cycle.top and won.number:
            revenue = open_count.value * (won.value / won.number) * rate.value
            found[_DERIVED[1]] = _quotient(SALES_VELOCITY, revenue, cycle.value, won.number)
        return found


def values(measures: Measures, distinct: str, contains_now: bool, target: Ratio | None = None) -> dict[str, Value]:
    """Every KPI that the measures of a period give; as `Figures`, for once."""
    figures = Figures(distinct)
    figures.add(measures)
    figures.update(contains_now, target)
    return figures.values


def _quotient(kpi: Kpi, over: Fraction, under: Fraction, count: int) -> Value:
    return Value(kpi.name, kpi.unit, over.numerator, over.denominator, under.numerator, under.denominator, count)


def number(over: int, under: int, unit: Unit) -> int | float:
    """over / under as JSON writes it: a count as a whole number, money to the cent, all else with full precision."""
    if unit is Unit.COUNT and over % under == 0:
        return over // under
    return float(text(over, under, unit)) if unit is Unit.MONEY else over / under


def text(over: int, under: int, unit: Unit) -> str:
    """over / under as a table writes it: money to the cent, half even; `under` is above 0."""
    if unit is Unit.MONEY:
        return money_text(over if under == ATOM else round(Fraction(over * ATOM, under)))
    return str(over // under) if over % under == 0 else repr(over / under)
