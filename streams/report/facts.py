"""Every figure of a sheet in short: those of stages and channels under the one that they are parts of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import NamedTuple

from streams.core.kpis import kpi_of
from streams.explain.numbers import plain, unit_of
from streams.report.parts import figure
from streams.report.texts import Language


class Fact(NamedTuple):
    """A KPI of a full name and its value; where it is a quotient, also what was divided by what."""

    kpi: str
    value: float | None
    numerator: float | None = None
    denominator: float | None = None


def facts(found: Iterable[Fact], currency: str, language: Language) -> str:
    """All of them, in their order."""
    groups: dict[str, list[Fact]] = {}
    for fact in found:
        groups.setdefault(fact.kpi.partition(":")[0], []).append(fact)
    return f'<div class="facts">{"".join(_group(group, currency, language) for group in groups.values())}</div>'


def _group(group: list[Fact], currency: str, language: Language) -> str:
    plain_name = group[0].kpi.partition(":")[0]
    whole = next((fact for fact in group if fact.kpi == plain_name), None)
    kpi = kpi_of((whole or group[0]).kpi)
    value = "" if whole is None else _value(whole, currency, language)
    lines = [] if kpi is None else [escape(language.definition(plain_name, kpi.definition)) + _made(whole)]
    parts = list(_parts((fact for fact in group if fact is not whole), currency, language))
    if parts:
        lines.append(" · ".join(parts))
    about = "".join(f'<span class="about">{line}</span>' for line in lines)
    return f'<div><span class="name">{escape(language.kpi(plain_name))}</span><b>{value}</b>{about}</div>'


def _parts(group: Iterable[Fact], currency: str, language: Language) -> Iterator[str]:
    for fact in group:
        name = escape(language.part(fact.kpi.partition(":")[2]))
        yield f'<span class="state">{name} <strong>{_value(fact, currency, language)}</strong>{_made(fact)}</span>'


def _value(fact: Fact, currency: str, language: Language) -> str:
    return figure(fact.value, unit_of(fact.kpi), currency, language)


def _made(fact: Fact | None) -> str:
    if fact is None or fact.numerator is None or fact.denominator is None:
        return ""
    return escape(f" ({plain(fact.numerator)} / {plain(fact.denominator)})")
