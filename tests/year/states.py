"""What is known of customers, opportunities and invoices from change to change."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from itertools import pairwise

from tests.oracle.law import instant
from tests.oracle.worktime import us
from tests.year.reading import Event
from tests.year.subject import Cell, Subject, World


class Invoice(Subject):
    """An invoice: what of it is not paid, and since when it is due."""

    COLUMNS = "outstanding", "due", "grade", "passed", "lost", "paid_after", "owed_since"
    CLOCKED = "due", "lost"

    def __init__(self, world: World, id: str, time: int, customer: Customer) -> None:
        super().__init__(world, id, time)
        self.customer = customer
        self.owed = self.unpaid = Fraction(0)
        self.due: int | None = None
        self.since: int | None = None
        self.passed: set[str] = set()
        self.lost: int | None = None
        self.paid_after = False
        self._billed = False

    def take(self, event: Event) -> None:
        self.turn(event.time)
        amount = Fraction(event.data["amount"]["amount"])
        match event.type:
            case "invoice.issued":
                self.due, self._billed, self.since = self.world.end_of(event.data["due_at"]), True, None
                self.owed, self.unpaid = self.owed + amount, self.unpaid + amount
            case "payment.refunded":
                self.owed, self.unpaid = self.owed + amount, self.unpaid + amount
            case "payment.received":
                self.owed, self.unpaid = self.owed - amount, self.unpaid - amount
            case "debt.written_off":
                self.owed -= amount
                if amount > 0:
                    self.lost, self.paid_after = event.time, False
        self._settle(event.time)

    def _settle(self, time: int) -> None:
        if self.owed <= 0 or self.due is None:
            self.since = None
        elif self.since is None:
            self.since, self.passed = time, set()
        if self.lost is not None and self._billed and self.unpaid <= 0:
            self.paid_after = True

    def row(self) -> dict[str, Cell]:
        return {
            "outstanding": self.owed > 0, "due": self.due, "grade": self.customer.grade,
            "passed": " ".join(sorted(self.passed)), "lost": self.lost, "paid_after": self.paid_after,
            "owed_since": self.since,
        }  # fmt: skip


class Opportunity(Subject):
    """An opportunity: where it stands, since when, and what is to come."""

    COLUMNS = (
        *("open", "opened", "stage", "grade", "since", "move", "back", "swings", "backs", "pushes"),
        *("close", "close_since", "passed", "step", "bare", "bare_grade", "plan", "missing", "ended"),
    )
    CLOCKED = "since", "move", "close", "bare"

    def __init__(self, world: World, id: str, time: int, customer: Customer) -> None:
        super().__init__(world, id, time)
        self.customer = customer
        self.known = self.open = False
        self.created: int | None = None
        self.born = self.entered = self.opened = time
        self.stage: str | None = None
        self.owner: str | None = None
        self.amount: str | None = None
        self.move: int | None = None
        self.back = False
        self.stays: list[tuple[str, int, int]] = []
        """Since it was opened last: each stage, when it was entered, and when left."""
        self.swings = ""
        """The rules by which the newest move, back to where it was shortly before, set a clock back."""
        self.backs: list[int] = []
        self.closes: list[tuple[int, str | None]] = []
        self.close_since = time
        self.passed: set[str] = set()
        self.steps: list[tuple[int, str | None]] = []
        self.missing = False
        self.ended: int | None = None

    def turn(self, time: int) -> None:
        if self.known:
            super().turn(time)

    @property
    def close(self) -> int | None:
        text = self.closes[-1][1] if self.closes else None
        return None if text is None else self.world.end_of(text)

    def take(self, event: Event) -> None:
        self.turn(event.time)
        data, time = event.data, event.time
        if not self.known:
            self.known = self.open = True
            self.born = self.entered = self.opened = time
            self.first = self.world.hours.number(time)
        clears = event.type == "opportunity.updated"
        if data.get("owner_id") is not None or (clears and "owner_id" in data):
            self.owner = data["owner_id"]
        if data.get("amount") is not None or (clears and "amount" in data):
            self.amount = data["amount"] and data["amount"]["amount"]
        if data.get("expected_close_at") is not None or (clears and "expected_close_at" in data):
            self._date(time, data["expected_close_at"])
        if clears and "next_step" in data:
            self.note(time, data["next_step"])
        match event.type:
            case "opportunity.created":
                if self.created is None:
                    self.created = self.born = time
                self._enter(data["stage"], time)
            case "opportunity.stage_changed":
                self._enter(data["to_stage"], time)
            case "opportunity.reopened":
                if not self.open:
                    self.open, self.opened, self.entered, self.passed = True, time, time, set()
                    self.stays = []
                    self._enter(data["to_stage"], time, again=True)
                else:
                    self._enter(data["to_stage"], time)
            case "opportunity.won" | "opportunity.lost":
                closer = self.owner or self.customer.owner
                self.missing = (event.type == "opportunity.won" and self.amount is None) or closer is None
                self.open, self.move, self.ended = False, None, time

    def _enter(self, stage: str, time: int, again: bool = False) -> None:
        if not self.open or (stage == self.stage and not again):
            return
        if self.stage not in (None, stage):
            self.move, self.back = time, self._lies_before(stage, self.stage)
            if self.back:
                self.backs.append(time)
            self.swings = self._swings(stage, time)
        if self.stage is not None and not again:
            self.stays.append((self.stage, self.entered, time))
        self.stage, self.entered = stage, time

    def _swings(self, stage: str, time: int) -> str:
        """The rules by which an opportunity that is in `stage` again had been away for a short time only."""
        if not self.stays or self.stays[-1][0] != stage or self.world.law.stall_basis != "stage_entered":
            return ""
        _, entered, left = self.stays[-1]
        grade = self.customer.grade_at(left)
        return " ".join(sorted(self.world.patience.reset(stage, grade, (entered, left), (self.entered, time))))

    def _lies_before(self, stage: str, other: str | None) -> bool:
        stages = self.world.law.stages
        return stage in stages and other in stages and stages.index(stage) < stages.index(other or "")

    def _date(self, time: int, text: str | None) -> None:
        if self.closes and self.closes[-1][0] == time:
            self.closes.pop()  # of two at one instant the first has never held
        self.closes.append((time, text))
        dates = [None if said is None else self.world.end_of(said) for _, said in self.closes]
        since = next(at for n, (at, _) in enumerate(self.closes) if all(d == dates[-1] for d in dates[n:]))
        if since != self.close_since:
            self.close_since, self.passed = since, set()

    def note(self, time: int, step: str | None) -> None:
        """A next step is set, or cleared."""
        self.turn(time)
        if self.steps and self.steps[-1][0] == time:
            self.steps.pop()
        self.steps.append((time, step))

    @property
    def pushes(self) -> list[int]:
        """When the close was put off to a later month."""
        dated = [(time, self.world.law.day_of(text).replace(day=1)) for time, text in self.closes if text is not None]
        return [time for (_, former), (time, month) in pairwise(dated) if month > former]

    @property
    def has_step(self) -> bool:
        return bool(self.steps and self.steps[-1][1])

    @property
    def bare(self) -> int:
        """Since when nothing is to come, once the plan in force lies ahead no longer."""
        cleared = 0
        for (_, step), (until, _) in pairwise(self.steps):
            cleared = until if step else cleared
        return max(self.opened, cleared, self.customer.ahead_until, self.customer.ends_ahead)

    def since(self) -> int:
        """What the clock of a stall runs from."""
        customer = self.customer
        match self.world.law.stall_basis:
            case "created":
                return self.born
            case "last_contact":
                return max(self.born, customer.made)
            case "last_activity":
                return max(self.born, customer.tried)
            case "last_two_way_contact":
                return max(self.born, customer.heard)
            case _:
                return self.entered

    def row(self) -> dict[str, Cell]:
        bare = self.bare
        return {
            "open": self.open, "opened": self.opened, "stage": self.stage, "grade": self.customer.grade, 
            "since": self.since(), "move": self.move, "back": self.back, "swings": self.swings,
            "backs": _listed(self.backs), "pushes": _listed(self.pushes), "close": self.close,
            "close_since": self.close_since, "passed": " ".join(sorted(self.passed)), "step": self.has_step,
            "bare": bare, "bare_grade": self.customer.grade_at(bare), "plan": self.customer.plan,
            "missing": self.missing and not self.open, "ended": self.ended,
        }  # fmt: skip


class Customer(Subject):
    """A customer: whose it is, when it was reached, and when it is to be."""

    COLUMNS = "attended", "grade", "silent", "plan", "planned"
    CLOCKED = "silent", "plan", "planned"

    def __init__(self, world: World, id: str, time: int) -> None:
        super().__init__(world, id, time)
        self.seen = time
        self.owner: str | None = None
        self.grades: list[tuple[int, str | None]] = [(0, None)]
        self.made = self.tried = self.heard = 0
        self.plan: int | None = None
        self.planned: int | None = None
        self.ahead_until = 0
        """Until when a former plan lay ahead."""
        self.opportunities: dict[str, Opportunity] = {}
        self.invoices: dict[str, Invoice] = {}
        self._together: list[Event] = []
        self._before: tuple[int | None, int | None, int] = None, None, 0

    @property
    def grade(self) -> str | None:
        return self.grades[-1][1]

    def grade_at(self, time: int) -> str | None:
        """The grade at an instant."""
        return self.grades[bisect_right(self.grades, time, key=lambda change: change[0]) - 1][1]

    @property
    def ends_ahead(self) -> int:
        """Until when the plan in force lies ahead, if ever it did."""
        return self.plan if self.plan is not None and self.planned is not None and self.plan > self.planned else 0

    def take(self, event: Event) -> None:
        self.turn(event.time)
        data = event.data
        if event.type in ("customer.upserted", "customer.owner_changed"):
            if "owner_id" in data or "to" in data:
                self.owner = data.get("to") or data.get("owner_id")
            if "grade" in data and data["grade"] != self.grade:
                self._regrade(event.time, data["grade"])
        elif event.type in ("contact.logged", "contact.planned"):
            for opportunity in self.opportunities.values():
                opportunity.turn(event.time)
            self._contact(event)

    def _regrade(self, time: int, grade: str | None) -> None:
        before = self.grade_at(time - 1)
        for opportunity in self.opportunities.values():
            opportunity.turn(time)
            since = max(opportunity.close_since, opportunity.opened)
            if opportunity.open and opportunity.close is not None and since < time:
                opportunity.passed |= self.world.patience.lost("opp.close_date_passed", opportunity.close, before, time)
        for invoice in self.invoices.values():
            invoice.turn(time)
            if invoice.since is not None and invoice.due is not None and invoice.since < time:
                invoice.passed |= self.world.patience.lost("payment.overdue", invoice.due, before, time)
        if self.grades[-1][0] == time:
            self.grades.pop()
        self.grades.append((time, grade))

    def _contact(self, event: Event) -> None:
        data, time = event.data, event.time
        if event.type == "contact.logged":
            self.tried = time
            if data.get("connected") is not False:
                self.made = time
                self.heard = time if data["direction"] == "inbound" else self.heard
            step = data.get("next_step")
            if data.get("opportunity_id") is not None and step:
                self.opportunity(data["opportunity_id"], time).note(time, step)
        if not self._together or self._together[-1].time < time:
            self._together, self._before = [], (self.plan, self.planned, self.ahead_until)
        self._together.append(event)
        self._plan(time)

    def _plan(self, time: int) -> None:
        """All that was said at this instant: a contact made fulfils the plan of before, then what is planned holds."""
        self.plan, self.planned, self.ahead_until = self._before
        former, ends = (self.plan, self.planned), self.ends_ahead
        if any(e.type == "contact.logged" and e.data.get("connected") is not False for e in self._together):
            self.plan = self.planned = None
        for event in self._together:
            if "next_contact_at" in event.data:
                text = event.data["next_contact_at"]
                at = None if text is None else us(instant(text))
                if at is None or at != self.plan:
                    self.plan, self.planned = at, None if at is None else time
        if former != (self.plan, self.planned):
            self.ahead_until = max(self.ahead_until, min(ends, time))

    def opportunity(self, id: str, time: int) -> Opportunity:
        """The opportunity of that id, of which something is said."""
        if id not in self.opportunities:
            self.opportunities[id] = Opportunity(self.world, id, time, self)
        return self.opportunities[id]

    def invoice(self, id: str, time: int) -> Invoice:
        """The invoice of that id."""
        if id not in self.invoices:
            self.invoices[id] = Invoice(self.world, id, time, self)
        return self.invoices[id]

    @property
    def attended(self) -> bool:
        """Whether anybody looks after it: its owner, that of its newest open opportunity, or who contacted it."""
        if self.owner or self.tried:
            return True
        still_open = [opportunity for opportunity in self.opportunities.values() if opportunity.open]
        newest = max(still_open, key=lambda opportunity: (opportunity.born, opportunity.id), default=None)
        return newest is not None and newest.owner is not None

    def row(self) -> dict[str, Cell]:
        return {
            "attended": self.attended, "grade": self.grade, "silent": self.made or self.seen, "plan": self.plan,
            "planned": self.planned,
        }  # fmt: skip


def _listed(times: list[int]) -> str:
    return " ".join(map(str, times))
