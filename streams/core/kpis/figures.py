"""The KPIs of a period, from the sums of its measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from streams.core.bins import MARK, is_binned, percentile
from streams.core.kpis.catalogue import DERIVED, LISTED, kpi_of
from streams.core.kpis.competency import COMPETENCY, competencies
from streams.core.kpis.kinds import Kpi, Value
from streams.core.kpis.selling import PIPELINE_COVERAGE, SALES_VELOCITY
from streams.core.ledger import Measures
from streams.core.ratio import Ratio
from streams.policy.assessments import PREFIX, AssessmentPolicy

Bins = dict[str, dict[int, int]]
"""By what is counted so, how many of it fell into each bin."""


class Formula(NamedTuple):
    """A KPI of a full name, as the measures that it is made of."""

    name: str
    kpi: Kpi
    numerator: tuple[str, ...]
    counted: tuple[str, ...]
    denominator: tuple[str, ...]
    needed: tuple[str, ...]
    """The measures without any of which there is no such KPI; none where it is told even if there is nothing of it."""
    less: tuple[str, ...]
    zero: Value | None
    """Of a sum: the value that most have in most periods."""

    def value(self, sums: Measures, bins: Bins, contains_now: bool) -> Value | None:
        """What sums of measures give; None where there is no such KPI, the denominator is 0, or there is nothing to
        rank."""
        kpi = self.kpi
        if kpi.standing and not contains_now:
            return None
        if self.needed and not any(measure in sums for measure in self.needed):
            return None
        if kpi.binned:
            return self._percentile(bins.get(kpi.binned, {}))
        get = sums.get
        top = count = bottom = 0
        for measure in self.numerator:
            top += get(measure, 0)
        for measure in self.counted:
            count += get(measure, 0)
        for measure in self.less:
            top -= get(measure, 0)
        if not self.denominator:
            if self.zero is not None and not top and not count:
                return self.zero
            return Value(self.name, kpi.unit, top, kpi.scale, None, 1, count)
        for measure in self.denominator:
            bottom += get(measure, 0)
        return Value(self.name, kpi.unit, top, kpi.scale, bottom, kpi.divisor, count) if bottom else None

    def _percentile(self, bins: Mapping[int, int]) -> Value | None:
        found = percentile(bins, self.kpi.percent)
        if found is None:
            return None
        return Value(self.name, self.kpi.unit, found, self.kpi.scale, None, 1, sum(bins.values()))


@lru_cache(1 << 14)
def in_period(measure: str, distinct: str) -> str:
    """A measure of a KPI as the sums of a period name it, `distinct` as in `Figures`. A suffix may end as it likes."""
    plain, colon, suffix = measure.partition(":")
    return plain + distinct + colon + suffix if plain[-1] == "@" else measure


def _formula(kpi: Kpi, suffix: str = "") -> Formula:
    numerator, counted, denominator, less = (
        tuple(part + suffix for part in parts) for parts in (kpi.numerator, kpi.counted, kpi.denominator, kpi.less)
    )
    needed = (denominator or numerator)[:1] if kpi.by_suffix else counted if kpi.quiet else ()
    zero = None if denominator or kpi.by_suffix else Value(kpi.name, kpi.unit, 0, kpi.scale, None, 1, 0)
    return Formula(kpi.name + suffix, kpi, numerator, counted, denominator, needed, less, zero)


def _sums(formula: Formula, distinct: str) -> Formula:
    """A formula as the sums of a kind of period name its measures."""

    def named(measures: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(in_period(measure, distinct) for measure in measures)

    return formula._replace(
        numerator=named(formula.numerator),
        counted=named(formula.counted),
        denominator=named(formula.denominator),
        needed=named(formula.needed),
        less=named(formula.less),
    )


@lru_cache(4096)
def formula_of(name: str) -> Formula | None:
    """What a KPI of a full name is made of; None where that is no sums, but follows from others."""
    kpi = kpi_of(name)
    if kpi is None or kpi is COMPETENCY or not (kpi.numerator or kpi.binned):
        return None
    return _formula(kpi, name.removeprefix(kpi.name) if kpi.by_suffix else "")


_PLAIN: Final = tuple(_formula(kpi) for kpi in LISTED if not kpi.by_suffix)
_BASES: Final = frozenset(("open_count", "open_amount", "won_amount", "win_rate", "sales_cycle_days"))
"""What the derived KPIs are made of."""
_PLACES: Final = {
    **{(kpi.name, kpi.by_suffix): number for number, kpi in enumerate(LISTED)},
    **{(name, False): len(LISTED) + number for number, name in enumerate(kpi.name for kpi in DERIVED)},
}


@lru_cache(4096)
def _place(name: str) -> tuple[int, str]:
    """Where a KPI of a full name stands among others."""
    if name.startswith(PREFIX):
        return _PLACES[COMPETENCY.name, False], name
    plain, colon, suffix = name.partition(":")
    return _PLACES[plain, bool(colon)], suffix


@lru_cache(16)
def _plain(distinct: str) -> dict[str, Formula]:
    """Those without a suffix, by name."""
    return {formula.name: _sums(formula, distinct) for formula in _PLAIN}


@lru_cache(1 << 14)
def _with(measure: str, distinct: str) -> tuple[Formula, ...]:
    """The KPIs that a measure is a part of; where it has a suffix, those of that suffix. What is counted by bins is
    named by what stands before them, `<what>~`."""
    if measure[-1] == MARK and ":" not in measure:
        return tuple(known for known in _plain(distinct).values() if known.kpi.binned == measure[:-1])
    plain, colon, suffix = measure.partition(":")
    once, at, _ = plain.partition("@")
    part = once + at + colon + suffix if at else measure
    formulas = (_formula(kpi, colon + suffix) for kpi in LISTED if kpi.by_suffix) if colon else _PLAIN
    found = [f for f in formulas if part in (*f.numerator, *f.less, *f.counted, *f.denominator)]
    return tuple(_sums(f, distinct) if colon else _plain(distinct)[f.name] for f in found)


def _with_any(measures: Iterable[str], distinct: str) -> dict[str, Formula]:
    """Those that any of some measures is a part of, by name."""
    return {known.name: known for measure in measures for known in _with(measure, distinct)}


@lru_cache(4096)
def _changed_by(measures: frozenset[str], distinct: str) -> tuple[Formula, ...]:
    """The same of what changed: what happens often changes the same ones each time."""
    return tuple(_with_any(measures, distinct).values())


@lru_cache(4096)
def _nothing(name: str, contains_now: bool) -> Value | None:
    """What there is of a sum or count of which there is nothing; None for anything else."""
    kpi = kpi_of(name)
    if kpi is None or kpi.denominator or not kpi.numerator or (kpi.standing and not contains_now):
        return None
    return Value(name, kpi.unit, 0, kpi.scale, None, 1, 0)


class Figures:
    """The sums of a period's measures and every KPI that they give, of which only what changed is worked out anew.

    Sums and counts are there, zero included, but for those that are quiet; rates and means are not where the
    denominator is 0. `distinct` as `periods.distinct_in` has it.
    """

    __slots__ = ("_assessments", "_bins", "_distinct", "_now", "_stale", "_target", "sums", "values")

    def __init__(self, distinct: str) -> None:
        self.sums: Measures = {}
        self.values: dict[str, Value] = {}
        """By full name, in the order of the catalogue, as of the last `update`."""
        self._distinct = distinct
        self._now: bool | None = None
        self._target: Ratio | None = None
        self._assessments: AssessmentPolicy | None = None
        self._stale: set[str] = set()
        self._bins: Bins = {}

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

    def update(
        self, contains_now: bool, target: Ratio | None = None, assessments: AssessmentPolicy | None = None
    ) -> list[str]:
        """Bring the values up to date; answers the names of those that came, changed or went.

        `target` is the won_amount target of the period; it matters, as all that stands at this moment, only where the
        period contains now. `assessments` says what competencies are made of; without it there are none.
        """
        anew = contains_now is not self._now
        stale, distinct, sums, bins = self._sort_bins(), self._distinct, self.sums, self._bins
        affected: Iterable[Formula]
        if anew:
            there = (measure for measure in sums if not is_binned(measure))
            affected = (_plain(distinct) | _with_any(there, distinct)).values()
        else:
            affected = _changed_by(frozenset(stale), distinct)
        found = {known.name: known.value(sums, bins, contains_now) for known in affected}
        if anew:
            found = dict.fromkeys(self.values) | found
        changed = self._take(found)
        if anew or target != self._target or not _BASES.isdisjoint(changed):
            changed += self._take(self._derived(target if contains_now else None))
        weighed = anew or assessments != self._assessments
        changed += self._take(
            competencies(self.sums, self.sums if weighed else self._stale, self._distinct, assessments)
        )
        self._now, self._target, self._assessments = contains_now, target, assessments
        self._stale.clear()
        return changed

    def scored(self, name: str) -> Value | None:
        """The value that a scorecard takes: of a sum or count 0 where there is nothing of it."""
        value = self.values.get(name)
        return _nothing(name, bool(self._now)) if value is None else value

    def _sort_bins(self) -> set[str]:
        """Put what changed of the bins where it belongs; answers the measures that changed, `<what>~` for its bins."""
        stale = {measure for measure in self._stale if not is_binned(measure)}
        for measure in self._stale - stale:
            what, mark, number = measure.partition(MARK)
            bins, count = self._bins.setdefault(what, {}), self.sums.get(measure, 0)
            if count:
                bins[int(number)] = count
            else:
                bins.pop(int(number), None)
            stale.add(what + mark)
        return stale

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
        found: dict[str, Value | None] = dict.fromkeys(kpi.name for kpi in DERIVED)
        get = self.values.get
        open_count, open_amount, won = get("open_count"), get("open_amount"), get("won_amount")
        if open_count is None or open_amount is None or won is None:
            return found
        if target is not None and target.fraction > won.value:
            remains = target.fraction - won.value
            found[PIPELINE_COVERAGE.name] = _quotient(PIPELINE_COVERAGE, open_amount.value, remains, open_amount.number)
        cycle, rate = get("sales_cycle_days"), get("win_rate")
        if cycle is not None and rate is not None and cycle.top and won.number:
            revenue = open_count.value * (won.value / won.number) * rate.value
            found[SALES_VELOCITY.name] = _quotient(SALES_VELOCITY, revenue, cycle.value, won.number)
        return found


def values(
    measures: Measures,
    distinct: str,
    contains_now: bool,
    target: Ratio | None = None,
    assessments: AssessmentPolicy | None = None,
) -> dict[str, Value]:
    """Every KPI that the measures of a period give; as `Figures`, for once."""
    figures = Figures(distinct)
    figures.add(measures)
    figures.update(contains_now, target, assessments)
    return figures.values


def _quotient(kpi: Kpi, over: Fraction, under: Fraction, count: int) -> Value:
    return Value(kpi.name, kpi.unit, over.numerator, over.denominator, under.numerator, under.denominator, count)
