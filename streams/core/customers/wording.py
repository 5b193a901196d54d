"""What an alert says: what was measured against which bound, and one sentence for a person."""

from __future__ import annotations

from typing import Any

from streams.core.customers import (
    daybooks,
    followup,
    leads,
    likeness,
    moves,
    payments,
    prospects,
    sources,
    stalls,
    tasks,
    tickets,
)
from streams.core.customers.cases import Standing
from streams.core.customers.state import DESK, FEED, LEAD
from streams.events.instants import iso
from streams.policy import Clock, Duration, Policy, RulePolicy, money_text

Values = dict[str, Any]
SAME_AS = "same_as"
"""The value that names another customer."""


def describe(alert: Standing, customer: str, policy: Policy) -> tuple[Values, str]:
    """The `values` and the `summary` of an alert of a rule that the policy has; times are RFC 3339 in UTC."""
    values: Values = {"basis": iso(alert.basis), "bound_passed_at": iso(alert.bound)}
    rule, who = policy.rule(alert.rule), f"customer {customer}"
    summary = _SAYS[rule.watch](alert, who, rule, values, policy)
    if rule.text is not None:
        summary = rule.text.format(
            customer="" if customer[:1] in (LEAD, DESK, FEED) else customer,
            opportunity=alert.opportunity or "",
            employee=alert.employee or "",
            team=alert.team or "",
            rule=alert.rule,
            started_at=iso(alert.started),
            bound=values.get("bound") or "",
            basis=values["basis"],
            about=alert.about,
        )
    return values, summary


def _interval(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    last = alert.last_contact
    bound = _bound(followup.allowed(rule, alert.about or None, policy))
    values |= {"last_contact_at": _instant(last), "last_contact_channel": alert.channel}
    values |= {"bound": bound, "grade": alert.about or None}
    grade = f"grade {alert.about} " if alert.about else ""
    since = "it was first seen, without a contact" if last is None else f"the last contact on {_date(last, policy)}"
    return f"More than {bound} have passed for {grade}{who} since {since}: get in touch."


def _due(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    planned, step = _planned(alert, values)
    values["bound"] = str(policy.contact.lead_time)
    return f"Contact {who} by {planned}{step}."


def _overdue(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    planned, step = _planned(alert, values)
    values["bound"] = str(policy.contact.grace)
    return f"The contact with {who} planned for {planned}{step} was not made: contact it now or move the date."


def _planned(alert: Standing, values: Values) -> tuple[str | None, str]:
    planned = _instant(alert.planned)
    values |= {
        "last_contact_at": _instant(alert.last_contact),
        "last_contact_channel": alert.channel,
        "next_step": alert.about or None,
        "planned_at": planned,
    }
    return planned, f" ({alert.about})" if alert.about else ""


def _stalled(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    bounds = stalls.bounds(rule, alert.about, policy)
    bound = _bound(None if bounds is None else bounds.of(alert.grade))
    basis = policy.stall_basis.value
    values |= {"bound": bound, "stage": alert.about, "stall_basis": basis}
    return (
        f"Opportunity {alert.opportunity} of {who} has stood still in {alert.about} for more than {bound} "
        f"({basis.replace('_', ' ')}: {_date(alert.basis, policy)}): move it on, ask for help, or close it."
    )


def _changed(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values["stages"] = alert.about
    return f"Opportunity {alert.opportunity} of {who} moved: {alert.about}."


def _regressed(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values["stages"] = alert.about
    return f"Opportunity {alert.opportunity} of {who} went back, {alert.about}: find out what it lacks."


def _ping_pong(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values["bound"] = str(rule.count)
    return (
        f"Opportunity {alert.opportunity} of {who} went back for time number {rule.count}: "
        "look at it with its owner before it moves again."
    )


def _pushed(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values["bound"] = str(rule.count)
    return (
        f"The expected close of opportunity {alert.opportunity} of {who} was put off to a later month for time number "
        f"{rule.count}: ask whether it is real."
    )


def _to_and_fro(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values |= {"bound": (bound := _bound(rule.within)), "stages": alert.about}
    return (
        f"Opportunity {alert.opportunity} of {who} went to and fro within {bound}, {alert.about}: its clock starts "
        "anew; ask its owner what was done."
    )


def _close_passed(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values |= {"bound": _bound(rule.after.of(alert.grade) if rule.after else None)}
    values["expected_close_at"] = expected = _instant(alert.planned)
    return f"Opportunity {alert.opportunity} of {who} was expected to close by {expected}: close it or set a new date."


def _no_next_step(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values["bound"] = bound = _bound(rule.after.of(alert.grade) if rule.after else None)
    values["grade"] = alert.grade
    return (
        f"Opportunity {alert.opportunity} of {who} has had no next step and no planned contact for more than {bound}: "
        "agree on one."
    )


def _payment_overdue(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    owed = _money(alert, values, policy)
    values |= {"bound": _bound(rule.after.of(alert.grade) if rule.after else None), "due_at": _instant(alert.planned)}
    return f"Invoice {alert.invoice} of {who} is {owed} short since {values['due_at']}: ask for the money."


def _bad_debt(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    lost = _money(alert, values, policy)
    return f"{lost} of invoice {alert.invoice} of {who} were written off: find out why, and what else it owes."


def _money(alert: Standing, values: Values, policy: Policy) -> str:
    amount = money_text(int(alert.amount or 0))
    currency = policy.currency.reporting
    values |= {"invoice_id": alert.invoice, "amount": {"amount": amount, "currency": currency}}
    return f"{amount} {currency}"


def _response(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    bound = _ticket(alert, rule, values)
    return f"Nobody has answered the {alert.about} of {who} (ticket {alert.case}) within {bound}: answer it now."


def _resolution(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    bound = _ticket(alert, rule, values)
    what = f"The {alert.about} of {who} (ticket {alert.case})"
    return f"{what} was not resolved within {bound}: resolve it, or ask for help."


def _warning(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    bound = _ticket(alert, policy.rule(tickets.RESOLUTION), values)
    return f"Of the {bound} to resolve the {alert.about} of {who} (ticket {alert.case}) four fifths are gone."


def _complaint(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    bound = _ticket(alert, rule, values)
    return f"The complaint of {who} (ticket {alert.case}) has been open for more than {bound}: settle it."


def _ticket(alert: Standing, rule: RulePolicy, values: Values) -> str:
    bound = _bound(rule.after.of(alert.grade) if rule.after else None)
    values |= {"ticket_id": alert.case, "kind": alert.about, "priority": alert.grade, "bound": bound}
    return bound


def _unprocessed(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values |= {"lead_id": alert.case, "bound": (bound := _bound(rule.after.default if rule.after else None))}
    whose = "has no owner, and nobody" if alert.employee is None else "has not been contacted: nobody"
    return f"Lead {alert.case} {whose} has tried to reach it within {bound}: call it now."


def _slow(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values |= {"lead_id": alert.case, "bound": (bound := _bound(rule.after.default if rule.after else None))}
    return f"Lead {alert.case} was reached after more than {bound}: find out what held it up."


def _task_due(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values |= {"task_id": alert.case, "kind": alert.about or None, "due_at": (due := _instant(alert.planned))}
    values["bound"] = _bound(rule.before)
    return f"Task {alert.case}{_kind(alert)} is to be done by {due}."


def _task_overdue(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values |= {"task_id": alert.case, "kind": alert.about or None, "due_at": (due := _instant(alert.planned))}
    values["bound"] = _bound(rule.after.default if rule.after else None)
    return f"Task {alert.case}{_kind(alert)} was to be done by {due}: do it now, or agree on another date."


def _kind(alert: Standing) -> str:
    return f" ({alert.about})" if alert.about else ""


def _crowded(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values |= {"day": alert.about, "count": rule.count, "bound": (bound := _bound(rule.within))}
    return (
        f"{alert.employee} logged {rule.count} or more calls, meetings and visits within {bound} on {alert.about}: "
        "ask how they were made."
    )


def _empty_calls(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values |= {"day": alert.about, "count": rule.count}
    return (
        f"{alert.employee} logged {rule.count} or more calls of no length on {alert.about}, as if somebody had been "
        "reached: look at them together."
    )


def _backdated(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    bound = _bound(rule.after.default if rule.after else None)
    values |= {"day": alert.about, "count": rule.count, "bound": bound}
    return (
        f"On {alert.about} {alert.employee} entered {rule.count} or more contacts, each more than {bound} after it was "
        "made: ask why, and have them checked."
    )


def _scoreless(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values |= {"day": alert.about, "count": rule.count}
    many = "an answer" if rule.count == 1 else f"{rule.count} or more answers"
    return (
        f"On {alert.about} {many} about {alert.employee} came without a score of the scale: it counts for "
        "nothing, have it corrected."
    )


def _duplicate(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values |= {"shares": alert.about, SAME_AS: alert.case}
    return f"{who[0].upper()}{who[1:]} has the same {alert.about} as customer {alert.case}: merge them, or correct one."


def _lagging(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values |= {"topic": alert.case, "bound": alert.about}
    of = " of working time" if rule.clock == Clock.WORKING and not policy.calendar.always else ""
    return (
        f"Nothing has come in {alert.case} since {iso(alert.basis)}, for more than {alert.about}{of}: see whether its "
        "source is down."
    )


def _missing_field(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values["field"] = alert.about
    return f"Opportunity {alert.opportunity} of {who} was closed without {alert.about}: add what is missing."


def _backwards(alert: Standing, who: str, rule: RulePolicy, values: Values, policy: Policy) -> str:
    values["field"] = alert.about
    odd = f"Opportunity {alert.opportunity} of {who} was {alert.about}"
    return f"{odd}: its sales cycle is left out; correct the dates."


_SAYS = {
    followup.DUE: _due,
    followup.OVERDUE: _overdue,
    followup.INTERVAL: _interval,
    stalls.STALLED: _stalled,
    stalls.MISSING_FIELD: _missing_field,
    stalls.BACKWARDS: _backwards,
    moves.CHANGED: _changed,
    moves.REGRESSED: _regressed,
    moves.PING_PONG: _ping_pong,
    moves.PUSHED: _pushed,
    moves.TO_AND_FRO: _to_and_fro,
    prospects.CLOSE_PASSED: _close_passed,
    prospects.NO_NEXT_STEP: _no_next_step,
    payments.OVERDUE: _payment_overdue,
    payments.BAD_DEBT: _bad_debt,
    tickets.RESPONSE: _response,
    tickets.RESOLUTION: _resolution,
    tickets.WARNING: _warning,
    tickets.COMPLAINT: _complaint,
    leads.UNPROCESSED: _unprocessed,
    leads.SLOW: _slow,
    tasks.DUE: _task_due,
    tasks.OVERDUE: _task_overdue,
    daybooks.CROWDED: _crowded,
    daybooks.EMPTY_CALLS: _empty_calls,
    daybooks.BACKDATED: _backdated,
    daybooks.SCORELESS: _scoreless,
    likeness.DUPLICATE: _duplicate,
    likeness.SAME_NAME: _duplicate,
    sources.LAGGING: _lagging,
}

WATCHED = tuple(_SAYS)
"""The kinds of rules that the customers' stage watches."""


def _bound(length: Duration | None) -> str:
    return "" if length is None else str(length)


def _instant(time: int | None) -> str | None:
    return None if time is None else iso(time)


def _date(time: int, policy: Policy) -> str:
    return policy.zone.date(policy.zone.day(time)).isoformat()
