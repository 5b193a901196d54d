"""One opportunity and one customer, told in the order of time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from tests.oracle.reading import Event, Money


class Visit(NamedTuple):
    """A stay in a stage that has ended."""

    stage: str
    since: datetime
    until: datetime


class Move(NamedTuple):
    """An entry into another stage than the one it was in; backward if that lies before it."""

    time: datetime
    is_backward: bool


def newest(values: Iterable[tuple[datetime, str | None]], until: datetime) -> str | None:
    """The value that held at an instant, of those set in the order of time."""
    held = None
    for time, value in values:
        if time <= until:
            held = value
    return held


class Opportunity:
    """The life of an opportunity: its events in order, and where they have led."""

    def __init__(self, id: str, stages: list[str], money: Money) -> None:
        self.id = id
        self.created: Event | None = None
        self.first: Event | None = None
        self.owners: list[tuple[datetime, str | None]] = []
        self.amount: Fraction | None = None
        self.stage: str | None = None
        self.entered: datetime | None = None
        self.outcome: Event | None = None
        self.won_amount = Fraction(0)
        self.is_bare = False
        self.advances: list[Event] = []
        self.entries: dict[str, datetime] = {}
        self.went_on: set[str] = set()
        self.visits: list[Visit] = []
        self.opened: datetime | None = None
        self.moves: list[Move] = []
        self.move: Move | None = None
        self.close_dates: list[tuple[datetime, str | None]] = []
        self._stages = stages
        self._money = money

    @property
    def is_open(self) -> bool:
        return self.outcome is None

    @property
    def is_won(self) -> bool:
        return self.outcome is not None and self.outcome.type == "opportunity.won"

    @property
    def is_backwards(self) -> bool:
        """Whether it was won before it was created."""
        if self.outcome is None or self.created is None:
            return False
        return self.is_won and self.outcome.time < self.created.time

    @property
    def born(self) -> datetime:
        """Its creation; one that was never created is known from its first event."""
        event = self.created or self.first
        assert event is not None
        return event.time

    def take(self, event: Event) -> None:
        """The next event in the order of time."""
        self.first = self.first or event
        self.opened = self.opened or event.time
        self._set_fields(event)
        match event.type:
            case "opportunity.created":
                self.created = self.created or event
                self._enter(event.data["stage"], event)
            case "opportunity.stage_changed":
                self._change(event)
            case "opportunity.won" | "opportunity.lost":
                self._leave(event)
                self.outcome, self.move = event, None
                self.won_amount = self.amount or Fraction(0)
                self.is_bare = event.type == "opportunity.won" and self.amount is None
            case "opportunity.reopened":
                self.opened = self.opened if self.is_open else event.time
                self.outcome = None  # of one that is open it is but another way to set the stage
                self._enter(event.data["to_stage"], event)

    def _set_fields(self, event: Event) -> None:
        # null clears where an event is there to change fields; elsewhere it says nothing.
        clears = event.type == "opportunity.updated"
        if event.data.get("owner_id") is not None or (clears and "owner_id" in event.data):
            self.owners.append((event.time, event.data["owner_id"]))
        if event.data.get("amount") is not None or (clears and "amount" in event.data):
            self.amount = self._money.of(event)
        if event.data.get("expected_close_at") is not None or (clears and "expected_close_at" in event.data):
            self.close_dates.append((event.time, event.data["expected_close_at"]))

    def _change(self, event: Event) -> None:
        to = event.data["to_stage"]
        if self.is_open and self._is_before(self.stage or event.data.get("from_stage"), to):
            self.advances.append(event)
        self._enter(to, event)

    def _enter(self, stage: str, event: Event) -> None:
        if not self.is_open or (self.entered is not None and stage == self.stage):
            return
        passed = [between for between in self._stages if self._is_before(self.stage, between, stage)]
        if self.stage not in (None, stage):
            self.move = Move(event.time, self._is_before(stage, self.stage))
            self.moves.append(self.move)
        self._leave(event)
        self.stage, self.entered = stage, event.time
        for reached in [*passed, stage]:
            if reached in self._stages:
                self.entries.setdefault(reached, event.time)
        self.went_on.update(behind for behind in self.entries if self._is_before(behind, stage))

    def _leave(self, event: Event) -> None:
        if self.stage is not None and self.entered is not None:
            self.visits.append(Visit(self.stage, self.entered, event.time))
        self.entered = None

    def _is_before(self, *stages: str | None) -> bool:
        """Whether these are known stages, each further on than the one before it."""
        if any(stage not in self._stages for stage in stages):
            return False
        places = [self._stages.index(stage or "") for stage in stages]
        return all(here < there for here, there in pairwise(places))


class Customer:
    """A customer with its events in order; or, by its `kind`, a lead, or an employee with the tasks of no customer."""

    def __init__(self, id: str, events: list[Event], stages: list[str], money: Money, kind: str = "customer") -> None:
        self.id = id
        self.kind = kind
        self.events = events
        self._stages = stages
        self._money = money
        self._past: dict[datetime, Customer] = {}
        self.first_seen = min(event.time for event in events)
        self.contacts = [event for event in events if event.is_contact]
        self.owners: list[tuple[datetime, str | None]] = []
        self.grades: list[tuple[datetime, str | None]] = []
        self.segments: list[tuple[datetime, str | None]] = []
        self.opportunities: dict[str, Opportunity] = {}
        for event in events:
            if event.type == "customer.upserted":
                if "grade" in event.data:
                    self.grades.append((event.time, event.data["grade"]))
                if "segment" in event.data:
                    self.segments.append((event.time, event.data["segment"]))
                if "owner_id" in event.data:
                    self.owners.append((event.time, event.data["owner_id"]))
            elif event.type == "customer.owner_changed":
                self.owners.append((event.time, event.data["to"]))
            elif event.type.startswith("opportunity."):
                name = event.data["opportunity_id"]
                self.opportunities.setdefault(name, Opportunity(name, stages, money)).take(event)

    def then(self, at: datetime) -> Customer:
        """The customer as it was at the instant of one of its events."""
        if at not in self._past:
            self._past[at] = self.after([event for event in self.events if event.time <= at])
        return self._past[at]

    def after(self, events: list[Event]) -> Customer:
        """The customer as these of its events leave it."""
        return Customer(self.id, events, self._stages, self._money, self.kind)

    def grade(self, at: datetime) -> str | None:
        """The grade that it had at an instant."""
        return newest(self.grades, at)

    def segment(self, at: datetime) -> str | None:
        """The segment of the CRM that it was in at an instant."""
        return newest(self.segments, at)

    def owner(self, at: datetime) -> str | None:
        """Who owned it at an instant."""
        return newest(self.owners, at)

    def owner_of(self, opportunity: Opportunity, at: datetime) -> str | None:
        """To whom the opportunity was credited at an instant."""
        return newest(opportunity.owners, at) or self.owner(at)

    def credit(self, opportunity: Opportunity, event: Event) -> str | None:
        """To whom an event of an opportunity is credited."""
        named: str | None = event.data.get("owner_id")
        return named or self.owner_of(opportunity, event.time)

    def looked_after_by(self, at: datetime) -> str | None:
        """Its owner, else that of its newest open opportunity, else who contacted it last."""
        if owner := self.owner(at):
            return owner
        still_open = [opportunity for opportunity in self.opportunities.values() if opportunity.is_open]
        newest_open = max(still_open, key=lambda opportunity: (opportunity.born, opportunity.id), default=None)
        if newest_open and (owner := newest(newest_open.owners, at)):
            return owner
        last = max(self.contacts, key=lambda contact: (contact.time, contact.data["employee_id"]), default=None)
        return None if last is None else str(last.data["employee_id"])
