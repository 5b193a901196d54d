"""Time zones, working hours and holidays: what a policy says of where and when a company works."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfoNotFoundError, available_timezones

from streams.policy.calendar import WEEKDAYS, Calendar
from streams.policy.problems import did_you_mean, listed
from streams.policy.reading import Fields, Report, Wrong, calendar_date
from streams.policy.tree import Node
from streams.policy.zone import Zone, day_of

HOURS_HINT = "Hours lie within one day and may end 24:00."
PROBE = day_of(date(2024, 1, 1))  # any year shows whether a calendar has working days at all


class _Hours(NamedTuple):
    opens: int
    closes: int


class _Holiday(NamedTuple):
    said: str
    falls_on: Callable[[date], bool]


def timezone(text: str) -> Zone:
    try:
        return Zone(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        hint = did_you_mean(text, available_timezones(), "Use a name of the tz database, as in Asia/Shanghai.")
        raise Wrong(f"'{text}' is not a time zone", hint) from error


def read_calendar(report: Report, node: Node, zone: Zone) -> Calendar:
    """The calendar section; its zone is the policy's."""
    fields = Fields(report, "calendar", node, ("workdays", "hours", "holidays"))
    workdays = _workdays(report, fields.node("workdays"))
    hours = fields.value("hours", _hours, _Hours(0, 1440))
    holidays = [
        holiday
        for where, item in _one_or_more(report, fields.node("holidays"))
        if (holiday := report.read(where, item, _holiday, None)) is not None
    ]
    tests = [holiday.falls_on for holiday in holidays]
    calendar = Calendar(
        zone,
        workdays,
        hours.opens,
        hours.closes,
        tuple(sorted({holiday.said for holiday in holidays})),
        lambda when: any(falls_on(when) for falls_on in tests),
    )
    if not any(calendar.is_workday(PROBE + offset) for offset in range(366)):
        report.add(node.line, "the calendar has no working time at all", "Give it workdays that are not all holidays.")
    return calendar


def _one_or_more(report: Report, node: Node | None) -> list[tuple[str, Node]]:
    if node is None:
        return []
    return report.items("calendar.holidays", node) if isinstance(node.value, list) else [("calendar.holidays", node)]


def _workdays(report: Report, node: Node | None) -> set[int]:
    if node is None:
        return set(range(7))
    found: set[int] = set()
    for where, item in report.items("calendar.workdays", node):
        day = report.read(where, item, _weekday, None)
        if day in found:
            report.add(item.line, f"{where}: {WEEKDAYS[day]} stands there twice", "Keep one.")
        elif day is not None:
            found.add(day)
    if isinstance(node.value, list) and not node.value:
        report.add(node.line, "calendar.workdays names no day", "Name at least one, as in [mon, tue].")
    return found or set(range(7))


def _weekday(text: str) -> int | None:
    if text.lower() not in WEEKDAYS:
        raise Wrong(f"'{text}' is not a weekday", did_you_mean(text[:3], WEEKDAYS, f"Use {listed(WEEKDAYS)}."))
    return WEEKDAYS.index(text.lower())


def _hours(text: str) -> _Hours:
    match = re.fullmatch(r"([0-9]{1,2}):([0-5][0-9])\s*-\s*([0-9]{1,2}):([0-5][0-9])", text)
    if match is None:
        raise Wrong(f"'{text}' are not hours", 'Write them as in "09:00-18:00".')
    from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
    opens, closes = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if max(opens, closes) > 1440:
        raise Wrong(f"'{text}' go beyond 24:00", HOURS_HINT)
    if closes <= opens:
        raise Wrong(f"'{text}' do not end after they start", HOURS_HINT)
    return _Hours(opens, closes)


def _holiday(text: str) -> _Holiday | None:
    """A country of the holidays package (`CN`), a part of one (`US-CA`), or a single date."""
    if text[:1].isdigit():
        single = calendar_date(text)
        return _Holiday(text, lambda when: when == single)
    import holidays  # here, as it is slow to import and few calendars name a country

    country, _, part = text.partition("-")
    countries = holidays.list_supported_countries()
    if country not in countries:
        hint = did_you_mean(text, countries, "Use a code of two letters, as in CN, DE or US-CA, or a list of dates.")
        raise Wrong(f"'{text}' is not a country whose holidays are known", hint)
    if part and part not in countries[country]:
        hint = did_you_mean(part, countries[country], f"Use {country} alone.")
        raise Wrong(f"'{part}' is not a part of {country} whose holidays are known", hint)
    days = holidays.country_holidays(country, subdiv=part or None)

    def falls_on(when: date) -> bool:
        if when.year in days.years:
            return when in days
        with warnings.catch_warnings():
            # Some countries warn of years for which they know no moving holidays, on whatever event names such a year.
            warnings.simplefilter("ignore")
            return when in days

    return _Holiday(text, falls_on)
