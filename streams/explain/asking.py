"""Whether what was asked for exists; else one sentence with a suggestion."""

from __future__ import annotations

from collections.abc import Collection

from streams.core.kpis import NAMES, kpi_of
from streams.explain.reading import Mistyped, Reading, in_order
from streams.policy.periods import ROLLING, months
from streams.policy.problems import did_you_mean, listed

MOST = 8
"""So many names are listed where none is like the one asked for."""


def check_period(period: str) -> None:
    """Raises `Mistyped` for what is no period."""
    if period in ROLLING:
        return
    try:
        months(period)
    except ValueError as error:
        near = did_you_mean(period, ROLLING) or _padded(period)
        raise Mistyped(f"{error}, or 7d, 30d or 90d.{' ' + near if near else ''}") from None


def _padded(period: str) -> str:
    """`2026-3` and `2026Q1` are meant so often that they have a suggestion of their own."""
    year, _, rest = period.upper().replace("Q", "-Q").replace("--", "-").partition("-")
    guess = f"{year}-{rest.zfill(2) if rest.isdecimal() else rest}"
    try:
        months(guess)
    except ValueError:
        return ""
    return f"Did you mean {guess}?"


def check_kpi(kpi: str) -> None:
    """Raises `Mistyped` for what is no KPI; one of a stage or channel is known by its plain name."""
    if kpi_of(kpi) is None:
        plain, _, suffix = kpi.partition(":")
        if suffix and plain in NAMES:
            raise Mistyped(f"{plain} is not told by stage or channel; leave out ':{suffix}'.")
        raise Mistyped(f"{kpi!r} is no KPI. {did_you_mean(plain, NAMES, '`crmpulse policy kpis` lists them.')}")


def check_person(reading: Reading, employee: str) -> None:
    """Raises `Mistyped` for somebody whom no event names as an employee."""
    people = reading.people()
    if employee not in people:
        raise Mistyped(f"{employee!r} is no employee of these events. {_one_of(employee, people)}")


def check_figures(reading: Reading, employee: str, period: str) -> None:
    """Raises `Mistyped` for a period in which an employee has no figures."""
    check_person(reading, employee)
    periods = in_order(reading.people()[employee].periods)
    if period not in periods:
        known = [one for one in periods if one not in ROLLING and len(months(one)) == 1]
        there = f"there are from {known[0]} to {known[-1]}" if known else "there are none at all"
        raise Mistyped(f"{employee} has no figures in {period}; {there}. {did_you_mean(period, periods)}".rstrip())


def check_subject(reading: Reading, name: str, period: str) -> bool:
    """Whether a name is that of an employee (True) or of a team; raises `Mistyped` for neither, or without figures."""
    people, teams = reading.people(), reading.teams()
    if name in people:
        check_figures(reading, name, period)
        return True
    if name not in teams:
        raise Mistyped(f"{name!r} is no employee and no team of these events. {_one_of(name, [*people, *teams])}")
    if reading.team(name, period) is None:
        periods = in_order({key[1] for key in reading.records["scores.teams"] if key[0] == name})
        near = did_you_mean(period, periods, f"There are {listed(periods[:MOST])}.")
        raise Mistyped(f"The team {name} has no scores in {period}. {near}")
    return False


def _one_of(name: str, known: Collection[str]) -> str:
    few = sorted(known)[:MOST]
    more = f" and {len(known) - MOST:,} more" if len(known) > MOST else ""
    others = f"There are {', '.join(few)}{more}." if few else "They name none at all."
    return did_you_mean(name, known, others)
