"""When another target is suggested of a KPI: it was missed or exceeded by far, period after period.

attainment = value / target, where less is better target / value, as the contract has it. Where it is below the one
bound, or at or above the other, in each of N periods of a length that follow each other and are over,

    suggested target of such a period = (value 1 + … + value N) / N

exactly, of money rounded to the cent, half even. Nothing but what was reached goes into it: what a forecast expects of
a period that is running is a guess that its next days change, and stands on the scorecard.

Only a target that was set for the employee counts: for the period itself, or spread from what was set for longer or
shorter ones. A share of a team's is the team's to adjust, and the policy's own is for all. A period says nothing, and
ends a run, where there is no value of it or too few for the scorecard, where the target is not above 0, and where less
is better and nothing was. So does, of a sum or a count where targets are pro rata, one in which the employee was here
for a part alone: its value is that of the part. Where the mean is not above 0, or lies from the last of the targets in
the other direction than the deviation, nothing is suggested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from streams.core.aims import Aim
from streams.core.kpis import Unit, Value, kpi_of, number
from streams.core.performance import of_span, runs
from streams.core.ratio import Ratio, lowest, read_ratio, total, write_ratio
from streams.core.scoring import Rule
from streams.policy import Adjusting, Better

OWN = ("set", "spread")
"""The bases of targets that were set for the employee."""
CENTS = 100


class Mark(NamedTuple):
    """What was reached of a target in a period, as state keeps it: both above 0 where less is better, the target
    always. Quotients are texts, as their terms may be of any length."""

    value: str
    target: str
    lower: bool
    """Whether less is better."""

    @property
    def attainment(self) -> float:
        """Rounded once."""
        value, target = read_ratio(self.value), read_ratio(self.target)
        over, under = (target, value) if self.lower else (value, target)
        return over.over * under.under / (over.under * under.over)


Marks = Mapping[str, Mark]
"""By KPI, those of a period."""


class Adjustment(NamedTuple):
    """Another target that is suggested."""

    kpi: str
    side: str
    """Of which bound the attainments are: `below` or `above`."""
    bound: Decimal
    periods: tuple[str, ...]
    marks: tuple[Mark, ...]
    suggested: Ratio

    @property
    def basis(self) -> str:
        """What makes it another than others of the employee."""
        return f"{self.periods[0]} {self.side} {self.kpi}"


def kpi_in(basis: str) -> str:
    """The KPI of a basis."""
    return basis.split(" ", 2)[2]


def marks_of(
    kpis: Iterable[str],
    goal: Callable[[str], Aim | None],
    scored: Callable[[str], Value | None],
    rules: Iterable[Rule],
    whole: bool,
) -> dict[str, Mark]:
    """What a period says of each KPI that says something; `whole`: the employee was here throughout."""
    lines = {rule.kpi: rule for rule in rules if not rule.costs}
    found: dict[str, Mark] = {}
    for kpi in kpis:
        known, aim, value, line = kpi_of(kpi), goal(kpi), scored(kpi), lines.get(kpi)
        if known is None or value is None or aim is None or aim.basis not in OWN or aim.value.over <= 0:
            continue
        lower = known.better is Better.LOWER if line is None else line.lower
        few = line is not None and value.number < line.terms.line.min_count
        reached = lowest(*value.ratio)
        if few or (lower and reached.over <= 0) or (known.adds_up and not whole):
            continue
        found[kpi] = Mark(write_ratio(reached), write_ratio(aim.value), lower)
    return found


def adjustments(marked: Mapping[str, Marks], role: str | None, policy: Adjusting) -> Iterator[Adjustment]:
    """What the periods that are over bear out."""
    if not policy.enabled or (policy.roles and role not in policy.roles):
        return
    for kpi in sorted({kpi for marks in marked.values() for kpi in marks}):
        marks = {period: of[kpi] for period, of in marked.items() if kpi in of}
        order = of_span(marks, policy.period)
        reached = {period: marks[period].attainment for period in order}
        for side, above, below in (("below", None, policy.below), ("above", policy.above, None)):
            for run in runs(reached, policy.period, policy.count, above, below):
                first = order.index(run.first)
                periods = tuple(order[first : first + policy.count])
                seen = tuple(marks[period] for period in periods)
                suggested = _suggested(kpi, seen, side == "above")
                if suggested is not None:
                    yield Adjustment(kpi, side, above or below or Decimal(0), periods, seen, suggested)


def _suggested(kpi: str, marks: tuple[Mark, ...], exceeded: bool) -> Ratio | None:
    """The mean; None where it is no target, or no step towards what was reached."""
    mean = total(read_ratio(mark.value) for mark in marks).times(Ratio(1, len(marks)))
    if _unit(kpi) is Unit.MONEY:
        mean = lowest(round(mean.fraction * CENTS), CENTS)
    present = read_ratio(marks[-1].target)
    low, high = (present, mean) if exceeded is not marks[-1].lower else (mean, present)
    return None if mean.over <= 0 or low.at_least(high) else mean


def told(found: Adjustment, each: str) -> dict[str, Any]:
    """The suggestion and its reasons as the record has them, and one sentence; `each` is the length of a period."""
    unit = _unit(found.kpi)
    values = [number(*read_ratio(mark.value), unit) for mark in found.marks]
    targets = [number(*read_ratio(mark.target), unit) for mark in found.marks]
    reasons = [
        {
            "kpi": found.kpi,
            "value": value,
            "target": target,
            "attainment": mark.attainment,
            "points": None,
            "period": period,
        }
        for period, mark, value, target in zip(found.periods, found.marks, values, targets, strict=True)
    ]
    terms = " + ".join(said(value) for value in values)
    suggested = number(*found.suggested, unit)
    adjustment = {
        "kpi": found.kpi,
        "each": each,
        "present": targets[-1],
        "suggested": suggested,
        "formula": f"({terms}) / {len(values)}" if len(values) > 1 else terms,
    }
    return {"bound": float(found.bound), "reasons": reasons, "adjustment": adjustment}


def summary(employee: str, found: Adjustment, more: Mapping[str, Any]) -> str:
    """One sentence for a person; `more` is what `told` says."""
    one, percent = more["adjustment"], f"{(found.bound * 100).normalize():f} %"
    suggested, present, each = said(one["suggested"]), said(one["present"]), one["each"]
    opens = f"Consider a target of {suggested} instead of {present} {found.kpi} a {each} for {employee}"
    side = f"the attainment was below {percent}" if found.side == "below" else f"the attainment was {percent} or more"
    if len(found.periods) == 1:
        return f"{opens}: {one['formula']} was reached in {found.periods[0]}, where {side}."
    span = f"in {len(found.periods)} {each}s in a row, {found.periods[0]} to {found.periods[-1]}"
    return f"{opens}: {span}, {side}, and the mean of what was reached is {one['formula']}."


def said(figure: float) -> str:
    """A figure as a person reads it: four decimals at the most."""
    return f"{figure:,.4f}".rstrip("0").removesuffix(".")


def _unit(kpi: str) -> Unit:
    known = kpi_of(kpi)
    return Unit.NUMBER if known is None else known.unit
