"""Alerts `perf.*`, recommendations, improvement plans and answers, each on a timeline where it is and one where not.

The score of a month is ten times the contacts that ann made in it, 200 at the most, and no won opportunity is asked for
unless a test says so.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

import msgspec
import pytest

from streams.core.employees.recommending import Basis, id_of
from streams.events.instants import iso, parse_iso
from streams.events.outputs import RECORDS
from streams.policy import Advice, Policy
from streams.replay import replay_lines
from tests.unit.core.kit import DAY, Record, contact, deal, employee, event, policy
from tests.unit.core.works import Works

CARD = {"sales": {"kpis": [{"kpi": "contacts", "target": 10, "cap": 2}]}}
SKILLS = {"sales": {"kpis": [{"kpi": "contacts", "target": 10}, {"kpi": "win_rate", "target": 0.5}]}}
HIRED = "2025-12-31T00:00:00Z"
NOTHING = {kind.value: {"enabled": False} for kind in Advice}


def rules(advice: dict[str, Any] | None = None, **sections: Any) -> Policy:
    return policy(**{"scorecards": CARD} | sections | ({} if advice is None else {"recommendations": advice}))


def alone(kind: str, **keys: Any) -> dict[str, Any]:
    return NOTHING | {kind: {"enabled": True} | keys}


def worked(*contacts: int, start: int = 1, who: str = "ann") -> list[bytes]:
    """So many contacts in each month from January 2026 on, or a later one."""
    lines = [employee(HIRED, who)]
    for month, number in enumerate(contacts, start):
        first = parse_iso(f"2026-{month:02d}-02T09:00:00Z")
        lines += [contact(first + place * DAY, employee_id=who, id=f"{who}-{month}-{place}") for place in range(number)]
    return lines


def asked(lines: list[bytes], until: str, rules: Policy) -> list[Record]:
    return replay_lines(lines, rules, parse_iso(f"2026-{until}T00:00:00Z")).recommendations


def told(lines: list[bytes], until: str, rules: Policy) -> list[tuple[str, str, str]]:
    return [(one["kind"], one["period"], one["status"]) for one in asked(lines, until, rules)]


def alerts(lines: list[bytes], until: str, rules: Policy, kind: str = "perf.") -> list[str]:
    """The last of each: rule, when it began and ended, and how it stands."""
    result = replay_lines(lines, rules, parse_iso(f"2026-{until}T00:00:00Z"))
    last = {one["id"]: one for one in result.alerts if one["rule"].startswith(kind)}
    return sorted(
        f"{one['rule']} {one['started_at'][5:10]}-{(one['ended_at'] or '')[5:10]} {one['status']} {one['reason']}"
        for one in last.values()
    )


@pytest.mark.parametrize(
    ("contacts", "until", "expected"),
    [
        pytest.param([5], "02-01", ["perf.low 02-01- firing condition_met"], id="low once the month is over"),
        pytest.param([5], "01-31", [], id="not while it is running"),
        pytest.param([6], "02-01", [], id="at the bound itself a score is not low"),
        pytest.param([9], "02-01", ["perf.high 02-01- firing condition_met"], id="high at the bound"),
        pytest.param([8], "02-01", [], id="and not below it"),
        pytest.param([5, 8], "03-01", ["perf.low 02-01-03-01 resolved expired"], id="until the next month is over"),
    ],
)
def test_low_and_high_scores(contacts: list[int], until: str, expected: list[str]) -> None:
    assert alerts(worked(*contacts), until, rules()) == expected


@pytest.mark.parametrize(
    ("contacts", "until", "expected"),
    [
        pytest.param([5, 5, 5], "04-01", ["perf.streak 04-01- firing condition_met"], id="three low months"),
        pytest.param([5, 5, 5], "03-31", [], id="the third is not over"),
        pytest.param([5, 7, 5, 5], "05-01", [], id="one between them is not low"),
        pytest.param([5, 0, 5, 5], "05-01", [], id="a month without a score is no part of it"),
        pytest.param([9, 9, 12], "04-01", ["perf.streak 04-01- firing condition_met"], id="three high months"),
        pytest.param([5, 5, 9, 9], "05-01", [], id="low and high ones do not add up"),
        pytest.param(
            [5, 5, 5, 5, 8], "06-01", ["perf.streak 04-01-06-01 resolved recovered"], id="until one is no part of it"
        ),
    ],
)
def test_streaks(contacts: list[int], until: str, expected: list[str]) -> None:
    assert alerts(worked(*contacts), until, rules(), "perf.streak") == expected


def test_rules_of_scores_have_bounds_periods_roles_and_ladders_of_the_policy() -> None:
    lines = worked(5, 5, 5)
    off = {"perf.low": {"enabled": False}, "perf.streak": {"roles": ["clerk"]}}
    assert alerts(lines, "04-01", rules(alerts=off)) == []
    quarters: dict[str, Any] = {"perf.low": {"period": "quarter", "below": 50}, "perf.streak": {"enabled": False}}
    assert alerts(lines, "04-01", rules(alerts=quarters)) == []
    quarters["perf.low"]["below"] = 51
    assert alerts(lines, "04-02", rules(alerts=quarters)) == ["perf.low 04-01- firing condition_met"]
    own = {"star.high": {"watch": "perf.high", "above": 150}, "perf.high": {"hold": "2d"}}
    assert alerts(worked(15), "02-02", rules(alerts=own)) == ["perf.high 02-01- pending condition_met"]
    assert alerts(worked(15), "02-02", rules(alerts=own), "star.") == ["star.high 02-01- firing condition_met"]
    assert alerts(worked(14), "02-02", rules(alerts=own), "star.") == []
    ladder = {"perf.low": {"escalate": [{"to": "owner"}, {"after": "12h", "to": "manager"}]}}
    result = replay_lines([*worked(5), employee(HIRED, manager_id="max", id="m")], rules(alerts=ladder),
                          parse_iso("2026-02-01T13:00:00Z"))  # fmt: skip
    (alert,) = [one for one in result.alerts if one["rule"] == "perf.low"]
    assert (alert["level"], alert["recipients"], alert["severity"]) == (2, ["ann", "max"], "warning")
    assert alert["summary"] == "ann scored 50.0 in 2026-01, below 60."


def test_a_ladder_is_climbed_on_the_hour_and_not_on_the_next_day() -> None:
    ladder = {"perf.low": {"escalate": [{"to": "owner"}, {"after": "12h", "to": "max"}]}}
    works = Works(rules(NOTHING, alerts=ladder))
    works.tell(worked(5))
    seen = []
    for when in ("2026-02-01T00:00:00Z", "2026-02-01T11:59:59Z", "2026-02-01T12:00:00Z"):
        works.tick(parse_iso(when))
        seen.append(works.alerts[-1]["level"])
    assert seen == [1, 1, 2]


KINDS: list[tuple[str, dict[str, Any], list[int], list[int], str]] = [
    ("praise", {}, [9], [8], "Praise ann: the score of 2026-01 is 90, 90 or more."),
    ("reward", {"above": 120}, [12], [11], "Reward ann: the score of 2026-01 is 120, 120 or more."),
    ("raise", {}, [9, 9, 9], [9, 9, 8], "Consider a raise for ann: in 3 months in a row, 2026-01 to 2026-03, "
     "the score was 90 or more."),
    ("promotion", {"count": 2, "above": 110}, [11, 11], [11, 10], "Consider a promotion of ann: in 2 months in a row, "
     "2026-01 to 2026-02, the score was 110 or more."),
    ("coaching", {}, [5], [6], "Coach ann: the score of 2026-01 is 50, below 60."),
    ("improvement_plan", {"below": 40}, [3], [4], "Agree on an improvement plan with ann: the score of 2026-01 is 30, "
     "below 40."),
    ("transfer", {}, [5, 5, 5], [5, 5, 6], "Consider another post for ann: in 3 months in a row, 2026-01 to 2026-03, "
     "the score was below 60."),
    ("penalty", {}, [3], [4], "Consider a penalty for ann: the score of 2026-01 is 30, below 40."),
    ("dismissal_review", {"count": 2}, [5, 5], [5, 6], "Review the employment of ann: in 2 months in a row, 2026-01 "
     "to 2026-02, the score was below 60."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "keys", "fires", "silent", "summary"), KINDS, ids=[one[0] for one in KINDS])
def test_every_kind_is_proposed_by_its_bound(
    kind: str, keys: dict[str, Any], fires: list[int], silent: list[int], summary: str
) -> None:
    on = rules(alone(kind, **keys))
    end = f"{len(fires) + 1:02d}-01"
    (found,) = asked(worked(*fires), end, on)
    assert (found["kind"], found["status"], found["summary"]) == (kind, "open", summary)
    assert (found["created_at"], found["period"]) == (f"2026-{end}T00:00:00Z", f"2026-{len(fires):02d}")
    assert (found["employee_id"], found["team"], found["policy_version"]) == ("ann", "north", on.version)
    assert found["recommendation_id"] == id_of("ann", Basis(kind, "2026-01"))
    assert [line["kpi"] for line in found["reasons"]] == ["contacts"]
    assert asked(worked(*silent), end, on) == []
    assert asked(worked(*fires), f"{len(fires):02d}-28", on) == []
    assert asked(worked(*fires), end, rules(alone(kind, **keys, roles=["clerk"]))) == []


def test_what_harms_somebody_is_proposed_only_where_a_policy_says_so() -> None:
    assert {kind for kind, _, _ in told(worked(*[1] * 7), "08-01", rules())} == {
        "coaching",
        "improvement_plan",
        "transfer",
    }


def test_a_run_that_goes_on_is_one_recommendation() -> None:
    assert told(worked(*[9] * 5), "06-01", rules(alone("raise"))) == [("raise", "2026-03", "open")]


def test_reasons_are_what_cost_or_earned_the_most() -> None:
    card = {
        "sales": {
            "kpis": [
                {"kpi": "contacts", "target": 10, "weight": 20},
                {"kpi": "won_count", "target": 4, "weight": 60},
                {"kpi": "opportunities_created", "target": 1, "weight": 20},
            ],
            "penalties": [{"kpi": "lost_count", "points": 30}],
        }
    }
    lines = [*worked(5), *(_closed("won", name) for name in "ab"), _closed("lost", "c")]
    (found,) = asked(lines, "02-01", rules(alone("coaching"), scorecards=card))
    assert [
        (one["kpi"], one["value"], one["target"], one["attainment"], one["points"]) for one in found["reasons"]
    ] == [
        ("won_count", 2, 4, 0.5, 30),
        ("lost_count", 1, None, None, -30),
        ("opportunities_created", 0, 1, 0, 0),
    ]


def _closed(how: str, name: str) -> bytes:
    return deal("2026-01-20T00:00:00Z", how, opportunity_id=name, owner_id="ann", id=name)


COURSES = {"contacts": "telephone", "win_rate": "negotiation"}


@pytest.mark.parametrize(
    ("contacts", "won", "lost", "courses", "expected"),
    [
        pytest.param(3, 1, 5, COURSES, ["telephone"], id="the weakest of them: 0.3 of one, 0.33 of the other"),
        pytest.param(4, 1, 5, COURSES, ["negotiation"], id="or the other"),
        pytest.param(0, 1, 5, {"contacts": "telephone"}, ["telephone"], id="no skill of another KPI"),
        pytest.param(10, 0, 6, {"contacts": "telephone"}, [], id="none is weak that reaches its target"),
        pytest.param(3, 1, 5, {"csat": "service"}, [], id="what is not on the card is no weakness"),
        pytest.param(10, 1, 5, COURSES, [], id="the score is not low"),
    ],
)
def test_a_training_is_for_the_weakest_skill(
    contacts: int, won: int, lost: int, courses: dict[str, str], expected: list[str]
) -> None:
    outcomes = [_closed("won", f"w{n}") for n in range(won)] + [_closed("lost", f"l{n}") for n in range(lost)]
    on = rules(alone("training", courses=courses), scorecards=SKILLS)
    found = asked([*worked(contacts), *outcomes], "02-01", on)
    assert [one["course"] for one in found] == expected


def test_the_steps_of_a_plan_name_measures_and_dates() -> None:
    on = rules(alone("improvement_plan", within="30d", steps=1), timezone="Asia/Shanghai")
    (found,) = asked(worked(3), "02-01", on)
    assert found["steps"] == [
        {
            "step": "Bring contacts to 10 in a month.",
            "due_at": "2026-03-02T15:59:59Z",  # thirty local days after January
            "kpi": "contacts",
            "target": 10.0,
        }
    ]


def test_a_decision_and_what_was_asked_for_end_a_recommendation() -> None:
    def found(*lines: bytes) -> dict[str, tuple[str, str | None, str | None]]:
        on = rules({"training": {"courses": COURSES}})
        return {
            one["kind"]: (one["status"], one["decision"], one["closed_at"])
            for one in asked([*worked(5), *lines], "02-20", on)
            if "plan" not in one
        }

    id = id_of("ann", Basis("coaching", "2026-01"))
    decided = [_decided(f"2026-02-{day}T00:00:00Z", id, word) for day, word in (("03", "yes"), ("05", "no"))]
    assert found(*reversed(decided))["coaching"] == ("decided", "no", None)
    granted = event("2026-02-06T00:00:00Z", "reward.granted", employee_id="ann", kind="bonus", recommendation_id=id)
    assert found(granted)["coaching"] == ("closed", None, "2026-02-06T00:00:00Z")
    assert found(granted, *decided)["coaching"] == ("closed", "no", "2026-02-06T00:00:00Z")
    learned = [_learned(when, course) for when, course in (("01-31", "telephone"), ("02-02", "negotiation"))]
    assert found(*learned)["training"] == ("open", None, None)  # too early, and another course
    assert found(*learned, _learned("02-03", "telephone"))["training"] == ("closed", None, "2026-02-03T00:00:00Z")
    opened = [_opened(f"2026-{day}T08:00:00Z", plan) for day, plan in (("01-31", "a"), ("02-07", "b"))]
    assert found(opened[0])["improvement_plan"] == ("open", None, None)
    assert found(*opened)["improvement_plan"] == ("closed", None, "2026-02-07T08:00:00Z")


def _decided(when: str, id: str, decision: str, **fields: Any) -> bytes:
    return event(when, "review.decided", recommendation_id=id, by="max", decision=decision, **fields)


def _learned(day: str, course: str) -> bytes:
    return event(f"2026-{day}T00:00:00Z", "training.completed", employee_id="ann", course=course)


def _opened(when: str, plan: str = "p", *steps: dict[str, Any]) -> bytes:
    return event(when, "improvement_plan.opened", plan_id=plan, employee_id="ann", steps=list(steps))


@pytest.mark.parametrize("named", [None, "ann", "elsewhere"])
def test_a_decision_finds_its_recommendation_in_whichever_partition_it_arrives(named: str | None) -> None:
    works = Works(rules(alone("coaching")), 3)
    id = id_of("ann", Basis("coaching", "2026-01"))
    works.tell([_decided("2026-02-03T00:00:00Z", id, "yes", **({} if named is None else {"subject": named}))])
    works.tell(worked(5))
    works.tick(parse_iso("2026-02-04T00:00:00Z"))
    record = works.topics["recommendations"][id.encode()]
    assert (record["status"], record["decision"], record["by"]) == ("decided", "yes", "max")


def test_a_late_event_withdraws_what_the_score_no_longer_bears_out_and_another_brings_it_back() -> None:
    works = Works(rules(alone("coaching")))
    works.tell(worked(5))
    works.tick(parse_iso("2026-02-04T00:00:00Z"))
    id = id_of("ann", Basis("coaching", "2026-01"))
    key = id.encode()
    assert works.topics["recommendations"][key]["status"] == "open"
    works.tell([_decided("2026-02-04T01:00:00Z", id, "yes"), contact("2026-01-30T00:00:00Z", id="late")])
    works.tick(parse_iso("2026-02-05T00:00:00Z"))
    record = works.topics["recommendations"][key]
    assert (record["status"], record["decision"], record["score"], record["reasons"]) == ("withdrawn", "yes", 60, [])
    assert record["summary"] == "The scores of ann up to 2026-01 no longer ask for coaching."
    assert works.alerts[-1]["reason"] == "withdrawn"
    works.decide(rules(alone("coaching", below=61)))
    works.tick(parse_iso("2026-02-06T00:00:00Z"))
    assert works.topics["recommendations"][key]["status"] == "decided"


def test_nothing_is_told_again_and_old_recommendations_are_deleted() -> None:
    works = Works(rules(alone("coaching") | {"keep": "60d"}))
    works.tell(worked(5))
    works.tick(parse_iso("2026-02-04T00:00:00Z"))
    assert len(works.topics["recommendations"]) == 1
    works.tick(parse_iso("2026-02-20T00:00:00Z"))
    assert [s.topic for s in works.employees[0].flushes[-1] if s.topic == "recommendations"] == []
    works.tick(parse_iso("2026-04-01T23:59:59Z"))
    assert len(works.topics["recommendations"]) == 1
    works.tick(parse_iso("2026-04-02T00:00:00Z"))
    assert works.topics["recommendations"] == {}
    works.employees[0].die(Random(0))
    works.tick(parse_iso("2026-04-03T00:00:00Z"))
    assert works.topics["recommendations"] == {}


def overdue(lines: list[bytes], until: str) -> list[str]:
    return alerts(lines, until, rules(), "improvement_plan")


DUE: dict[str, Any] = {"step": "call", "due_at": "2026-02-10"}
COUNTED = DUE | {"kpi": "contacts", "target": 4}


@pytest.mark.parametrize(
    ("lines", "until", "expected"),
    [
        pytest.param([], "02-11", ["improvement_plan.overdue 02-11- firing condition_met"], id="after its day"),
        pytest.param([], "02-10", [], id="not on it"),
        pytest.param(["02-10 step_done"], "02-20", [], id="done in time"),
        pytest.param(
            ["02-12 step_done"], "02-20", ["improvement_plan.overdue 02-11-02-12 resolved completed"], id="done late"
        ),
        pytest.param(
            ["02-13 closed"], "02-20", ["improvement_plan.overdue 02-11-02-13 resolved closed"], id="the plan is closed"
        ),
        pytest.param(["02-09 closed"], "02-20", [], id="closed before"),
    ],
)
def test_a_step_is_overdue_from_the_end_of_its_day_until_it_is_done_or_the_plan_closed(
    lines: list[str], until: str, expected: list[str]
) -> None:
    events = [_opened("2026-02-01T00:00:00Z", "p", DUE)]
    for line in lines:
        day, kind = line.split()
        more = {"step": "call"} if kind == "step_done" else {"outcome": "given up"}
        data = {"plan_id": "p", "employee_id": "ann"} | more
        events.append(event(f"2026-{day}T00:00:00Z", f"improvement_plan.{kind}", **data))
    assert overdue([employee(HIRED), *events], until) == expected
    assert overdue([employee(HIRED), *reversed(events)], until) == expected


@pytest.mark.parametrize(
    ("contacts", "other", "expected"),
    [
        pytest.param(4, 0, [], id="reached in the month, though it is after its day"),
        pytest.param(3, 0, ["improvement_plan.overdue 02-11- firing condition_met"], id="not reached"),
        pytest.param(3, 9, ["improvement_plan.overdue 02-11- firing condition_met"], id="nor in another month"),
    ],
)
def test_a_step_with_a_kpi_is_done_where_its_month_reaches_the_target(
    contacts: int, other: int, expected: list[str]
) -> None:
    lines = [*worked(contacts, start=2), *worked(other), _opened("2026-01-15T00:00:00Z", "p", COUNTED)]
    assert overdue(lines, "02-20") == expected
    (found,) = [one for one in asked(lines, "02-20", rules(NOTHING)) if "plan" in one]
    done = not expected
    assert (found["status"], found["plan"]["done"], found["plan"]["of"]) == ("closed" if done else "open", done, 1)
    assert (found["plan"]["steps"][0]["value"], found["plan"]["steps"][0]["done"]) == (contacts, done)


def test_a_plan_is_followed_up_in_a_record_of_its_own() -> None:
    steps: list[dict[str, Any]] = [DUE, {"kpi": "first_response_seconds", "target": 60, "due_at": "2026-02-28"}]
    works = Works(rules(NOTHING))
    works.tell([_opened("2026-02-01T00:00:00Z", "p", *steps), employee(HIRED)])
    works.tick(parse_iso("2026-02-04T00:00:00Z"))
    (key,) = works.topics["recommendations"]
    record = works.topics["recommendations"][key]
    assert (record["status"], record["kind"], record["period"]) == ("open", "improvement_plan", None)
    assert record["summary"] == "The improvement plan p of ann is under way: 0 of 2 steps are done."
    for day, step in (("05", "2"), ("06", "call")):
        data = {"plan_id": "p", "employee_id": "ann", "step": step}
        works.tell([event(f"2026-02-{day}T00:00:00Z", "improvement_plan.step_done", **data)])
    works.tick(parse_iso("2026-02-07T00:00:00Z"))
    record = works.topics["recommendations"][key]
    assert (record["status"], record["plan"]["done"], record["plan"]["closed_at"]) == ("closed", 2, None)
    assert [step["done_at"] for step in record["plan"]["steps"]] == ["2026-02-06T00:00:00Z", "2026-02-05T00:00:00Z"]


@pytest.mark.parametrize("due", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59.999999Z"])
@pytest.mark.parametrize("kpi", ["contacts", "stage_conversion", "contacts:call", "competency_tact", "no_such", None])
def test_a_plan_may_ask_for_anything_at_any_time(due: str, kpi: str | None) -> None:
    step = {"due_at": due, "kpi": kpi, "target": 1} if kpi else {"due_at": due}
    lines = [employee(HIRED), _opened("2026-02-01T00:00:00Z", "p", step)]
    for zone in ("UTC", "Asia/Shanghai", "America/New_York"):
        (found,) = asked(lines, "02-20", rules(NOTHING, timezone=zone))
        assert (found["status"], found["plan"]["done"], found["plan"]["of"]) == ("open", 0, 1)


def _answer(day: int, ref: str, comment: str) -> bytes:
    return event(f"2026-02-{day:02d}T00:00:00Z", "response.submitted", by="ann", about="ann", ref=ref, comment=comment)


def test_answers_stand_on_what_they_are_about_and_the_newest_are_kept() -> None:
    id = id_of("ann", Basis("coaching", "2026-01"))
    answers = [_answer(day, id, f"no. {day}") for day in range(2, 14)]
    lines = [*worked(5), *answers, _answer(2, "2026-01", "I was ill"), _answer(3, "2025-12", "of nothing")]
    Random(1).shuffle(lines)
    result = replay_lines(lines, rules(alone("coaching")), parse_iso("2026-02-20T00:00:00Z"))
    (record,) = result.recommendations
    assert [one["comment"] for one in record["responses"]] == [f"no. {day}" for day in range(4, 14)]
    scores = {one["period"]: one.get("responses") for one in result.scores}
    assert scores["2026-01"] == [{"at": "2026-02-02T00:00:00Z", "by": "ann", "comment": "I was ill"}]
    assert scores["2026"] is None


def test_an_answer_tells_the_score_again_also_after_a_restart() -> None:
    works = Works(rules(NOTHING))
    works.tell(worked(5))
    works.tick(parse_iso("2026-02-04T00:00:00Z"))
    for number, seat in enumerate(works.seats()):
        seat.die(Random(number))
    works.tell([_answer(4, "2026-01", "first")])
    works.tick(parse_iso("2026-02-05T00:00:00Z"))
    works.employees[0].die(Random(7))
    works.tell([_answer(5, "2026-01", "second"), contact("2026-01-30T00:00:00Z", id="late")])
    works.tick(parse_iso("2026-02-06T00:00:00Z"))
    record = works.topics["scores.employees"][b"ann/2026-01"]
    assert (record["score"], [one["comment"] for one in record["responses"]]) == (60, ["first", "second"])


def test_records_are_as_the_schema_says() -> None:
    id = id_of("ann", Basis("coaching", "2026-01"))
    lines = [*worked(3), _opened("2026-02-02T00:00:00Z", "p", COUNTED), _answer(3, id, "yes"),
             _decided(iso(parse_iso("2026-02-03T00:00:00Z")), id, "done"), _learned("02-03", "telephone")]  # fmt: skip
    found = asked(lines, "02-20", rules({"training": {"courses": COURSES}, "penalty": {"enabled": True}}))
    assert len(found) == 5
    for record in found:
        told = msgspec.json.decode(json.dumps(record), type=RECORDS["recommendation"], strict=True)
        assert set(record) <= set(told.__struct_fields__)
