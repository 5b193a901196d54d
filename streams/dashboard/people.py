"""Who works here, as the events of crm.employees say: the directory, the teams, and the tree of managers."""

from __future__ import annotations

from typing import Final, NamedTuple

from streams.core.organisation import Organisation
from streams.events import EmployeeErased, EmployeeUpserted, Rejected, decode
from streams.events.instants import to_us

NOBODY: Final[frozenset[str]] = frozenset()


class Employee(NamedTuple):
    """A person as the newest record has it."""

    id: str
    name: str | None
    role: str | None
    team: str | None
    department: str | None
    manager_id: str | None
    active: bool
    level: str | None
    region: str | None


class People:
    """Takes records of crm.employees in any order and answers who is who."""

    def __init__(self) -> None:
        self._organisation = Organisation()
        self._people: dict[str, Employee] = {}
        self._erased: set[str] = set()
        self._reports: dict[str, set[str]] = {}
        self._teams: dict[str, set[str]] = {}
        self._trees: dict[str, frozenset[str]] = {}

    def __len__(self) -> int:
        return len(self._people)

    def take(self, value: bytes | None) -> bool:
        """A record of the topic; says whether it is an event of this kind at all."""
        event = decode(value)
        if isinstance(event, Rejected):
            return False
        if isinstance(event.data, EmployeeUpserted):
            self._organisation.learn((to_us(event.time), event.source, event.id), event.data)
            self._renew(event.data.employee_id)
        elif isinstance(event.data, EmployeeErased):
            self._erased.add(event.data.employee_id)
            if event.data.employee_id in self._people:
                self._renew(event.data.employee_id)
        return True

    def _renew(self, id: str) -> None:
        fields = self._organisation.record(id)
        person = Employee(
            id,
            None if id in self._erased else fields.get("name"),
            fields.get("role"),
            fields.get("team"),
            fields.get("department"),
            fields.get("manager_id"),
            fields.get("active") is not False,
            fields.get("level"),
            fields.get("region"),
        )
        known = self._people.get(id)
        self._people[id] = person
        if known is None or known.team != person.team:
            _move(self._teams, id, known and known.team, person.team)
        if known is None or known.manager_id != person.manager_id:
            _move(self._reports, id, known and known.manager_id, person.manager_id)
            self._trees.clear()

    def get(self, id: str) -> Employee | None:
        """Somebody by id."""
        return self._people.get(id)

    def name(self, id: str | None) -> str | None:
        """What somebody is called, where it was said."""
        person = self._people.get(id or "")
        return None if person is None else person.name

    def all(self) -> list[Employee]:
        """Everybody, by id."""
        return [self._people[id] for id in sorted(self._people)]

    def teams(self) -> list[str]:
        """Every team that somebody is in."""
        return sorted(self._teams)

    def members(self, team: str) -> frozenset[str]:
        """Who is in a team now."""
        return frozenset(self._teams.get(team, NOBODY))

    def manager_of(self, team: str) -> str | None:
        """Whom most of a team's members report to; of as many the first by id."""
        counts: dict[str, int] = {}
        for id in self._teams.get(team, NOBODY):
            above = self._people[id].manager_id
            if above is not None and self._people[id].active:
                counts[above] = counts.get(above, 0) + 1
        return min(counts, key=lambda one: (-counts[one], one)) if counts else None

    def department_of(self, team: str) -> str | None:
        """The department of a team's members; of several the first by name."""
        names = (self._people[id].department for id in self._teams.get(team, NOBODY))
        return min((name for name in names if name is not None), default=None)

    def tree(self, id: str) -> frozenset[str]:
        """Somebody and all who report to them, over however many steps; a circle of managers ends where it began."""
        found = self._trees.get(id)
        if found is None:
            seen, rest = {id}, [id]
            while rest:
                below = self._reports.get(rest.pop(), NOBODY) - seen
                seen |= below
                rest += below
            found = self._trees[id] = frozenset(seen)
        return found

    def search(self, text: str, team: str | None = None) -> list[Employee]:
        """Whose id or name holds a text, whatever its case, by id."""
        text = text.casefold()
        ids = self._people if team is None else self._teams.get(team, NOBODY)
        people = (self._people[id] for id in sorted(ids))
        return [one for one in people if text in one.id.casefold() or text in (one.name or "").casefold()]


def _move(places: dict[str, set[str]], id: str, before: str | None, now: str | None) -> None:
    if before is not None:
        places[before].discard(id)
        if not places[before]:
            del places[before]
    if now is not None:
        places.setdefault(now, set()).add(id)
