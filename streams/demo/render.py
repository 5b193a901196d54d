"""The view: what the model and the status come to on a screen of a given size."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.text import Text

from streams.demo.model import Model
from streams.demo.panels import alert_lines, board_table, guest_lines, rule_table, team_table
from streams.demo.status import Status
from streams.demo.words import line, spark, when

WIDE = 120
"""Columns from which on teams and rules stand side by side, and alerts say all that they have to say."""
FRAME = 2
"""Rows of a panel's frame."""
MARGIN = 4
"""Columns of a panel's frame and padding."""


def screen(model: Model, status: Status, width: int, height: int) -> RenderableType:
    """Everything, for a screen of so many columns and rows."""
    header = _header(model, status, width)
    body = Layout()
    rows = height - len(header)
    columns = _wide(model, status, width, rows) if width >= WIDE else _narrow(model, status, width, rows)
    body.split_row(*columns)
    whole = Layout()
    whole.split_column(Layout(Group(*header), size=len(header)), body)
    return whole


def _wide(model: Model, status: Status, width: int, rows: int) -> tuple[Layout, Layout]:
    left = max(70, int(width * 0.46))
    right = width - left
    rule_width = min(49, right - 31)
    teams, rules = model.board.teams(), model.alerts.rules()
    top = max(len(teams), len(rules), 4) + 1 + FRAME
    others = max(5, rows // 6)
    alerts = rows - top - others
    first, second, head = Layout(size=left), Layout(size=right), Layout(size=top)
    first.update(_panel("Leaderboard, last 30 days", board_table(model.board.rows(), left - MARGIN, rows - FRAME)))
    head.split_row(
        Layout(_panel("Teams", team_table(teams, right - rule_width - MARGIN))),
        Layout(_panel("Alerts by rule", rule_table(rules, rule_width - MARGIN)), size=rule_width),
    )
    second.split_column(head, _alerts(model, right, alerts, full=True), _others(model, status, right, others))
    return first, second


def _narrow(model: Model, status: Status, width: int, rows: int) -> tuple[Layout, Layout]:
    left = min(width // 2, 56)
    right = width - left
    teams, rules = model.board.teams(), model.alerts.rules()
    low = max(len(teams), 3) + 1 + FRAME
    top = max(len(rules), 4) + 1 + FRAME
    others = max(4, rows // 6)
    first, second = Layout(size=left), Layout(size=right)
    board = board_table(model.board.rows(), left - MARGIN, rows - low - FRAME)
    first.split_column(
        Layout(_panel("Leaderboard, last 30 days", board)),
        Layout(_panel("Teams", team_table(teams, left - MARGIN)), size=low),
    )
    second.split_column(
        Layout(_panel("Alerts by rule", rule_table(rules, right - MARGIN)), size=top),
        _alerts(model, right, rows - top - others, full=False),
        _others(model, status, right, others),
    )
    return first, second


def _alerts(model: Model, width: int, rows: int, *, full: bool) -> Layout:
    lines: list[Text] = []
    for alert in model.alerts.shown:
        lines += alert_lines(alert, model.board.name(alert.employee_id or ""), width - MARGIN, full=full)
        if len(lines) >= rows - FRAME:
            break
    content: RenderableType = Group(*lines[: max(rows - FRAME, 0)])
    if not lines:
        content = Text("The first ones fire within seconds.", style="dim")
    return Layout(_panel("Alerts as they fire and resolve", content))


def _others(model: Model, status: Status, width: int, rows: int) -> Layout:
    shown = list(model.guests.events)[: rows - FRAME]
    content: RenderableType = Group(
        *(guest_lines(guest, model.board.name(guest.employee), width - MARGIN) for guest in shown)
    )
    if not shown:
        content = Text(f"None yet: whatever anybody produces to {status.address}.", style="dim")
    return Layout(_panel("Events from outside", content), size=rows)


def _panel(title: str, content: RenderableType) -> Panel:
    return Panel(content, title=Text(title, style="bold"), title_align="left", border_style="grey37", padding=(0, 1))


def _header(model: Model, status: Status, width: int) -> list[Text]:
    """Without a frame, so that the command can be copied."""
    late = "–" if status.behind is None else f"{status.behind:.1f} s"
    refused = "bold red" if model.guests.refused else "bold"
    told: list[tuple[str, str] | str]
    if width >= WIDE:
        told = [
            "   lag ", (f"{status.waiting:6,}", "bold"), " events ", (f"{late:>7}", "bold"),
            "   dead letters ", (f"{model.guests.refused:4,}", refused), "   events ", (f"{status.events:9,}", "bold"),
        ]  # fmt: skip
    else:
        told = [" lag ", (f"{status.waiting:5,}", "bold"), (f"{late:>7}", "bold"),
                "  dead letters ", (f"{model.guests.refused:3,}", refused)]  # fmt: skip
    room = width - 17 - sum(len(part if isinstance(part, str) else part[0]) for part in told)
    lines = [
        line(
            (" crm-pulse demo ", "bold white on dark_blue"), "  ", (when(status.at), "bold"),
            (f"  {_pace(status.day_s)}  ", "dim"), (status.phase, "bold magenta"), width=width,
        ),
        line(
            " events/s ", (f"{status.rate:6,.0f}", "bold"), " ", (spark(status.rates, room, 100.0), "cyan"), *told,
            width=width,
        ),
        line(
            " Broker ", (status.address, "bold"), (" (embedded). To produce an event, in another terminal:", "dim"),
            width=width,
        ),
    ]  # fmt: skip
    command = status.command if len(status.command) >= width else f" {status.command}"
    parts = (command[at : at + width] for at in range(0, len(command), width))
    return [*lines, *(Text(part, style="bright_white", no_wrap=True) for part in parts)]


def _pace(day_s: float) -> str:
    return f"a day in {day_s:.2g} s" if day_s >= 1 else f"{1 / day_s:.2g} days a second"
