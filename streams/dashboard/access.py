"""Who may see what. Every question of it is answered here."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from streams.dashboard.alerts import Facts
from streams.dashboard.people import People


class Role(StrEnum):
    """What somebody is to the dashboard."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    OPERATIONS = "operations"
    HR = "hr"
    ADMIN = "admin"


class Kind(StrEnum):
    """A kind of thing that is seen or done."""

    ALERTS = "alerts"
    SCORES = "scores"
    """Scorecards, KPIs, rankings."""
    DEALS = "deals"
    """Customers, opportunities, funnels."""
    ADVICE = "recommendations"
    HEALTH = "health"
    DECIDE = "decide"
    """To decide about a recommendation."""
    SILENCE = "silence"
    """To keep alerts quiet."""


class Reach(StrEnum):
    """Of whose things."""

    SELF = "self"
    TREE = "tree"
    """Of all who report to them, and their own."""
    ALL = "all"


MAY: Final[Mapping[Role, Mapping[Kind, Reach]]] = {
    Role.EMPLOYEE: {
        Kind.ALERTS: Reach.SELF, Kind.SCORES: Reach.SELF, Kind.DEALS: Reach.SELF, Kind.ADVICE: Reach.SELF,
    },
    Role.MANAGER: {
        Kind.ALERTS: Reach.TREE, Kind.SCORES: Reach.TREE, Kind.DEALS: Reach.TREE, Kind.ADVICE: Reach.TREE,
        Kind.DECIDE: Reach.TREE, Kind.SILENCE: Reach.TREE,
    },
    Role.OPERATIONS: {
        Kind.ALERTS: Reach.ALL, Kind.DEALS: Reach.ALL, Kind.HEALTH: Reach.ALL, Kind.SILENCE: Reach.ALL,
    },
    Role.HR: {Kind.SCORES: Reach.ALL, Kind.ADVICE: Reach.ALL, Kind.DECIDE: Reach.ALL},
    Role.ADMIN: dict.fromkeys(Kind, Reach.ALL),
}  # fmt: skip
"""What is not listed is not allowed."""

TOPICS: Final[Mapping[str, Kind]] = {
    "alerts": Kind.ALERTS,
    "scores": Kind.SCORES,
    "kpis": Kind.SCORES,
    "teams": Kind.SCORES,
    "funnel": Kind.DEALS,
    "recommendations": Kind.ADVICE,
}
"""The topics of the event stream, and what must be allowed for each."""

Scope = frozenset[str] | None
"""The employees whose things are seen; None: everybody's, and those that are nobody's."""


class Reader(NamedTuple):
    """Who asks. `employee_id` is None for somebody who is no employee."""

    role: Role
    employee_id: str | None
    name: str
    """Who it is in audit records, and in the commands given."""
    expires: int | None = None
    """When it has to sign in again, us."""


class Forbidden(Exception):
    """The reader may not; the message is one sentence."""


class Access:
    """What a reader may see, by the tree of managers as it is now."""

    def __init__(self, people: People) -> None:
        self._people = people

    def may(self, reader: Reader, kind: Kind) -> bool:
        """Whether the reader may see anything of a kind."""
        return kind in MAY[reader.role]

    def scope(self, reader: Reader, kind: Kind) -> Scope:
        """Whose things of a kind. Raises `Forbidden` where there are none that the reader may see."""
        reach = MAY[reader.role].get(kind)
        if reach is None:
            raise Forbidden(f"The role {reader.role} sees no {kind}.")
        if reach is Reach.ALL:
            return None
        if reader.employee_id is None:
            raise Forbidden(f"The role {reader.role} sees {kind} of an employee, and the token names none.")
        if reach is Reach.SELF:
            return frozenset((reader.employee_id,))
        return self._people.tree(reader.employee_id)

    def people(self, reader: Reader) -> Scope:
        """Whose names. Raises `Forbidden` as above."""
        kind = next(kind for kind in (Kind.SCORES, Kind.ALERTS) if kind in MAY[reader.role])
        return self.scope(reader, kind)

    def check_all(self, reader: Reader, kind: Kind) -> None:
        """Raises `Forbidden` unless everything of the kind may be seen."""
        if self.scope(reader, kind) is not None:
            raise Forbidden(f"The role {reader.role} does not see {kind} of everybody.")

    def check_employee(self, reader: Reader, kind: Kind, employee: str | None) -> None:
        """Raises `Forbidden` unless the things of an employee, or of nobody, may be seen."""
        scope = self.scope(reader, kind)
        if scope is not None and employee not in scope:
            raise Forbidden(f"The role {reader.role} does not see {kind} of {employee or 'nobody in particular'}.")

    def check_team(self, reader: Reader, kind: Kind, team: str) -> None:
        """Raises `Forbidden` unless a team may be seen: by who sees all, and by those to whom members report."""
        scope = self.scope(reader, kind)
        if scope is not None and (MAY[reader.role][kind] is Reach.SELF or not self._manages(scope, reader, team)):
            raise Forbidden(f"The role {reader.role} does not see {kind} of the team {team}.")

    def _manages(self, scope: frozenset[str], reader: Reader, team: str) -> bool:
        return any(one in scope for one in self._people.members(team) if one != reader.employee_id)

    def hears(self, reader: Reader, topic: str, facts: Facts) -> bool:
        """Whether a change on the event stream is for the reader.

        A team's scores hold those of all members, so they are for who sees every one of them.
        """
        kind = TOPICS[topic]
        try:
            scope = self.scope(reader, kind)
        except Forbidden:
            return False
        if scope is None:
            return True
        if facts.employee is not None:
            return facts.employee in scope
        if topic not in ("teams", "funnel") or not facts.team:
            return False
        members = self._people.members(facts.team)
        return bool(members) and members <= scope and MAY[reader.role][kind] is Reach.TREE
