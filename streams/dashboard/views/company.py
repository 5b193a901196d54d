"""The company and its teams in a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from streams.core.kpis import kpi_of
from streams.dashboard.access import Scope
from streams.dashboard.alerts import STANDING
from streams.dashboard.model import ReadModel
from streams.dashboard.scores import COMPANY, MICRO, former
from streams.dashboard.shapes import Company, CompanyTarget, Drift, Member, TeamView
from streams.events.outputs import TeamScoreRecord

ABOVE = "company"
CAMPAIGNS = 50
"""Campaigns that are listed."""


def company(model: ReadModel, period: str) -> Company:
    """All teams together."""
    teams = model.teams.ranked(period)
    totals = _totals(teams)
    return Company(
        period=period,
        as_of=model.as_of,
        totals=totals,
        targets=_targets(model, period, teams),
        funnel=model.funnels.get(COMPANY, period),
        teams=teams,
        drift=_drift(teams),
        campaigns=model.campaigns.ranked(period, CAMPAIGNS),
    )


def _totals(teams: Sequence[TeamScoreRecord]) -> dict[str, float]:
    """What adds up: a rate of the whole is no sum of those of its parts."""
    found: defaultdict[str, float] = defaultdict(float)
    for team in teams:
        for kpi, value in team.totals.items():
            known = kpi_of(kpi)
            if known is not None and not known.denominator and not known.binned and known.numerator:
                found[kpi] += value
    return dict(sorted(found.items()))


def _targets(model: ReadModel, period: str, teams: Sequence[TeamScoreRecord]) -> list[CompanyTarget]:
    """Beside what was set for some teams alone stands what those have reached."""
    goals = _goals(teams)
    ahead = model.scorecards.ahead(period)
    found = []
    for kpi, target in sorted(goals.items()):
        everybody = any(kpi in team.drift_above.get(ABOVE, {}) for team in teams)
        asked = [team for team in teams if everybody or kpi in team.targets]
        value, sums = _totals(asked).get(kpi), ahead.get(kpi)
        expected = sums.expected / MICRO if sums is not None else None
        bounds = sums.bounds() if sums is not None else None
        found.append(
            CompanyTarget(
                kpi=kpi,
                value=value,
                target=target,
                attainment=_ratio(value, target),
                expected=expected,
                pace=_ratio(value, expected),
                forecast=sums.forecast / MICRO if sums is not None and sums.projected else None,
                forecast_low=None if bounds is None else round(bounds[0] / MICRO, 2),
                forecast_high=None if bounds is None else round(bounds[1] / MICRO, 2),
            )
        )
    return found


def _goals(teams: Sequence[TeamScoreRecord]) -> dict[str, float]:
    """By KPI what was set for the company, which the drift of its members tells; else what the teams come to."""
    found: defaultdict[str, float] = defaultdict(float)
    members: defaultdict[str, float] = defaultdict(float)
    drift: dict[str, float] = {}
    for team in teams:
        for kpi, target in team.targets.items():
            known = kpi_of(kpi)
            if known is None or known.denominator or not known.numerator:
                continue
            found[kpi] += target
            members[kpi] += target + team.drift.get(kpi, 0.0)
        drift |= team.drift_above.get(ABOVE, {})
    return dict(found) | {kpi: members[kpi] - drift[kpi] for kpi in drift if kpi in members}


def _drift(teams: Sequence[TeamScoreRecord]) -> list[Drift]:
    found: dict[tuple[str, str], Drift] = {}
    for team in teams:
        for kpi, drift in team.drift.items():
            scope = f"team:{team.team or ''}"
            found[scope, kpi] = Drift(scope=scope, kpi=kpi, drift=drift, target=team.targets.get(kpi))
        for above, drifts in team.drift_above.items():
            for kpi, drift in drifts.items():
                found[above, kpi] = Drift(scope=above, kpi=kpi, drift=drift, target=None)
    return [found[key] for key in sorted(found)]


def _ratio(value: float | None, by: float | None) -> float | None:
    return None if value is None or not by else value / by


def team(model: ReadModel, name: str, period: str, scope: Scope) -> TeamView | None:
    """One team; of its members those in the scope. None where it has no record of the period."""
    record = model.teams.get(name, period)
    if record is None:
        return None
    ranking = tuple(one for one in record.ranking if scope is None or one["employee_id"] in scope)
    ids = [str(one["employee_id"]) for one in ranking]
    rest = sorted(one for one in model.people.members(name) if one not in set(ids) and (scope is None or one in scope))
    now, before = model.teams.places(name, period), model.teams.places(name, former(period))
    return TeamView(
        team=msgspec.structs.replace(record, ranking=ranking),
        members=[_member(model, one, period, now.get(one), before.get(one)) for one in (*ids, *rest)],
        alerts_by_rule=_alerts(model, name),
        funnel=model.funnels.get(name, period),
    )


def _member(model: ReadModel, id: str, period: str, rank: int | None, former_rank: int | None) -> Member:
    person, score = model.people.get(id), model.scorecards.score(id, period)
    return Member(
        employee_id=id,
        name=person and person.name,
        role=person and person.role,
        score=score and score.score,
        rating=score and score.rating,
        rank=rank,
        former_rank=former_rank,
        trend=[score for _, score in model.scorecards.trend(id)],
    )


def _alerts(model: ReadModel, team: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    index = model.alerts.index
    for severity in sorted(index.tally("severity", {"team": (team,)}, STANDING)):
        for rule, count in index.tally("rule", {"team": (team,), "severity": (severity,)}, STANDING).items():
            found.setdefault(rule, {})[severity] = count
    return dict(sorted(found.items()))
