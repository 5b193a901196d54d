"""Events about employees: records, absences, assessments, targets, measures; and the commands of people."""

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta

from streams.events.envelope import Data, Subjects
from streams.events.fields import (
    Clearable,
    Comment,
    EmployeeId,
    Id,
    Instant,
    Moment,
    Money,
    Name,
    Percent,
    Period,
    Quantity,
    Region,
    Share,
    Text,
    Why,
    says,
)
from streams.events.rules import check_instant


class _Assessments(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.assessments"
    SUBJECTS: ClassVar[Subjects] = (("employee", "employee_id"),)


class AssessmentSubmitted(_Assessments, frozen=True, kw_only=True):
    """Somebody rated one competency of an employee."""

    TYPE: ClassVar[str] = "assessment.submitted"

    employee_id: Annotated[Id, says("Who was rated.")]
    rater_id: Annotated[Id, says("Who rated.")]
    relation: Annotated[
        Literal["superior", "peer", "subordinate", "customer", "self"], says("What the rater is to the employee.")
    ]
    competency: Annotated[Name, says("What was rated.")]
    score: Annotated[Percent, says("From 0 to 100.")]
    cycle: Annotated[Text, says("The round of assessments.")] | None = None


class KeyResultUpdated(_Assessments, frozen=True, kw_only=True):
    """How far a key result of an employee's objective has come."""

    TYPE: ClassVar[str] = "key_result.updated"

    employee_id: EmployeeId
    objective: Annotated[Name, says("The objective.")]
    key_result: Annotated[Name, says("The key result.")]
    progress: Annotated[Share, says("From 0 to 1.")]
    parent: Annotated[Text, says("The objective above.")] | None = None
    due_at: Annotated[Moment, says("When it is to be reached.")] | None = None


class PlanStep(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One step of an improvement plan."""

    step: Annotated[Text, says("What is to be done.")] | None = None
    due_at: Annotated[Moment, says("When it is to be reached.")] | None = None
    kpi: Annotated[Text, says("The KPI that shows it.")] | None = None
    target: Annotated[Quantity, says("What the KPI is to reach.")] | None = None


class _ImprovementPlans(_Assessments, frozen=True, kw_only=True):
    plan_id: Annotated[Id, says("The improvement plan.")]
    employee_id: Annotated[Id, says("Whose plan it is.")]


class ImprovementPlanOpened(_ImprovementPlans, frozen=True, kw_only=True):
    """An employee is to get better, step by step."""

    TYPE: ClassVar[str] = "improvement_plan.opened"

    steps: Annotated[tuple[PlanStep, ...], says("What is to be done, in order.")] | None = None


class ImprovementPlanStepDone(_ImprovementPlans, frozen=True, kw_only=True):
    """One step of the plan is done."""

    TYPE: ClassVar[str] = "improvement_plan.step_done"

    step: Annotated[Name, says("The step that is done.")]


class ImprovementPlanClosed(_ImprovementPlans, frozen=True, kw_only=True):
    """The plan has ended."""

    TYPE: ClassVar[str] = "improvement_plan.closed"

    outcome: Annotated[Text, says("How it ended.")] | None = None


class RewardGranted(_Assessments, frozen=True, kw_only=True):
    """An employee was rewarded."""

    TYPE: ClassVar[str] = "reward.granted"

    employee_id: Annotated[Id, says("Who was rewarded.")]
    kind: Annotated[Name, says("What kind of reward.")]
    amount: Annotated[Money, says("What it is worth.")] | None = None
    recommendation_id: Annotated[Id, says("The recommendation that it follows.")] | None = None


class TrainingCompleted(_Assessments, frozen=True, kw_only=True):
    """An employee finished a course."""

    TYPE: ClassVar[str] = "training.completed"

    employee_id: Annotated[Id, says("Who was trained.")]
    course: Annotated[Name, says("The course.")]
    score: Annotated[Quantity, says("The result, on the scale of the course.")] | None = None


class ResponseSubmitted(_Assessments, frozen=True, kw_only=True):
    """An employee answers an appraisal."""

    TYPE: ClassVar[str] = "response.submitted"
    SUBJECTS: ClassVar[Subjects] = (("employee", "by"),)

    by: Annotated[Id, says("The employee who answers.")]
    about: Annotated[Id, says("Whom or what the answer is about.")]
    ref: Annotated[Text, says("What it refers to: an appraisal, a figure.")] | None = None
    comment: Comment


class _Employees(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.employees"
    SUBJECTS: ClassVar[Subjects] = (("employee", "employee_id"),)

    employee_id: Annotated[Id, says("The employee.")]


class EmployeeUpserted(_Employees, frozen=True, kw_only=True):
    """An employee as the personnel system knows it: only what is named changes, null clears."""

    TYPE: ClassVar[str] = "employee.upserted"

    role: Annotated[Name, says("Decides the scorecard.")]
    team: Annotated[Name, says("The team.")]
    department: Clearable[Annotated[Text, says("The department.")]] = UNSET
    manager_id: Clearable[Annotated[Id, says("The employee above.")]] = UNSET
    name: Clearable[Annotated[Text, says("The name.")]] = UNSET
    active: Clearable[Annotated[bool, says("True for whom no event has said otherwise.")]] = UNSET
    level: Clearable[Annotated[Text, says("The grade of the post.")]] = UNSET
    region: Clearable[Region] = UNSET
    hired_at: Clearable[Annotated[Moment, says("When the employment began.")]] = UNSET
    base_salary: Clearable[Annotated[Money, says("The salary of one month.")]] = UNSET


class EmployeeAbsent(_Employees, frozen=True, kw_only=True):
    """An employee is away."""

    TYPE: ClassVar[str] = "employee.absent"

    from_: Annotated[Moment, says("The beginning.")] = msgspec.field(name="from")
    to: Annotated[Moment, says("The end.")]
    reason: Why | None = None


class EmployeeErased(_Employees, frozen=True, kw_only=True):
    """An employee's person is to be forgotten."""

    TYPE: ClassVar[str] = "employee.erased"


_SCOPED: Subjects = (("scope", "scope_id"),)


class MeasureRecorded(Data, frozen=True, kw_only=True):
    """A figure from elsewhere: a survey, an interview, an exam, the market."""

    TYPE: ClassVar[str] = "measure.recorded"
    TOPIC: ClassVar[str] = "crm.measures"
    SUBJECTS: ClassVar[Subjects] = _SCOPED

    scope: Annotated[Name, says("What kind of thing was measured.")]
    scope_id: Annotated[Id, says("Which one.")]
    measure: Annotated[Name, says("What was measured.")]
    value: Annotated[Quantity, says("The figure.")]
    method: Annotated[Text, says("How it was measured.")] | None = None


class TargetSet(Data, frozen=True, kw_only=True):
    """What a scope is to reach in a period."""

    TYPE: ClassVar[str] = "target.set"
    TOPIC: ClassVar[str] = "crm.targets"
    SUBJECTS: ClassVar[Subjects] = _SCOPED

    scope: Annotated[Literal["company", "department", "team", "employee"], says("Whose target.")]
    scope_id: Annotated[Id, says("Which one.")]
    kpi: Annotated[Name, says("The name of the KPI.")]
    period: Period
    value: Annotated[Quantity, says("What is to be reached; money in the reporting currency.")]
    level: Annotated[Literal["target", "sprint", "challenge"], says("Left out: target.")] | None = None
    basis: Annotated[Text, says("What it was derived from.")] | None = None
    reason: Why | None = None


class AlertAcknowledged(Data, frozen=True, kw_only=True):
    """Somebody has seen an alert and looks after it."""

    TYPE: ClassVar[str] = "alert.acknowledged"
    TOPIC: ClassVar[str] = "crm.commands"
    SUBJECTS: ClassVar[Subjects] = (("other", "alert_id"),)

    alert_id: Annotated[Id, says("The alert.")]
    by: Annotated[Id, says("Who decided it.")]
    until: Annotated[Instant, says("When it ends.")] | None = None

    def __post_init__(self) -> None:
        check_instant(self.until, "until")


class AlertSilenced(Data, frozen=True, kw_only=True):
    """Alerts that match are to be quiet until a moment."""

    TYPE: ClassVar[str] = "alert.silenced"
    TOPIC: ClassVar[str] = "crm.commands"
    SUBJECTS: ClassVar[Subjects] = (("other", "by"),)

    matchers: Annotated[
        Annotated[dict[str, Text], Meta(min_length=1)] | Annotated[tuple[Text, ...], Meta(min_length=1)],
        says("Which alerts: field and value, or texts of the form field=value."),
    ]
    until: Annotated[Instant, says("When it ends.")]
    by: Annotated[Id, says("Who decided it.")]

    def __post_init__(self) -> None:
        check_instant(self.until, "until")


class ReviewDecided(Data, frozen=True, kw_only=True):
    """A person decided about a recommendation."""

    TYPE: ClassVar[str] = "review.decided"
    TOPIC: ClassVar[str] = "crm.commands"
    SUBJECTS: ClassVar[Subjects] = (("other", "recommendation_id"),)

    recommendation_id: Annotated[Id, says("The recommendation.")]
    by: Annotated[Id, says("Who decided it.")]
    decision: Annotated[Name, says("What was decided.")]


class EventVoided(Data, frozen=True, kw_only=True):
    """An event is taken back as if it had never been."""

    TYPE: ClassVar[str] = "event.voided"
    TOPIC: ClassVar[str] = "crm.commands"
    SUBJECTS: ClassVar[Subjects] = (("other", "event_id"),)

    source: Annotated[Id, says("The source of the event that is taken back.")]
    event_id: Annotated[Id, says("The id of the event that is taken back.")]
