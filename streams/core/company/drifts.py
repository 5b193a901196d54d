"""The alert `goal.drift`: what was set for a team, a department or the company is not what its parts come to.

It stands from the newest target that was set for the KPI in the year until the period is over, as long as the parts
are by more than the rule's tolerance above or below the whole. The ladder of the rule names who hears of it: a drift
has no owner. Targets keep no history, so an alert that other targets
take away is withdrawn, as if it had never been: what is told follows from the targets alone, whatever their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from streams.core.alerts import Cause, Status, episode_id
from streams.core.company.aims import Drift, TeamAims
from streams.core.formats import reader, tagged
from streams.core.page import Page
from streams.core.ratio import Ratio, exactly
from streams.core.records import key_of
from streams.core.stage import Send
from streams.core.targets import TEAM
from streams.core.units import QUANTITY
from streams.events.instants import iso
from streams.policy import Policy, RulePolicy
from streams.policy.periods import days

KIND = "drift"
"""The first part of the keys of its state records."""
RULE = "goal.drift"


class Key(NamedTuple):
    """What an alert is about; `scope` is `team:<id>`, `department:<id>` or `company`."""

    rule: str
    scope: str
    kpi: str
    period: str

    @property
    def id(self) -> str:
        """The alert's id."""
        return episode_id(self.rule, "\0".join(self[1:]), 0)


class Told(msgspec.Struct, array_like=True, frozen=True):
    """An alert as it was told. Instants in microseconds, sums in atoms."""

    status: str
    cause: str
    started: int
    fired: int | None
    ended: int | None
    level: int
    recipients: tuple[str, ...]
    severity: str
    whole: str
    drift: str
    """As text: a state record has no numbers as large."""
    policy: str = ""
    """Of one that stands, the version of the policy by which it does; a new one tells it again."""


_read = reader(Told)


class Drifts:
    """The alerts of the scopes whose drift the aims know."""

    def __init__(self, policy: Policy, page: Page, aims: TeamAims) -> None:
        self._policy, self._page, self._aims = policy, page, aims
        self._told: dict[Key, Told] = {}
        self._dirty: set[Key] = set()
        self._counts: dict[tuple[str, ...], int] = {}
        self._periods: set[str] | None = set()
        """Those to be judged; None: all."""
        self._next: int | None = None
        """When time alone changes something."""

    def adopt(self, policy: Policy) -> None:
        """Judge by another policy from now on."""
        self._policy, self._periods = policy, None

    def touch(self, period: str) -> None:
        """Targets of a period are others."""
        if self._periods is not None:
            self._periods.add(period)

    def restore(self, parts: tuple[str, ...], value: bytes) -> None:
        """Take one record of the state topic."""
        self._told[Key(*parts)] = _read(value)

    def restored(self) -> None:
        """Every record has been given; time may have moved on since."""
        self._periods = None

    def flush(self, states: dict[bytes, bytes | None]) -> Iterator[Send]:
        """What is other than it was told; nothing before the time is known."""
        now = self._page.now
        if self._next is not None and self._next <= now:
            self._periods = None
        if not self._page.known or self._periods == set():
            return
        due, self._periods = self._periods, set()
        found = {
            Key(name, drift.scope, drift.kpi, drift.period): self._now(rule, drift)
            for drift in self._aims.drifts(due)
            for name, rule in self._policy.watching(RULE)
        }
        for key in sorted({*found, *(key for key in self._told if due is None or key.period in due)}):
            yield from self._tell(key, found.get(key))
        for key in sorted(self._dirty):
            told = self._told.get(key)
            states[key_of(KIND, *key)] = None if told is None else tagged(told)
        self._dirty.clear()
        self._next = min((at for key, told in self._told.items() for at in self._changes(key, told)), default=None)

    def take_counts(self) -> dict[tuple[str, ...], int]:
        """The transitions since the last time."""
        counts, self._counts = self._counts, {}
        return counts

    def standing(self) -> dict[tuple[str, str, str], int]:
        """Number of standing alerts by (rule, status, severity)."""
        found: dict[tuple[str, str, str], int] = {}
        for key, told in self._told.items():
            if told.status != Status.RESOLVED:
                label = key.rule, told.status, told.severity
                found[label] = found.get(label, 0) + 1
        return found

    def _now(self, rule: RulePolicy, drift: Drift) -> Told | None:
        """An alert as it is now; None where there is none."""
        over, now = self._over(drift.period), self._page.now
        tolerance = exactly(rule.tolerance) if rule.tolerance is not None else Ratio(0)
        within = abs(drift.amount) * tolerance.under <= abs(drift.whole) * tolerance.over
        fired = self._policy.after(drift.since, rule.hold, rule.clock)
        if within or fired >= over:
            return None
        status = Status.RESOLVED if now >= over else Status.FIRING if fired <= now else Status.PENDING
        heard = [step for step, at in self._ladder(rule, fired) if at <= now] if status is Status.FIRING else []
        cause = Cause.EXPIRED if now >= over else Cause.HELD if fired > drift.since else Cause.CONDITION_MET
        return Told(
            status.value,
            Cause.CONDITION_MET.value if status is Status.PENDING else cause.value,
            drift.since,
            None if status is Status.PENDING else fired,
            over if now >= over else None,
            len(heard),
            tuple(dict.fromkeys(heard)),
            rule.severity.value,
            str(drift.whole),
            str(drift.amount),
            "" if status is Status.RESOLVED else self._policy.version,
        )

    def _ladder(self, rule: RulePolicy, fired: int) -> list[tuple[str, int]]:
        """Who hears of it from when on."""
        return [(step.to, self._policy.after(fired, step.after, rule.clock)) for step in rule.escalate]

    def _over(self, period: str) -> int:
        return self._policy.zone.midnight(days(period, 0).stop)

    def _kept_until(self, key: Key, ended: int) -> int:
        rule = self._policy.rules.get(key.rule)
        return ended + (self._policy.keep if rule is None else rule.keep).us

    def _changes(self, key: Key, told: Told) -> Iterator[int]:
        """When an alert changes by itself next."""
        if told.ended is not None:
            yield self._kept_until(key, told.ended)
            return
        yield self._over(key.period)
        rule = self._policy.rules.get(key.rule)
        if rule is not None:
            fires = self._policy.after(told.started, rule.hold, rule.clock)
            yield from (at for at in (fires, *(at for _, at in self._ladder(rule, fires))) if at > self._page.now)

    def _tell(self, key: Key, told: Told | None) -> Iterator[Send]:
        before = self._told.get(key)
        if told is None and before is not None and before.cause != Cause.WITHDRAWN:
            cause = Cause.WITHDRAWN.value
            told = msgspec.structs.replace(
                before, status=Status.RESOLVED.value, cause=cause, ended=before.started, policy=""
            )
        told = before if told is None else told
        if told is None:
            return
        gone = told.ended is not None and self._kept_until(key, told.ended) <= self._page.now
        if told != before and not (gone and before is None):
            again = before is not None and msgspec.structs.replace(told, policy=before.policy) == before
            self._dirty.add(key)
            self._told[key] = told
            yield from self._record(key, told, again)
        if gone and self._told.pop(key, None) is not None:
            self._dirty.add(key)
            yield Send("alerts", key.id.encode(), None)

    def _record(self, key: Key, told: Told, again: bool) -> Iterator[Send]:
        """The records of an alert; `again`: as before, by another policy, which is no transition."""
        kind, _, name = key.scope.partition(":")
        whole, drift = int(told.whole), int(told.drift)
        values: dict[str, Any] = {
            "kpi": key.kpi,
            "period": key.period,
            "scope": key.scope,
            "target": whole / QUANTITY,
            "parts": (whole + drift) / QUANTITY,
            "drift": drift / QUANTITY,
            "basis": iso(told.started),
            "bound_passed_at": iso(told.started),
        }
        whose = f"{kind} {name}" if name else f"the {kind}"
        side = "above" if drift > 0 else "below"
        target, sum_of_parts = _said(whole), _said(whole + drift)
        summary = f"The targets of those in {whose} come to {sum_of_parts} {key.kpi} in {key.period}, {side} its own of"
        record = {
            "id": key.id,
            "rule": key.rule,
            "status": told.status,
            "reason": told.cause,
            "severity": told.severity,
            "level": told.level,
            "recipients": list(told.recipients),
            "employee_id": None,
            "team": name if kind == TEAM else None,
            "customer_id": None,
            "opportunity_id": None,
            "started_at": iso(told.started),
            "fired_at": None if told.fired is None else iso(told.fired),
            "ended_at": None if told.ended is None else iso(told.ended),
            "suppressed_by": None,
            "values": values,
            "summary": f"{summary} {target}: set them anew.",
            "policy_version": self._policy.version,
        }
        if not again:
            transition = ("transition", key.rule, told.status, told.cause)
            self._counts[transition] = self._counts.get(transition, 0) + 1
        yield Send("alerts", key.id.encode(), record)
        yield Send("alerts.log", key.scope.encode(), record)


def _said(atoms: int) -> str:
    return f"{atoms / QUANTITY:,.2f}".removesuffix(".00")
