"""A small company, appraised, and faults, seen. `make appraisal` appraises a larger one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import pytest

from tests.appraisal.__main__ import report, size
from tests.appraisal.appraisal import WAITING, Sides, sides
from tests.appraisal.comparing import EXPECTED, Difference, Result, Told, compared, is_same, plain
from tests.appraisal.log import Size
from tests.appraisal.recount import Figure, Key

SMALL = Size(employees=12, customers=150, days=120)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Sides:
    return sides(SMALL, tmp_path_factory.mktemp("appraisal"))


def test_every_kpi_of_everybody_in_every_period_is_what_the_sql_makes_of_the_log(small: Sides) -> None:
    result = compared(small.told, small.found, WAITING)
    assert (result.differences, result.missing) == ([], [])
    assert result.found.total() > 3_000


def test_a_fault_in_any_kpi_is_seen(small: Sides) -> None:
    faulty: dict[str, Key] = {plain(key[0]): key for key, one in small.told.items() if one.number != "0"}
    assert len(faulty) > 25
    told = dict(small.told)
    for number, key in enumerate(faulty.values()):
        if number % 3 == 0:
            told[key] = told[key]._replace(number=str(int(told[key].number) + 1))
        elif number % 3 == 1:
            told[key] = told[key]._replace(value=str(float(told[key].value) + 0.01))
        else:
            del told[key]
    assert {one.key for one in compared(told, small.found, WAITING).differences} == set(faulty.values())


def test_a_kpi_of_which_nothing_is_told_is_missing_unless_it_is_waited_for(small: Sides) -> None:
    fewer = {key: one for key, one in small.told.items() if key[0] != "won_count"}
    assert compared(fewer, small.found, WAITING).missing == ["won_count"]
    waited = compared(fewer, small.found, WAITING | {"won_count"})
    assert (waited.differences, waited.missing) == ([], [])


def test_nothing_is_waited_for_that_is_told(small: Sides) -> None:
    told = {name for kpi, _, _ in small.told for name in (kpi, plain(kpi))}
    assert told.isdisjoint(WAITING)


@dataclass(frozen=True)
class Case:
    """A line of the table beside a figure."""

    kpi: str
    told: Told
    found: Figure
    same: bool = True


HALF = Fraction(1, 2)
CASES = {
    "a count": Case("contacts", Told("3", "3", "", "3"), Figure(Fraction(3), None, 3)),
    "another count": Case("contacts", Told("3", "3", "", "3"), Figure(Fraction(4), None, 4), False),
    "resting on more": Case("contacts", Told("3", "3", "", "3"), Figure(Fraction(3), None, 4), False),
    "to the cent, half down to even": Case(
        "won_amount", Told("0.12", "0.12", "", "1"), Figure(Fraction("0.125"), None, 1)
    ),
    "to the cent, half up to even": Case(
        "won_amount", Told("0.14", "0.14", "", "1"), Figure(Fraction("0.135"), None, 1)
    ),
    "a cent more": Case("won_amount", Told("0.13", "0.13", "", "1"), Figure(Fraction("0.125"), None, 1), False),
    "a rate": Case("win_rate", Told(repr(1 / 3), "1", "3", "3"), Figure(Fraction(1), Fraction(3), 3)),
    "a rate that is rounded": Case(
        "win_rate", Told("0.333333333", "1", "3", "3"), Figure(Fraction(1), Fraction(3), 3), False
    ),
    "a rate of other parts": Case("win_rate", Told("0.5", "1", "2", "4"), Figure(Fraction(2), Fraction(4), 4), False),
    "a rate that is told as a sum": Case(
        "win_rate", Told("0.5", "0.5", "", "2"), Figure(Fraction(1), Fraction(2), 2), False
    ),
    "a sum that is told as a rate": Case("contacts", Told("3", "3", "1", "3"), Figure(Fraction(3), None, 3), False),
    "a sum that is told twice": Case("contacts", Told("3", "4", "", "3"), Figure(Fraction(3), None, 3), False),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_line_of_the_table_is_what_was_found(case: Case) -> None:
    assert is_same(case.kpi, case.told, case.found) is case.same


def test_what_rests_on_nothing_need_not_be_told() -> None:
    key, other = ("contacts", "emp-1", "7d"), ("pipeline_coverage", "emp-1", "2026")
    result = compared({key: Told("0", "0", "", "0"), other: Told("0", "0", "9", "0")}, {})
    assert (result.differences, result.told.total()) == ([], 0)
    assert result.missing == list(EXPECTED)


def test_names_of_kpis_without_what_varies_in_them() -> None:
    assert [plain(name) for name in ("csat:product", "competency_team_work", "measure:a:b", "won_amount")] == [
        *("csat", "competency_<name>", "measure", "won_amount")
    ]


def test_the_size_is_what_the_environment_says() -> None:
    assert size({"EMPLOYEES": "7", "SEED": "0"}) == Size(employees=7, seed=0)
    with pytest.raises(ValueError, match="CUSTOMERS must be a whole number above 0"):
        size({"CUSTOMERS": "-1"})


def test_a_report_shows_what_differs_what_is_missing_and_what_is_waited_for() -> None:
    difference = Difference(("win_rate", "emp-1", "2026"), Told("0.5", "1", "2", "2"), Figure(HALF, Fraction(2), 2))
    texts = report(9, Result(Counter(), Counter(a=2), [difference], ["nps"]), frozenset({"csat"}))
    assert texts == [
        "9 lines, 2 values of 1 KPIs: 1 DIFFERENCES",
        "win_rate emp-1 2026: told 0.5 = 1 / 2 of 2, found 0.25 = 0.5 / 2.0 of 2",
        "MISSING, not told or not found: nps",
        "not told yet: csat",
    ]
    assert report(9, Result(Counter(), Counter(a=2), [], []), frozenset()) == ["9 lines, 2 values of 1 KPIs: equal"]
