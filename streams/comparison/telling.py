"""What another policy would change, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.explain.numbers import NONE, unit_of, written
from streams.tail import printable

Told = Mapping[str, Any]
KPIS = 3
"""So many KPIs, and things that an alert is about, are named."""


def tell(told: Told, out: Console) -> None:
    """Prints what `compare` gave."""
    out.print(Text(f"{told['old']} → {told['new']}, {told['period']} as of {told['as_of']}", "bold"), soft_wrap=True)
    if told["takes_a_rebuild"]:
        out.print("Time zone or reporting currency are others: `crmpulse rebuild` has to count everything anew.")
    out.print()
    if not told["policy"]:
        out.print("The policies mean the same.")
    for section in told["policy"]:
        out.print(Text(section["section"], "bold"))
        for mark, style, lines in (("-", "red", section["before"]), ("+", "green", section["after"])):
            for line in lines:
                out.print(Text(f"  {mark} {line}", style), soft_wrap=True)
    out.print()
    if told["people"]:
        out.print(_people(told))
    out.print(f"{_changed(told['people'])}; {told['unchanged']:,} as before.", soft_wrap=True)
    out.print()
    if told["alerts"]:
        out.print(_alerts(told["alerts"]))
    before, after = (sum(group[side] for group in told["alerts"]) for side in ("before", "after"))
    if told["alerts"]:
        out.print(f"Of these rules and people {before:,} alerts fire as it is, {after:,} under the new policy.")
    else:
        out.print("The same alerts fire.")


def _changed(people: Sequence[Told]) -> str:
    rated = sum(one["rating"]["before"] != one["rating"]["after"] for one in people)
    return f"{len(people):,} people change, {rated:,} of them in rating"


def _people(told: Told) -> Table:
    table = Table("employee", "name", "score", "", "rating", "what changes", box=None, pad_edge=False)
    table.columns[2].justify = table.columns[3].justify = "right"
    for column in table.columns[:5]:
        column.no_wrap = True
    for one in told["people"]:
        before, after = one["score"]["before"], one["score"]["after"]
        change = None if before is None or after is None else after - before
        table.add_row(
            Text(printable(one["employee_id"])),
            Text(printable(one["name"] or "")),
            f"{_score(before)} → {_score(after)}",
            "" if change is None else Text(f"{change:+.1f}", "green" if change > 0 else "red" if change < 0 else "dim"),
            _rating(one["rating"]),
            Text("; ".join(_what(one, told["currency"])), "dim"),
        )
    return table


def _score(score: float | None) -> str:
    return NONE if score is None else f"{score:.1f}"


def _rating(rating: Told) -> Text:
    before, after = (rating[side] or NONE for side in ("before", "after"))
    return Text(before, "dim") if before == after else Text(f"{before} → {after}", "bold")


def _what(one: Told, currency: str) -> list[str]:
    values = [
        f"{kpi['kpi']} {written(kpi['before'], unit_of(kpi['kpi']))} → {written(kpi['after'], unit_of(kpi['kpi']))}"
        for kpi in one["kpis"]
    ]
    points = [
        f"{line['kpi']} {_points(line['before'])} → {_points(line['after'])}"
        for line in one["scorecard"]
        if _points(line["before"]) != _points(line["after"])
    ]
    told = [*(f"points: {text}" for text in points[:KPIS]), *values[:KPIS]]
    left = len(points) + len(values) - len(told)
    return [*told, *([f"{left} more"] if left else [])]


def _points(line: Told | None) -> str:
    if line is None:
        return "no line"
    return NONE if line["points"] is None else f"{line['points']:.1f}/{line['weight']:g}"


def _alerts(groups: Sequence[Told]) -> Table:
    table = Table("rule", "employee", "fires", "new", "no more", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    for group in groups:
        table.add_row(
            group["rule"],
            Text(printable(group["employee_id"] or NONE)),
            f"{group['before']:,} → {group['after']:,}",
            Text(_subjects(group["new"]), "yellow"),
            Text(_subjects(group["gone"]), "green"),
        )
    return table


def _subjects(subjects: Sequence[Told]) -> str:
    if not subjects:
        return ""
    named = [one["opportunity_id"] or one["case"] or one["customer_id"] or NONE for one in subjects[:KPIS]]
    more = f" and {len(subjects) - KPIS:,} more" if len(subjects) > KPIS else ""
    return printable(f"{len(subjects):,}: {', '.join(named)}{more}")
