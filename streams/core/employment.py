"""When somebody works here, and for which part of a period that is, by working days."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from streams.core.ratio import Ratio, lowest
from streams.events.instants import parse_iso
from streams.policy import Policy, Zone
from streams.policy import zone as calendar
from streams.policy.periods import days


def day_of(text: str | None, zone: Zone) -> int | None:
    """The local day of a date or an instant as the record of an employee keeps it; None: nobody has said."""
    if text is None:
        return None
    return zone.day(parse_iso(text)) if "T" in text else calendar.day_of(date.fromisoformat(text))


@lru_cache(4096)
def presence(
    period: str,
    today: int,
    hired: int | None,
    left: int | None,
    absences: tuple[tuple[int, int], ...],
    policy: Policy,
) -> Ratio:
    """The part of a period's working days on which somebody works here: from the day of hiring to before that of
    leaving, and not away for the whole day. `today` matters to rolling periods alone."""
    span = days(period, today)
    working = [day for day in span if policy.calendar.is_workday(day)] or list(span)
    here = sum(
        (hired is None or day >= hired) and (left is None or day < left) and not _is_away(day, absences, policy.zone)
        for day in working
    )
    return lowest(here, len(working))


def _is_away(day: int, absences: tuple[tuple[int, int], ...], zone: Zone) -> bool:
    begins, ends = zone.midnight(day), zone.midnight(day + 1)
    return any(start <= begins and ends <= end for start, end in absences)
