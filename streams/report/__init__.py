"""Printable appraisals of people and sheets of teams: one page that holds all it needs, JSON, or a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from streams.explain import Reading
from streams.report.person import person_page
from streams.report.sheets import Sheet, sheet, span
from streams.report.tables import as_csv, as_json
from streams.report.team import team_page
from streams.report.texts import LANGUAGES

__all__ = ["FORMATS", "LANGUAGES", "Sheet", "render", "sheet"]


def _html(found: Sheet, reading: Reading, language: str) -> bytes:
    draw = person_page if found["kind"] == "person" else team_page
    last = span(reading, found["period"])[1]
    return draw(found, reading.policy, LANGUAGES[language], min(last, reading.today)).encode()


FORMATS: Final[Mapping[str, Callable[[Sheet, Reading, str], bytes]]] = {
    "html": _html,
    "json": lambda found, reading, language: as_json(found),
    "csv": lambda found, reading, language: as_csv(found),
}


def render(found: Sheet, reading: Reading, form: str, language: str) -> bytes:
    """A sheet in one of the formats. Only the page has words, in one of the languages."""
    return FORMATS[form](found, reading, language)
