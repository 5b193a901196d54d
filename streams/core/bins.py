"""Values that are counted by bins, so that their percentiles can be told of any sum of them, and any be taken back.

The count of the values in a bin is a measure of its own, `<what>~<bin>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EXACT: Final = 7
"""So many binary digits of a value are kept: those below 2^7 as they are, of a greater one the highest."""
MARK: Final = "~"
"""What parts, in the name of a measure, what is counted from the bin."""


def bin_of(value: int) -> int:
    """The bin that a value from 0 on falls into, by its least value: at most 1/64 below any other of them."""
    cut = max(value.bit_length() - EXACT, 0)
    return value >> cut << cut


def measure_of(what: str, value: int) -> str:
    """The measure that counts a value."""
    return f"{what}{MARK}{bin_of(value)}"


def is_binned(measure: str) -> bool:
    """Whether that is such a measure; the name of a stage, after a colon, may be anything."""
    return MARK in measure and ":" not in measure


def percentile(values: Mapping[int, int], hundredth: int) -> int | None:
    """The least of these values, each with how often it occurs, that so many of a hundred do not exceed."""
    total = sum(values.values())
    seen = 0
    for value, number in sorted(values.items()):
        seen += number
        if seen * 100 >= total * hundredth:
            return value
    return None
