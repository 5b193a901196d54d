"""Lengths of time as a policy writes them: `90s`, `30m`, `12h`, `7d`."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

UNITS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
LONGEST = 36_500 * UNITS["d"]


class Clock(StrEnum):
    """How a rule counts time: all of it, or only the working time of the calendar."""

    ELAPSED = "elapsed"
    WORKING = "working"


class Duration(msgspec.Struct, frozen=True, order=True):
    """A length: `us` microseconds where a day has 24 hours; written in days, it counts working days on that clock."""

    us: int
    in_days: bool = False

    def __str__(self) -> str:
        if self.in_days:
            return f"{self.us // UNITS['d']}d"
        unit = next((unit for unit in "hm" if self.us % UNITS[unit] == 0), "s") if self.us else "s"
        return f"{self.us // UNITS[unit]}{unit}"


def days(count: int) -> Duration:
    """So many days, or working days."""
    return Duration(count * UNITS["d"], in_days=True)


def parse_duration(text: str) -> Duration:
    """Reads `7d`. ValueError with a sentence otherwise; a number without a unit is a mistake too, even 0."""
    match = re.fullmatch(r"([0-9]{1,12})\s*([a-z]*)", text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a duration")
    number, unit = match.groups()
    if not unit:
        raise ValueError(f"the duration '{text}' has no unit")
    if unit not in UNITS:
        raise ValueError(f"'{unit}' is not a unit of time")
    us = int(number) * UNITS[unit]
    if us > LONGEST:
        raise ValueError(f"the duration '{text}' is longer than 100 years")
    return Duration(us, in_days=unit == "d")
