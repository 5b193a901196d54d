"""The scorecards section of a policy file, read and checked."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import msgspec

from streams.policy.assessments import PREFIX, kpi_of_competency
from streams.policy.combining import USUAL, Combining, method, read_combining, seasons_of
from streams.policy.problems import did_you_mean
from streams.policy.reading import Fields, Report, Wrong, name, not_negative, number, one_of, positive
from streams.policy.scoring import Band, Better, By, Matrix, Perspective, ScoreKpi, Scoring
from streams.policy.segments import SUFFIX
from streams.policy.tree import Node

KINDS = ("team:", "employee:")
"""How the names of cards begin that are not those of a role."""
MOST = 1000
"""More points, in percent of a line's weight, than any band may give."""


_LINE = ("kpi", "perspective", "weight", "target", "cap", "better", "scoring", "floor", "min_count", "method")
_OWN = {
    Scoring.LINEAR: (),
    Scoring.BASELINE: ("baseline",),
    Scoring.BANDS: ("bands", "by"),
    Scoring.MATRIX: ("matrix", "by"),
    Scoring.POINTS_PER_EVENT: ("each",),
}
_ALL = tuple(dict.fromkeys(key for keys in _OWN.values() for key in keys))


class Scorecards(NamedTuple):
    """By role, `team:<id>` or `employee:<id>`."""

    lines: dict[str, tuple[ScoreKpi, ...]]
    """Penalties last."""
    combining: dict[str, Combining]
    """Of the cards that combine methods."""


def read_scorecards(report: Report, node: Node, known: Collection[str] | None) -> Scorecards:
    """`known` are the KPI names of the catalogue; None leaves names unchecked."""
    cards = Scorecards({}, {})
    for card, line, value in report.pairs("scorecards", node):
        where = f"scorecards.{card}"
        kind, colon, id = card.partition(":")
        if colon and (kind + colon not in KINDS or not id):
            hint = "Name a role, or write it as in team:north or employee:emp-7."
            report.add(line, f"{where} is neither of a role nor of a team or an employee", hint)
        fields = Fields(report, where, value, ("kpis", "penalties", "seasons", "combine"))
        given = fields.node("kpis")
        if given is None or given.value == []:
            report.add(value.line, f"{where} has no kpis", "List at least one, or leave the role out.")
            continue
        lines = _read_lines(report, where, "kpis", given, known)
        seasons = seasons_of(report, where, fields.node("seasons"), {line.kpi: line.weight for line in lines})
        lines = [msgspec.structs.replace(line, season=seasons.get(line.kpi, ())) for line in lines]
        methods = list(dict.fromkeys(line.method for line in lines))
        combine = fields.node("combine")
        if combine is None and methods not in ([], [USUAL]):
            hint = "Write combine: {kpi: 70, okr: 30}, with the methods of its lines."
            report.add(given.line, f"{where} has lines of {' and '.join(methods)} and does not combine them", hint)
        if combine is not None and (found := read_combining(report, where, combine, methods)) is not None:
            cards.combining[card] = found
        penalties = fields.node("penalties")
        if penalties is not None:
            lines += _read_lines(report, where, "penalties", penalties, known)
        cards.lines[card] = tuple(lines)
    return cards


def _read_lines(report: Report, where: str, key: str, node: Node, known: Collection[str] | None) -> list[ScoreKpi]:
    lines: dict[str, ScoreKpi] = {}
    for place, item in report.items(f"{where}.{key}", node):
        read = _read_line if key == "kpis" else _read_penalty
        line = read(report, place, item, known)
        if line is not None and line.kpi in lines:
            hint = "Add the weights up in one line." if key == "kpis" else "Keep one of the two."
            report.add(item.line, f"{where} lists {line.kpi} twice", hint)
        elif line is not None:
            lines[line.kpi] = line
    return list(lines.values())


def _read_line(report: Report, where: str, node: Node, known: Collection[str] | None) -> ScoreKpi | None:
    if not isinstance(node.value, dict):
        Fields(report, where, node, _LINE)
        return None
    given = node.value.get("scoring")
    said = given.node.value if given is not None else None
    kind = Scoring(said) if isinstance(said, str) and said in {one.value for one in _OWN} else Scoring.LINEAR
    for key in _ALL:
        if key in node.value and key not in _OWN[kind] and said in (None, *_OWN):
            owner = " or ".join(one.value for one, keys in _OWN.items() if key in keys)
            report.add(node.value[key].line, f"{where}.{key} is not used by scoring: {kind}", f"Set scoring: {owner}.")
    fields = Fields(report, where, node, (*_LINE, *_ALL))
    kpi = fields.needed("kpi", lambda text: known_kpi(text, known), "Say which KPI the line scores.")
    fields.value("scoring", _scoring, Scoring.LINEAR)
    better = fields.value("better", lambda text: one_of(Better)(text), None)
    target = fields.value("target", lambda text: _target(text), None)
    baseline, each, matrix = None, None, None
    bands: tuple[Band, ...] = ()
    if kind is Scoring.BASELINE:
        baseline = fields.needed("baseline", number, "Say from which value the points begin.")
        if baseline is not None and baseline == target:
            report.add(node.line, f"{where}: the baseline is the target", "Nothing lies between them; change one.")
        elif baseline is not None and target is not None and (target < baseline) != (better is Better.LOWER):
            hint = "Set better: lower." if target < baseline else "Swap the two, or leave better out."
            report.add(node.line, f"{where}: from {baseline:f} to {target:f} is the other direction", hint)
    elif kind is Scoring.BANDS:
        bands = _read_bands(report, fields, where, by_value_lower=_falls(fields, better))
    elif kind is Scoring.MATRIX:
        if _falls(fields, better):
            hint = "Leave by out: then what is better is the lower row."
            report.add(node.line, f"{where}: a matrix goes by the value only where more is better", hint)
        matrix = _read_matrix(report, fields, where, known)
    elif kind is Scoring.POINTS_PER_EVENT:
        each = fields.needed("each", positive, "Say how many points one is worth.")
    cap = fields.value("cap", positive, Decimal(1))
    floor = fields.value("floor", not_negative, Decimal(0))
    if floor > cap:
        report.add(node.line, f"{where}: the floor {floor:f} is above the cap {cap:f}", "Lower it.")
    if kpi is None:
        return None
    return ScoreKpi(
        kpi,
        fields.value("perspective", one_of(Perspective), Perspective.PROCESS),
        fields.value("weight", positive, Decimal(1)),
        target,
        cap,
        better,
        kind,
        floor,
        baseline,
        bands,
        fields.value("by", one_of(By), By.ATTAINMENT),
        matrix,
        each,
        None,
        fields.value("min_count", _count, 0),
        fields.value("method", method, USUAL),
    )


def _read_penalty(report: Report, where: str, node: Node, known: Collection[str] | None) -> ScoreKpi | None:
    fields = Fields(report, where, node, ("kpi", "points", "most"))
    if not isinstance(node.value, dict):
        return None
    kpi = fields.needed("kpi", lambda text: known_kpi(text, known), "Say which KPI costs points.")
    points = fields.needed("points", positive, "Say how many points one costs.")
    most = fields.value("most", positive, Decimal(100))
    return None if kpi is None else ScoreKpi(kpi, scoring=Scoring.PENALTY, each=points, most=most)


def _falls(fields: Fields, better: Better | None) -> bool:
    """Whether more of what bands are about is worse: so it is of a value that should be low, never of attainment."""
    by = fields.node("by")
    return better is Better.LOWER and by is not None and by.value == By.VALUE


def _read_bands(report: Report, fields: Fields, where: str, by_value_lower: bool) -> tuple[Band, ...]:
    given = fields.node("bands")
    if given is None or given.value == []:
        hint = "List them, as in [{from: 0.8, points: 60}, {from: 1, points: 100}]."
        report.add(fields.line, f"{where}.bands is missing", hint)
        return ()
    bands: list[Band] = []
    for place, item in report.items(f"{where}.bands", given):
        band = Fields(report, place, item, ("from", "points"))
        start = band.needed("from", number, "Say from where on it holds.")
        points = band.needed("points", _percent, "Say how many percent of the weight it earns.")
        if start is None or points is None:
            continue
        if bands and start <= bands[-1].start:
            same = start == bands[-1].start
            message = f"{place} begins {'where' if same else 'before'} the band above it {'does' if same else 'begins'}"
            report.add(item.line, message, "List the bands from the lowest on, each with a bound of its own.")
        elif bands and (points > bands[-1].points if by_value_lower else points < bands[-1].points):
            message = f"{place} earns {'more' if by_value_lower else 'less'} than the band above it, which is worse"
            report.add(item.line, message, "What is better may not earn less; with by: value, better: lower turns it.")
        else:
            bands.append(Band(start, points))
    return tuple(bands)


def _read_matrix(report: Report, fields: Fields, where: str, known: Collection[str] | None) -> Matrix | None:
    given = fields.node("matrix")
    if given is None:
        hint = "Write {kpi: collection_rate, rows: [0, 1], columns: [0, 0.9], points: [[0, 0], [80, 100]]}."
        report.add(fields.line, f"{where}.matrix is missing", hint)
        return None
    inner = Fields(report, f"{where}.matrix", given, ("kpi", "rows", "columns", "points"))
    kpi = inner.needed("kpi", lambda text: known_kpi(text, known), "Say which KPI the columns are of.")
    rows, columns = _read_rising(report, inner, "rows"), _read_rising(report, inner, "columns")
    points: list[tuple[Decimal, ...]] = []
    table = inner.node("points")
    if table is None:
        report.add(given.line, f"{where}.matrix.points is missing", "List one row of percents for each of rows.")
        return None
    for place, row in report.items(f"{where}.matrix.points", table):
        cells = tuple(report.read(at, cell, _percent, Decimal(0)) for at, cell in report.items(place, row))
        if columns and isinstance(row.value, list) and len(cells) != len(columns):
            report.add(row.line, f"{place} has {len(cells)} cells for {len(columns)} columns", "Give each column one.")
        elif any(right < left for left, right in pairwise(cells)) or (
            points and any(below < above for above, below in zip(points[-1], cells, strict=False))
        ):
            report.add(row.line, f"{place} earns less for what is better", "Let points rise along rows and columns.")
        points.append(cells)
    if rows and len(points) != len(rows):
        report.add(table.line, f"{where}.matrix.points has {len(points)} rows for {len(rows)}", "Give each row one.")
    return None if kpi is None else Matrix(kpi, rows, columns, tuple(points))


def _read_rising(report: Report, fields: Fields, key: str) -> tuple[Decimal, ...]:
    given = fields.node(key)
    if given is None or given.value == []:
        report.add(fields.line, f"{fields.path(key)} is missing", "List where each begins, as in [0, 0.8, 1].")
        return ()
    items = report.items(fields.path(key), given)
    found = tuple(report.read(place, item, number, Decimal(0)) for place, item in items)
    if any(after <= before for before, after in pairwise(found)):
        report.add(given.line, f"{fields.path(key)} does not rise", "List the bounds from the lowest on.")
    return found


def known_kpi(text: str, known: Collection[str] | None) -> str:
    """The name of a KPI of the catalogue, if there is one to go by."""
    if known is not None and not is_known_kpi(text, known):
        if SUFFIX in text:
            hint = "Say under customers.segments which customers belong to it."
            raise Wrong(f"'{text}' is of no segment", did_you_mean(text, known, hint))
        names = [*known, kpi_of_competency(text.removeprefix(PREFIX))] if text.startswith(PREFIX) else known
        raise Wrong(f"there is no KPI '{text}'", did_you_mean(text, names, "`crmpulse policy kpis` lists the KPIs."))
    return name(text)


def is_known_kpi(kpi: str, known: Collection[str]) -> bool:
    """Whether a name is in the catalogue: as it stands, or with a suffix (`contacts:call`) where `contacts:` is."""
    if kpi.startswith(PREFIX):
        return kpi == kpi_of_competency(kpi.removeprefix(PREFIX)) != PREFIX
    plain, colon, suffix = kpi.partition(":")
    return (plain + colon in known or kpi in known) and bool(suffix) is bool(colon)


def _scoring(text: str) -> Scoring:
    found = one_of(Scoring)(text)
    if found is Scoring.PENALTY:
        raise Wrong("a penalty is no line of kpis", "List it under penalties, beside kpis.")
    return found


def _target(text: str) -> Decimal:
    if (value := number(text)) <= 0:
        raise Wrong(f"nothing can be measured against a target of {text}", "Give one above 0, or leave it out.")
    return value


def _percent(text: str) -> Decimal:
    value = not_negative(text)
    if value > MOST:
        raise Wrong(f"{text} percent of a weight are too many", f"Give 0 to {MOST}.")
    return value


def _count(text: str) -> int:
    value = not_negative(text)
    if value != int(value):
        raise Wrong(f"{text} is no whole number", "Say how many things a value must rest on.")
    return int(value)
