"""Who asks, who there is, and what pages need to know at first."""

from __future__ import annotations

from typing import Final

from streams.dashboard.access import Access, Forbidden, Kind, Reader, Scope
from streams.dashboard.model import ReadModel
from streams.dashboard.people import Employee
from streams.dashboard.shapes import EmployeeName as Name
from streams.dashboard.shapes import Employees, EmployeeView, Me, Meta_, StageName, TeamName

MOST: Final = 500
"""Employees that are listed in `meta`."""


def me(access: Access, reader: Reader) -> Me:
    """What the reader may see."""
    sees: dict[str, int | str] = {"employees": _extent(access.people(reader))}
    for kind in (Kind.ALERTS, Kind.SCORES, Kind.DEALS, Kind.ADVICE):
        try:
            sees[kind.value] = _extent(access.scope(reader, kind))
        except Forbidden:
            sees[kind.value] = 0
    return Me(role=reader.role.value, employee_id=reader.employee_id, sees=sees, pages=pages(access, reader))


def _extent(scope: Scope) -> int | str:
    return "all" if scope is None else len(scope)


def pages(access: Access, reader: Reader) -> list[str]:
    """The pages that answer."""
    all_scores = access.may(reader, Kind.SCORES) and access.scope(reader, Kind.SCORES) is None
    others = access.people(reader)
    allowed = {
        "company": all_scores,
        "team": access.may(reader, Kind.SCORES) and (others is None or access.may(reader, Kind.SILENCE)),
        "person": access.may(reader, Kind.SCORES),
        "alerts": access.may(reader, Kind.ALERTS),
        "pipeline": access.may(reader, Kind.DEALS),
        "customer": access.may(reader, Kind.DEALS),
        "health": access.may(reader, Kind.HEALTH),
    }
    return [page for page, may in allowed.items() if may]


def meta(model: ReadModel, scope: Scope) -> Meta_:
    """The frame of everything: periods, teams, people, rules, stages."""
    people = [one for one in model.people.all() if scope is None or one.id in scope]
    teams = model.people.teams() if scope is None else sorted({one.team for one in people if one.team})
    policy = model.policy
    return Meta_(
        as_of=model.as_of,
        policy_version=policy.version,
        timezone=policy.timezone,
        currency=policy.currency.reporting,
        periods=model.periods(),
        teams=[
            TeamName(
                team=team,
                name=team,
                department=model.people.department_of(team),
                manager_id=model.people.manager_of(team),
            )
            for team in teams
        ],
        employees=[Name(employee_id=one.id, name=one.name, role=one.role, team=one.team) for one in people[:MOST]],
        rules=sorted(policy.rules),
        stages=[
            StageName(name=one.name, probability=None if one.probability is None else float(one.probability))
            for one in policy.stages
        ],
    )


def employees(
    model: ReadModel, scope: Scope, search: str, team: str | None, limit: int, after: str | None
) -> Employees:
    """People by id, those after an id."""
    found = [one for one in model.people.search(search, team) if scope is None or one.id in scope]
    rest = [one for one in found if after is None or one.id > after]
    more = rest[limit - 1].id if len(rest) > limit else None
    return Employees(items=[person(one) for one in rest[:limit]], total=len(found), next=more)


def person(one: Employee) -> EmployeeView:
    """An employee."""
    return EmployeeView(
        employee_id=one.id,
        name=one.name,
        role=one.role,
        team=one.team,
        department=one.department,
        manager_id=one.manager_id,
        active=one.active,
        level=one.level,
        region=one.region,
    )
