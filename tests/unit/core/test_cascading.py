"""Targets of teams, departments and the company through all three stages, whatever the order and the partitions."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.unit.core.kit import contact, created, employee, event, money, policy, us
from tests.unit.core.kit import deal as deal_event
from tests.unit.core.works import Works

CARD = {"sales": {"kpis": [{"kpi": "won_amount", "target": 500}, {"kpi": "contacts", "target": 10}]}}
PEOPLE = {"ann": "north", "bob": "north", "cid": "north", "dan": "south", "eve": "south"}


def staff() -> list[bytes]:
    return [
        employee("01", id=f"e-{name}", employee_id=name, team=team, department="sales") for name, team in PEOPLE.items()
    ] + [contact("02", id=f"c-{name}", employee_id=name) for name in PEOPLE]


def target(scope: str, scope_id: str, period: str, value: Any, **data: Any) -> bytes:
    fields = {"scope": scope, "scope_id": scope_id, "kpi": "won_amount", "period": period, "value": value}
    return event(data.pop("when", "01"), "target.set", **fields | data)


def run(*lines: bytes, partitions: int = 1, deaths: int = 0, **sections: Any) -> Works:
    works = Works(policy(scorecards=CARD, **sections), partitions)
    chance = random.Random(partitions)
    for line in (*staff(), *lines):
        works.tell([line])
        if deaths:
            works.flush()
            chance.choice(works.seats()).die(chance)
    works.tick(us("20"))
    works.tick(us("20") + 1, final=True)
    return works


def aims(works: Works, period: str = "2026-03") -> dict[str, tuple[float, str]]:
    found = {}
    for name in PEOPLE:
        line = works.topics["scores.employees"][f"{name}/{period}".encode()]["kpis"][0]
        found[name] = (line["target"], line["basis"])
    return found


def team(works: Works, name: str, period: str = "2026-03") -> dict[str, Any]:
    record = works.topics["scores.teams"][f"{name}/{period}".encode()]
    return {key: record[key] for key in ("targets", "drift", "drift_above")}


def test_a_team_shares_evenly_what_own_targets_leave() -> None:
    works = run(target("team", "north", "2026-03", 100), target("employee", "bob", "2026-03", 33.33))
    assert aims(works) == {
        "ann": (33.33, "team"),  # of 66.67: down to the cent
        "bob": (33.33, "set"),
        "cid": (33.34, "team"),
        "dan": (500.0, "policy"),
        "eve": (500.0, "policy"),
    }
    assert team(works, "north") == {
        "targets": {"won_amount": 100.0},
        "drift": {"won_amount": 0.0},
        "drift_above": {},
    }
    assert team(works, "south") == {"targets": {}, "drift": {}, "drift_above": {}}


def test_narrower_scopes_go_first_and_what_they_set_is_taken_off() -> None:
    works = run(
        target("company", "acme", "2026-03", 1000),
        target("department", "sales", "2026-03", 700),
        target("team", "south", "2026-03", 100),
        employee("03", employee_id="fay", team="back", department="office"),
    )
    # 700 less south's 100 for the three of north; the company's 300 are left for fay.
    assert aims(works) == dict.fromkeys(("ann", "bob", "cid"), (200.0, "department")) | dict.fromkeys(
        ("dan", "eve"), (50.0, "team")
    )
    assert team(works, "north") == {
        "targets": {"won_amount": 600.0},
        "drift": {},
        "drift_above": {"company": {"won_amount": 0.0}, "department:sales": {"won_amount": 0.0}},
    }


def test_what_is_set_for_parts_beyond_the_whole_drifts() -> None:
    works = run(
        target("company", "acme", "2026-03", 60),
        target("team", "north", "2026-03", 50),
        *(target("employee", name, "2026-03", 20) for name in ("ann", "bob", "cid", "dan", "eve")),
    )
    north = team(works, "north")
    assert north == {
        "targets": {"won_amount": 50.0},
        "drift": {"won_amount": 10.0},
        "drift_above": {"company": {"won_amount": 40.0}},
    }
    assert team(works, "south")["targets"] == {"won_amount": 40.0}


def test_a_quarter_of_a_team_comes_to_months_of_people_and_back() -> None:
    works = run(target("team", "south", "2026-Q1", "100.01"))
    # January and February 33.33, March 33.35; of each half, down to the cent, for dan, the rest for eve.
    assert aims(works)["dan"] == (16.67, "team")
    assert aims(works)["eve"] == (16.68, "team")
    quarter = aims(works, "2026-Q1")
    assert quarter["dan"] == (49.99, "team")  # 16.66 + 16.66 + 16.67
    assert quarter["eve"] == (50.02, "team")
    assert team(works, "south", "2026-Q1") == {
        "targets": {"won_amount": 100.01},
        "drift": {"won_amount": 0.0},
        "drift_above": {},
    }


def test_the_season_of_the_policy_spreads_a_year_and_a_new_policy_spreads_it_anew() -> None:
    seasons = {"spread": "seasonal", "seasons": [1, 1, 4, *[0] * 9]}
    works = run(target("team", "south", "2026", 120), targets=seasons)
    assert aims(works)["dan"] == (40.0, "team")
    works.decide(policy(scorecards=CARD, targets={"spread": "equal"}))
    works.tick(us("21"), final=True)
    assert aims(works)["dan"] == (5.0, "team")


def test_who_comes_or_goes_takes_the_month_and_leaves_the_others_as_they_were() -> None:
    works = run(
        target("team", "south", "2026", 120),
        employee("10", id="m1", employee_id="ann", team="south"),
        employee("11", id="l1", employee_id="eve", team="south", active=False),
        employee("12", id="h1", employee_id="dan", team="south", hired_at="2026-02-01"),
    )
    # In March dan and ann share 10; in February eve was with dan; in January dan was not hired yet.
    assert aims(works) == {
        "ann": (5.0, "team"),
        "bob": (500.0, "policy"),
        "cid": (500.0, "policy"),
        "dan": (5.0, "team"),
        "eve": (500.0, "policy"),
    }
    assert team(works, "south", "2026-Q1")["drift"] == {"won_amount": 0.0}


def test_only_sums_and_counts_are_spread() -> None:
    works = run(target("team", "north", "2026-03", 0.5, kpi="win_rate"))
    assert team(works, "north") == {"targets": {}, "drift": {}, "drift_above": {}}


def test_a_target_that_is_set_lower_again_takes_its_shares_back() -> None:
    works = run(target("team", "south", "2026-03", 100))
    assert aims(works)["dan"] == (50.0, "team")
    works.tell([employee("19", id="t1", employee_id="dan", team="west")])
    works.tick(us("21"), final=True)
    assert aims(works)["dan"] == (500.0, "policy")
    assert aims(works)["eve"] == (100.0, "team")


LINES = [
    target("company", "acme", "2026", 1000, id="t1"),
    target("department", "sales", "2026-Q1", 700, id="t2"),
    target("team", "south", "2026-03", 99.99, id="t3"),
    target("team", "south", "2026-03", 77.77, id="t4", when="02"),
    target("employee", "eve", "2026-Q1", 30, id="t5"),
    target("team", "north", "2026-03", 10, id="t6", level="challenge"),
    employee("05", id="m1", employee_id="ann", team="south", department="other"),
    created("03", id="o1"),
    deal_event("06", "won", id="o2", amount=money("20")),
]


@pytest.mark.parametrize("partitions", [1, 3])
def test_order_partitions_and_restarts_change_nothing(partitions: int) -> None:
    chance = random.Random(7)
    expected = run(*LINES).topics
    for attempt in range(4):
        mixed = chance.sample(LINES, len(LINES))
        found = run(*mixed, *mixed[:3], partitions=partitions, deaths=attempt % 2).topics
        for topic in ("scores.employees", "scores.teams", "funnel"):
            assert found[topic] == expected[topic]
    assert aims(run(*LINES))["dan"] != (500.0, "policy")


def drifts(works: Works) -> dict[tuple[str, str], dict[str, Any]]:
    """The newest record of each drift, by scope and period."""
    newest = {record["id"]: record for record in works.alerts if record["rule"] == "goal.drift"}
    return {(one["values"]["scope"], one["values"]["period"]): one for one in newest.values()}


OWN = [target("employee", name, "2026-03", 30) for name in ("ann", "bob", "cid")]
"""90 in the north, in March."""


@pytest.mark.parametrize(("partitions", "deaths"), [(1, 0), (3, 0), (3, 1)])
def test_a_drift_beyond_the_tolerance_is_an_alert_that_other_targets_withdraw(partitions: int, deaths: int) -> None:
    lines = [*OWN, target("team", "north", "2026-03", 100, when="04")]
    for order in (lines, lines[::-1]):
        found = drifts(run(*order, partitions=partitions, deaths=deaths))
        assert set(found) == {("team:north", "2026-03")}
        one = found["team:north", "2026-03"]
        assert (one["status"], one["team"], one["employee_id"]) == ("firing", "north", None)
        assert one["started_at"] == one["fired_at"] == "2026-03-04T00:00:00Z"
        assert {name: one["values"][name] for name in ("target", "parts", "drift")} == {
            "target": 100.0,
            "parts": 90.0,
            "drift": -10.0,
        }
        assert one["summary"] == (
            "The targets of those in team north come to 90 won_amount in 2026-03, below its own of 100: set them anew."
        )
    mended = run(*lines, target("employee", "ann", "2026-03", 40, when="05"), partitions=partitions, deaths=deaths)
    assert all(one["reason"] == "withdrawn" for one in drifts(mended).values())


def test_a_drift_within_the_tolerance_is_none() -> None:
    for whole, alerts, expected in ((94, 0.05, False), (95, 0.05, True), (95, 0.06, False), (86, 0.04, True)):
        found = drifts(
            run(*OWN, target("team", "north", "2026-03", whole), alerts={"goal.drift": {"tolerance": alerts}})
        )
        assert bool(found) is expected, whole


def test_a_drift_of_the_company_is_told_once_and_is_over_with_its_period() -> None:
    every = [target("employee", name, "2026-03", 30) for name in PEOPLE]
    works = run(*every, target("company", "c", "2026-03", 200), partitions=3)
    assert [scope for scope, _ in drifts(works)] == ["company"]
    works.tick(us("2026-04-01T00:00:00Z"), final=True)
    (one,) = drifts(works).values()
    assert (one["status"], one["reason"], one["ended_at"]) == ("resolved", "expired", "2026-04-01T00:00:00Z")


def test_a_drift_climbs_the_ladder_of_its_rule() -> None:
    ladder = {"hold": "1d", "escalate": [{"after": "0d", "to": "planning"}, {"after": "3d", "to": "board"}]}
    works = run(*OWN, target("team", "north", "2026-03", 100, when="18"), alerts={"goal.drift": ladder})
    told = [(r["status"], r["level"], r["recipients"]) for r in works.alerts if r["rule"] == "goal.drift"]
    assert told == [("firing", 1, ["planning"])]
    works.tick(us("22") + 1)
    (one,) = drifts(works).values()
    assert (one["level"], one["recipients"]) == (2, ["planning", "board"])
    assert one["fired_at"] == "2026-03-19T00:00:00Z"
