"""Leads, tickets and tasks in figures: what of them counts, for whom and on which day, and what that comes to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from math import ceil

from tests.oracle.cases import SOLVED, Ticket, names
from tests.oracle.facts import Fact
from tests.oracle.law import MICROSECOND, Law
from tests.oracle.reading import Event
from tests.oracle.timeline import Customer

COUNTS = ["leads", "tickets_handled"]
STANDING_COUNTS = ["open_tickets"]
RATES = {
    "lead_conversion_rate": ("leads_converted", "leads"),
    "resolution_rate": ("tickets_solved", "tickets"),
    "complaint_rate": ("complaints", "tickets"),
    "task_completion_rate": ("tasks_done", "tasks_due"),
    "on_time_rate": ("tasks_on_time", "tasks_completed"),
}
LENGTHS = ["lead_response_seconds", "first_response_seconds", "resolution_seconds"]
PERCENTILES = {"_p50": 50, "_p95": 95}
Made = tuple[Fraction, Fraction, Fraction | None]
"""A value, and the numerator and denominator that it was made of, as `kpis.Figure` has them."""
LOWER_IS_BETTER = {"complaint_rate", *STANDING_COUNTS, *LENGTHS, *(name + p for name in LENGTHS for p in PERCENTILES)}


def of_service(customer: Customer, law: Law, as_of: datetime) -> Iterator[Fact]:
    """What follows from the tickets and tasks of a customer, from those of an employee, or from a lead."""
    for name in names(customer, "ticket"):
        yield from _of_ticket(Ticket(customer, name, law, as_of), customer, law, as_of)
    for name in names(customer, "task"):
        yield from _of_task([e for e in customer.events if e.data.get("task_id") == name], law)
    if customer.kind == "lead":
        yield from _of_lead(customer, law)


def _fact(law: Law, who: str | None, time: datetime, name: str, amount: Fraction = Fraction(1)) -> Iterator[Fact]:
    if who:
        yield Fact(who, law.day(time), name, amount)


def _of_lead(lead: Customer, law: Law) -> Iterator[Fact]:
    created = [event for event in lead.events if event.type == "lead.created"]
    if not created:
        return
    birth = created[0]
    given = [event for event in lead.events if event.type == "lead.assigned"]
    owners = [birth.data.get("owner_id"), *(event.data["owner_id"] for event in given)]
    owner = next((owner for owner in owners if owner), None)
    closings = [event for event in lead.events if event.type in ("lead.converted", "lead.disqualified")]
    yield from _fact(law, owner, birth.time, "leads")
    if closings and closings[-1].type == "lead.converted":
        yield from _fact(law, owner, birth.time, "leads_converted")
    tried = [e for e in lead.contacts if e.data["direction"] == "outbound" and e.time >= birth.time]
    if tried:
        # Of contacts at one instant that of the lesser employee id comes first.
        attempt = min(tried, key=lambda event: (event.time, event.data["employee_id"]))
        since = max([birth.time, *(event.time for event in given if event.time <= attempt.time)])
        took = Fraction((attempt.time - since) // MICROSECOND)
        yield from _fact(law, attempt.data["employee_id"], attempt.time, "lead_response_seconds", took)


def _of_ticket(ticket: Ticket, customer: Customer, law: Law, as_of: datetime) -> Iterator[Fact]:
    opening = ticket.opening
    if opening is None:
        return

    def worked(name: str, event: Event) -> Iterator[Fact]:
        who = event.data.get("employee_id") or ticket.assignee(event.time) or customer.owner(event.time)
        ran = Fraction(ticket.ran(event.time, "working") // MICROSECOND)
        yield from _fact(law, who, event.time, name, ran)

    named = [opening.data.get("employee_id"), *(event.data["employee_id"] for event in ticket.given)]
    holder = next((who for who in named if who), None) or customer.owner(opening.time)
    yield from _fact(law, holder, opening.time, "tickets")
    if opening.data["kind"] == "complaint":
        yield from _fact(law, holder, opening.time, "complaints")
    solution: Event | None = None
    answer: Event | None = None
    for event in ticket.life(as_of):
        if event.type in SOLVED:
            solution = solution or event
        elif event.type == "ticket.reopened":
            solution = None
        elif event.type == "ticket.replied" and not event.data.get("automatic"):
            answer = answer or event
    if answer is not None:
        yield from worked("first_response_seconds", answer)
    if solution is not None:
        yield from _fact(law, holder, opening.time, "tickets_solved")
        yield from worked("resolution_seconds", solution)
        yield from (fact._replace(name="solved_for", what=customer.id) for fact in worked("solved_for", solution))
    else:
        yield from _fact(law, ticket.assignee(as_of) or customer.owner(as_of), as_of, "open_tickets")


def _of_task(events: list[Event], law: Law) -> Iterator[Fact]:
    given = [event for event in events if event.type == "task.assigned"]
    ends = [event for event in events if event.type != "task.assigned"]
    if not given or (ends and ends[-1].type == "task.cancelled"):
        return
    due_at, who = given[-1].data["due_at"], given[-1].data["employee_id"]
    yield Fact(who, law.day_of(due_at), "tasks_due")
    if ends:
        yield Fact(who, law.day_of(due_at), "tasks_done")
        yield from _fact(law, ends[-1].data["employee_id"], ends[-1].time, "tasks_completed")
        if ends[-1].time <= law.ends(due_at):
            yield from _fact(law, ends[-1].data["employee_id"], ends[-1].time, "tasks_on_time")


def figures(facts: list[Fact], stands: bool) -> dict[str, Made]:
    """What facts come to; `stands` says whether what is so at the end counts too."""
    amounts: dict[str, list[Fraction]] = {}
    for fact in facts:
        amounts.setdefault(fact.name, []).append(fact.amount)
    amounts["tickets_handled"] = [Fraction(1)] * len(amounts.get("resolution_seconds", []))
    found: dict[str, Made] = {}
    for kpi in [*COUNTS, *(STANDING_COUNTS if stands else [])]:
        if number := sum(amounts.get(kpi, [])):
            found[kpi] = Fraction(number), Fraction(number), None
    for kpi, (over, under) in RATES.items():
        if under in amounts:
            numerator, denominator = Fraction(len(amounts.get(over, []))), Fraction(len(amounts[under]))
            found[kpi] = numerator / denominator, numerator, denominator
    for kpi in LENGTHS:
        if lengths := amounts.get(kpi):
            total = sum(lengths) / Fraction(1_000_000)
            found[kpi] = total / len(lengths), total, Fraction(len(lengths))
            for suffix, percent in PERCENTILES.items():
                seconds = nearest_rank([binned(int(length)) for length in lengths], percent) / Fraction(1_000_000)
                found[kpi + suffix] = seconds, seconds, None
    return found


def binned(value: int) -> int:
    """A whole number with all but its seven highest binary digits set to nothing."""
    step = 1
    while value // step >= 128:
        step *= 2
    return value - value % step


def nearest_rank(values: list[int], percent: int) -> int:
    """The least of the values that at least so many percent of them do not exceed."""
    return sorted(values)[ceil(Fraction(percent * len(values), 100)) - 1]
