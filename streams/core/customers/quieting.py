"""Silences of alerts, and of sources of events, as they begin and end, and who is to be looked at for one: a few at
once, whoever it may be at the ticks.

Where many alerts match, to look at them all at an instant would hold up the partition. So nothing waits for a silence
in the queue of deadlines: the ticks find what has begun or ended, and go on with some of the customers each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from streams.core.customers.alerting import Alerting
from streams.core.customers.silences import Silence, Silences
from streams.core.formats import tagged
from streams.core.records import key_of

KEY = key_of("unquieted")
"""The key of the record that is there while customers wait."""


class Quieting:
    """The customers of a partition that wait to be looked at again for a silence."""

    def __init__(self, silences: Silences, alerting: Alerting, customers: Mapping[str, Any]) -> None:
        self._silences, self._alerting, self._customers = silences, alerting, customers
        self._waiting: dict[str, None] = {}
        self._written = False

    def everybody(self) -> None:
        """A source begins or ceases to lag: all wait for the ticks."""
        self._waiting |= dict.fromkeys(self._alerting.customers_with_alerts())

    def concerned(self, silence: Silence) -> list[str]:
        """The customers to look at now, as a silence begins or ends; where they may be any, they wait for the ticks."""
        employee, customer_id = silence.exact("employee_id"), silence.exact("customer_id")
        if customer_id is not None:
            return [customer_id] if customer_id in self._customers else []
        if employee is not None:
            return self._alerting.customers_with_alerts_of(employee)
        self.everybody()
        return []

    def turned(self, before: int, now: int) -> list[str]:
        """The same for every silence that began or ended after one instant and up to another."""
        return [name for silence in self._silences.turned(before, now) for name in self.concerned(silence)]

    def some(self, most: int | None) -> Iterator[str]:
        """So many of those who wait; None: all."""
        for name in list(islice(self._waiting, most)):
            del self._waiting[name]
            yield name

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Its record, where that is another than last time."""
        if self._written != bool(self._waiting):
            self._written = bool(self._waiting)
            yield KEY, tagged([]) if self._waiting else None

    def restore(self) -> None:
        """There is a record."""
        self._written = True

    def restored(self) -> None:
        """Every alert has been given. Of those who waited nobody wrote down how far they had got."""
        if self._written:
            self._waiting = dict.fromkeys(self._alerting.customers_with_alerts())
