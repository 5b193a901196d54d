"""The life of the office: people, targets, tasks, costs, absences, appraisals, and how the CRM is used."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from streams.events import (
    AlertSilenced,
    AssessmentSubmitted,
    EmployeeAbsent,
    EmployeeUpserted,
    ExpenseApproved,
    ExpenseClaimed,
    ExpenseRejected,
    ImprovementPlanClosed,
    ImprovementPlanOpened,
    ImprovementPlanStepDone,
    KeyResultUpdated,
    MeasureRecorded,
    PlanStep,
    ResponseSubmitted,
    RewardGranted,
    TargetSet,
    TaskAssigned,
    TaskCancelled,
    TaskCompleted,
    TrainingCompleted,
    TripApproved,
    TripRejected,
    TripRequested,
    UsageRecorded,
    instants,
)
from streams.simulate.dice import Urn
from streams.simulate.hours import DAY
from streams.simulate.people import Person
from streams.simulate.world import SEASON, Story, World

TARGETS: Final = {
    "sales": {"won_amount": 95_000, "contacts_connected": 260, "new_customers": 4},
    "service": {"tickets_handled": 35, "praise": 2},
    "marketing": {"leads": 30},
    "support": {"collected_amount": 150_000, "contacts": 15},
}
"""What is asked of one person in a month, before the season, where there are 75 customers to an employee."""
Action: TypeAlias = Literal["login", "record_created", "record_updated", "export", "report"]
_ACTIONS: Final[Urn[Action]] = Urn(
    {"login": 30.0, "record_created": 20.0, "record_updated": 40.0, "export": 2.0, "report": 8.0}
)
Category: TypeAlias = Literal["entertainment", "travel", "gift", "other"]
_CATEGORIES: Final[Urn[Category]] = Urn({"entertainment": 30.0, "travel": 50.0, "gift": 8.0, "other": 12.0})
_FEATURES: Final = ("pipeline", "calendar", "quotations", "mailing", "mobile")
_TASKS: Final = ("follow up", "quotation", "report", "data care", "preparation")
_COMPETENCIES: Final = ("communication", "expertise", "teamwork", "reliability")


def introduce(world: World, person: Person) -> None:
    """The person as the personnel department knows it."""
    world.emit(
        EmployeeUpserted(
            employee_id=person.id,
            role=person.role,
            team=person.team,
            department=person.role.capitalize(),
            manager_id=person.manager_id,
            name=person.name,
            level="lead" if person.lead else "junior" if person.salary < 4000 else "senior",
            region=person.region,
            hired_at=world.day(-200 - world.dice.below(3000)),
            base_salary=world.money(person.salary * 100),
        )
    )


def months(world: World) -> Story:
    """On the first of every month: targets for it and the figures of the last, and every third month appraisals."""
    while True:
        year, month = world.office.month(world.now)
        period = f"{year:04d}-{month:02d}"
        _targets(world, period, SEASON[month - 1] * world.busy * world.scale.customers / world.scale.employees / 75)
        _figures(world)
        if month % 3 == 0:
            world.begin(_appraisals(world, f"{year:04d}-Q{month // 3}"))
        yield world.office.next_month(world.now)


def _targets(world: World, period: str, pace: float) -> None:
    team: dict[tuple[str, str], int] = {}
    for person in world.staff.people:
        for kpi, usual in TARGETS[person.role].items():
            value = max(round(usual * pace * (1.3 if person.lead else 1.0)), 1)
            team[person.team, kpi] = team.get((person.team, kpi), 0) + value
            world.emit(TargetSet(scope="employee", scope_id=person.id, kpi=kpi, period=period, value=Decimal(value)))
    for (name, kpi), value in team.items():
        world.emit(TargetSet(scope="team", scope_id=name, kpi=kpi, period=period, value=Decimal(value)))


def _figures(world: World) -> None:
    dice = world.dice
    share = Decimal(dice.below(400) + 1200).scaleb(-4)
    world.emit(MeasureRecorded(scope="company", scope_id="company", measure="market_share", value=share))
    for person in world.staff.people:
        quality = Decimal(round(min(max(70 * person.skill**0.5 + dice.between(-10, 10), 0), 100)))
        world.emit(
            MeasureRecorded(
                scope="employee", scope_id=person.id, measure="interaction_quality", value=quality, method="sample"
            )
        )
        progress = Decimal(round(100 * dice.between(0.2, 0.9))).scaleb(-2)
        world.emit(
            KeyResultUpdated(employee_id=person.id, objective="Grow", key_result="Reach the target", progress=progress)
        )


def _appraisals(world: World, cycle: str) -> Story:
    """Lead, a colleague and the person itself judge; the best are rewarded, the weakest get a plan to improve."""
    dice = world.dice
    for person in world.staff.people:
        yield world.after(dice.exponential(0.3))
        raters: tuple[tuple[str | None, Literal["superior", "peer", "self"]], ...] = (
            (person.manager_id, "superior"),
            (dice.pick(world.staff.of(person.role)).id, "peer"),
            (person.id, "self"),
        )
        for rater, relation in raters:
            for competency in _COMPETENCIES if rater else ():
                score = Decimal(round(min(max(dice.lognormal(70 * person.skill**0.4, 0.12), 0), 100)))
                world.emit(
                    AssessmentSubmitted(
                        employee_id=person.id,
                        rater_id=rater or person.id,
                        relation=relation,
                        competency=competency,
                        score=score,
                        cycle=cycle,
                    )
                )
        if dice.chance(0.1):
            world.emit(ResponseSubmitted(by=person.id, about=person.id, ref=cycle, comment="I see this differently"))
        if person.skill > 1.3:
            world.emit(RewardGranted(employee_id=person.id, kind="bonus", amount=world.money(50_000)))
        elif person.skill < 0.7:
            world.begin(_plan(world, person))


def _plan(world: World, person: Person) -> Story:
    plan = world.number("plan")
    steps = ("Shadow a colleague", "Training on closing", "Review with the lead")
    world.emit(
        ImprovementPlanOpened(
            plan_id=plan,
            employee_id=person.id,
            steps=tuple(PlanStep(step=step, due_at=world.day(14 * nth)) for nth, step in enumerate(steps, 1)),
        )
    )
    for step in steps:
        yield world.after(world.dice.between(8, 16))
        world.emit(ImprovementPlanStepDone(plan_id=plan, employee_id=person.id, step=step))
    world.emit(TrainingCompleted(employee_id=person.id, course=steps[1], score=Decimal(50 + world.dice.below(50))))
    world.emit(ImprovementPlanClosed(plan_id=plan, employee_id=person.id, outcome="continued"))


def lives(world: World, person: Person) -> Iterator[Story]:
    """What goes on around one person."""
    yield _usage(world, person)
    yield _tasks(world, person)
    yield _absences(world, person)
    if person.role in ("sales", "marketing"):
        yield _costs(world, person)
    if person.lead:
        yield _silences(world, person)


def _usage(world: World, person: Person) -> Story:
    dice = world.dice
    while True:
        yield world.soon(7 / 20)
        if person.away_until > world.now:
            continue
        valid = dice.chance(0.5 + person.diligence / 2)
        world.emit(
            UsageRecorded(
                employee_id=person.id,
                action=_ACTIONS.draw(dice),
                feature=dice.pick(_FEATURES) if dice.chance(0.6) else None,
                valid=valid,
                missing_fields=None if valid else ("phone",),
            )
        )


def _tasks(world: World, person: Person) -> Story:
    while True:
        yield world.soon(5)
        world.begin(_task(world, person, world.number("task")))


def _task(world: World, person: Person, task: str) -> Story:
    dice = world.dice
    days = dice.between(2, 10)
    world.emit(
        TaskAssigned(
            task_id=task,
            employee_id=person.id,
            due_at=world.day(days),
            key=dice.chance(0.15),
            kind=dice.pick(_TASKS),
            customer_id=world.somebody().id if dice.chance(0.3) else None,
        )
    )
    if dice.chance(0.05):
        yield world.after(days / 2)
        world.emit(TaskCancelled(task_id=task, employee_id=person.id))
    elif dice.chance(0.3 + 0.7 * person.diligence):
        yield world.after(days * dice.between(0.2, 1.05) + (dice.exponential(5) if dice.chance(0.12) else 0))
        world.emit(TaskCompleted(task_id=task, employee_id=person.id))


def _absences(world: World, person: Person) -> Story:
    dice = world.dice
    while True:
        yield world.after(dice.exponential(70))
        days = 14 if dice.chance(0.2) else 1 + dice.below(4)
        person.away_until = world.now + days * DAY
        reason = "holiday" if days == 14 else dice.pick(("sick", "holiday", "training"))
        world.emit(EmployeeAbsent(employee_id=person.id, from_=world.day(0), to=world.day(days), reason=reason))


def _costs(world: World, person: Person) -> Story:
    dice = world.dice
    while True:
        yield world.soon(15)
        customer = world.somebody().id if dice.chance(0.8) else None
        yes = dice.chance(0.9)
        if dice.chance(0.3):
            trip, cost = world.number("trip"), world.money(int(dice.lognormal(60_000, 0.5)))
            away = Decimal(1 + dice.below(4))
            world.emit(
                TripRequested(
                    trip_id=trip, employee_id=person.id, customer_id=customer, days=away, cost=cost, reason="visit"
                )
            )
            yield world.after(dice.between(0.2, 2))
            answer = TripApproved if yes else TripRejected
            world.emit(answer(trip_id=trip, employee_id=person.id, customer_id=customer, days=away, cost=cost))
        else:
            expense, amount = world.number("exp"), world.money(int(dice.lognormal(9_000, 0.8)))
            world.emit(
                ExpenseClaimed(
                    expense_id=expense,
                    employee_id=person.id,
                    amount=amount,
                    category=_CATEGORIES.draw(dice),
                    customer_id=customer,
                )
            )
            yield world.after(dice.between(0.2, 5))
            verdict = ExpenseApproved if yes else ExpenseRejected
            world.emit(verdict(expense_id=expense, employee_id=person.id))


def _silences(world: World, lead: Person) -> Story:
    """Now and then a lead wants no reminders for a week."""
    while True:
        yield world.soon(60)
        until = instants.from_us(world.now + 7 * DAY)
        world.emit(AlertSilenced(matchers={"rule": "contact.due", "team": lead.team}, until=until, by=lead.id))
