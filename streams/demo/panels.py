"""What stands in the panels of the view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streams.demo.alerts import Rule
from streams.demo.blocks import DIM, Block, Column, Line, Part, cell, folded, table
from streams.demo.board import Row
from streams.demo.guests import Guest
from streams.demo.words import clean, moved, short, spark
from streams.events.outputs import AlertRecord, TeamScoreRecord

TREND_SPAN: Final = 15.0
"""Points of score: a trend does not fill its height with less."""
LAST_PLACES: Final = 4
"""So many at the end of the leaderboard are shown even where not everybody has room."""
SEVERITY: Final = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
STATUS: Final = {
    "pending": ("○", DIM),
    "firing": ("●", "bold red"),
    "acknowledged": ("◐", "yellow"),
    "resolved": ("✔", "green"),
}
RATING: Final = {"A": "bold green", "B": "green", "C": "yellow", "D": "red"}


def board(rows: Sequence[Row], width: int, height: int) -> Block:
    """The leaderboard; where it is too long, its beginning and its end."""
    if not rows:
        return [[("The first scores come within seconds.", DIM)]]
    trend = min(max(width - 54, 12), 28)
    columns = (
        Column("", 2, "right"),
        Column("", 3, "right"),
        Column("name", 0),
        Column("team", 12, least=60),
        Column("won", 5, "right", least=52),
        Column("score", 5, "right"),
        Column("", 1),
        Column("trend", trend, least=44),
    )
    cells = [_board_cells(row, trend) for row in rows]
    room = height - 1
    if len(rows) > room:
        begin = max(room - 1 - LAST_PLACES, 1)
        gap = [("", ""), ("", ""), (f"⋮ {len(rows) - begin - LAST_PLACES} more", DIM), *[("", "")] * 5]
        cells = [*cells[:begin], gap, *cells[-LAST_PLACES:]]
    return table(columns, cells, width)


def _board_cells(row: Row, trend: int) -> list[Part]:
    rating = RATING.get(row.rating, "bold")
    return [
        (str(row.place), DIM),
        moved(row.moved),
        (clean(row.name), ""),
        (clean(row.team), DIM),
        ("" if row.won is None else short(row.won), ""),
        (f"{row.score:.1f}", rating),
        (clean(row.rating), rating),
        (spark(row.trend, trend, TREND_SPAN), "cyan"),
    ]


def teams(records: Sequence[TeamScoreRecord], width: int) -> Block:
    """The teams by rank."""
    columns = (
        Column("", 2, "right"),
        Column("name", 0),
        Column("people", 6, "right", least=36),
        Column("won", 5, "right", least=26),
        Column("score", 5, "right"),
    )
    cells = [
        [
            (str(team.rank or ""), DIM),
            (clean(team.team or ""), ""),
            (str(len(team.ranking)), DIM),
            (short(team.totals.get("won_amount", 0.0)), ""),
            ("–" if team.score is None else f"{team.score:.1f}", "bold"),
        ]
        for team in records
    ]
    return table(columns, cells, width)


def rules(found: Sequence[Rule], width: int) -> Block:
    """How many alerts of each rule stand, and have fired and resolved so far."""
    columns = (
        Column("rule", 0),
        Column("stand", 5, "right"),
        Column("fired", 6, "right", least=44),
        Column("ended", 6, "right", least=44),
    )
    cells = [
        [
            (clean(rule.name), _severity(rule.severity)),
            (f"{rule.standing:,}", "bold"),
            (f"{rule.fired:,}", "red"),
            (f"{rule.resolved:,}", "green"),
        ]
        for rule in found
    ]
    return table(columns, cells, width)


def alert(record: AlertRecord, who: str, width: int, *, full: bool) -> Block:
    """One change: what, who and whom, then what it says of that; with `full` in up to three more lines."""
    sign, style = STATUS.get(record.status, ("?", ""))
    customer, severity, who = clean(record.customer_id or ""), _severity(record.severity), clean(who)
    over = record.status == "resolved"
    why = clean(record.reason.replace("_", " "))
    long, brief = clean(record.rule), clean(record.rule.rpartition(".")[2])
    if not full:
        told = why if over else clean(record.summary)
        return [
            [(f"{sign} ", style), (cell(brief, 18), severity), (who, "")],
            [(f"  {customer} ", ""), (told, DIM)],
        ]
    head: Line = [
        (cell(f"{sign} {record.status}", 11), style),
        (cell(long, 26) if width >= 66 else cell(brief, 18), severity),
        (cell(who, 17), ""),
        (cell(customer, 11), ""),
        (why if over else "", "green"),
    ]
    return [head] if over else [head, *([(f"  {text}", DIM)] for text in folded(clean(record.summary), width - 2, 3))]


def guest(event: Guest, who: str) -> Line:
    """An event of somebody else's."""
    if event.refused:
        return [("✘ ", "red"), (f"{clean(event.type)}  ", ""), (clean(event.refused), "red")]
    told = (event.type, event.subject, who, event.amount)
    return [("✔ ", "green"), ("  ".join(clean(part) for part in told if part), "")]


def _severity(severity: str | None) -> str:
    return SEVERITY.get(severity or "", SEVERITY["warning"])
