"""The answer to each request of the API."""

from __future__ import annotations

from streams.dashboard.asking import Ask, House, Missing
from streams.dashboard.commands import Order
from streams.dashboard.shapes import (
    Accepted,
    Acknowledgement,
    AlertDetail,
    Alerts,
    Company,
    Customers,
    CustomerView,
    Decision,
    Employees,
    Explanation,
    Health,
    Me,
    Meta_,
    Person,
    Pipeline,
    Reply,
    SilenceOrder,
    TeamView,
)
from streams.dashboard.turns import in_turns
from streams.dashboard.views import alerts as alert_views
from streams.dashboard.views import company as company_views
from streams.dashboard.views import deals as deal_views
from streams.dashboard.views import health as health_views
from streams.dashboard.views import person as person_views
from streams.dashboard.views import who
from streams.dashboard.views.alerts import Unanswerable
from streams.events import AlertAcknowledged, AlertSilenced, ResponseSubmitted, ReviewDecided
from streams.events.instants import to_us
from streams.explain import Mistyped, check_kpi


async def me(house: House, ask: Ask) -> Me:
    return who.me(house.access, ask.reader)


async def meta(house: House, ask: Ask) -> Meta_:
    return who.meta(house.model, ask.scope)


async def company(house: House, ask: Ask) -> Company:
    return company_views.company(house.model, house.model.period(ask.query.period))


async def team(house: House, ask: Ask) -> TeamView:
    name, period = ask.path["team"], house.model.period(ask.query.period)
    found = company_views.team(house.model, name, period, ask.scope)
    if found is None:
        raise Missing(f"There is nothing of a team {name} in {period or 'any period'}.")
    return found


async def employees(house: House, ask: Ask) -> Employees:
    query = ask.query
    return who.employees(house.model, ask.scope, query.search, query.team, query.limit, query.cursor)


async def employee(house: House, ask: Ask) -> Person:
    id, period = ask.path["id"], house.model.period(ask.query.period)
    found = person_views.person(house.model, house.access, ask.reader, id, period)
    if found is None:
        raise Missing(f"There is no employee {id}.")
    return found


async def explain(house: House, ask: Ask) -> Explanation:
    id, kpi = ask.path["id"], ask.query.kpi
    try:
        check_kpi(kpi)
    except Mistyped as error:
        raise Unanswerable(str(error)) from None
    period = house.model.period(ask.query.period)
    if period is None:
        raise Missing(f"There are no figures of {id} in any period.")
    found = await house.explainer.ask(id, period, ask.now)
    if found is None:
        return Explanation(status="reading", employee_id=id, period=period, kpi=kpi)
    behind = found.kpis.get(kpi)
    if behind is None:
        raise Missing(f"{id} has no {kpi} in {period}.")
    return Explanation(
        status="ready",
        employee_id=id,
        period=period,
        kpi=kpi,
        as_of=found.as_of,
        traced=behind.traced,
        total=behind.total,
        events=behind.events[: ask.query.limit],
    )


async def alerts(house: House, ask: Ask) -> Alerts:
    return await in_turns(alert_views.alerts(house.model, ask.scope, ask.query))


async def alert(house: House, ask: Ask) -> AlertDetail:
    found = alert_views.alert(house.model, ask.path["id"])
    if found is None:
        raise Missing(f"There is no alert {ask.path['id']}.")
    return found


async def pipeline(house: House, ask: Ask) -> Pipeline:
    return deal_views.pipeline(house.model, ask.scope, ask.query)


async def customers(house: House, ask: Ask) -> Customers:
    return deal_views.customers(house.model, ask.scope, ask.query)


async def customer(house: House, ask: Ask) -> CustomerView:
    found = deal_views.customer(house.model, house.access, ask.reader, ask.path["id"])
    if found is None:
        raise Missing(f"There is no customer {ask.path['id']}.")
    return found


async def health(house: House, ask: Ask) -> Health:
    state = house.state
    return health_views.health(house.model, ready=state.ready, rate=state.rate, behind=state.behind())


async def acknowledge(house: House, ask: Ask) -> Accepted:
    """The command goes to what the alert is about: a customer, else a lead, a topic or an employee."""
    id, body = ask.path["id"], ask.body
    assert isinstance(body, Acknowledgement)
    if body.until is not None:
        _ahead(to_us(body.until), ask.now)
    found = house.model.alerts.get(id)
    if found is None:
        raise Missing(f"There is no alert {id}.")
    about = (found.customer_id, found.values.get("lead_id"), found.values.get("topic"), found.employee_id)
    subject = next((str(one) for one in about if one), id)
    data = AlertAcknowledged(alert_id=id, by=ask.reader.name, until=body.until)
    return Accepted(event_id=await house.send(Order(data, subject)))


async def silence(house: House, ask: Ask) -> Accepted:
    body = ask.body
    assert isinstance(body, SilenceOrder)
    _ahead(to_us(body.until), ask.now)
    by = ask.reader.name
    data = AlertSilenced(matchers={str(field): text for field, text in body.matchers.items()}, until=body.until, by=by)
    return Accepted(event_id=await house.send(Order(data, by)))


async def respond(house: House, ask: Ask) -> Accepted:
    body = ask.body
    assert isinstance(body, Reply)
    data = ResponseSubmitted(by=ask.path["id"], about=body.about, ref=body.ref, comment=body.comment)
    return Accepted(event_id=await house.send(Order(data)))


async def decide(house: House, ask: Ask) -> Accepted:
    """The comment stands in the audit record alone, as the event has no place for one."""
    body, id = ask.body, ask.path["id"]
    assert isinstance(body, Decision)
    data = ReviewDecided(recommendation_id=id, by=ask.reader.name, decision=body.decision)
    return Accepted(event_id=await house.send(Order(data, id)))


def _ahead(until: int, now: int) -> None:
    if until <= now:
        raise Unanswerable("until: lies in the past; name an instant to come.")
