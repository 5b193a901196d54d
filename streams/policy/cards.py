"""The scorecards of a policy in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from streams.policy.combining import USUAL, Combining
from streams.policy.model import Policy
from streams.policy.scoring import By, ScoreKpi, Scoring
from streams.policy.words import percent, plain, table


def scorecards(policy: Policy) -> Iterator[str]:
    """Who is scored by what."""
    for card, lines in policy.scorecards.items():
        kind, colon, id = card.partition(":")
        yield f"{kind} {id}:" if colon else f"{card}:"
        scored = [line for line in lines if line.scoring is not Scoring.PENALTY]
        combining = policy.combining.get(card)
        yield from _combined(combining)
        totals: dict[str, Decimal] = {}
        for line in scored:
            totals[line.method] = totals.get(line.method, Decimal(0)) + line.weight
        for row in table(
            (line.kpi, line.perspective.value, percent(line.weight, totals[line.method]), _aim(line)) for line in scored
        ):
            yield f"  {row}"
        for line in lines:
            if line.scoring is Scoring.PENALTY and line.each is not None and line.most is not None:
                yield f"  Each of {line.kpi} takes {plain(line.each)} off the score, {plain(line.most)} at most."
        for method, total in totals.items():
            if total != 100:
                of = "" if combining is None else f" of {method}"
                yield f"  The weights{of} add up to {plain(total)}, not to 100."
    if policy.scorecards:
        yield "Percentages are shares of the weights of a card, or of its method, which need not add up to 100."
        yield "Targets are for a month: of a sum or a count three times that for a quarter,"
        yield "of a rate or a mean the same."
        yield "A KPI without a value leaves its weight to the others."
    else:
        yield "No role has a scorecard: nobody is scored."


def _combined(combining: Combining | None) -> Iterator[str]:
    """How the methods of a card become one score."""
    if combining is None:
        return
    if combining.formula:
        yield f"  The score is {combining.formula}, of the scores of its methods; without one of them there is none."
        return
    total = sum((weight for _, weight in combining.weights), Decimal(0))
    shares = ", ".join(f"{name} {percent(weight, total)}" for name, weight in combining.weights)
    yield f"  The score is made of the scores of its methods: {shares}."


def _months(line: ScoreKpi) -> str:
    """In which months a line has another weight."""
    others: dict[Decimal, list[str]] = {}
    for month, weight in enumerate(line.season, 1):
        if weight != line.weight:
            others.setdefault(weight, []).append(str(month))
    return "; ".join(f"weight {plain(weight)} in month {', '.join(months)}" for weight, months in others.items())


def _aim(line: ScoreKpi) -> str:
    target = "only where a target is set" if line.target is None else f"target {line.target:f}"
    if line.scoring is Scoring.POINTS_PER_EVENT and line.each is not None:
        target = f"{plain(line.each)} of {plain(line.weight)} points for each in a month"
    elif line.scoring is Scoring.BASELINE and line.baseline is not None:
        target = f"from {line.baseline:f} on, {target}"
    elif line.by is By.VALUE:
        target = "by its value"
    parts = [target]
    if line.scoring is Scoring.BANDS:
        parts.append("bands " + ", ".join(f"{plain(band.points)} % from {plain(band.start)}" for band in line.bands))
    elif line.scoring is Scoring.MATRIX and line.matrix is not None:
        parts.append(f"a table with {line.matrix.kpi}")
    if line.floor:
        parts.append(f"nothing below {plain(line.floor * 100)} % of it")
    if line.cap != 1:
        parts.append(f"counts up to {plain(line.cap * 100)} % of it")
    if line.better is not None:
        parts.append(f"{line.better} is better")
    if line.min_count:
        parts.append(f"of {line.min_count} things at least")
    if line.season:
        parts.append(_months(line))
    if line.method != USUAL:
        parts.append(f"of the method {line.method}")
    return ", ".join(parts)
