"""Tickets, leads and tasks from change to change."""

from __future__ import annotations

from tests.year.reading import Event
from tests.year.subject import Cell, Subject, World


class Ticket(Subject):
    """A ticket, and how long its clocks have run: up to when they stood still last, and from when they run now."""

    COLUMNS = "kind", "priority", "opened", "replied", "solved", "resolved_once", "since", "ran", "ran_working", "runs"
    CLOCKED = "opened", "runs"

    def __init__(self, world: World, opening: Event) -> None:
        super().__init__(world, opening.data["ticket_id"], opening.time)
        self.kind, self.priority = opening.data["kind"], opening.data.get("priority")
        self.opened = self.since = opening.time
        self.replied = self.solved = self.resolved_once = False
        self.ran = self.ran_working = 0
        self.runs: int | None = opening.time

    def take(self, event: Event) -> None:
        """What comes after the opening."""
        self.turn(event.time)
        match event.type:
            case "ticket.replied":
                self.replied |= not event.data.get("automatic", False)
            case "ticket.paused":
                self._stop(event.time)
            case "ticket.resumed" if not self.solved and self.runs is None:
                self.runs = event.time
            case "ticket.resolved" | "ticket.closed":
                self._stop(event.time)
                self.solved = self.resolved_once = True
            case "ticket.reopened" if self.solved:
                self.solved, self.runs, self.since = False, event.time, event.time

    def _stop(self, time: int) -> None:
        if self.runs is not None:
            self.ran += time - self.runs
            self.ran_working += self.world.meter.read(time) - self.world.meter.read(self.runs)
            self.runs = None

    def row(self) -> dict[str, Cell]:
        return {name: getattr(self, name) for name in self.COLUMNS}


class Lead(Subject):
    """A lead: since when somebody has had it, and the first attempt to reach it."""

    COLUMNS = "created", "given", "tried", "closed"
    CLOCKED = "created", "given", "tried"

    def __init__(self, world: World, id: str, time: int) -> None:
        super().__init__(world, id, time)
        self.created: int | None = None
        self.given: int | None = None
        """When it was created or assigned last, up to the first attempt."""
        self.tried: int | None = None
        self.closed = False

    def take(self, event: Event) -> None:
        """An event of the lead, or a contact that somebody took up with it or with the customer that it is."""
        self.turn(event.time)
        match event.type:
            case "lead.created" | "lead.assigned":
                if event.type == "lead.created" and self.created is None:
                    self.created = event.time
                if self.tried is None or event.time <= self.tried:
                    self.given = event.time
            case "lead.converted" | "lead.disqualified":
                self.closed = True
            case "contact.logged" if event.data["direction"] == "outbound":
                if self.created is not None and self.tried is None:
                    self.tried = event.time

    def row(self) -> dict[str, Cell]:
        return {name: getattr(self, name) for name in self.COLUMNS}


class Task(Subject):
    """A task: by when it is to be done, who was told so when, and whether that is over."""

    COLUMNS = "due", "assigned", "done"
    CLOCKED = "due", "assigned"

    def __init__(self, world: World, id: str, time: int) -> None:
        super().__init__(world, id, time)
        self.due: int | None = None
        self.assigned: int | None = None
        self.done = False

    def take(self, event: Event) -> None:
        """It is given to somebody, or done."""
        self.turn(event.time)
        if event.type == "task.assigned":
            self.due, self.assigned = self.world.end_of(event.data["due_at"]), event.time
        else:
            self.done = True

    def row(self) -> dict[str, Cell]:
        return {name: getattr(self, name) for name in self.COLUMNS}
