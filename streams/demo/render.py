"""The view: what the model and the status come to on a screen of a given size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streams.demo.alerts import Rule
from streams.demo.board import Row
from streams.demo.guests import Guest
from streams.demo.model import Model
from streams.demo.status import Status
from streams.demo.words import moved, short, spark, when
from streams.events.outputs import AlertRecord, TeamScoreRecord

WIDE: Final = 120
"""Columns from which on teams and rules stand side by side, and alerts say all they have to say."""
TREND_SPAN: Final = 15.0
"""Points of score below which a change is no event: a trend does not fill its height with less."""
LAST_PLACES: Final = 4
BORDER, PADDING = "grey37", (0, 1)
SEVERITY: Final = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
STATUS: Final = {
    "pending": ("○", "dim"),
    "firing": ("●", "bold red"),
    "acknowledged": ("◐", "yellow"),
    "resolved": ("✔", "green"),
}
RATING: Final = {"A": "bold green", "B": "green", "C": "yellow", "D": "red"}


def screen(model: Model, status: Status, width: int, height: int) -> RenderableType:
    """Everything, for a screen of so many columns and rows."""
    header = _header(model, status, width)
    body = height - len(header)
    wide = width >= WIDE
    left = 74 if wide else min(width // 2, 52)
    right = width - left
    teams, rules = model.board.teams(), model.alerts.rules()
    short_list = max(len(teams), 3) + 2
    rule_list = max(len(rules), 4) + 2
    guests = max(5, body // 5)
    top = max(short_list, rule_list) if wide else rule_list
    board_rows = body - (0 if wide else short_list) - 2

    layout = Layout()
    layout.split_column(Layout(Group(*header), size=len(header)), Layout(name="body"))
    layout["body"].split_row(Layout(name="left", size=left), Layout(name="right"))
    board = Layout(_panel("Leaderboard · last 30 days", _board(model.board.rows(), left - 4, board_rows)))
    team_list = Layout(_panel("Teams", _teams(teams, (right // 2 if wide else left) - 4)), size=short_list)
    rule_table = Layout(_panel("Alerts that stand", _rules(rules, (right - right // 2 if wide else right) - 4)))
    alerts_rows = body - top - guests - 2
    alerts = Layout(_panel(_alerts_title(model), _alerts(model, right - 4, alerts_rows, wide)))
    others = Layout(_panel("Events from outside", _guests(model, status, right - 4, guests - 2)), size=guests)
    if wide:
        layout["left"].update(board)
        head = Layout(size=top)
        team_list.size = None
        team_list.ratio, rule_table.ratio = 1, 1
        head.split_row(team_list, rule_table)
        layout["right"].split_column(head, alerts, others)
    else:
        rule_table.size = top
        layout["left"].split_column(board, team_list)
        layout["right"].split_column(rule_table, alerts, others)
    return layout


def _panel(title: str, content: RenderableType) -> Panel:
    return Panel(content, title=Text(title, style="bold"), title_align="left", border_style=BORDER, padding=PADDING)


def _header(model: Model, status: Status, width: int) -> list[Text]:
    """Without borders, so that the command can be copied."""
    first = Text.assemble(
        (" crm-pulse demo ", "bold white on dark_blue"), "  ", (when(status.at), "bold"),
        (f"  one day in {status.day_s:.2g} s", "dim"), "  ", (status.phase, "bold magenta"),
    )  # fmt: skip
    late = "–" if status.behind is None else f"{status.behind:.1f} s"
    waiting = "red" if status.waiting > 2_000 else "bold"
    second = Text.assemble(
        " events/s ", (f"{status.rate:6,.0f}", "bold"), " ", (spark(status.rates, max(width - 106, 8), 100), "cyan"),
        "   lag ", (f"{status.waiting:5,}", waiting), " events ", (f"{late:>6}", "bold"),
        "   events ", (f"{status.events:9,}", "bold"),
        "   dead letters ", (f"{model.guests.refused:3,}", "bold red" if model.guests.refused else "bold"),
    )  # fmt: skip
    third = Text.assemble(
        " Broker ", (status.address, "bold"), (" (embedded). Produce an event from another terminal:", "dim")
    )
    fourth = Text(f" {status.command}" if len(status.command) < width else status.command, style="bright_white")
    lines = [first, second, third, fourth]
    for line in lines[:3]:
        line.truncate(width, overflow="ellipsis")
    for line in lines:
        line.no_wrap = True
    return lines


def _grid(*columns: tuple[int, str]) -> Table:
    """A table without lines whose columns keep their widths, so that nothing moves when figures change."""
    table = Table.grid(padding=(0, 1), pad_edge=False)
    for width, justify in columns:
        table.add_column(
            width=width, min_width=width, max_width=width, justify=justify,  # type: ignore[arg-type]
            no_wrap=True, overflow="ellipsis",
        )  # fmt: skip
    return table


def _board(rows: Sequence[Row], width: int, height: int) -> RenderableType:
    if not rows:
        return Text("The first scores come within seconds.", style="dim")
    trend = 12 if width >= 48 else 0
    team = 12 if width >= 60 else 0
    won = 6 if width >= 66 else 0
    optional = [size for size in (team, won, trend) if size]
    fixed = [2, 3, 5, 1, *optional]
    name = max(width - sum(fixed) - len(fixed), 6)
    columns = [(2, "right"), (3, "right"), (name, "left")]
    columns += [(team, "left")] * bool(team) + [(won, "right")] * bool(won)
    columns += [(5, "right"), (1, "left")] + [(trend, "left")] * bool(trend)
    table = _grid(*columns)
    heads = ["", "", "name"] + ["team"] * bool(team) + ["won"] * bool(won) + ["score", ""] + ["trend"] * bool(trend)
    table.add_row(*(Text(head, style="dim") for head in heads))
    gap = len(rows) > height - 1
    cut = height - 2 - LAST_PLACES if gap else len(rows)
    for row in rows[:cut]:
        table.add_row(*_cells(row, team, won, trend))
    if gap:
        table.add_row("", "", Text(f"⋮ {len(rows) - cut - LAST_PLACES} more", style="dim"))
        for row in rows[-LAST_PLACES:]:
            table.add_row(*_cells(row, team, won, trend))
    return table


def _cells(row: Row, team: int, won: int, trend: int) -> list[Text]:
    change, style = moved(row.moved)
    rating = RATING.get(row.rating, "bold")
    cells = [Text(str(row.place), style="dim"), Text(change, style=style), Text(row.name)]
    if team:
        cells.append(Text(row.team, style="dim"))
    if won:
        cells.append(Text("" if row.won is None else short(row.won)))
    cells += [Text(f"{row.score:.1f}", style=rating), Text(row.rating, style=rating)]
    if trend:
        cells.append(Text(spark(row.trend, trend, TREND_SPAN), style="cyan"))
    return cells


def _teams(teams: Sequence[TeamScoreRecord], width: int) -> RenderableType:
    if not teams:
        return Text("…", style="dim")
    people = 9 if width >= 36 else 0
    won = 6 if width >= 30 else 0
    name = max(width - 3 - 6 - bool(won) * (won + 1) - bool(people) * (people + 1), 6)
    columns = [(2, "right"), (name, "left")] + [(people, "right")] * bool(people) + [(won, "right")] * bool(won)
    table = _grid(*columns, (5, "right"))
    for team in teams:
        cells = [Text(str(team.rank or ""), style="dim"), Text(team.team or "")]
        if people:
            cells.append(Text(f"{len(team.ranking)} people", style="dim"))
        if won:
            cells.append(Text(short(team.totals.get("won_amount", 0.0))))
        cells.append(Text("–" if team.score is None else f"{team.score:.1f}", style="bold"))
        table.add_row(*cells)
    return table


def _rules(rules: Sequence[Rule], width: int) -> RenderableType:
    if not rules:
        return Text("None yet.", style="dim")
    counts = width >= 40
    name = width - 6 - (16 if counts else 0)
    table = _grid((name, "left"), (5, "right"), *([(7, "right")] * 2 if counts else []))
    for rule in rules:
        cells = [
            Text(rule.name, style=SEVERITY.get(rule.severity, "yellow")),
            Text(f"{rule.standing:,}", style="bold"),
        ]
        if counts:
            cells += [Text(f"●{rule.fired:,}", style="red"), Text(f"✔{rule.resolved:,}", style="green")]
        table.add_row(*cells)
    return table


def _alerts_title(model: Model) -> str:
    return "Alerts as they fire and resolve"


def _alerts(model: Model, width: int, height: int, wide: bool) -> RenderableType:
    if not model.alerts.shown:
        return Text("The first ones fire within seconds.", style="dim")
    lines: list[Text] = []
    for alert in model.alerts.shown:
        lines += _alert(alert, model.board.name(alert.employee_id or ""), width, wide)
        if len(lines) >= height:
            break
    return Group(*lines[:height])


def _alert(alert: AlertRecord, who: str, width: int, wide: bool) -> list[Text]:
    """One line, and below it what the alert says where there is room."""
    sign, style = STATUS.get(alert.status, ("?", ""))
    severity = SEVERITY.get(alert.severity or "", "yellow")
    if wide:
        what = f"{alert.status}: {alert.reason.replace('_', ' ')}" if alert.status == "resolved" else alert.status
        head = Text.assemble(
            (f"{sign} {what:<25.25} ", style), (f"{alert.rule:<26.26}", severity), f"{who:<18.18}",
            (alert.customer_id or "", "dim"),
        )  # fmt: skip
        lines = [head, Text(f"  {alert.summary}", style="dim" if alert.status == "resolved" else "")]
    else:
        lines = [Text.assemble((f"{sign} ", style), (f"{alert.rule} ", severity), f"{who} ", alert.customer_id or "")]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
        line.no_wrap = True
    return lines


def _guests(model: Model, status: Status, width: int, height: int) -> RenderableType:
    guests = list(model.guests.events)[:height]
    if not guests:
        hint = f"None yet. What anybody produces to {status.address} appears here, and in what it changes."
        return Text(hint, style="dim", overflow="fold")
    return Group(*(_guest(guest, model.board.name(guest.employee), width) for guest in guests))


def _guest(guest: Guest, who: str, width: int) -> Text:
    if guest.refused:
        line = Text.assemble(("✘ ", "red"), f"{guest.type}  ", (guest.refused, "red"))
    else:
        told = "  ".join(part for part in (guest.type, guest.subject, who, guest.amount) if part)
        line = Text.assemble(("✔ ", "green"), told)
    line.truncate(width, overflow="ellipsis")
    line.no_wrap = True
    return line
