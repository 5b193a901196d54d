"""What employees reached in years that are over: by it the next year's targets may be spread over them.

The stage of employees knows it, and tells every partition of the stage before, which spreads. It is only what was, and
spreading changes nothing of it: so it goes round once.
"""

from __future__ import annotations

from streams.core.formats import reader, tagged
from streams.core.ledger import Measures
from streams.core.records import packed, unpacked

_read = reader(tuple[str, dict[str, int | str]])


def figure_of(kpi: str, year: str) -> str:
    """The name under which a KPI of a year is told."""
    return f"{year} {kpi}"


def write_reached(employee: str, figures: Measures) -> bytes:
    """All that is told of an employee: atoms by `figure_of`."""
    return tagged((employee, packed(figures)))


def read_reached(value: bytes) -> tuple[str, Measures]:
    """What `write_reached` was given."""
    employee, figures = _read(value)
    return employee, unpacked(figures)
