"""Whom alerts concern: what changes of that goes to the partitions of the recipients, each alert as it stands now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from streams.core.alerts import Cause, Status
from streams.core.customers.cases import Standing
from streams.core.customers.expiry import NOBODY as ALERTS
from streams.core.customers.expiry import End, Expiry
from streams.core.formats import tagged
from streams.core.notices.facts import PASSED_ON, RESOLVED, WITHDRAWN, Away, Notice, away_key, notice_key
from streams.core.organisation import Organisation
from streams.core.stage import Send

Told = Mapping[str, Any]
"""The record of an alert."""

NOBODY: Mapping[str, int] = {}
"""Since when recipients hear of an alert that nobody hears of later than it fired."""


class Outbox:
    """What is to be said to recipients since the last flush; of one alert and recipient, the last word."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], tuple[str, Notice]] = {}
        self._away: set[str] = set()
        self._sent: dict[str, tuple[str, Standing]] = {}

    def tell(
        self, record: Told, alert: Standing, customer: str, former: Standing | None, since: Mapping[str, int]
    ) -> None:
        """An alert of a customer is sent as `record`; `former` is what was sent before. `since`: from when on each
        recipient hears of it, us, where that is later than it fired."""
        self._sent[alert.id] = customer, alert
        status = record["status"]
        if status == Status.RESOLVED:
            status = WITHDRAWN if record["reason"] == Cause.WITHDRAWN else RESOLVED
        heard = _heard(alert)
        for who in heard:
            self._say(who, status, record, alert, customer, since.get(who, 0))
        gone = WITHDRAWN if status in (WITHDRAWN, Status.PENDING) else PASSED_ON
        for who in _heard(former):
            if who not in heard:
                self._say(who, gone, record, alert, customer, 0)

    def drop(self, alerts: Collection[str]) -> list[tuple[str, str]]:
        """Say nothing of alerts; what would have been said, by alert and recipient."""
        dropped = [(id, who) for who, id in self._said if id in alerts]
        for id, who in dropped:
            del self._said[who, id]
        return dropped

    def away(self, employee: str) -> None:
        """Somebody's absences are others now."""
        self._away.add(employee)

    def note(self, expiry: Expiry | None) -> None:
        """Have it noted which alerts were sent as over since the last time, and which as standing."""
        if expiry is not None:
            for id, (customer, alert) in self._sent.items():
                over = None if alert.ended is None else End(alert.ended, alert.rule, alert.employee or "")
                expiry.note(customer, id, ALERTS, over)
        self._sent = {}

    def take(
        self, version: int, origin: int, organisation: Organisation, expiry: Expiry | None, clock: int
    ) -> list[Send]:
        """The facts of all that was said, as of an inbox offset. Those of what is over by the `clock` are noted."""
        sends = [
            Send(
                "streams.facts",
                away_key(who, origin),
                None if who in organisation.pseudonyms else tagged(Away(version, organisation.absences(who))),
                who,
            )
            for who in sorted(self._away)
        ]
        for (who, alert), (customer, notice) in self._said.items():
            if who in organisation.pseudonyms:  # who was erased hears nothing
                sends.append(Send("streams.facts", notice_key(who, alert, origin), None, who))
                continue
            if expiry is not None:
                expiry.note(customer, alert, who, None if notice.stands else End(clock, ""))
            fact = msgspec.structs.replace(notice, version=version)
            sends.append(Send("streams.facts", notice_key(who, alert, origin), tagged(fact), who))
        self._said, self._away = {}, set()
        return sends

    def __len__(self) -> int:
        return len(self._said) + len(self._away)

    def _say(self, who: str, status: str, record: Told, alert: Standing, customer: str, since: int) -> None:
        fired = alert.fired if alert.fired is not None else alert.started
        notice = Notice(
            version=0,
            status=status,
            rule=alert.rule,
            severity=record["severity"],
            level=alert.level,
            subject=f"{customer} {alert.invoice or alert.case or alert.opportunity or ''}",
            since=max(since, fired),
            fired=fired,
            ended=alert.ended,
            employee=alert.employee,
            customer=record["customer_id"],
            opportunity=alert.opportunity,
            suppressed=record["suppressed_by"],
            summary=record["summary"],
        )
        self._said[who, alert.id] = customer, notice


def _heard(alert: Standing | None) -> tuple[str, ...]:
    """Who hears of an alert: nobody before it fires."""
    return () if alert is None or alert.fired is None else alert.recipients
