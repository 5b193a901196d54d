"""What every partition is told of: employees and their absences, targets, silences; and who is looked at for it.

Where it may concern any customer, all are gone through, some of them at each tick: for a silence (see `quieting`), for
another team or role (see `regrouping`), for a role that becomes known late (see `recasting`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from streams.core.customers.alerting import Alerting
from streams.core.customers.cascading import Cascade
from streams.core.customers.casework import end_of, start_of
from streams.core.customers.quieting import KEY as QUIETING
from streams.core.customers.quieting import Quieting
from streams.core.customers.recasting import KEY as RECASTING
from streams.core.customers.recasting import Recasting
from streams.core.customers.regrouping import KEY as REGROUPING
from streams.core.customers.regrouping import Regrouping
from streams.core.customers.roster import Roster
from streams.core.customers.sharing import Sharing
from streams.core.customers.silences import Silences
from streams.core.customers.state import Customer
from streams.core.history import History
from streams.core.organisation import Absence, Organisation
from streams.events import AlertSilenced, EmployeeAbsent, EmployeeUpserted, Event, TargetSet
from streams.policy import Policy


class LearningHost(Protocol):
    """The partition that is told."""

    @property
    def now(self) -> int:
        """Its clock, us."""

    def judge(self) -> None:
        """Say what has happened so far."""

    def about(self, name: str) -> Customer:
        """What is kept under a name, about to be told of otherwise."""


class Learning:
    """What one partition knows besides its customers. With `keep` there are ticks, which some may wait for; without it
    all is done at once."""

    def __init__(
        self,
        policy: Policy,
        organisation: Organisation,
        cascade: Cascade,
        silences: Silences,
        alerting: Alerting,
        sharing: Sharing,
        customers: Roster,
        keep: bool,
        host: LearningHost,
    ) -> None:
        self._policy, self._organisation, self._cascade, self._silences = policy, organisation, cascade, silences
        self._alerting, self._sharing, self._customers, self._keep = alerting, sharing, customers, keep
        self._host = host
        self._regrouping, self._recasting = Regrouping(), Recasting()
        self._quieting = Quieting(silences, alerting, customers)

    def adopt(self, policy: Policy) -> None:
        """Go by another policy from now on."""
        self._policy = policy

    def take(self, event: Event, time: int) -> None:
        """Take in what every partition is told of; any other event says nothing here."""
        data, stamp = event.data, (time, event.source, event.id)
        if isinstance(data, TargetSet):
            self._cascade.set(stamp, data)
            return
        self._host.judge()  # what has happened before
        if isinstance(data, EmployeeUpserted):
            affected = self._employee(data, stamp)
        elif isinstance(data, EmployeeAbsent):
            absence = Absence(*stamp, start_of(data.from_, self._policy), end_of(data.to, self._policy))
            known = not self._organisation.excuse(data.employee_id, absence)
            affected = [] if known else self._alerting.customers_with_alerts_of(data.employee_id)
        elif isinstance(data, AlertSilenced) and (silence := self._silences.learn(stamp, data)) is not None:
            affected = self._quieting.concerned(silence)
        else:
            return
        for name in affected:
            self.look_again(name)

    def _employee(self, data: EmployeeUpserted, stamp: tuple[int, str, str]) -> list[str]:
        """Learn of an employee; the customers to be looked at for it."""
        who, organisation = data.employee_id, self._organisation
        team, role, former = organisation.team(who), organisation.role(who), list(organisation.roles_of(who).changes)
        if not organisation.learn(stamp, data):
            return []
        time = stamp[0]
        other = History(former).at(time) != organisation.roles_of(who).at(time)
        if other and time <= self._host.now and self._alerting.asks_for_roles:
            self._recasting.begin(who, former, time)
            if not self._keep:
                self._recast(True)  # nobody waits for a tick
        others = self._keep and organisation.team(who) != team
        if self._customers and (others or organisation.role(who) != role):
            self.regroup()
        self._cascade.people_changed()
        return self._alerting.customers_with_alerts_of(who)

    def regroup(self) -> None:
        """All customers are to be looked at, some of them at each tick."""
        self._regrouping.begin()

    def look_again(self, name: str) -> None:
        """Judge a customer by what is known by now."""
        self._alerting.look_again(self._host.about(name), self._host.now)

    def lagged(self) -> None:
        """A source begins or ceases to lag."""
        self._quieting.everybody()

    def passed(self, before: int, now: int) -> None:
        """Time went from an instant to another, at which silences may have begun or ended."""
        if self._silences and before < now:
            for name in self._quieting.turned(before, now):
                self.look_again(name)

    def go_on(self, most: int | None, final: bool) -> None:
        """Look at more of those who wait: at `most` of them for a silence; at all at the final tick."""
        for name in self._quieting.some(most):
            self.look_again(name)
        for name in self._regrouping.some(final, self._customers):
            customer = self._host.about(name)
            self._sharing.look(customer)
            customer.whole = True
        self._recast(final)

    def _recast(self, everybody: bool) -> None:
        """Judge some customers, or all, by the roles that became known."""
        for name, judged in self._recasting.some(everybody, self._customers):
            self._alerting.recast(self._host.about(name), judged.since, self._host.now, judged.roles)

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The records of who waits, where they are others than last time."""
        yield from self._regrouping.take_states()
        yield from self._recasting.take_states()
        yield from self._quieting.take_states()

    def restore(self, key: bytes, value: bytes) -> bool:
        """Put back a record that `take_states` gave; whether it is one."""
        if key == REGROUPING:
            self._regrouping.restore()
        elif key == RECASTING:
            self._recasting.restore(value)
        elif key == QUIETING:
            self._quieting.restore()
        else:
            return False
        return True

    def restored(self) -> None:
        """Every alert has been given."""
        self._quieting.restored()
