"""Alerts of goals: told, changed by late facts, over with their period, deleted in time, and kept across restarts."""

from __future__ import annotations

from typing import Any

from streams.core.ledger import day_bucket, month_bucket
from streams.core.units import ATOM
from streams.events.instants import parse_iso
from tests.unit.core.employees.office import Office
from tests.unit.core.kit import policy, us

FIRST = us("01") // 86_400_000_000


def told(office: Office) -> list[tuple[str, str, str, str]]:
    return sorted((a["rule"], a["status"], a["reason"], a["started_at"][:10]) for a in office.alerts if a)


def won(office: Office, by_day: dict[int, int], version: int = 1) -> None:
    """So much was won on days of March."""
    for day, amount in by_day.items():
        measures = {"won_amount": amount * ATOM, "won": 1}
        office.fact(day_bucket(FIRST + day - 1), measures, version=version)
    total = {"won_amount": sum(by_day.values()) * ATOM, "won": len(by_day)}
    office.fact(month_bucket(2026 * 12 + 2), total, version=version)


def office(value: str = "310", **sections: Any) -> Office:
    found = Office(policy(**sections))
    found.profile(manager_id="max")
    found.goal("won_amount", "2026-03", value)
    return found


def test_who_has_done_nothing_is_behind_too() -> None:
    ann = office()
    ann.tick(us("15"))
    ann.flush()
    # A fifth of 31 days is over with the seventh, three tenths with the tenth.
    assert told(ann) == [
        ("goal.at_risk", "firing", "condition_met", "2026-03-11"),
        ("goal.behind_pace", "firing", "condition_met", "2026-03-08"),
    ]
    behind = next(alert for alert in ann.alerts if alert["rule"] == "goal.behind_pace")
    assert (behind["employee_id"], behind["team"], behind["recipients"]) == ("ann", "north", ["ann"])
    assert behind["values"] == {
        "kpi": "won_amount",
        "period": "2026-03",
        "value": 0.0,
        "target": 310.0,
        "expected": 70.0,
        "pace": 0.0,
        "bound": 0.9,
        "basis": "2026-03-08T00:00:00Z",
        "bound_passed_at": "2026-03-08T00:00:00Z",
    }
    assert ann.stage.alerts() == {
        ("goal.behind_pace", "firing", "warning"): 1,
        ("goal.at_risk", "firing", "critical"): 1,
    }
    assert ann.changes.counts["transition", "goal.at_risk", "firing", "condition_met"] == 1


def test_parts_of_the_target_are_told_once_and_all_ends_with_the_period() -> None:
    ann = office()
    won(ann, {1: 155, 9: 155})
    ann.tick(us("15"))
    ann.flush()
    assert told(ann) == [
        ("goal.achieved", "firing", "condition_met", "2026-03-10"),
        ("goal.milestone", "firing", "condition_met", "2026-03-02"),
        ("goal.milestone", "firing", "condition_met", "2026-03-10"),
        ("goal.milestone", "firing", "condition_met", "2026-03-10"),
    ]
    ann.tick(us("16"))
    ann.flush()
    assert ann.alerts == []
    ann.tick(parse_iso("2026-04-01T09:00:00Z"))
    ann.flush()
    assert {(alert["status"], alert["reason"], alert["ended_at"]) for alert in ann.alerts} == {
        ("resolved", "expired", "2026-04-01T00:00:00Z")
    }
    assert len(ann.alerts) == 4


def test_late_facts_change_what_was_told() -> None:
    ann = office()
    ann.tick(us("15"))
    ann.flush()
    won(ann, {1: 80, 9: 70})  # so at every midnight all was well
    ann.flush()
    assert told(ann) == [
        ("goal.at_risk", "resolved", "withdrawn", "2026-03-11"),
        ("goal.behind_pace", "resolved", "withdrawn", "2026-03-08"),
    ]
    won(ann, {1: 30, 9: 0, 14: 120}, version=2)  # behind after all, and up again
    ann.flush()
    assert [(alert["rule"], alert["status"], alert["reason"], alert["ended_at"]) for alert in ann.alerts] == [
        ("goal.at_risk", "resolved", "recovered", "2026-03-15T00:00:00Z"),
        ("goal.behind_pace", "resolved", "recovered", "2026-03-15T00:00:00Z"),
    ]


def test_a_hold_a_ladder_and_bounds_of_the_policy() -> None:
    rule = {"hold": "2d", "escalate": [{"after": "0d", "to": "owner"}, {"after": "3d", "to": "manager"}]}
    ann = office(alerts={"goal.behind_pace": rule | {"warm_up": 0.5}, "goal.at_risk": {"enabled": False}})
    seen = []
    for day in ("17", "19", "21", "23"):  # it begins with the 17th
        ann.tick(us(f"{day} 01:00"))
        ann.flush()
        seen += [(alert["status"], alert["level"], alert["recipients"]) for alert in ann.alerts]
    assert seen == [("pending", 0, ["ann"]), ("firing", 1, ["ann"]), ("firing", 2, ["ann", "max"])]


def test_a_restart_tells_nothing_again_and_goes_on() -> None:
    ann = office()
    ann.tick(us("15"))
    ann.flush()
    other = ann.restarted()
    other.tick(us("16"))
    other.flush()
    assert other.alerts == []
    assert other.stage.alerts() == ann.stage.alerts()
    won(other, {1: 310})
    other.flush()
    assert {alert["status"] for alert in other.alerts if alert["rule"] == "goal.at_risk"} == {"resolved"}


def test_what_is_over_is_deleted_once_its_rule_keeps_it_no_longer() -> None:
    ann = office(alerts={"keep": "10d"})
    ann.tick(us("15"))
    ann.flush()
    assert len(ann.alerts) == 2
    for when, sent in (("2026-04-01T00:00:00Z", 2), ("2026-04-10T00:00:00Z", 0), ("2026-04-11T00:00:00Z", 2)):
        ann.tick(parse_iso(when))
        ann.flush()
        assert len(ann.alerts) == sent
    assert ann.alerts == [None, None]
    ann.tick(parse_iso("2026-04-12T00:00:00Z"))
    ann.flush()
    assert ann.alerts == []


def test_a_target_of_the_scorecard_alone_is_no_goal() -> None:
    ann = Office()
    ann.profile()
    ann.tick(us("15"))
    ann.flush()
    assert ann.alerts == []
