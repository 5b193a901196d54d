"""A sheet as JSON, and as a table of (section, item, field, value) for a spreadsheet. Neither leaves anything out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

import orjson

from streams.report.sheets import Sheet

NAMES: Final = ("kpi", "employee_id", "period", "stage", "rating", "id", "recommendation_id")
"""The fields, the first that is there, that an item of a list is known by."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a text may begin that a spreadsheet would calculate."""
COLUMNS: Final = ("section", "item", "field", "value")


def as_json(sheet: Sheet) -> bytes:
    """The whole sheet."""
    return orjson.dumps(sheet, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_csv(sheet: Sheet) -> bytes:
    """The whole sheet, one value a row; numbers as JSON writes them."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for section, value in sheet.items():
        for item, field, cell in _rows(value):
            table.writerow((section, _safe(item), _safe(field), _cell(cell)))
    return out.getvalue().encode()


def _rows(value: Any) -> Iterator[tuple[str, str, Any]]:
    """Each single value with its item, and its field in that."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        for number, one in enumerate(value, 1):
            name = next((str(one[field]) for field in NAMES if one.get(field) is not None), str(number))
            yield from ((name, field, cell) for field, cell in _leaves(one, ""))
    else:
        yield from (("", field, cell) for field, cell in _leaves(value, ""))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for number, one in enumerate(value, 1):
            name = next((str(one[field]) for field in NAMES if one.get(field)), "") if isinstance(one, dict) else ""
            yield from _leaves(one, f"{path}[{name or number}]")
    else:
        yield path, value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return _safe(value) if isinstance(value, str) else orjson.dumps(value).decode()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
