"""The second stage: figures and scorecards of every period, as facts and time change them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.core.formats import reader
from streams.core.records import Contribution, Totals, key_of, packed
from streams.core.units import ATOM
from tests.unit.core.employees.office import NOW, Office
from tests.unit.core.kit import DAY, HOUR, MARCH, Record, policy, us

MONTHS = ["2026", "2026-03", "2026-Q1"]
ALL = [*MONTHS, "30d", "7d", "90d"]


def values(record: Record) -> dict[str, Any]:
    return {kpi["kpi"]: kpi["value"] for kpi in record["kpis"]}


def day(when: str) -> str:
    return f"d{policy().zone.day(us(when))}"


def won(number: int = 1) -> dict[str, int]:
    return {"won": number, "won_amount": 50 * number * ATOM}


def test_a_month_touches_its_month_quarter_and_year() -> None:
    office = Office()
    office.fact(MARCH, won())
    sent = office.flush()
    assert sorted(sent) == sorted(f"{topic} {period}" for topic in ("kpis", "scores", "streams") for period in MONTHS)
    assert values(sent["kpis 2026-03"])["won_amount"] == 50.0
    assert sent["kpis 2026-03"]["as_of"] == "2026-03-15T00:00:00Z"
    assert sent["kpis 2026-03"]["employee_id"] == "ann"
    assert office.flush() == {}


def test_a_day_touches_the_rolling_periods_that_it_is_in() -> None:
    office = Office()
    office.fact(day("15"), won())
    office.fact(day("09"), won())  # the first of seven days
    assert values(office.flush()["kpis 7d"])["won_count"] == 2
    office.fact(day("08"), won())
    sent = office.flush()
    assert "kpis 7d" not in sent
    assert values(sent["kpis 30d"])["won_count"] == 3


@pytest.mark.parametrize(("period", "days"), [("7d", 7), ("30d", 30), ("90d", 90)])
def test_a_rolling_period_is_the_days_that_end_with_today(period: str, days: int) -> None:
    office = Office()
    today = policy().zone.day(NOW)
    for number in (today, today - days + 1, today - days, today + 1):
        office.fact(f"d{number}", won())
    assert values(office.flush()[f"kpis {period}"])["won_count"] == 2


def test_what_stands_now_is_in_the_periods_that_contain_now_alone() -> None:
    office = Office()
    office.fact("m24313", won())
    office.fact("now", {"open": 3, "owned": 2})
    sent = office.flush()
    assert sorted(period for period in ALL if f"kpis {period}" in sent) == sorted(ALL)
    assert values(sent["kpis 7d"])["open_count"] == 3
    assert values(sent["kpis 2026-03"])["customers_owned"] == 2
    assert "open_count" not in values(sent["kpis 2026-02"])
    assert "won_amount" in values(sent["kpis 2026-02"])


def test_origins_add_up_and_twice_or_older_changes_nothing() -> None:
    office = Office()
    office.fact(MARCH, won(), version=5)
    office.fact(MARCH, won(2), version=3, origin=1)
    assert values(office.flush()["kpis 2026-03"])["won_count"] == 3
    office.fact(MARCH, won(9), version=4)
    assert office.flush() == {}
    assert [key for key, _ in office.changes.states] == [b'["clock"]']
    office.fact(MARCH, won(), version=5)
    assert values(office.flush()["kpis 2026-03"])["won_count"] == 3


def test_a_period_that_empties_is_taken_back_once() -> None:
    office = Office()
    office.profile()
    office.fact(MARCH, won(), version=1)
    office.flush()
    office.fact(MARCH, {}, version=2)
    emptied = office.flush()
    assert {key: value for key, value in emptied.items() if "2026-03" in key} == {
        "kpis 2026-03": None,
        "scores 2026-03": None,
        "streams 2026-03": b"",  # to the next stage no tombstone, which compaction might withhold, but nothing at all
    }
    office.fact(MARCH, {}, version=3)
    assert office.flush() == {}
    assert office.restarted().flush() == {}


def test_nothing_that_was_never_told_is_taken_back() -> None:
    office = Office()
    office.fact(MARCH, {}, version=1)
    assert office.flush() == {}
    again = office.restarted()
    again.fact(MARCH, {}, version=2)
    assert again.flush() == {}


def test_a_new_day_judges_again_what_had_not_ended() -> None:
    office = Office()
    office.fact(day("09"), won())
    office.fact(MARCH, won())
    office.fact("m24313", won())
    office.flush()
    office.tick(NOW + HOUR)
    assert office.flush() == {}
    office.tick(us("16"))
    sent = office.flush()
    # The day has left the seven days, so they are nobody's; what ended in February stays as it is.
    assert sent["kpis 7d"] is None
    assert sorted(key for key in sent if key.startswith("kpis")) == sorted(
        f"kpis {period}" for period in ("7d", "30d", "90d", *MONTHS)
    )
    assert sent["kpis 2026-03"]["as_of"] == "2026-03-16T00:00:00Z"


def test_a_period_that_is_over_is_as_of_its_end() -> None:
    office = Office()
    office.fact(MARCH, won())
    office.flush()
    office.tick(us("2026-04-01T00:00:00Z"))
    sent = office.flush()
    assert sent["kpis 2026-03"]["as_of"] == "2026-04-01T00:00:00Z"
    office.tick(us("2026-04-02T00:00:00Z"))
    assert "kpis 2026-03" not in office.flush()
    # What comes late changes it, as of its end.
    office.fact(MARCH, won(2), version=2, at=us("2026-04-02T00:00:00Z"))
    assert office.flush()["kpis 2026-03"]["as_of"] == "2026-04-01T00:00:00Z"


def test_the_last_tick_judges_again_within_the_day() -> None:
    office = Office()
    office.fact(MARCH, won())
    office.flush()
    office.tick(NOW + HOUR, final=True)
    assert office.flush()["kpis 2026-03"]["as_of"] == "2026-03-15T01:00:00Z"
    assert office.flush() == {}


def test_facts_tell_the_time_too() -> None:
    office = Office()
    office.fact(MARCH, won(), at=us("20"))
    assert office.flush()["kpis 2026-03"]["as_of"] == "2026-03-20T00:00:00Z"
    assert office.stage.clock == 0


def test_days_are_forgotten_with_their_facts() -> None:
    office = Office()
    office.fact(day("15"), won(), origin=3)
    office.flush()
    key = key_of("ann", day("15"), 3)
    assert key in office.states
    office.tick(NOW + 94 * DAY)
    office.flush()
    assert key in office.states
    office.tick(NOW + 95 * DAY)
    office.flush()
    assert key not in office.states


def test_without_a_record_there_are_figures_but_no_scorecard() -> None:
    office = Office()
    office.fact(MARCH, won())
    sent = office.flush()
    assert sent["scores 2026-03"] is None
    totals = reader(Totals)(sent["streams 2026-03"])
    assert (totals.profile, totals.score) == ({}, None)


def test_the_range_of_a_forecast_follows_the_days_that_it_rests_on_whenever_they_come() -> None:
    at_once, apart = Office(), Office()
    for office in (at_once, apart):
        office.profile()
        office.fact(MARCH, {"contacts": 8})
        if office is apart:
            office.flush()
        office.fact(day("03"), {"contacts": 8})
    expected, found = at_once.flush()["scores 2026-03"], apart.flush()["scores 2026-03"]
    assert found == expected
    (line,) = (one for one in found["kpis"] if one["kpi"] == "contacts")
    assert line["forecast_low"] < line["forecast"] < line["forecast_high"]


def test_the_scorecard_is_explained() -> None:
    office = Office()
    office.profile(name="Ann")
    office.fact(MARCH, won(3) | {"contacts": 5})
    record = office.flush()["scores 2026-03"]
    assert record == {
        "employee_id": "ann",
        "role": "sales",
        "team": "north",
        "period": "2026-03",
        "as_of": "2026-03-15T00:00:00Z",
        "score": 100.0,
        "rating": "A",
        "perspectives": {"process": 100.0},
        "kpis": [
            {
                "kpi": "won_amount",
                "value": 150.0,
                "target": 100.0,
                "basis": "policy",
                "attainment": 1.5,
                "weight": 1.0,
                "points": 1.5,
                "count": 3,
                # 14 of 31 days are over
                "expected": 45.16,
                "pace": 150 * 31 / 1400,
                "forecast": 332.14,
                "forecast_low": 332.14,
                "forecast_high": 332.14,
            },
            {
                "kpi": "contacts",
                "value": 5,
                "target": 10.0,
                "basis": "policy",
                "attainment": 0.5,
                "weight": 1.0,
                "points": 0.5,
                "count": 5,
                "expected": 140 / 31,
                "pace": 5 * 31 / 140,
                "forecast": 5 * 31 / 14,
                "forecast_low": 11.07,
                "forecast_high": 11.07,
            },
        ],
        "stale": [],
        "policy_version": office.rules.version,
    }


def test_a_record_that_changes_judges_every_period_again() -> None:
    office = Office()
    office.profile(1)
    office.fact(MARCH, won())
    office.flush()
    office.profile(2, role="clerk")
    assert office.flush()["scores 2026-03"] is None
    office.profile(1)
    assert office.flush() == {}
    office.profile(3, role="sales", team="south")
    assert office.flush()["scores 2026-Q1"]["team"] == "south"


def test_a_target_of_the_period_itself_wins_and_only_there() -> None:
    office = Office()
    office.profile()
    office.fact(MARCH, won())
    office.goal("won_amount", "2026-03", "25", version=2)
    sent = office.flush()
    assert sent["scores 2026-03"]["kpis"][0]["target"] == 25.0
    assert sent["scores 2026-Q1"]["kpis"][0]["target"] == 300.0
    office.goal("won_amount", "2026-03", "50", version=1)
    office.goal("won_amount", "2026-03", "10", level="challenge")
    assert office.flush() == {}
    office.goal("won_amount", "2026-03", "50", version=3)
    assert {key: record["kpis"][0]["target"] for key, record in office.flush().items() if key.startswith("scores")} == {
        "scores 2026-03": 50.0
    }


def test_coverage_of_the_pipeline_is_by_the_target_that_remains() -> None:
    office = Office()
    office.profile()
    office.fact(MARCH, won())
    office.fact("now", {"open": 1, "open_amount": 25 * ATOM})
    # A month: 25 of the 50 that are missing of 100; seven days: of 7/30 of 100, of which nothing is won.
    sent = office.flush()
    assert values(sent["kpis 2026-03"])["pipeline_coverage"] == 0.5
    assert values(sent["kpis 7d"])["pipeline_coverage"] == 25 / (700 / 30)
    office.goal("won_amount", "2026-03", "50", version=1)
    assert "pipeline_coverage" not in values(office.flush()["kpis 2026-03"])


def test_a_restarted_stage_says_nothing_and_goes_on() -> None:
    office = Office()
    office.profile()
    office.goal("contacts", "2026-03", "3")
    office.fact(MARCH, won() | {"contacts": 3})
    office.tick(NOW)
    office.flush()
    again = office.restarted()
    assert again.flush() == {}
    assert again.stage.clock == NOW
    again.fact(MARCH, won(2) | {"contacts": 3}, version=2)
    record = again.flush()["scores 2026-03"]
    assert [line["points"] for line in record["kpis"]] == [1.0, 1.0]
    # By the days, of which nothing is known, the goal is behind and at risk.
    assert again.stage.entries() == {"scored_employees": 1, "notices": 2}
    assert {rule for rule, _, _ in again.stage.alerts()} == {"goal.behind_pace", "goal.at_risk"}


def test_nothing_is_judged_before_the_time_is_known() -> None:
    office = Office()
    office.fact("now", {"open": 3, "owned": 2}, at=0)
    office.fact(MARCH, won(), at=0)
    assert office.flush() == {}
    for late in (office, office.restarted()):
        late.tick(NOW)
        sent = late.flush()
        assert sorted(key for key in sent if key.startswith("kpis")) == sorted(f"kpis {period}" for period in ALL)


def test_what_is_published_is_remembered_and_not_worked_out() -> None:
    office = Office()
    office.fact("now", {"open": 3})
    office.flush()
    assert reader(list[str])(office.states[key_of("published", "ann")]) == sorted(ALL)
    office.fact("now", {}, version=2)
    office.flush()
    assert reader(list[str])(office.states[key_of("published", "ann")]) == []


def test_an_employee_may_be_called_published() -> None:
    office = Office()
    value = msgspec.msgpack.encode(Contribution(1, NOW, packed(won())))
    office.give(key_of("published", MARCH, 0), value)
    office.flush()
    assert office.restarted().stage.employees["published"].published == set(MONTHS)
