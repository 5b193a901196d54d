"""Erasures in one partition, from the moment at which one is heard of: it waits (see `pending`), then whatever is kept
of the customer (see `erasing`) or of the employee (see `departing`) goes, each place in its turn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

from streams.core.customers.alerting import Alerting
from streams.core.customers.cascading import Cascade
from streams.core.customers.changes import Changer
from streams.core.customers.departing import Departing
from streams.core.customers.erasing import KIND as ERASED
from streams.core.customers.erasing import REFUSED, Erasing
from streams.core.customers.exchange import Exchange
from streams.core.customers.host import Host
from streams.core.customers.learning import Learning
from streams.core.customers.matching import Matching
from streams.core.customers.merging import Merging
from streams.core.customers.pending import KIND as PENDING
from streams.core.customers.pending import Pending, Waiting
from streams.core.customers.state import DESK
from streams.core.records import case_of
from streams.events import Event


class ForgettingHost(Host, Protocol):
    """The partition in which it happens."""

    def judge(self) -> None:
        """Say what has happened so far."""

    def renew(self, name: str) -> None:
        """Put a new record in the place of what is kept under a name."""

    def introduce(self, employees: Iterable[str]) -> None:
        """Say with the next flush who these are."""


class Forgetting:
    """Who is to be erased, and how that is done."""

    def __init__(
        self,
        erasing: Erasing,
        departing: Departing,
        matching: Matching,
        exchange: Exchange,
        merging: Merging,
        learning: Learning,
        changer: Changer,
        cascade: Cascade,
        alerting: Alerting,
        host: ForgettingHost,
    ) -> None:
        self._erasing, self._departing, self._matching, self._exchange = erasing, departing, matching, exchange
        self._merging, self._learning, self._changer, self._cascade = merging, learning, changer, cascade
        self._alerting, self._host = alerting, host
        self._pending = Pending()

    def await_customer(self, name: str, time: int) -> None:
        """A customer was erased at an instant."""
        self._pending.add(name, time)

    def await_employee(self, employee: str, time: int) -> None:
        """An employee was."""
        self._pending.add(DESK + employee, time, self._departing.name_for(employee))

    def go_on(self, final: bool) -> None:
        """A tick has come: erase whoever has waited for long enough."""
        for name, waiting in self._pending.due(final):
            if name.startswith(DESK):
                self._depart(name.removeprefix(DESK), waiting)
            elif (customer := self._host.dossier(name)).merged is not None:
                self._merging.erase(customer, waiting.time)
            else:
                self.erase(name, waiting.time)

    def erase(self, name: str, time: int) -> None:
        """Let nothing be kept of a customer, nor of those that it is besides."""
        self._host.judge()  # what has happened before
        customer = self._host.dossier(name)
        others = sorted(customer.parts.keys() - {name})
        self._matching.forget(customer)
        self._exchange.forget(self._erasing.clear(customer, time))
        self._changer.opportunities -= len(customer.opportunities)
        self._host.renew(name)
        self._merging.forget(others, time)

    def _depart(self, employee: str, waiting: Waiting) -> None:
        """An employee is erased, in every partition; at home the desk too."""
        self._host.judge()  # what has happened before
        managed = self._departing.forget(employee, waiting.pseudonym)
        self._host.introduce(name for name in managed if self._cascade.is_home(name))
        self._cascade.depart(employee)
        for who in (employee, *managed):
            for name in self._alerting.customers_with_alerts_of(who):
                self._learning.look_again(name)
        self._erasing.efface_employee(employee)
        if self._cascade.is_home(employee):
            self.erase(DESK + employee, waiting.time)
            self._host.introduce(self._departing.tell(employee))
            self._alerting.outbox.away(employee)

    def refuse(self, event: Event, customer: str) -> str:
        """Refuse what comes of a customer that is erased; whose the case is that it tells of may be known by now."""
        case = case_of(event)
        if case is not None:
            self._exchange.forget(self._erasing.cases(customer, [":".join(case)]))
        return REFUSED

    @property
    def names(self) -> Collection[str]:
        """The customers of whom nothing is kept any more."""
        return self._erasing.names

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The records that changed since the last time."""
        yield from self._pending.take_states()
        yield from self._erasing.take_states()

    def restore(self, kind: str, name: str, value: bytes) -> bool:
        """Put back a record that `take_states` gave; whether it is one."""
        if kind == PENDING:
            self._pending.restore(name, value)
        elif kind == ERASED:
            self._erasing.restore(name)
        else:
            return False
        return True
