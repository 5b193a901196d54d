"""How numbers and rows are written where a policy is told in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal


def percent(weight: Decimal, total: Decimal) -> str:
    """A share of a total, which is not 0."""
    return f"{weight * 100 / total:.1f} %"


def plain(number: Decimal) -> str:
    """A number without an exponent or zeros that say nothing."""
    return f"{number.normalize():f}"


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows of as many cells each, at least one row, with columns of one width."""
    listed = list(rows)
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in listed]
