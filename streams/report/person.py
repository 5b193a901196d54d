"""The appraisal of a person as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from streams.core.kpis import Unit
from streams.events.instants import parse_iso
from streams.explain.numbers import NONE, plain, sum_of, unit_of, written
from streams.policy import Policy
from streams.report.charts import bar, bars, spark, trend
from streams.report.facts import Fact, facts
from streams.report.matters import alerts, overdue, recommended
from streams.report.parts import Cell, Column, data, figure, page, pair, section, soft, table
from streams.report.sheets import Sheet
from streams.report.texts import Language

FORECAST = ("forecast", "forecast_low", "forecast_high")
KNOWN = frozenset(
    (
        "kpi",
        "value",
        "target",
        "attainment",
        "weight",
        "points",
        "count",
        "absent",
        "basis",
        "expected",
        "pace",
        *FORECAST,
    )
)
"""The fields of a line that have a place of their own; what else a line has is listed under it."""


def person_page(sheet: Sheet, policy: Policy, language: Language, last_day: int) -> str:
    """The page; `last_day` is the last local day of the period."""
    name = sheet["name"] or sheet["employee_id"]
    period = language.period(sheet["period"], last_day)
    parts = [head(sheet, name, period, policy, language), *_overview(sheet, language)]
    if sheet["score"] is not None:
        parts.append(section(language("scorecard"), _scorecard(sheet, language), "scorecard"))
    parts.append(section(language("overdue"), overdue(sheet, policy, language), "overdue"))
    parts.append(section(language("alerts"), alerts(sheet, policy, language, people=False), "alerts"))
    parts.append(section(language("recommendations"), recommended(sheet, policy, language), "recommendations"))
    parts.append(section(language("all_kpis"), _figures(sheet, language), "kpis"))
    signs = (language("signature"), language("employee"), language("manager"), language("date"))
    parts.append(f'<div class="signs">{"".join(f"<span>{escape(sign)}</span>" for sign in signs)}</div>')
    parts.append(foot(sheet, policy, language))
    return page(f"{name}, {period}", language, parts)


def head(sheet: Sheet, name: str, period: str, policy: Policy, language: Language) -> str:
    """Who, when, and what it comes to."""
    score = sheet["score"] or {}
    person = sheet["kind"] == "person"
    about = [sheet["employee_id"], sheet["role"], sheet["team"]] if person else []
    facts = [(_score(score.get("score"), language), language("score"))]
    if person and score.get("rating"):
        facts.append((escape(score["rating"]), language("rating")))
    if sheet["rank"] is not None:
        rank = sheet["rank"]
        mean = rank.get("team_score")
        text = language("rank" if person else "rank_of_teams")
        text += f", {language('team_mean', score=f'{mean:.1f}')}" if mean is not None else ""
        facts.append((escape(language("of", rank=rank["rank"], of=rank["of"])), text))
    day = language.day(policy.zone.day(parse_iso(sheet["as_of"]) - 1))
    kind = language("appraisal" if person else "team_sheet")
    who = " · ".join([*(one for one in about if one), language("as_of", date=day)])
    figures = "".join(f"<div><b>{fact}</b><span>{escape(word)}</span></div>" for fact, word in facts)
    return (
        f'<header><div class="who"><p class="kind">{escape(kind)} · {escape(period)}</p><h1>{escape(name)}</h1>'
        f'<p class="soft">{escape(who)}</p></div><div class="figures">{figures}</div></header>'
    )


def foot(sheet: Sheet, policy: Policy, language: Language) -> str:
    """Of what it was made."""
    text = language("footer", date=sheet["as_of"], policy=sheet["policy_version"])
    return f"<footer>{escape(text)}</footer>"


def trend_chart(sheet: Sheet, language: Language) -> str:
    """The scores of the last months."""
    points = [(language.month(one["period"]), one["score"], f"{one['score']:.1f}") for one in sheet["trend"]]
    bands = [(one["rating"], one["from"]) for one in sheet["ratings"]]
    return trend(points, bands, language("trend")) if points else soft(language("no_score"))


def _score(score: float | None, language: Language) -> str:
    return escape(language("no_score")) if score is None else data(score, f"{score:.1f}")


def _overview(sheet: Sheet, language: Language) -> Iterator[str]:
    """Trend and perspectives beside each other."""
    score = sheet["score"]
    if score is None:
        return
    shares = {name: value for name, value in score["perspectives"].items() if value is not None}
    rows = [(language.perspective(name), value, f"{value:.1f}") for name, value in shares.items()]
    sides = [section(language("trend"), trend_chart(sheet, language), "trend")]
    if rows:
        most = max(100.0, *shares.values())
        sides.append(section(language("perspectives"), bars(rows, language("perspectives"), most), "perspectives"))
    if methods := score.get("methods"):
        rows = [(name, value, f"{value:.1f}") for name, value in methods.items()]
        sides.append(
            section(language("methods"), bars(rows, language("methods"), max(100.0, *methods.values())), "methods")
        )
    yield pair(*sides)


def _scorecard(sheet: Sheet, language: Language) -> str:
    columns = [
        Column(language("kpi")), Column(language("months")), Column(language("value"), True),
        Column(language("target"), True), Column(language("attainment"), True), Column(language("weight"), True),
        Column(language("points"), True),
    ]  # fmt: skip
    rows = [("", _line(one, sheet, language)) for one in sheet["lines"]]
    sums = sum_of(one["line"] for one in sheet["lines"])
    words = ""
    if sums.score is not None:
        words = language(
            "sum_words_less" if sums.taken else "sum_words",
            points=f"{sums.points:.2f}", weight=plain(sums.weight), taken=f"{sums.taken:.2f}",
            score=f"{sums.score:.1f}",
        )  # fmt: skip
    total = [
        Cell(f'{escape(language("sum"))}<span class="about">{escape(words)}</span>', "name"), *[Cell("")] * 4,
        Cell(data(sums.weight, plain(sums.weight))), Cell(data(sums.points, f"{sums.points:.2f}")),
    ]  # fmt: skip
    return table(columns, rows, total) + soft(language("target_marks"))


def _line(one: Mapping[str, Any], sheet: Sheet, language: Language) -> list[Cell]:
    line, unit, currency = one["line"], unit_of(one["kpi"]), sheet["currency"]
    values = [month["kpis"].get(one["kpi"]) for month in sheet["trend"]]
    count = language("based_on", count=f"{line['count']:,}")
    explained = [
        escape(language.kpi(one["kpi"])),
        f'<span class="about">{escape(_definition(one, language))}'
        + (f" ({escape(count)})" if unit not in (Unit.COUNT, Unit.MONEY) and line["value"] is not None else "")
        + "</span>",
        *(f'<span class="tip">{escape(tip)}</span>' for tip in _tips(one, language, currency)),
    ]
    attainment = line["attainment"]
    reached = data(attainment, NONE if attainment is None else f"{attainment * 100:.0f} %")
    return [
        Cell("".join(explained), "name wide"),
        Cell(spark(values, language("months"))),
        Cell(figure(line["value"], unit, currency, language)),
        Cell(figure(line["target"], unit, currency, language)),
        Cell(f"<span>{reached}{bar(attainment, language('attainment')) if attainment is not None else ''}</span>"),
        Cell(data(line["weight"], plain(line["weight"]))),
        Cell(data(line["points"], NONE if line["points"] is None else f"{line['points']:.2f}")),
    ]


def _definition(one: Mapping[str, Any], language: Language) -> str:
    return language.definition(one["kpi"], one["definition"])


def _tips(one: Mapping[str, Any], language: Language, currency: str) -> Iterator[str]:
    """Why it has no points, or what would move the score; and whatever else the line says of itself."""
    line, move, unit = one["line"], one["one_point"], unit_of(one["kpi"])
    if line["points"] is None:
        yield language(line.get("absent") or ("no_value" if line["value"] is None else "no_target"))
    elif move is not None:
        value = written(move["value"], unit, currency, language.words)
        if move["capped"]:
            yield language("capped", value=value, gain=f"{-move['gain']:.1f}")
        else:
            change = move["value"] - line["value"]
            amount = written(abs(change), unit, currency, language.words)
            if unit is Unit.RATE:
                amount = f"{abs(change) * 100:.1f} {language('percent_points')}"
            yield language("more" if change > 0 else "less", amount=amount, value=value, gain=f"{move['gain']:.1f}")
    if line.get("basis"):
        yield language(f"basis_{line['basis']}")
    if line.get("expected") not in (None, line["target"]):
        expected = written(line["expected"], unit, currency, language.words)
        if line.get("pace") is None:
            yield language("expected", expected=expected)
        else:
            yield language("pace", expected=expected, pace=f"{line['pace'] * 100:.0f}\N{NO-BREAK SPACE}%")
    if line.get("forecast") is not None:
        value, *ends = (written(line[name], unit, currency, language.words) for name in FORECAST if name in line)
        if ends:
            yield language("forecast_between", value=value, low=ends[0], high=ends[1])
        else:
            yield language("forecast", value=value)
    for field, value in line.items():
        if field not in KNOWN and isinstance(value, str):
            yield f"{field.replace('_', ' ')}: {value}"
        elif field not in KNOWN and isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{field.replace('_', ' ')}: {plain(value)}"


def _figures(sheet: Sheet, language: Language) -> str:
    found = (Fact(one["kpi"], one["value"], one["numerator"], one["denominator"]) for one in sheet["kpis"])
    return facts(found, sheet["currency"], language)
