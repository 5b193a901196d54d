"""Laws of the policy's time and money, against recounts that go minute by minute or through the standard library."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from streams.policy import Calendar, Currency, PolicyError, Zone, load, money_text
from streams.policy.defaults import DEFAULT_POLICY
from streams.policy.zone import DAY, MAX_US, MIN_US, day_of

MINUTE = 60_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAMES = (
    "UTC",
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Europe/Amsterdam",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Antarctica/Troll",
)
ZONES = {name: Zone(name) for name in NAMES}


def local(us: int, name: str) -> datetime:
    return (EPOCH + timedelta(microseconds=us)).astimezone(ZoneInfo(name))


def changes() -> list[tuple[str, int]]:
    """Every zone's changes of offset from 1900 to 2040, found by walking along."""
    found: list[tuple[str, int]] = []
    for name, zone in ZONES.items():
        start, end = day_of(date(1900, 1, 1)) * DAY, day_of(date(2040, 1, 1)) * DAY
        found += [(name, end) for _, end, _ in list(zone.pieces(start, end))[:-1]]
    return found


CHANGES = changes()
anywhere = st.tuples(st.sampled_from(NAMES), st.integers(MIN_US + DAY, MAX_US - DAY))
lately = st.tuples(st.sampled_from(NAMES), st.integers(day_of(date(1900, 1, 1)), day_of(date(2040, 1, 1)))).map(
    lambda drawn: (drawn[0], drawn[1] * DAY)
)
near_change = st.tuples(st.sampled_from(CHANGES), st.integers(-2 * DAY, 2 * DAY)).map(
    lambda drawn: (drawn[0][0], drawn[0][1] + drawn[1])
)
instants = st.one_of(anywhere, lately, near_change)


def test_changes_were_found() -> None:
    assert len(CHANGES) > 1_000


@given(instants, st.lists(st.integers(-36 * 60, 36 * 60), max_size=20))
def test_a_day_is_what_the_standard_library_says(place: tuple[str, int], minutes: list[int]) -> None:
    name, us = place
    for instant in (us, us, *(us + minute * MINUTE for minute in minutes)):  # neighbours are answered by the cache
        if MIN_US + DAY <= instant <= MAX_US - DAY:
            assert ZONES[name].day(instant) == day_of(local(instant, name).date())


@given(instants)
def test_a_day_begins_at_the_first_instant_that_has_its_date(place: tuple[str, int]) -> None:
    name, us = place
    assume(MIN_US + 4 * DAY < us < MAX_US - 4 * DAY)
    day = day_of(local(us, name).date())
    midnight = ZONES[name].midnight(day)
    assert local(midnight, name).date() == local(us, name).date()
    before = [midnight - 1, *(midnight - step * 15 * MINUTE for step in range(1, 120))]
    assert all(day_of(local(instant, name).date()) < day for instant in before)


class Week(NamedTuple):
    """A calendar, where it holds, and which of the minutes from `start` on are worked, counted one by one."""

    calendar: Calendar
    start: int
    worked: list[bool]


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    name, near = draw(st.one_of(lately, near_change))
    opens = draw(st.integers(0, 1439))
    closes = draw(st.one_of(st.just(1440), st.integers(opens + 1, 1440)))
    workdays = draw(st.sets(st.integers(0, 6), min_size=1))
    start = near // MINUTE * MINUTE
    minutes = draw(st.integers(1, 3 * 1440))
    day = ZONES[name].day(start)
    free = {ZONES[name].date(day + offset) for offset in draw(st.sets(st.integers(0, 4), max_size=2))}
    calendar = Calendar(ZONES[name], workdays, opens, closes, ("drawn",), lambda when: when in free)
    worked = []
    for minute in range(minutes):
        when = local(start + minute * MINUTE, name)
        assume(when.second == 0)  # an offset of odd seconds has no whole minutes to count
        of_day = when.hour * 60 + when.minute
        worked.append(when.weekday() in workdays and when.date() not in free and opens <= of_day < closes)
    return Week(calendar, start, worked)


@given(weeks(), st.data())
def test_working_time_is_what_a_count_by_the_minute_says(week: Week, data: st.DataObject) -> None:
    calendar, start, worked = week
    sums = [0, *accumulate(worked)]
    total = sums[-1]
    end = start + len(worked) * MINUTE
    assert calendar.elapsed(start, end) == total * MINUTE
    middle = data.draw(st.integers(0, len(worked)))
    assert calendar.elapsed(start, start + middle * MINUTE) == sums[middle] * MINUTE
    assume(total > 1)
    work = data.draw(st.integers(1, total - 1))
    assert calendar.add(start, work * MINUTE) == start + sums.index(work) * MINUTE
    last = max(minute for minute, count in enumerate(sums) if count == work)
    assert calendar.outlast(start, work * MINUTE) == start + last * MINUTE
    back = max(minute for minute, count in enumerate(sums) if total - count == work)
    assert calendar.subtract(end, work * MINUTE) == start + back * MINUTE


@given(
    st.one_of(lately, near_change),
    st.sets(st.integers(0, 6), min_size=1),
    st.tuples(st.integers(0, 1440), st.integers(0, 1440)).filter(lambda hours: hours[0] < hours[1]),
    st.integers(1, 400 * DAY),
)
def test_adding_and_taking_back_agree_with_what_has_elapsed(
    place: tuple[str, int], workdays: set[int], hours: tuple[int, int], work: int
) -> None:
    name, start = place
    calendar = Calendar(ZONES[name], workdays, *hours)
    first, last = calendar.add(start, work), calendar.outlast(start, work)
    assert calendar.elapsed(start, first) == calendar.elapsed(start, last) == work
    assert calendar.elapsed(start, first - 1) == work - 1
    assert calendar.elapsed(start, last + 1) == work + 1
    back = calendar.subtract(first, work)
    assert calendar.elapsed(back, first) == work
    assert calendar.elapsed(back + 1, first) == work - 1


@given(
    st.decimals(-(10**18) + 1, 10**18 - 1, places=18),
    st.decimals(Decimal("1e-12"), 10**6, places=12),
)
def test_money_is_exact(amount: Decimal, rate: Decimal) -> None:
    currency = Currency("CNY", {"USD": [(0, rate)]})
    atoms = currency.atoms(amount, "USD", 0)
    assert atoms is not None
    assert Fraction(atoms, 10**30) == Fraction(amount) * Fraction(rate)
    exact = Fraction(atoms, 10**30) * 100
    assert Fraction(money_text(atoms)) * 100 == round(exact)  # round() of a Fraction goes half to even
    assert currency.atoms(amount, None, 0) == Fraction(amount) * 10**30


def broken(text: str) -> Iterator[str]:
    yield text
    yield f"pipeline: {{stages: [{{name: A}}]}}\ncontact: {text}"
    yield f"pipeline: {{stages: [{{name: A}}]}}\ncontact: {{grace: {text}}}"


@given(st.text(max_size=60))
@example("\U0001f600")
@example('"\\UFFFFFFFF"')
@example("%YAML 1.99999999999999999999999999\n---\n")
@example("&a [*a]")
@example("? {a: b}\n: c")
@example("!!binary x")
@example("- - - - - - - - - - - - - - - - - - - - - - - - - - x")
def test_no_text_is_answered_by_anything_but_a_policy_or_its_problems(text: str) -> None:
    for policy in broken(text):
        try:
            assert len(load(policy).version) == 12
        except PolicyError as error:
            assert error.problems  # noqa: PT017 (either outcome is right)


YAML = st.recursive(
    st.sampled_from(
        ["null", "true", "-1", "0", "1e9", "7d", "USD", "mon", "'x'", "2026-01-01", "*a", "&a b", "~", "''"]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(
            st.sampled_from(["name", "kpis", "kpi", "from", "USD", "keep", "contact.due"]), inner, max_size=3
        ).map(lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"),
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.sampled_from(DEFAULT_POLICY.replace(" ", "").splitlines()), YAML), max_size=4))
def test_no_value_in_any_place_is_answered_by_a_traceback(pairs: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{line.partition(':')[0] or 'x'}: {value}" for line, value in pairs if line[0].isalpha())
    try:
        load(text + "\n")
    except PolicyError as error:
        assert error.problems  # noqa: PT017 (either outcome is right)


@pytest.mark.parametrize("name", NAMES)
def test_years_of_hours_are_answered_like_the_standard_library(name: str) -> None:
    zone = Zone(name)
    start = day_of(date(2010, 12, 1)) * DAY
    for hour in range(24 * 400):
        us = start + hour * 60 * MINUTE
        assert zone.day(us) == day_of(local(us, name).date())
