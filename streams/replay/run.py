"""The same processing as a worker's, without a broker: every stage once, in one process."""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from streams.core.company import Company
from streams.core.customers import Customers
from streams.core.customers.wording import SAME_AS
from streams.core.employees import Employees
from streams.core.kpis import Unit, Value, text
from streams.core.pseudonyms import is_pseudonym
from streams.core.records import Tick, write_policy
from streams.core.stage import POLICY, TICK, Send
from streams.core.tracing import Posting, Trace
from streams.events import EventVoided, Rejected, decode
from streams.events.instants import to_us
from streams.policy import Policy
from streams.replay.foresight import Foresight

SAY_EVENTS = 5_000
"""So many events are taken in before what they caused is written out: what bounds memory besides the state."""

Sink = Callable[[str, dict[str, Any]], None]
"""Takes a record of an output topic as it comes."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line of an event file, without its end."""

    raw: bytes
    file: str
    number: int


class Figure(NamedTuple):
    """A KPI of an employee in a period."""

    employee: str
    period: str
    value: Value


class Person(NamedTuple):
    """Somebody who works here: what the record says, and the periods that there are figures of."""

    profile: Mapping[str, Any]
    periods: Collection[str]


Change = tuple[int, Policy]
"""An instant (us) and the policy that takes the place of the one before, in front of the first event that is later."""


class Replay:
    """One run: `foresee` the lines and `feed` them, then `finish`. Records go to the sink; figures are asked for at the
    end."""

    def __init__(
        self,
        policy: Policy,
        sink: Sink,
        as_of: int | None = None,
        changes: Iterable[Change] = (),
        trace: Trace | None = None,
    ) -> None:
        self._sink = sink
        self._trace = trace
        self._waiting = 0
        self._as_of = as_of
        self._changes = deque(sorted(changes, key=lambda change: change[0]))
        # Nobody waits for the next tick here: whatever a new policy changes is said at once.
        campaigns = None if trace is None else trace.campaigns
        self._customers = Customers(
            policy, 0, follow=True, keep=False, rearmed=sys.maxsize, ledger=trace, campaign_ledger=campaigns
        )
        self._employees = Employees(policy, 0)
        self._company = Company(policy, 0)
        self._newest = 0
        self._deleted: set[str] = set()
        self.outcomes: Counter[str] = Counter()

    def foresee(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Learn which events are taken back, from all lines, before any is fed; each is handed on."""
        found = Foresight(self._as_of)
        for line in lines:
            for subject, void in found.look(line.raw):
                self._customers.voids.add(subject, void)
            yield line

    def feed(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Take in lines, handing each on once it is done; a blank line is nothing."""
        for line in lines:
            if line.raw:
                self._take(line)
                self._waiting += 1
                if self._waiting == SAY_EVENTS:
                    self._hand_on(*self._customers.take_said())
                    self._employees.forget(self._newest)
                    self._waiting = 0
            yield line

    def finish(self) -> int:
        """Let time come to the instant of the run (else the newest event's), judge everything, and answer it."""
        at = self._newest if self._as_of is None else self._as_of
        self._change_policy(at)
        tick = msgspec.json.encode(Tick(at, final=True))
        for stage in (self._customers, self._employees, self._company):
            stage.apply(TICK, tick, 0)
            if stage is self._employees:
                self._spread_by_results()
            changes = stage.flush()
            self._hand_on(changes.sends, changes.counts)
        self._hand_on(self._customers.views(), {})
        self.outcomes["void_of_nothing"] = self._customers.voids.missed
        self.outcomes["applied"] -= self._customers.voids.missed
        return at

    def _spread_by_results(self) -> None:
        """What people reached goes back to where targets are spread, and comes again as their shares."""
        reached = list(self._employees.results())
        if reached:
            self._hand_on(reached, {})
            changes = self._customers.flush()
            self._hand_on(changes.sends, changes.counts)

    @property
    def erases(self) -> bool:
        """Whether anybody was erased, so that what was told before may have to be left out."""
        return bool(self._customers.erased or self._customers.organisation.pseudonyms)

    def may_tell(self, alert: Mapping[str, Any]) -> bool:
        """Whether a record of an alert names nobody who was erased, as far as is known by now."""
        names = {alert["customer_id"], alert["values"].get(SAME_AS), alert["employee_id"], *alert["recipients"]}
        erased = self._customers.erased | self._customers.organisation.pseudonyms.keys()
        return alert["id"] not in self._deleted and erased.isdisjoint(names)

    def figures(self) -> Iterator[Figure]:
        """Every KPI of every employee and period, in order."""
        for name, employee in sorted(self._employees.employees.items()):
            for period in sorted(employee.published if not is_pseudonym(name) else ()):
                for value in self._employees.figures(employee, period)[1].values():
                    yield Figure(employee.id, period, value)

    def people(self) -> dict[str, Person]:
        """Everybody with figures or a record, by id."""
        people = self._employees.employees.items()
        return {name: Person(one.profile, one.published) for name, one in people if not is_pseudonym(name)}

    def values(self, employee: str, period: str) -> dict[str, Value]:
        """The KPIs of one employee in one period, by full name."""
        known = self._employees.employees.get(employee)
        return {} if known is None else self._employees.figures(known, period)[1]

    def postings(self) -> Iterator[Posting]:
        """What every event came to for whoever is traced, itself or by a campaign that is to their credit by now."""
        if self._trace is not None:
            yield from self._trace.postings(self._customers.campaigns.launched_by(self._trace.employee))

    def _take(self, line: Line) -> None:
        event = decode(line.raw)
        if isinstance(event, Rejected):
            self._customers.reject(event, line.file, 0, line.number, None, line.raw)
            return
        time = to_us(event.time)
        if self._as_of is not None and time > self._as_of:
            self.outcomes["after_as_of"] += 1
            return
        if isinstance(event.data, EventVoided) or self._customers.voids.hold(event):
            self._customers.event(event, time, line.file, 0, line.number, line.raw)  # time does not go by these
            return
        if time > self._newest:
            self._newest = time
        self._change_policy(time - 1)
        if self._trace is not None:
            self._trace.begin(event, time)
        self._customers.event(event, time, line.file, 0, line.number, line.raw)
        if self._trace is not None:
            self._trace.end()
        self._customers.judge()  # each by itself: every change is told

    def _change_policy(self, until: int) -> None:
        """The changes up to an instant, each at its own."""
        while self._changes and self._changes[0][0] <= until:
            at, policy = self._changes.popleft()
            moment = msgspec.json.encode(Tick(at))
            for key, value in ((TICK, moment), (POLICY, write_policy(policy)), (TICK, moment)):
                self._customers.apply(key, value, 0)

    def _hand_on(self, sends: Iterable[Send], counts: dict[tuple[str, ...], int]) -> None:
        for send in sends:
            if send.topic == "streams.facts":
                self._employees.apply(send.key, _bytes(send.value or b""), 0)
            elif send.topic == "streams.inbox":
                self._customers.apply(send.key, _bytes(send.value), 0)
            elif send.topic == "streams.rollup":
                self._company.apply(send.key, _bytes(send.value or b""), 0)
            elif isinstance(send.value, dict):
                self._sink(send.topic, _placed(send.value) if send.topic == "streams.dead-letters" else send.value)
            elif send.topic == "alerts":
                self._deleted.add(send.key.decode())
        for key, number in counts.items():
            if key[0] == "event":
                self.outcomes[key[3]] += number


def _placed(letter: dict[str, Any]) -> dict[str, Any]:
    """A dead letter that names the file and line that it stood in."""
    place = {"file": letter["topic"], "line": letter["offset"]}
    return {key: value for key, value in (letter | place).items() if key not in ("topic", "partition", "offset")}


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("an internal record is bytes")
    return value


class KpiValue(NamedTuple):
    """A KPI as the table has it."""

    value: str
    numerator: str
    denominator: str
    number: int


class ReplayResult(NamedTuple):
    """What a run left, all in memory: for tests and for small inputs."""

    as_of: int
    kpis: dict[tuple[str, str, str], KpiValue]
    alerts: list[dict[str, Any]]
    scores: list[dict[str, Any]]
    teams: list[dict[str, Any]]
    dead_letters: list[dict[str, Any]]
    outcomes: Counter[str]
    customers: list[dict[str, Any]]
    opportunities: list[dict[str, Any]]
    funnel: list[dict[str, Any]]
    campaigns: list[dict[str, Any]]
    recommendations: list[dict[str, Any]]


def replay_lines(
    lines: Iterable[bytes], policy: Policy, as_of: int | None = None, changes: Iterable[Change] = ()
) -> ReplayResult:
    """Replay lines of events and keep everything."""
    records: dict[str, list[dict[str, Any]]] = {}
    run = Replay(policy, lambda topic, record: records.setdefault(topic, []).append(record), as_of, changes)
    log = [Line(raw, "-", number) for number, raw in enumerate(lines, 1)]
    for _ in run.feed(list(run.foresee(log))):
        pass
    at = run.finish()
    kpis = {(f.employee, f.period, f.value.kpi): cells(f.value) for f in run.figures()}
    return ReplayResult(
        at,
        kpis,
        [record for record in records.get("alerts", []) if run.may_tell(record)],
        records.get("scores.employees", []),
        records.get("scores.teams", []),
        records.get("streams.dead-letters", []),
        run.outcomes,
        records.get("customers", []),
        records.get("opportunities", []),
        records.get("funnel", []),
        records.get("campaigns", []),
        records.get("recommendations", []),
    )


def cells(value: Value) -> KpiValue:
    """A value as the cells of the table: money to the cent, counts whole, all else with full precision."""
    told = text(*value.ratio, value.unit)
    if value.bottom is None:
        return KpiValue(told, told, "", value.number)
    over, under = text(value.top, value.scale, Unit.NUMBER), text(value.bottom, value.divisor, Unit.NUMBER)
    return KpiValue(told, over, under, value.number)
