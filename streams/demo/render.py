"""The view: what the model and the status come to on a screen of a given size."""

from __future__ import annotations

from typing import Final

from streams.demo import panels
from streams.demo.blocks import DIM, FRAME, MARGIN, Block, Line, Part, beside, fitted, framed
from streams.demo.model import Model
from streams.demo.status import Status
from streams.demo.words import spark, when

WIDE: Final = 120
"""Columns from which on teams and rules stand side by side, and alerts say all that they have to say."""
LEAST_WIDTH, LEAST_HEIGHT = 60, 20
"""On a smaller screen the rest is cut off."""
LEAST_ROWS: Final = FRAME + 3
"""What is left for the leaderboard and for the alerts, however many teams and rules there are."""
LEAST_RATE: Final = 100.0
"""Events a second: a quiet time does not fill the height of the rates."""


def screen(model: Model, status: Status, width: int, height: int) -> Block:
    """Everything, in exactly so many lines of so many columns."""
    wide, tall = max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT)
    header = _header(model, status, wide)
    body = (_wide if wide >= WIDE else _narrow)(model, status, wide, tall - len(header))
    block = [*header, *body]
    return block if (wide, tall) == (width, height) else [fitted(line, width) for line in block[:height]]


def _wide(model: Model, status: Status, width: int, rows: int) -> Block:
    left = max(58, int(width * 0.46))
    right = width - left
    rule_width = 49 if right >= 81 else 36  # with all its columns where the teams then still have room for theirs
    teams, rules = model.board.teams(), model.alerts.rules()
    others = max(5, rows // 6)
    top = min(max(len(teams), len(rules), 4) + 1 + FRAME, rows - others - LEAST_ROWS)
    head = beside(
        framed("Teams", panels.teams(teams, right - rule_width - MARGIN), right - rule_width, top),
        framed("Alerts by rule", panels.rules(rules, rule_width - MARGIN), rule_width, top),
    )
    alerts = _alerts(model, right, rows - top - others, full=True)
    return beside(_board(model, left, rows), [*head, *alerts, *_others(model, status, right, others)])


def _narrow(model: Model, status: Status, width: int, rows: int) -> Block:
    left = min(width // 2, 56)
    right = width - left
    teams, rules = model.board.teams(), model.alerts.rules()
    others = max(4, rows // 6)
    low = min(max(len(teams), 3) + 1 + FRAME, rows - LEAST_ROWS)
    top = min(max(len(rules), 4) + 1 + FRAME, rows - others - LEAST_ROWS)
    return beside(
        [*_board(model, left, rows - low), *framed("Teams", panels.teams(teams, left - MARGIN), left, low)],
        [
            *framed("Alerts by rule", panels.rules(rules, right - MARGIN), right, top),
            *_alerts(model, right, rows - top - others, full=False),
            *_others(model, status, right, others),
        ],
    )


def _board(model: Model, width: int, rows: int) -> Block:
    lines = panels.board(model.board.rows(), width - MARGIN, rows - FRAME)
    return framed("Leaderboard, last 30 days", lines, width, rows)


def _alerts(model: Model, width: int, rows: int, *, full: bool) -> Block:
    lines: Block = []
    for alert in model.alerts.shown:
        if len(lines) >= rows - FRAME:
            break
        lines += panels.alert(alert, model.board.name(alert.employee_id or ""), width - MARGIN, full=full)
    return framed(
        "Alerts as they fire and resolve", lines or [[("The first ones fire within seconds.", DIM)]], width, rows
    )


def _others(model: Model, status: Status, width: int, rows: int) -> Block:
    lines = [panels.guest(event, model.board.name(event.employee)) for event in model.guests.events]
    nobody: Line = [(f"None yet: whatever anybody produces to {status.address}.", DIM)]
    return framed("Events from outside", lines or [nobody], width, rows)


def _header(model: Model, status: Status, width: int) -> Block:
    """Without a frame, so that the command can be copied."""
    late = "–" if status.behind is None else f"{status.behind:.1f} s"
    refused = (f"{model.guests.refused:4,}", "bold red" if model.guests.refused else "bold")
    told: list[Part] = [(" lag ", ""), (f"{status.waiting:6,}", "bold")]
    if width >= WIDE:
        told += [(" events ", ""), (f"{late:>7}", "bold"), ("   dead letters ", ""), refused]
        told += [("   events ", ""), (f"{status.events:9,}", "bold")]
    else:
        told += [(f"{late:>7}", "bold"), (" dead letters", ""), refused]
    pace = f", a day in {status.day_s:.2g} s" if status.day_s else ""
    room = width - 18 - sum(len(text) for text, _ in told)
    command = status.command if len(status.command) >= width else f" {status.command}"
    lines: Block = [
        [
            (" crm-pulse demo ", "bold white on dark_blue"), ("  ", ""), (when(status.at), "bold"),
            ("  ", ""), (status.phase, "bold magenta"), (pace, DIM),
        ],
        [(" events/s ", ""), (f"{status.rate:6,.0f} ", "bold"), (spark(status.rates, room, LEAST_RATE), "cyan"), *told],
        [
            *([(" Dashboard ", ""), (status.dashboard, "bold")] if status.dashboard else []),
            (" Broker ", ""), (status.address, "bold"), (" (embedded). To produce an event:", DIM),
        ],
        *([(command[at : at + width], "bold")] for at in range(0, len(command), width)),
    ]  # fmt: skip
    return [fitted(line, width) for line in lines]
