"""An explanation in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from streams.core.kpis import Unit
from streams.explain.numbers import NONE, plain, sum_of, unit_of, written
from streams.tail import printable

Told = Mapping[str, Any]


def tell(told: Told, out: Console, limit: int) -> None:
    """Prints what `scorecard` or `explanation` gave: of very many events the newest `limit`."""
    out.print(_who(told), soft_wrap=True)
    out.print()
    one = told["kpis"][0] if len(told["kpis"]) == 1 else None
    if one is not None:
        out.print(_figure(one, told, limit))
    else:
        out.print(_card(told) if told["score"] is not None else _figures(told))


def _who(told: Told) -> Text:
    score = told["score"]
    about = ", ".join(str(told[field]) for field in ("role", "team") if told[field])
    text = Text.assemble((printable(told["employee_id"]), "bold"))
    if told["name"]:
        text.append(f"  {printable(told['name'])}", "bold")
    if about:
        text.append(f"  {printable(about)}")
    text.append(f"\n{told['period']}, as of {told['as_of']}, policy {told['policy_version']}", "dim")
    if score is not None and score["score"] is not None:
        text.append(f"\nscore {score['score']:.2f}", "bold")
        text.append(f"  rating {score['rating'] or NONE}")
        parts = [f"{name} {value:.1f}" for name, value in score["perspectives"].items() if value is not None]
        text.append(f"  ({', '.join(parts)})", "dim")
        for name, value in score.get("methods", {}).items():
            text.append(f"\n  {name} {value:.1f}", "dim")
    return text


def _card(told: Told) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
    table.add_column("kpi", ratio=1)
    for name in ("value", "target", "attained", "weight", "points"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("one point of the score", ratio=1)
    for one in told["kpis"]:
        line, unit = one["line"], unit_of(one["kpi"])
        table.add_row(
            Group(Text(one["kpi"], "bold"), Padding(Text(one["definition"], "dim"), (0, 0, 0, 2))),
            written(line["value"], unit),
            written(line["target"], unit),
            _share(line["attainment"]),
            plain(line["weight"]),
            NONE if line["points"] is None else f"{line['points']:.2f}",
            Text(move_in_words(one) if line["points"] is not None else _absent(line)),
        )
    total, score = sum_of(one["line"] for one in told["kpis"]), told["score"]["score"]
    table.add_section()
    table.add_row(
        Text("100 × points / weight" + (" – penalties" if total.taken else ""), "dim"), "", "", "",
        plain(total.weight), f"{total.points:.2f}", Text("no score" if score is None else f"= {score:.2f}", "bold"),
        style="bold",
    )  # fmt: skip
    return table


def _absent(line: Told) -> str:
    return "no value: its weight goes to the others" if line["value"] is None else "no target: it does not count"


def _figures(told: Told) -> Table:
    table = Table("kpi", "value", "count", "definition", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.columns[1].justify = table.columns[2].justify = "right"
    for one in told["kpis"]:
        unit = unit_of(one["kpi"])
        table.add_row(one["kpi"], written(one["value"], unit), f"{one['count']:,}", Text(one["definition"], "dim"))
    return table


def _figure(one: Told, told: Told, limit: int) -> RenderableType:
    unit = unit_of(one["kpi"])
    rows = Table(box=None, show_header=False, pad_edge=False)
    rows.add_column(style="dim")
    rows.add_column()
    for name, text in _facts(one, told, unit):
        rows.add_row(name, Text(text))
    parts: list[RenderableType] = [rows]
    if one["events"]:
        parts += [Text(), _events(one["events"], one, limit)]
    if one.get("traced") is False:
        parts.append(Text("The value is not made of what these events credit alone.", "yellow"))
    return Group(*parts)


def _facts(one: Told, told: Told, unit: Unit) -> Iterator[tuple[str, str]]:
    value = written(one["value"], unit, told["currency"])
    yield one["kpi"], value if one["value"] is not None else "no value in this period"
    yield "formula", one["definition"]
    if one["denominator"] is not None:
        yield "made of", f"{plain(one['numerator'])} / {plain(one['denominator'])}, of {one['count']:,}"
    elif one["value"] is not None:
        yield "count", f"{one['count']:,}"
    for name, part in one["made_of"].items():
        yield "", f"{name} {written(part, unit_of(name), told['currency'])}"
    line = one["line"]
    if line is None:
        return
    yield "target", written(line["target"], unit, told["currency"])
    yield "attainment", _share(line["attainment"])
    if line["points"] is None:
        yield "points", _absent(line)
        return
    yield "points", f"{line['points']:.2f} of a weight of {plain(line['weight'])}"
    yield "one point", move_in_words(one)


def move_in_words(one: Told) -> str:
    """What would move the score by a point, in short."""
    move, unit = one["one_point"], unit_of(one["kpi"])
    if move is None:
        return NONE
    if move["capped"]:
        return f"at its cap; {written(move['value'], unit)} would cost {-move['gain']:.1f}"
    change = move["value"] - one["line"]["value"]
    amount = f"{abs(change) * 100:.1f} percentage points" if unit is Unit.RATE else written(abs(change), unit)
    more = f"{amount} {'more' if change > 0 else 'less'}"
    return f"{more} ({written(move['value'], unit)}): {move['gain']:+.1f}"


def _events(events: list[Told], one: Told, limit: int) -> Table:
    quotient = one["denominator"] is not None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("time", no_wrap=True)
    for name in ("event", "type", "customer", "about"):
        table.add_column(name, overflow="fold")
    for name in ("numerator", "denominator") if quotient else ("about so long" if one["ranked"] else "adds",):
        table.add_column(name, justify="right")
    left = len(events) - limit if limit else 0
    if left > 0:
        table.add_row(
            f"… {left:,} earlier", *[""] * 4, *([""] if one["ranked"] else _sums(events[:left], quotient)), style="dim"
        )
    for event in events[max(left, 0) :]:
        kind = event["type"] or "time passed"
        texts = (event["time"], event["id"] or NONE, kind, event["customer_id"], event["about"])
        table.add_row(*(Text(printable(text or "")) for text in texts), *_sums([event], quotient))
    total = [plain(one["value"] or 0)] if one["ranked"] else _sums(events, quotient)
    table.add_row(f"{len(events):,} event{'s' * (len(events) > 1)}", *[""] * 4, *total, style="bold")
    return table


def _sums(events: list[Told], quotient: bool) -> list[str]:
    fields = ("adds", "to_denominator") if quotient else ("adds",)
    return [plain(sum(event[field] or 0 for event in events)) for field in fields]


def _share(attainment: float | None) -> str:
    return NONE if attainment is None else f"{attainment * 100:.1f} %"
