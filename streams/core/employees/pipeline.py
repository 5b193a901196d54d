"""What each employee adds to the funnel of a period, on its way from the facts to the company.

Facts of the pipeline come in buckets of their own (`pipeline m24314`), so that what has to do with contacts, contracts
and payments alone neither changes them nor is changed by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from streams.core import funnel
from streams.core.employees.state import Employee
from streams.core.formats import reader, tagged
from streams.core.funnel import Nets, nets_of
from streams.core.ledger import DAYS, Measures
from streams.core.page import Page
from streams.core.periods import buckets_of, current, touched_by
from streams.core.records import Contribution, Share, key_of, packed, unpacked
from streams.core.stage import Send
from streams.policy.periods import ROLLING, days, months

KIND = "pipeline"
"""How the names of its buckets begin, and the last part of its keys on the way to the company."""
PUBLISHED = "published_pipeline"
"""The first of the two parts of the key of an employee's record of periods in the state topic."""

Target = Callable[[str, str], int | None]
"""An employee and a period to the target for the amount won, in atoms."""

_read_published = reader(list[str])
State = tuple[bytes, bytes | None]


class Pipelines:
    """The funnel of one partition's employees. Contributions are absolute, as those to KPIs are."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._people: dict[str, Employee] = {}
        self._nets: dict[tuple[str, str], Nets] = {}
        self._due: dict[str, Employee] = {}
        self._republished: set[str] = set()

    def take(self, employee_id: str, bucket: str, origin: int, contribution: Contribution) -> bool:
        """Take in what an origin knows of a bucket; False for what is older than that."""
        person = self._people.get(employee_id)
        if person is None:
            person = self._people[employee_id] = Employee(employee_id)
        added = person.contribute(bucket, origin, contribution.version, unpacked(contribution.measures))
        if added is None:
            return False
        person.due.update(touched_by(bucket, self._page.today))
        net = nets_of(person.sums[bucket])
        if bucket != "now" and net != self._nets.get((employee_id, bucket), {}):
            self._nets[employee_id, bucket] = net
            person.due.update(period for period in person.published if _follows(period, bucket))
        self._due[employee_id] = person
        return True

    def restore_published(self, employee_id: str, value: bytes) -> None:
        """Put back which periods of an employee are published."""
        person = self._people.setdefault(employee_id, Employee(employee_id))
        person.published = set(_read_published(value))

    def restored(self) -> None:
        """Every record has been given; all of it had been handed on."""
        for person in self._people.values():
            person.due.clear()
        self._due.clear()

    def touch(self, employee_id: str) -> None:
        """The employee's team is another, or a target."""
        person = self._people.get(employee_id)
        if person is not None:
            person.due |= person.published
            self._due[employee_id] = person

    def touch_all(self) -> None:
        """The policy is another, and targets may be."""
        for name in self._people:
            self.touch(name)

    def turn(self, before: int, new_day: bool, states: dict[bytes, bytes | None]) -> None:
        """Time moved on: whatever had not ended when it was judged last is judged again; old days are dropped."""
        today, oldest = self._page.today, self._page.today - DAYS
        for person in self._people.values():
            periods = {p for bucket in person.buckets() for p in touched_by(bucket, today)} | person.published
            person.due |= {period for period in periods if self._page.was_open(period, before)}
            self._due[person.id] = person
            if new_day:
                for bucket in [b for b in person.buckets() if b[0] == "d" and int(b[1:]) <= oldest]:
                    self._nets.pop((person.id, bucket), None)
                    for origin in person.forget(bucket):
                        states[key_of(person.id, f"{KIND} {bucket}", origin)] = None

    def flush(self, version: int, team: Callable[[str], str | None], target: Target) -> Iterator[Send]:
        """What each employee adds to each period that changed, for the company. Nothing before the time is known."""
        if self._page.known:
            for person in self._due.values():
                for period in sorted(person.due):
                    yield from self._hand_on(person, period, version, team, target)
        for person in self._due.values():
            person.due.clear()
        self._due.clear()

    def take_states(self) -> Iterator[State]:
        """Which periods are published, of those of whom that changed."""
        for name in sorted(self._republished):
            yield key_of(PUBLISHED, name), tagged(sorted(self._people[name].published))
        self._republished.clear()

    def _hand_on(
        self, person: Employee, period: str, version: int, team: Callable[[str], str | None], target: Target
    ) -> Iterator[Send]:
        key = key_of(person.id, period, KIND)
        measures = self.measures(person, period)
        if not measures:
            if period in person.published:
                person.published.discard(period)
                self._republished.add(person.id)
                yield Send("streams.rollup", key, b"", 0)
            return
        if period not in person.published:
            person.published.add(period)
            self._republished.add(person.id)
        if period in current(self._page.today) and (goal := target(person.id, period)):
            measures["target"] = goal
        share = Share(version, self._page.now, team(person.id), packed(measures))
        yield Send("streams.rollup", key, tagged(share), 0)

    def measures(self, person: Employee, period: str) -> Measures:
        """The sums of a period with the lines of its bridge; empty where nothing happened in it and nothing stands."""
        today = self._page.today
        contains_now = period in current(today)
        sums = person.total([*buckets_of(period, today), *(("now",) if contains_now else ())])
        if not sums:
            return {}
        inside = _inside(period)
        unexplained = self._unexplained(person) if contains_now else ()
        lines = funnel.bridge(sums, self._earlier(person, period), unexplained, inside)
        kept = {name: value for name, value in sums.items() if not name.startswith((funnel.FLOW, funnel.FLOW_AMOUNT))}
        if contains_now:
            chances = [v for n, v in kept.items() if n.startswith("standing_expected:") and inside(n.partition(":")[2])]
            if sum(chances):
                lines["likely"] = sum(chances)
            kept = {name: value for name, value in kept.items() if not name.startswith(funnel.STANDING)}
        return kept | lines

    def _earlier(self, person: Employee, period: str) -> Iterator[Nets]:
        """What had flowed before a period began; of a rolling one: all that ever did, less what did since."""
        if period not in ROLLING:
            first = months(period).start
            yield from (self._net(person, b) for b in person.buckets() if b[0] == "m" and int(b[1:]) < first)
            return
        yield from (self._net(person, bucket) for bucket in person.buckets() if bucket[0] == "m")
        first = days(period, self._page.today).start
        for bucket in person.buckets():
            if bucket[0] == "d" and int(bucket[1:]) >= first:
                yield _negative(self._net(person, bucket))

    def _unexplained(self, person: Employee) -> Iterable[Nets]:
        """What all flows of all time come to, less what stands at this moment."""
        yield from (self._net(person, bucket) for bucket in person.buckets() if bucket[0] == "m")
        standing: dict[str, list[int]] = {}
        for name, value in person.sums.get("now", {}).items():
            kind, _, close = name.partition(":")
            if kind in ("standing", "standing_amount"):
                standing.setdefault(close, [0, 0])[kind != "standing"] -= value
        yield {close: (count, amount) for close, (count, amount) in standing.items()}

    def _net(self, person: Employee, bucket: str) -> Nets:
        return self._nets.get((person.id, bucket), {})


def _inside(period: str) -> Callable[[str], bool]:
    """Which expected closes make the pipeline of a period."""
    if period in ROLLING:
        return lambda close: True
    span = months(period)
    return lambda close: close == funnel.UNDATED or int(close) in span


def _follows(period: str, bucket: str) -> bool:
    """Whether the opening of a period depends on what flowed in a bucket."""
    if bucket[0] == "d":
        return False  # its month says so too
    return period in ROLLING or months(period).start > int(bucket[1:])


def _negative(nets: Nets) -> Nets:
    return {close: (-count, -amount) for close, (count, amount) in nets.items()}
