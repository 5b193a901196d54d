"""Who may ask what: one guard for each kind of request. Each answers whose things the reader may get."""

from __future__ import annotations

from streams.dashboard.access import TOPICS, Forbidden, Kind, Role, Scope
from streams.dashboard.asking import Ask, Guard, House, Missing
from streams.dashboard.queries import AlertsQuery, EventsQuery, PipelineQuery

WILD = frozenset("*?[")


def anybody(house: House, ask: Ask) -> Scope:
    """Whoever has signed in; names only of those whom the reader sees."""
    return house.access.people(ask.reader)


def everything(kind: Kind) -> Guard:
    """Who sees all of a kind."""

    def guard(house: House, ask: Ask) -> Scope:
        house.access.check_all(ask.reader, kind)
        return None

    return guard


def any_of(kind: Kind) -> Guard:
    """Who sees anything of a kind."""

    def guard(house: House, ask: Ask) -> Scope:
        return house.access.scope(ask.reader, kind)

    return guard


def listed(kind: Kind) -> Guard:
    """The same; and a filter by employee or team may name only who is seen."""

    def guard(house: House, ask: Ask) -> Scope:
        scope = house.access.scope(ask.reader, kind)
        query: AlertsQuery | PipelineQuery = ask.query
        for employee in (query.employee or "").split(",") if query.employee else ():
            house.access.check_employee(ask.reader, kind, employee)
        for team in (query.team or "").split(",") if query.team else ():
            house.access.check_team(ask.reader, kind, team)
        return scope

    return guard


def employee(kind: Kind) -> Guard:
    """Who sees a kind of thing of the employee in the path."""

    def guard(house: House, ask: Ask) -> Scope:
        house.access.check_employee(ask.reader, kind, ask.path["id"])
        return house.access.scope(ask.reader, kind)

    return guard


def team(house: House, ask: Ask) -> Scope:
    """Who sees the scores of the team in the path."""
    house.access.check_team(ask.reader, Kind.SCORES, ask.path["team"])
    return house.access.scope(ask.reader, Kind.SCORES)


def alert(house: House, ask: Ask) -> Scope:
    """Who sees the alerts of whoever looks after the one in the path."""
    scope = house.access.scope(ask.reader, Kind.ALERTS)
    try:
        about = house.model.alerts.employee_of(ask.path["id"])
    except KeyError:
        raise Missing(f"There is no alert {ask.path['id']}.") from None
    house.access.check_employee(ask.reader, Kind.ALERTS, about)
    return scope


def customer(house: House, ask: Ask) -> Scope:
    """Who sees the deals of the customer's owner, or of the owner of one of its opportunities; of a merged one, those
    of the one that it is by now."""
    asked, scope = ask.path["id"], house.access.scope(ask.reader, Kind.DEALS)
    id = house.model.customers.survivor(asked)
    if id not in house.model.customers:
        raise Missing(f"There is no customer {asked}.")
    if scope is None:
        return scope
    owners = {house.model.customers.owner_of(id), *(one.owner_id for one in house.model.deals.of_customer(id))}
    if not any(owner in scope for owner in owners):
        raise Forbidden(f"The role {ask.reader.role} does not see the customer {asked}.")
    return scope


def silence(house: House, ask: Ask) -> Scope:
    """Who sees all that the silence would keep quiet: for a manager it must name an employee or a team of the tree."""
    scope = house.access.scope(ask.reader, Kind.SILENCE)
    if scope is None:
        return scope
    one, team = (ask.body.matchers.get(field, "*") for field in ("employee_id", "team"))
    members = house.model.people.members(team) if not WILD & set(team) else frozenset()
    if (WILD & set(one) or one not in scope) and not (members and members <= scope):
        raise Forbidden(
            "A manager silences alerts of one employee or one team: matchers must name one that you manage."
        )
    return scope


def respond(house: House, ask: Ask) -> Scope:
    """The employee in the path, and nobody in its place but who administers."""
    if ask.reader.role is not Role.ADMIN and ask.reader.employee_id != ask.path["id"]:
        raise Forbidden("Only the employee answers an appraisal.")
    return None


def decide(house: House, ask: Ask) -> Scope:
    """Who decides about others' recommendations, never about the own."""
    scope = house.access.scope(ask.reader, Kind.DECIDE)
    try:
        about = house.model.advice.employee_of(ask.path["id"])
    except KeyError:
        raise Missing(f"There is no recommendation {ask.path['id']}.") from None
    house.access.check_employee(ask.reader, Kind.DECIDE, about)
    if about is not None and about == ask.reader.employee_id:
        raise Forbidden("Nobody decides about a recommendation of their own.")
    return scope


def stream(house: House, ask: Ask) -> Scope:
    """Whoever may hear of at least one of the topics, and sees whom the filters name."""
    query: EventsQuery = ask.query
    kinds = (
        {TOPICS[topic] for topic in (query.topics or "").split(",") if topic in TOPICS} if query.topics else set(Kind)
    )
    heard = [kind for kind in sorted(kinds & set(TOPICS.values())) if house.access.may(ask.reader, kind)]
    if not heard:
        raise Forbidden(f"The role {ask.reader.role} hears of none of these topics.")
    for kind in heard:
        if query.employee is not None:
            house.access.check_employee(ask.reader, kind, query.employee)
        if query.team is not None:
            house.access.check_team(ask.reader, kind, query.team)
    return house.access.people(ask.reader)
