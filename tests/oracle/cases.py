"""What is to be told of tickets, leads and tasks: that they wait for somebody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.oracle.law import MICROSECOND, Law, Rule
from tests.oracle.reading import Event
from tests.oracle.standing import Alert
from tests.oracle.timeline import Customer

BREACH = "ticket.resolution_breach"
SOLVED = "ticket.resolved", "ticket.closed"
GIVEN = "lead.created", "lead.assigned"


def of_cases(customer: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    """What stands now of the tickets and tasks of a customer, of those of an employee, or of a lead."""
    for name in names(customer, "ticket"):
        ticket = Ticket(customer, name, law, now)
        if ticket.is_open:
            yield from ticket.alerts()
    for name in names(customer, "task"):
        yield from _of_task(customer, name, law, now)
    if customer.kind == "lead":
        yield from _of_lead(customer, law, now)


def names(customer: Customer, thing: str) -> list[str]:
    """The ids of its tickets or tasks."""
    return sorted({event.data[f"{thing}_id"] for event in customer.events if event.type.startswith(f"{thing}.")})


class Ticket:
    """A ticket by the events up to now. What comes before its opening tells only whose it is."""

    def __init__(self, customer: Customer, id: str, law: Law, now: datetime) -> None:
        self._id, self._customer, self._law, self._now = id, customer, law, now
        self._events = [e for e in customer.events if e.type.startswith("ticket.") and e.data["ticket_id"] == id]
        openings = [event for event in self._events if event.type == "ticket.opened"]
        self.opening = openings[0] if openings else None

    @property
    def is_open(self) -> bool:
        """Whether it was opened, and is not solved."""
        return self.opening is not None and self._since(self._now) is not None

    def alerts(self) -> Iterator[Alert]:
        """What stands while it is open."""
        assert self.opening is not None
        opened, said = self.opening.time, self.opening.data.get("priority")
        priority = None if said is None else str(said)
        since = self._since(self._now)
        assert since is not None
        if not any(_is_answer(event) for event in self.life(self._now)):
            for rule in self._law.watching("ticket.response_breach"):
                yield from self._late(rule, opened, self._passed(rule, rule.after(priority)))
        for rule in self._law.watching(BREACH):
            yield from self._late(rule, since, self._passed(rule, rule.after(priority)))
        breach = self._law.rules[BREACH]
        if self.breached() is None:
            for rule in self._law.watching("ticket.warning"):
                yield from self._late(rule, since, self._passed(breach, breach.after(priority), (4, 5)))
        if self.opening.data["kind"] == "complaint":
            for rule in self._law.watching("complaint.unresolved"):
                after = rule.after(priority)
                if after is not None and self._now > (bound := self._law.later(opened, after, rule.clock)):
                    yield from self._late(rule, since, bound)

    def _late(self, rule: Rule, since: datetime, bound: datetime | None) -> Iterator[Alert]:
        if bound is not None:
            who = self.assignee(self._now) or self._customer.looked_after_by(self._now)
            yield Alert(rule.name, self._customer.id, None, since, max(bound, since), who, case_id=self._id)

    def assignee(self, at: datetime) -> str | None:
        """Whose it is at an instant: to whom it was given last, else whom its opening names."""
        opened = [event for event in self._events if event.type == "ticket.opened"]
        given = [*reversed(self.given), *opened]
        named = [event.data["employee_id"] for event in given if event.time <= at and event.data.get("employee_id")]
        return named[0] if named else None

    @property
    def given(self) -> list[Event]:
        """When it was given to somebody, be it before it was opened."""
        return [event for event in self._events if event.type == "ticket.assigned"]

    def life(self, until: datetime) -> list[Event]:
        """What happened since it was opened."""
        opening = self._events.index(self.opening) if self.opening is not None else 0
        return [event for event in self._events[opening + 1 :] if event.time <= until]

    def _since(self, at: datetime) -> datetime | None:
        """Since when it is to be solved, at an instant; None where it is."""
        assert self.opening is not None
        since: datetime | None = self.opening.time
        for event in self.life(at):
            if event.type in SOLVED:
                since = None
            elif event.type == "ticket.reopened" and since is None:
                since = event.time
        return since

    def ran(self, until: datetime, clock: str) -> timedelta:
        """For how long it was neither solved nor waited for the customer."""
        assert self.opening is not None
        ran, since, solved = timedelta(0), self.opening.time, False
        running: datetime | None = since
        for event in self.life(until):
            stops = event.type in SOLVED or event.type == "ticket.paused"
            if stops and running is not None:
                ran, running = ran + self._law.elapsed(running, event.time, clock), None
            if event.type in SOLVED:
                solved = True
            elif (event.type == "ticket.reopened" and solved) or (event.type == "ticket.resumed" and not solved):
                running, solved = running or event.time, False
        return ran if running is None else ran + self._law.elapsed(running, until, clock)

    def _passed(self, rule: Rule, after: str | None, part: tuple[int, int] = (1, 1)) -> datetime | None:
        """The last instant by which no more than this, or a part of it, had run on a rule's clock; by halving."""
        if after is None:
            return None
        assert self.opening is not None
        most = self._law.length(after, rule.clock) * part[0]
        low, high = self.opening.time, self._now
        if self.ran(high, rule.clock) * part[1] <= most:
            return None
        while high - low > MICROSECOND:
            middle = low + (high - low) // 2
            if self.ran(middle, rule.clock) * part[1] <= most:
                low = middle
            else:
                high = middle
        return low

    def bounds(self) -> Iterator[datetime]:
        """The instants after which it has waited for more than any rule allows, or four fifths of that."""
        if self.opening is None:
            return
        for kind in ("ticket.response_breach", BREACH):
            for rule in self._law.watching(kind):
                for text in rule.bounds:
                    for part in ((1, 1), (4, 5)):
                        bound = self._passed(rule, text, part)
                        if bound is not None:
                            yield bound

    def breached(self) -> datetime | None:
        """The bound after which it was not resolved in time, if that has passed."""
        said = self.opening.data.get("priority") if self.opening is not None else None
        rule = self._law.rules[BREACH]
        return self._passed(rule, rule.after(None if said is None else str(said)))


def ticket_bounds(customer: Customer, law: Law, until: datetime) -> Iterator[datetime]:
    """The instants after which the tickets of a customer have waited for more than any rule allows."""
    for name in names(customer, "ticket"):
        yield from Ticket(customer, name, law, until).bounds()


def breached(alert: Alert, customer: Customer, law: Law, now: datetime) -> datetime | None:
    """When the ticket of an alert was to be resolved, if that has passed."""
    return Ticket(customer, alert.case_id or "", law, now).breached()


def due_of(alert: Alert, customer: Customer, law: Law) -> datetime:
    """By when the task of an alert was to be done."""
    given = [e for e in customer.events if e.type == "task.assigned" and e.data["task_id"] == alert.case_id]
    return law.ends(given[-1].data["due_at"])


def _is_answer(event: Event) -> bool:
    """Whether the customer has heard of somebody: it was answered, not by a machine, or done with."""
    return event.type in SOLVED or (event.type == "ticket.replied" and not event.data.get("automatic"))


def _of_task(customer: Customer, id: str, law: Law, now: datetime) -> Iterator[Alert]:
    events = [e for e in customer.events if e.type.startswith("task.") and e.data["task_id"] == id]
    given = [event for event in events if event.type == "task.assigned"]
    if not given or len(given) < len(events):  # whoever was done with it is so for good
        return
    task, due = given[-1], law.ends(given[-1].data["due_at"])
    late = False
    for rule in law.watching("task.overdue"):
        bound = law.later(due, rule.after() or "0s", rule.clock)
        if now > bound:
            late = True
            yield _of_one(rule, customer, task, id, max(bound, task.time))
    for rule in [] if late else law.watching("task.due"):
        bound = law.earlier(due, rule.before, rule.clock)
        if now > bound:
            yield _of_one(rule, customer, task, id, max(bound, task.time))


def _of_one(rule: Rule, customer: Customer, task: Event, id: str, started_at: datetime) -> Alert:
    opportunity, who = task.data.get("opportunity_id"), task.data["employee_id"]
    return Alert(rule.name, customer.id, opportunity, task.time, started_at, who, case_id=id)


def _of_lead(lead: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    created = next((event.time for event in lead.events if event.type == "lead.created"), None)
    if created is None:
        return
    owners = [event.data["owner_id"] for event in lead.events if event.type in GIVEN and event.data.get("owner_id")]
    who = owners[-1] if owners else None
    tried = [e.time for e in lead.contacts if e.data["direction"] == "outbound" and e.time >= created]
    is_closed = any(event.type in ("lead.converted", "lead.disqualified") for event in lead.events)
    if not tried and not is_closed:
        for rule in law.watching("lead.unprocessed"):
            bound = law.later(created, rule.after() or "0s", rule.clock)
            if now > bound:
                yield Alert(rule.name, lead.id, None, created, bound, who, case_id=lead.id)
    if tried:
        given = max(event.time for event in lead.events if event.type in GIVEN and event.time <= tried[0])
        for rule in law.watching("lead.slow_response"):
            is_slow = tried[0] > law.later(given, rule.after() or "0s", rule.clock)
            if is_slow and now <= law.later(tried[0], rule.lasts, rule.clock):
                yield Alert(rule.name, lead.id, None, tried[0], tried[0], who, case_id=lead.id)
