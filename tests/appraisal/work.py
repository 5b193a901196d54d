"""Odd tasks, costs, use of the CRM, assessments, targets and records of employees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.appraisal.cast import UNKNOWN, Cast, Step

COMPETENCIES = "Team Work", "team work", "expertise", "Listening", "C: 1~2@month"
MEASURES = "exam", "interview: depth", "lead_response~5", "customers@", "@"


def of_task(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    task, day = {"task_id": data["task_id"], "employee_id": data["employee_id"]}, cast.day(0, 9)
    fresh = {"task_id": cast.new("task"), "employee_id": cast.who()}
    about = {"customer_id": data["customer_id"]} if data.get("customer_id") else {}
    match cast.chance.randrange(7):
        case 0:  # given to somebody else, and done by a third
            yield day, "task.assigned", task | about | {"employee_id": cast.who(), "due_at": cast.moment()}
            yield day + 2, "task.completed", task | {"employee_id": cast.who()}
        case 1:  # done, and at once not needed any more
            yield day, "task.completed", task
            yield day, "task.cancelled", task
        case 2:  # not needed, and done all the same
            yield day, "task.cancelled", task
            yield day + 1, "task.completed", task | {"employee_id": cast.who()}
        case 3:  # never given to anybody
            yield day, "task.completed", fresh
        case 4:  # done before it was given, at the very instant, and given to two at once
            yield 1.0, "task.completed", fresh
            yield 2.0, "task.assigned", fresh | {"due_at": cast.moment()}
            yield 2.0, "task.assigned", fresh | {"due_at": cast.moment(), "employee_id": cast.who()}
        case 5:  # done twice
            yield day, "task.completed", task
            yield day + 3, "task.completed", task | {"employee_id": cast.who()}
        case _:  # with a customer, and dated anew when it is over
            about = {"customer_id": cast.customer()}
            yield 0.0, "task.assigned", fresh | about | {"due_at": "2026-01-10"}
            yield day, "task.completed", fresh
            yield day + 1, "task.assigned", fresh | about | {"due_at": cast.moment()}


def of_expense(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    expense = {"expense_id": data["expense_id"], "employee_id": data["employee_id"]}
    fresh = {"expense_id": cast.new("exp"), "employee_id": cast.who()}
    claim, day = {"category": "travel", "amount": cast.money()}, cast.day(0, 9)
    match cast.chance.randrange(7):
        case 0:  # yes and no at once
            yield day, "expense.approved", expense
            yield day, "expense.rejected", expense
        case 1:  # yes, no, yes
            for number, verb in enumerate(["approved", "rejected", "approved"]):
                yield day + number, f"expense.{verb}", expense
        case 2:  # claimed anew, for less or more
            yield day, "expense.claimed", expense | claim | {"customer_id": cast.customer()}
        case 3:  # approved before it was claimed
            yield day, "expense.approved", fresh
            yield day + 2, "expense.claimed", fresh | claim
        case 4:  # another one's of the same number
            other = expense | {"employee_id": cast.who()}
            yield day, "expense.claimed", other | claim
            yield day + 1, "expense.approved", other
        case 5:  # for an opportunity
            deal = {"customer_id": cast.customer(), "opportunity_id": cast.new("opp")}
            yield day, "expense.claimed", fresh | claim | deal
            yield day + 1, "expense.approved", fresh
        case _:  # never claimed
            yield day, "expense.approved", fresh


def of_trip(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    trip = {"trip_id": data["trip_id"], "employee_id": data["employee_id"]}
    fresh = {"trip_id": cast.new("trip"), "employee_id": cast.who()}
    day = cast.day(0, 9)
    match cast.chance.randrange(6):
        case 0:  # that costs nothing
            yield day, "trip.requested", fresh | {"days": 1}
            yield day + 1, "trip.approved", fresh
        case 1:  # no and yes at once
            yield day, "trip.requested", fresh | {"cost": cast.money(), "customer_id": cast.customer()}
            yield day + 1, "trip.rejected", fresh
            yield day + 1, "trip.approved", fresh
        case 2:  # asked for anew
            yield day, "trip.requested", trip | {"cost": cast.money()}
        case 3:  # approved for another price than that asked for
            yield day, "trip.requested", fresh | {"cost": cast.money()}
            yield day + 2, "trip.approved", fresh | {"cost": {"amount": "1.00"}}
        case 4:  # never asked for
            yield day, "trip.approved", fresh | {"cost": cast.money()}
        case _:  # refused, and then approved
            yield day, "trip.rejected", trip
            yield day + 1, "trip.approved", trip


def of_usage(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    """By somebody of whom there is no record, and around midnight."""
    for day in (0.0, 0.3, 0.6, 0.6, cast.edge()):
        action = cast.chance.choice(["login", "record_created", "record_updated"])
        used = {"employee_id": cast.chance.choice([UNKNOWN, data["employee_id"]]), "action": action}
        yield day, "usage.recorded", used | {"valid": cast.chance.random() < 0.5}


def of_assessment(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    """By enough people or by too few, some of them twice."""
    for relation in ("peer", "subordinate", "customer", "self", "superior"):
        number = cast.chance.randrange(6) if relation not in ("self", "superior") else cast.chance.randrange(2)
        competency, day = cast.chance.choice([data["competency"], *COMPETENCIES]), cast.day(0, 30)
        for _ in range(number):
            rater = cast.chance.choice([cast.who(), cast.customer(), "rater-1"])
            told = {"employee_id": data["employee_id"], "rater_id": rater, "relation": relation}
            score = cast.chance.choice([0, 100, "72.25", 33.5, 61])
            yield day + cast.day(0, 3), "assessment.submitted", told | {"competency": competency, "score": score}


def of_key_result(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    """Of more than one objective; with a date, which moves or goes; and twice at one instant."""
    result = {"employee_id": data["employee_id"], "objective": cast.chance.choice(["Grow", "Learn"])}
    result["key_result"] = cast.chance.choice(["Reach the target", "Read a book", "Write one"])
    day = cast.day(0, 20)
    for later in (day, day, day + cast.day(0, 20)):
        due = {"due_at": cast.moment()} if cast.chance.random() < 0.6 else {}
        yield later, "key_result.updated", result | due | {"progress": cast.chance.choice([0, 1, "0.25", 0.625])}


def of_measure(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    scope = cast.chance.choice([("employee", cast.who()), ("employee", UNKNOWN), ("team", "Service")])
    measure = {"scope": scope[0], "scope_id": scope[1], "measure": cast.chance.choice(MEASURES)}
    yield cast.day(0, 20), "measure.recorded", measure | {"value": cast.chance.choice([-3, "12.5", 0, 99.75])}


def of_target(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    """Set anew, twice at once; and higher, as a challenge."""
    if data["scope"] == "employee":
        target = {name: data[name] for name in ("scope", "scope_id", "kpi", "period")}
        value = cast.chance.choice([90_000, "12345.6789", 500])
        yield cast.day(0, 9), "target.set", target | {"value": value, "level": "challenge"}
        day = cast.day(0, 9)
        for more in (40_000, 60_000):
            yield day, "target.set", target | {"value": more, "level": "target"}


def of_employee(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    """Goes to another role."""
    role = cast.chance.choice(["sales", "service", "support", "marketing"])
    moved = {"employee_id": data["employee_id"], "role": role, "team": data["team"]}
    yield cast.day(20, 60), "employee.upserted", moved
