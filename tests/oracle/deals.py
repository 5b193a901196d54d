"""What is to be told of an opportunity: where it moves, when it is to close, and whether anything is to come next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from tests.oracle.law import Law, Rule, instant, moment
from tests.oracle.patience import passed
from tests.oracle.plans import is_planned
from tests.oracle.standing import Alert
from tests.oracle.timeline import Customer, Opportunity


def of_deals(customer: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    """What stands now of the opportunities: of those that are open, and of outcomes that are oddly recorded."""
    for opportunity in customer.opportunities.values():
        if opportunity.outcome is not None:
            at = opportunity.outcome.time
            unowned = customer.credit(opportunity, opportunity.outcome) is None
            missing = law.watching("dq.missing_field") if opportunity.is_bare or unowned else []
            for rule in [*missing, *(law.watching("dq.negative_cycle") if opportunity.is_backwards else [])]:
                yield Alert(rule.name, customer.id, opportunity.id, at, at)
        else:
            for rule, basis, started_at in _of(customer, opportunity, law, now):
                yield Alert(rule.name, customer.id, opportunity.id, basis, started_at)


def _of(
    customer: Customer, opportunity: Opportunity, law: Law, now: datetime
) -> Iterator[tuple[Rule, datetime, datetime]]:
    """Each rule that stands, with its basis and since when."""
    yield from _moved(opportunity, law, now)
    backward = [move.time for move in opportunity.moves if move.is_backward]
    yield from _too_often(opportunity, law.watching("opp.ping_pong"), backward)
    yield from _too_often(opportunity, law.watching("opp.close_date_pushed"), _pushes(opportunity, law))
    yield from _close_date_passed(customer, opportunity, law, now)
    yield from _no_next_step(customer, opportunity, law, now)


def _moved(opportunity: Opportunity, law: Law, now: datetime) -> Iterator[tuple[Rule, datetime, datetime]]:
    move = opportunity.move
    if move is None:
        return
    regressed = law.watching("opp.regressed") if move.is_backward else []
    for rule in [*law.watching("opp.stage_changed"), *regressed]:
        if now <= law.later(move.time, rule.lasts, rule.clock):
            yield rule, move.time, move.time


def _too_often(
    opportunity: Opportunity, rules: list[Rule], times: list[datetime]
) -> Iterator[tuple[Rule, datetime, datetime]]:
    for rule in rules:
        if len(times) >= rule.count:
            assert opportunity.opened is not None
            basis = max(times[rule.count - 1], opportunity.opened)
            yield rule, basis, basis


def _pushes(opportunity: Opportunity, law: Law) -> list[datetime]:
    """When its closing was put off to a later month than that of the date before, with or without a time of none."""
    months = [(time, law.day_of(text).replace(day=1)) for time, text in _close_dates(opportunity) if text is not None]
    return [time for (_, former), (time, month) in pairwise(months) if month > former]


def _close_dates(opportunity: Opportunity) -> list[tuple[datetime, str | None]]:
    """What was set, in order; of several at one instant the last alone has ever held."""
    return list(dict(opportunity.close_dates).items())


def _close_date_passed(
    customer: Customer, opportunity: Opportunity, law: Law, now: datetime
) -> Iterator[tuple[Rule, datetime, datetime]]:
    assert opportunity.opened is not None
    text, since = None, opportunity.opened
    for time, said in _close_dates(opportunity):
        if said is None or text is None or moment(said) != moment(text):
            text, since = said, time
    if text is None:
        return
    basis = max(since, opportunity.opened)
    for rule in law.watching("opp.close_date_passed"):
        started_at = passed(customer, law, rule, law.ends(text), basis, now)
        if started_at is not None:
            yield rule, basis, started_at


def _no_next_step(
    customer: Customer, opportunity: Opportunity, law: Law, now: datetime
) -> Iterator[tuple[Rule, datetime, datetime]]:
    rules = law.watching("opp.no_next_step")
    if not rules or has_next_step(customer, opportunity, now):
        return
    basis = now
    for time in reversed(_turns(customer, opportunity, now)):
        if has_next_step(customer, opportunity, time):
            break
        basis = time
    for rule in rules:
        after = rule.after(customer.grade(basis))
        if after is not None and now > (bound := law.later(basis, after, rule.clock)):
            yield rule, basis, bound


def _turns(customer: Customer, opportunity: Opportunity, now: datetime) -> list[datetime]:
    """The instants since it is open at which a next step may come or go: those of events, and those planned."""
    planned = [event.data.get("next_contact_at") for event in customer.events if event.type.startswith("contact.")]
    times = {event.time for event in customer.events} | {instant(text) for text in planned if text is not None}
    assert opportunity.opened is not None
    return [time for time in sorted(times) if opportunity.opened <= time <= now]


def has_next_step(customer: Customer, opportunity: Opportunity, at: datetime) -> bool:
    """Whether something is to come: a step of its own, or a contact with the customer."""
    step = None
    for event in customer.events:
        if event.time <= at and event.data.get("opportunity_id") == opportunity.id:
            # An update clears with null; a contact says nothing by that.
            if event.type == "opportunity.updated":
                step = event.data.get("next_step", step)
            elif event.is_contact:
                step = event.data.get("next_step") or step
    return bool(step) or is_planned(customer, at)
