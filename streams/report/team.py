"""The sheet of a team as a page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from streams.core.kpis import Unit
from streams.explain.numbers import NONE, written
from streams.policy import Policy
from streams.report.charts import bar, funnel
from streams.report.facts import Fact, facts
from streams.report.matters import alerts, overdue
from streams.report.parts import Cell, Column, data, figure, page, pair, section, soft, table
from streams.report.person import foot, head, trend_chart
from streams.report.sheets import Sheet
from streams.report.texts import Language


def team_page(sheet: Sheet, policy: Policy, language: Language, last_day: int) -> str:
    """The page; `last_day` is the last local day of the period."""
    period = language.period(sheet["period"], last_day)
    parts = [
        head(sheet, sheet["team"], period, policy, language),
        pair(
            section(language("ranking"), _ranking(sheet, language), "ranking"),
            section(language("trend"), trend_chart(sheet, language), "trend"),
        ),
    ]
    if (record := sheet["funnel"]) is not None:
        parts.append(
            pair(
                section(language("funnel"), _stages(record, sheet["currency"], language), "funnel"),
                section(language("pipeline"), _bridge(record, sheet["currency"], language), "pipeline"),
            )
        )
    parts += [
        section(language("totals"), _totals(sheet, language), "totals"),
        section(language("overdue"), overdue(sheet, policy, language), "overdue"),
        section(language("alerts"), alerts(sheet, policy, language, people=True), "alerts"),
        foot(sheet, policy, language),
    ]
    return page(f"{sheet['team']}, {period}", language, parts)


def _ranking(sheet: Sheet, language: Language) -> str:
    columns = [
        Column("#", True), Column(language("name")), Column(""), Column(language("score"), True),
        Column(language("rating")),
    ]  # fmt: skip
    ranking = sheet["score"]["ranking"]
    most = max([100.0, *(row["score"] for row in ranking)])
    rows = [("", _row(row, most, language)) for row in ranking]
    return table(columns, rows, fold=False) if rows else soft(language("no_score"))


def _row(row: Mapping[str, Any], most: float, language: Language) -> list[Cell]:
    name, employee = row["name"] or row["employee_id"], row["employee_id"]
    about = " · ".join(one for one in (employee if row["name"] else None, row["role"]) if one)
    return [
        Cell(data(row["rank"], str(row["rank"]))),
        Cell(f'{escape(name)}<span class="about">{escape(about)}</span>', "name"),
        Cell(bar(row["score"], language("score"), most), "away"),
        Cell(data(row["score"], f"{row['score']:.1f}")),
        Cell(escape(row["rating"] or NONE)),
    ]


def _stages(record: Mapping[str, Any], currency: str, language: Language) -> str:
    rows = []
    current = any(stage["open_count"] is not None for stage in record["stages"])
    for stage in record["stages"]:
        text = ""
        if stage["open_count"] is not None:
            amount = written(stage["open_amount"], Unit.MONEY, currency)
            text = language("open_now", count=f"{stage['open_count']:,}", amount=amount)
        note = NONE if stage["conversion"] is None else f"{stage['conversion'] * 100:.0f} %"
        rows.append((stage["stage"], stage["entered"], text, language("went_on", share=note)))
    return funnel(rows, language("funnel")) + soft(language("funnel_note" if current else "funnel_closed"))


def _bridge(record: Mapping[str, Any], currency: str, language: Language) -> str:
    columns = [Column(language("line")), Column(language("number"), True), Column(language("amount"), True)]
    rows = [
        (
            "mine" if line in ("opening", "closing") else "",
            [
                Cell(escape(language.words.get(line, line)), "name"),
                Cell(data(count, f"{count:,}")),
                Cell(figure(record["amount"][line], Unit.MONEY, currency, language)),
            ],
        )
        for line, count in record["count"].items()
        if count or record["amount"][line] or line in ("opening", "closing")
    ]
    return table(columns, rows, fold=False)


def _totals(sheet: Sheet, language: Language) -> str:
    found = (Fact(kpi, value) for kpi, value in sheet["score"]["totals"].items())
    return facts(found, sheet["currency"], language)
