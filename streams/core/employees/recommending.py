"""What is recommended of an employee: proposals that follow from scores by the policy, for people to decide.

A recommendation is a function of the scores of periods that are over, of what its period's scorecard says, and of the
events that answer it. Nothing here changes a score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from streams.core.alerts import episode_id
from streams.core.employees import adjusting, plans
from streams.core.employees.adjusting import Adjustment
from streams.core.employees.folders import Decision, Folder, Folders, Plan, Stamp
from streams.core.employees.state import Employee
from streams.core.kpis import kpi_of
from streams.core.performance import Scores, end_of, runs
from streams.core.scoring import Card, Line
from streams.events.instants import iso
from streams.policy import Advice, Policy, Proposal
from streams.policy.periods import months

REASONS = 3
"""So many KPIs are named as the reasons."""
_OPENS: Mapping[Advice, str] = {
    Advice.PRAISE: "Praise {who}",
    Advice.REWARD: "Reward {who}",
    Advice.RAISE: "Consider a raise for {who}",
    Advice.PROMOTION: "Consider a promotion of {who}",
    Advice.COACHING: "Coach {who}",
    Advice.TRAINING: "Train {who} in {course}",
    Advice.IMPROVEMENT_PLAN: "Agree on an improvement plan with {who}",
    Advice.TRANSFER: "Consider another post for {who}",
    Advice.PENALTY: "Consider a penalty for {who}",
    Advice.DISMISSAL_REVIEW: "Review the employment of {who}",
}


class Basis(NamedTuple):
    """Which recommendation of an employee it is: its kind, and the period, the first of a run, of a target with what it
    is of, or the plan."""

    kind: str
    basis: str


class Proposed(NamedTuple):
    """A recommendation that scores bear out, and the period whose scorecard says why."""

    key: Basis
    period: str
    proposal: Proposal


def id_of(employee: str, key: Basis) -> str:
    """The id of a recommendation, the same in every run."""
    return episode_id(f"recommendation\0{key.kind}", f"{employee}\0{key.basis}", 0)


def proposed(scores: Scores, role: str | None, policy: Policy) -> Iterator[Proposed]:
    """What scores bear out, whether or not there is more to say of it."""
    for kind, proposal in policy.recommendations.proposals.items():
        if not proposal.enabled or (proposal.roles and role not in proposal.roles):
            continue
        if kind == Advice.TRAINING and not policy.recommendations.courses:
            continue
        for run in runs(scores, proposal.period, proposal.count, proposal.above, proposal.below):
            yield Proposed(Basis(kind, run.first), run.reached, proposal)


def details(found: Proposed, card: Card, policy: Policy) -> dict[str, Any] | None:
    """What there is to say of it besides; None where nothing is left to propose: no course fits."""
    low = found.proposal.above is None
    ranked = _by_loss(card) if low else _by_share(card)
    told: dict[str, Any] = {"reasons": [_reason(line) for line in ranked[:REASONS]]}
    if found.key.kind == Advice.TRAINING:
        skills = [line for line in card.lines if line.rule.kpi in policy.recommendations.courses and _share(line) < 1]
        if not skills:
            return None
        weakest = min(skills, key=_share)
        told["reasons"] = [_reason(weakest)]
        told["course"] = policy.recommendations.courses[weakest.rule.kpi]
    elif found.key.kind == Advice.IMPROVEMENT_PLAN:
        told["steps"] = list(_steps(found, ranked, policy))
    return told


def _steps(found: Proposed, ranked: list[Line], policy: Policy) -> Iterator[dict[str, Any]]:
    """Of a plan: to bring the weakest KPIs up to their targets of a month, until the end of a local day."""
    within, zone = policy.recommendations.within, policy.zone
    day = zone.day(policy.after(end_of(found.period, zone), within, "elapsed") - 1)
    due = zone.midnight(day + 1)
    length = len(months(found.period))
    measured = [line for line in ranked if line.target is not None and line.value is not None]
    for line in measured[: policy.recommendations.steps]:
        kpi = kpi_of(line.rule.kpi)
        assert line.target is not None
        target = line.target.fraction / (length if kpi is not None and kpi.adds_up else 1)
        yield {
            "step": f"Bring {line.rule.kpi} to {_plain(float(target))} in a month.",
            "due_at": iso(due - 1_000_000),
            "kpi": line.rule.kpi,
            "target": float(target),
        }


def _by_loss(card: Card) -> list[Line]:
    """The lines that cost the most of the score, those first; penalties among them."""
    weights = sum(
        (_weight(line) for line in card.lines if line.points is not None and not line.rule.costs), Fraction(0)
    )
    lost: list[tuple[Fraction, Line]] = []
    for line in card.lines:
        if line.points is not None and line.rule.costs:
            lost.append((line.points.fraction, line))
        elif line.points is not None and _is_scored(line):
            lost.append(((_weight(line) - line.points.fraction) * 100 / weights, line))
    return [line for loss, line in sorted(lost, key=lambda one: -one[0]) if loss > 0]


def _by_share(card: Card) -> list[Line]:
    """The lines that earned the most of their weight, those first."""
    return sorted(_scored(card), key=lambda line: -_share(line))


def _scored(card: Card) -> list[Line]:
    return [line for line in card.lines if _is_scored(line)]


def _is_scored(line: Line) -> bool:
    """Whether it earned points, or might have; in some months a line may have no weight."""
    return line.points is not None and not line.rule.costs and line.rule.terms.weight.over > 0


def _share(line: Line) -> Fraction:
    """The part of its weight that a line earned; of one that is not scored all of it."""
    if line.points is None or not _is_scored(line):
        return Fraction(1)
    return line.points.fraction / _weight(line)


def _weight(line: Line) -> Fraction:
    return line.rule.terms.weight.fraction


def _reason(line: Line) -> dict[str, Any]:
    return {name: line.told[name] for name in ("kpi", "value", "target", "attainment", "points")}


def summary(employee: str, found: Proposed, score: float, course: str | None) -> str:
    """One sentence for a person."""
    begins = _OPENS[Advice(found.key.kind)].format(who=employee, course=course)
    proposal = found.proposal
    bound = f"below {proposal.below:f}" if proposal.above is None else f"{proposal.above:f} or more"
    if proposal.count == 1:
        return f"{begins}: the score of {found.period} is {_plain(score)}, {bound}."
    span = f"{proposal.count} {proposal.period}s in a row, {found.key.basis} to {found.period}"
    return f"{begins}: in {span}, the score was {bound}."


class Answered(NamedTuple):
    """What became of a recommendation through events."""

    status: str
    decision: Decision | None
    closed_at: int | None

    def told(self) -> dict[str, Any]:
        """As its record has it."""
        decision = self.decision
        return {
            "decision": None if decision is None else decision.decision,
            "by": None if decision is None else decision.by,
            "decided_at": None if decision is None else iso(decision.stamp[0]),
            "closed_at": None if self.closed_at is None else iso(self.closed_at),
        }


def answered(
    id: str, key: Basis, created: int, course: str | None, folder: Folder, decision: Decision | None
) -> Answered:
    """Whether a recommendation is still open: the reward that names it, the course or the plan that it asked for, each
    at or after the end of its period, close it; so it is decided where a person said what was decided."""
    ends: list[Stamp] = list(folder.rewards.get(id, ()))
    if key.kind == Advice.TRAINING and course is not None:
        ends += (stamp for stamp in folder.trainings.get(course, ()) if stamp[0] >= created)
    elif key.kind == Advice.IMPROVEMENT_PLAN:
        ends += (stamp for stamp in folder.openings() if stamp[0] >= created)
    closed = min(ends)[0] if ends else None
    status = "closed" if closed is not None else "open" if decision is None else "decided"
    return Answered(status, decision, closed)


class Writer:
    """Makes the records."""

    def __init__(self, policy: Policy, folders: Folders) -> None:
        self._policy, self._folders = policy, folders

    def proposal(self, employee: Employee, found: Proposed, score: float, more: dict[str, Any]) -> dict[str, Any]:
        """Of something that scores bear out; `more` are its details."""
        bound, course = found.proposal.below, more.get("course")
        if found.proposal.above is not None:
            bound = found.proposal.above
        record = self._record(employee, found.key, end_of(found.period, self._policy.zone), course)
        record |= {"period": found.period, "score": score, "bound": None if bound is None else float(bound)}
        return record | more | {"summary": summary(employee.id, found, score, course)}

    def adjusted(self, employee: Employee, key: Basis, found: Adjustment) -> dict[str, Any]:
        """Of another target that attainments bear out."""
        period, each = found.periods[-1], self._policy.recommendations.adjusting.period.value
        more = adjusting.told(found, each)
        record = self._record(employee, key, end_of(period, self._policy.zone), None) | {
            "period": period,
            "score": None,
        }
        return record | more | {"summary": adjusting.summary(employee.id, found, more)}

    def withdrawn(self, employee: Employee, key: Basis, period: str, score: float | None) -> dict[str, Any]:
        """Of something that was proposed at the end of a period, and that its score does not bear out any more."""
        record = self._record(employee, key, end_of(period, self._policy.zone), None)
        said = f"The scores of {employee.id} up to {period} no longer ask for {key.kind.replace('_', ' ')}."
        if key.kind == Advice.TARGET_ADJUSTMENT:
            kpi, score = adjusting.kpi_in(key.basis), None
            said = f"What {employee.id} reached up to {period} no longer asks for another target of {kpi}."
        record |= {"period": period, "score": score, "bound": None, "reasons": [], "summary": said}
        return record | {"status": "withdrawn"}

    def followed(self, employee: Employee, key: Basis, plan: Plan, steps: list[plans.Progress]) -> dict[str, Any]:
        """Of an improvement plan that was opened."""
        told, over = plans.told(plan, steps), plans.is_over(plan, steps)
        record = self._record(employee, key, plans.said_at(plan), None)
        state = f"{'is over' if over else 'is under way'}: {told['done']} of {told['of']} steps are done"
        said = f"The improvement plan {plan.id} of {employee.id} {state}."
        record |= {"period": None, "score": None, "bound": None, "reasons": [], "plan": told, "summary": said}
        return record | {"status": "closed" if over else "open", "closed_at": told["closed_at"]}

    def _record(self, employee: Employee, key: Basis, created: int, course: str | None) -> dict[str, Any]:
        """What every record has."""
        id, folder = id_of(employee.id, key), self._folders.of(employee.id)
        became = answered(id, key, created, course, folder, self._folders.decisions.get(id))
        record: dict[str, Any] = {
            "recommendation_id": id,
            "kind": key.kind,
            "status": became.status,
            "employee_id": employee.id,
            "team": employee.profile.get("team"),
            "created_at": iso(created),
            **became.told(),
            "policy_version": self._policy.version,
        }
        answers = self._folders.answers(employee.id, id)
        return record | ({"responses": answers} if answers else {})


def _plain(number: float) -> str:
    return f"{number:,.2f}".removesuffix(".00")
