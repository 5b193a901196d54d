"""What the employees of a partition add to the funnels of their teams, on its way from the facts to the company.

Facts of the pipeline come in buckets of their own (`pipeline m24314`), so that what has to do with contacts, contracts
and payments alone neither changes them nor is changed by them. Nobody asks for the funnel of one employee: what goes on
is the sum of a team's members by bucket, absolute as the facts are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from streams.core.employees.state import Employee
from streams.core.formats import tagged
from streams.core.funnel import COMPANY
from streams.core.ledger import DAYS, Measures
from streams.core.page import Page
from streams.core.periods import current
from streams.core.records import Contribution, key_of, packed, unpacked
from streams.core.stage import Send

KIND = "pipeline"
"""How the names of its buckets begin."""

Target = Callable[[str, str], int | None]
"""An employee and a period to the target for the amount won, in atoms."""


class Pools:
    """The sums of every team's members in one partition. Those without a team make a pool of their own."""

    def __init__(self, page: Page, origin: int) -> None:
        self._page, self._origin = page, origin
        self._people: dict[str, Employee] = {}
        self._teams: dict[str, str] = {}
        self._sums: dict[tuple[str, str], Measures] = {}
        self._changed: set[tuple[str, str]] = set()
        self._targets: dict[str, dict[str, int]] = {}
        self._known: set[str] = set()
        """Everybody who has a record or a target."""
        self._aimed: set[str] = set()

    def take(self, employee_id: str, bucket: str, origin: int, contribution: Contribution) -> bool:
        """Take in what an origin knows of an employee's bucket; False for what is older than that."""
        person = self._people.get(employee_id)
        if person is None:
            person = self._people[employee_id] = Employee(employee_id)
        added = person.contribute(bucket, origin, contribution.version, unpacked(contribution.measures))
        if added is None:
            return False
        self._add(self._teams.get(employee_id, COMPANY), bucket, added, 1)
        return True

    def join(self, employee_id: str, team: str | None) -> None:
        """The employee's record is another: this is the team now."""
        former = self._teams.get(employee_id, COMPANY)
        self._teams[employee_id] = team or COMPANY
        self.aim(employee_id)
        if former != (team or COMPANY):
            person = self._people.get(employee_id)
            for bucket, measures in person.sums.items() if person is not None else ():
                self._add(former, bucket, measures, -1)
                self._add(team or COMPANY, bucket, measures, 1)
            for period, target in self._targets.get(employee_id, {}).items():
                self._add(former, f"target {period}", {"target": target}, -1)
                self._add(team or COMPANY, f"target {period}", {"target": target}, 1)

    def depart(self, employee_id: str) -> dict[bytes, None]:
        """Forget an employee; the keys of the states that are to be deleted."""
        person, team = self._people.pop(employee_id, None), self._teams.pop(employee_id, COMPANY)
        self._known.discard(employee_id)
        self._aimed.discard(employee_id)
        for period, target in self._targets.pop(employee_id, {}).items():
            self._add(team, f"target {period}", {"target": target}, -1)
        if person is None:
            return {}
        for bucket, measures in person.sums.items():
            self._add(team, bucket, measures, -1)
        return {key_of(employee_id, f"{KIND} {bucket}", origin): None for bucket, origin in person.shares()}

    def aim(self, employee_id: str | None = None) -> None:
        """An employee's targets may be others, or everybody's."""
        if employee_id is not None:
            self._known.add(employee_id)
        self._aimed.update(self._known if employee_id is None else (employee_id,))

    def forget(self, states: dict[bytes, bytes | None]) -> None:
        """On a new day: drop the days that are out of reach."""
        oldest = self._page.today - DAYS
        for person in self._people.values():
            for bucket in [b for b in person.buckets() if b[0] == "d" and int(b[1:]) <= oldest]:
                self._add(self._teams.get(person.id, COMPANY), bucket, person.sums[bucket], -1)
                for origin in person.forget(bucket):
                    states[key_of(person.id, f"{KIND} {bucket}", origin)] = None

    def restored(self, target: Target) -> None:
        """Every record has been given; all that it comes to had been handed on."""
        self.aim()
        self._take_aim(target)
        self._changed.clear()

    def flush(self, version: int, target: Target) -> Iterator[Send]:
        """The sums that changed, for the company."""
        self._take_aim(target)
        for place in sorted(self._changed):
            sums = self._sums.get(place)
            share = Contribution(version, self._page.now, packed(sums)) if sums else None
            value = b"" if share is None else tagged(share)
            yield Send("streams.rollup", key_of(*place, self._origin), value, 0)
        self._changed.clear()

    def _take_aim(self, target: Target) -> None:
        """Targets count in the periods that contain now."""
        periods = current(self._page.today) if self._page.known else ()
        for name in self._aimed if periods else ():
            found = {period: goal for period in periods if (goal := target(name, period))}
            known = self._targets.get(name, {})
            if found != known:
                team = self._teams.get(name, COMPANY)
                for goals, sign in ((known, -1), (found, 1)):
                    for period, goal in goals.items():
                        self._add(team, f"target {period}", {"target": goal}, sign)
                self._targets[name] = found
        if periods:
            self._aimed.clear()

    def _add(self, team: str, bucket: str, measures: Measures, sign: int) -> None:
        sums = self._sums.setdefault((team, bucket), {})
        for measure, value in measures.items():
            total = sums.get(measure, 0) + sign * value
            if total:
                sums[measure] = total
            else:
                sums.pop(measure, None)
        if not sums:
            del self._sums[team, bucket]
        self._changed.add((team, bucket))
