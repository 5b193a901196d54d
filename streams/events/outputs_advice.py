"""The records of the topic `recommendations`, and the answers of employees that other records show too."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from streams.events.fields import Instant, says


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    pass


class AnswerRecord(_Record, frozen=True, kw_only=True):
    """What an employee said to it."""

    at: Annotated[Instant, says("When.")]
    by: Annotated[str, says("Who answered.")]
    comment: Annotated[str, says("The answer.")]


class AdviceReason(_Record, frozen=True, kw_only=True):
    """A KPI that the recommendation rests on, as the scorecard of its period has it."""

    kpi: Annotated[str, says("The name of the KPI.")]
    value: Annotated[float, says("What was reached.")] | None
    target: Annotated[float, says("What was to be reached in the period.")] | None
    attainment: Annotated[float, says("value / target, or target / value where lower is better.")] | None
    points: Annotated[float, says("Of the weight; of a penalty below 0, of a hundred.")] | None
    period: Annotated[str, says("Of another target: the period, in order; else that of the record.")] | None = None


class TargetAdjustment(_Record, frozen=True, kw_only=True):
    """Another target that is suggested for the periods to come, as `target.set` takes it."""

    kpi: Annotated[str, says("The KPI.")]
    each: Annotated[Literal["month", "quarter", "year"], says("Of which periods it is the target.")]
    present: Annotated[float, says("The target of the last of the periods that it rests on.")]
    suggested: Annotated[float, says("The mean of what was reached in them: their sum by their number.")]
    formula: Annotated[str, says("How it came about.")]


class AdviceStep(_Record, frozen=True, kw_only=True):
    """A step that an improvement plan might have, as `improvement_plan.opened` takes it."""

    step: Annotated[str, says("What is to be done.")]
    due_at: Annotated[Instant, says("In the last second of a local day.")]
    kpi: Annotated[str, says("The KPI that shows it.")]
    target: Annotated[float, says("What it is to reach in a month.")]


class PlanProgress(_Record, frozen=True, kw_only=True):
    """How a step of a plan stands."""

    step: Annotated[str, says("What is to be done; its number where nobody said what.")]
    due_at: Annotated[Instant, says("The end of the local day on which it is due.")] | None
    kpi: Annotated[str, says("The KPI that shows it.")] | None
    target: Annotated[float, says("What it is to reach.")] | None
    value: Annotated[float, says("The KPI in the month that contains due_at.")] | None
    done: Annotated[bool, says("Whether somebody said so, or the KPI reaches the target.")]
    done_at: Annotated[Instant, says("When it was said to be done.")] | None


class PlanState(_Record, frozen=True, kw_only=True):
    """An improvement plan that was opened."""

    plan_id: Annotated[str, says("The plan.")]
    opened_at: Annotated[Instant, says("When it was opened, the last time.")]
    closed_at: Annotated[Instant, says("When somebody closed it; null of one that ended by its steps.")] | None
    outcome: Annotated[str, says("How it ended, as was said.")] | None
    done: Annotated[int, Meta(ge=0, description="So many steps are done.")]
    of: Annotated[int, Meta(ge=0, description="So many there are.")]
    steps: Annotated[tuple[PlanProgress, ...], says("Its steps, in order.")]


class RecommendationRecord(_Record, frozen=True, kw_only=True):
    """Something that is proposed about an employee, for a person to decide; or an improvement plan under way."""

    recommendation_id: Annotated[str, says("Same employee, kind and basis, same id, also after a replay.")]
    kind: Annotated[
        Literal[
            "praise",
            "reward",
            "raise",
            "promotion",
            "coaching",
            "training",
            "improvement_plan",
            "transfer",
            "penalty",
            "dismissal_review",
            "target_adjustment",
        ],
        says("What is proposed."),
    ]
    status: Annotated[
        Literal["open", "decided", "withdrawn", "closed"],
        says(
            "decided: by a person; closed: what it asked for was done; withdrawn: the scores or attainments, which may "
            "change late, do not bear it out any more."
        ),
    ]
    employee_id: Annotated[str, says("The employee.")]
    team: Annotated[str, says("The team; empty where it is not known.")] | None
    period: Annotated[str, says("Whose score or attainment it follows from; of several in a row the last.")] | None
    created_at: Annotated[Instant, says("The end of the period; of a plan when it was opened.")]
    score: Annotated[float, says("The score of the period; null of another target.")] | None
    bound: Annotated[float, says("The bound of the policy: a score; of another target an attainment.")] | None
    decision: Annotated[str, says("What was decided, last.")] | None
    by: Annotated[str, says("Who decided it.")] | None
    decided_at: Annotated[Instant, says("When.")] | None
    closed_at: Annotated[Instant, says("When the reward, the training or the plan closed it.")] | None
    reasons: Annotated[tuple[AdviceReason, ...], says("The KPIs that it rests on, the weightiest first.")]
    course: Annotated[str, says("Of a training: the course for the weakest skill.")] | None = None
    steps: Annotated[tuple[AdviceStep, ...], says("Of an improvement plan: what it might ask for.")] = ()
    adjustment: Annotated[TargetAdjustment, says("Of another target: which one.")] | None = None
    plan: Annotated[PlanState, says("Of a plan that was opened: how it goes.")] | None = None
    responses: Annotated[tuple[AnswerRecord, ...], says("What the employee answered, the newest ones.")] = ()
    summary: Annotated[str, says("One sentence for a person.")]
    policy_version: Annotated[str, says("Hash of the policy that it follows from.")]
