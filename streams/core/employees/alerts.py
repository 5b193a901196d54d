"""Alerts of employees: told as they change, kept across restarts, over in time, and deleted once kept no longer.

Who judges says what stands now, as a function of what is known and of the time; here the difference from what was told
becomes records, states, counts and notices. Nothing depends on when somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from streams.core.alerts import Cause, Status
from streams.core.employees.state import Employee
from streams.core.formats import reader, tagged
from streams.core.goals import Key, Values, id_of
from streams.core.history import END
from streams.core.notices.facts import PASSED_ON, RESOLVED, WITHDRAWN, Notice
from streams.core.page import Page
from streams.core.records import key_of
from streams.core.stage import Send
from streams.events.instants import iso
from streams.policy import Escalation, Policy, RulePolicy

Summary = Callable[[str, Key, Values], str]
"""An employee, an alert, and what was measured, to one sentence for a person."""


class Told(msgspec.Struct, array_like=True, frozen=True):
    """An alert as it was told. Instants in microseconds."""

    status: str
    cause: str
    started: int
    fired: int | None
    ended: int | None
    level: int
    recipients: tuple[str, ...]
    severity: str
    team: str | None
    values: Values
    """What was measured at its start."""
    policy: str = ""
    """Of one that stands, the version of the policy by which it does; a new one tells it again."""
    heard: tuple[str, ...] = ()
    """Who was told of it."""


_read = reader(list[tuple[Key, Told]])


class Alerts:
    """The alerts of one partition's employees that one judge tells of; `kind` begins the keys of their states."""

    def __init__(self, policy: Policy, page: Page, kind: str, summary: Summary) -> None:
        self._policy, self._page, self._kind, self._summary = policy, page, kind, summary
        self._told: dict[str, dict[Key, Told]] = {}
        self._dirty: set[str] = set()
        self._counts: dict[tuple[str, ...], int] = {}
        self._notices: list[tuple[str, str, Notice | None]] = []

    def adopt(self, policy: Policy) -> None:
        """Go by another policy from now on."""
        self._policy = policy

    def of(self, name: str) -> Mapping[Key, Told]:
        """What was told of an employee and is kept."""
        return self._told.get(name, {})

    def stand(
        self, employee: Employee, rule: RulePolicy, started: int, ended: int | None, cause: Cause, values: Values
    ) -> Told | None:
        """An alert as it is now that began at an instant, and ended, or will, at another by a cause; None for one that
        is yet to begin, or ended before it fired."""
        now = self._page.now
        fired = self._policy.after(started, rule.hold, rule.clock)
        if ended is not None and ended > now:
            ended = None
        status = Status.RESOLVED if ended is not None else Status.FIRING if fired <= now else Status.PENDING
        if started > now or (ended is not None and fired >= ended and fired > started):
            return None
        steps = [step for step in rule.escalate if self._policy.after(fired, step.after, rule.clock) <= now]
        steps = steps if status is Status.FIRING else []
        heard = [_who(step, employee) for step in steps]
        if status is not Status.RESOLVED:
            cause = Cause.HELD if status is Status.FIRING and fired > started else Cause.CONDITION_MET
        return Told(
            status.value,
            cause.value,
            started,
            None if status is Status.PENDING else fired,
            ended,
            len(steps),
            tuple(dict.fromkeys(who for who in heard if who)) or (employee.id,),
            rule.severity.value,
            employee.profile.get("team"),
            values | {"basis": iso(started), "bound_passed_at": iso(started)},
            "" if status is Status.RESOLVED else self._policy.version,
        )

    def next_change(self, rule: RulePolicy, started: int, ended: int | None) -> int:
        """The first instant from which on `stand` may answer otherwise than now, else `END`."""
        fired = self._policy.after(started, rule.hold, rule.clock)
        edges = [started, fired, *(self._policy.after(fired, step.after, rule.clock) for step in rule.escalate)]
        return min((at for at in (*edges, END if ended is None else ended) if at > self._page.now), default=END)

    def tell(self, employee: Employee, key: Key, now: Told | None, version: int) -> Iterator[Send]:
        """What stands now, where it is other than it was told; None: nothing does. What has been over for longer than
        it is kept is not told any more."""
        before = self.of(employee.id).get(key)
        if now is not None:
            now = _heard(now, before)
        if now == before or (before is None and now is not None and self._expired(key, now)):
            return
        if now is None:
            assert before is not None
            if before.status == Status.RESOLVED and before.cause == Cause.WITHDRAWN:
                return
            now = msgspec.structs.replace(
                before, status=Status.RESOLVED.value, cause=Cause.WITHDRAWN.value, ended=before.started, policy=""
            )
        elif now.status == Status.RESOLVED and before is None:
            firing = msgspec.structs.replace(
                now, status=Status.FIRING.value, cause=Cause.CONDITION_MET.value, ended=None
            )
            yield from self._record(employee, key, firing, version)
        again = before is not None and msgspec.structs.replace(now, policy=before.policy) == before
        self._told.setdefault(employee.id, {})[key] = now
        self._dirty.add(employee.id)
        yield from self._record(employee, key, now, version, again)

    def expire(self) -> Iterator[Send]:
        """Delete what has been over for longer than its rule keeps it."""
        for name in self._told:
            yield from self.delete(name)

    def depart(self, employee: Employee, version: int) -> Iterator[Send]:
        """Delete every alert of somebody who was erased; those that stand are told to be over first."""
        for key, one in self.of(employee.id).items():
            if one.status != Status.RESOLVED:
                ended = max(one.started, self._page.now)
                over = msgspec.structs.replace(one, status=Status.RESOLVED.value, cause=Cause.CLOSED.value, ended=ended)
                yield from self._record(employee, key, over, version)
            yield from self._gone(employee.id, key, one)
        self._notices = [notice for notice in self._notices if notice[0] != employee.id]
        if employee.id in self._told:
            self._told[employee.id] = {}
            self._dirty.add(employee.id)

    def delete(self, name: str) -> Iterator[Send]:
        """The same of one employee."""
        told = self._told.get(name, {})
        for key in [key for key, one in told.items() if self._expired(key, one)]:
            self._dirty.add(name)
            yield from self._gone(name, key, told.pop(key))

    def _gone(self, name: str, key: Key, told: Told) -> Iterator[Send]:
        """An alert is deleted, and what others were told of it; what the employee was told is the desk's."""
        id = id_of(name, key)
        self._notices = [notice for notice in self._notices if notice[1] != id or notice[0] == name]
        self._notices += [(who, id, None) for who in told.heard if who != name]
        yield Send("alerts", id.encode(), None)

    def let_go(self, who: str) -> None:
        """Somebody who was erased is not to be named any more: delete what it was told of others."""
        for name, told in self._told.items():
            for key, one in told.items():
                if who in one.heard and who != name:
                    told[key] = msgspec.structs.replace(one, heard=tuple(other for other in one.heard if other != who))
                    self._dirty.add(name)
                    self._notices.append((who, id_of(name, key), None))

    def _expired(self, key: Key, told: Told) -> bool:
        rule = self._policy.rules.get(key.rule)
        keep = self._policy.keep if rule is None else rule.keep
        return told.ended is not None and told.ended + keep.us <= self._page.now

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The state records that changed since the last time."""
        for name in sorted(self._dirty):
            told = self._told[name]
            yield key_of(self._kind, name), tagged(sorted(told.items())) if told else None
        self._dirty.clear()

    def restore(self, name: str, value: bytes) -> None:
        """Take one record of the state topic."""
        self._told[name] = {key: one if one.heard else _heard(one, None) for key, one in _read(value)}

    def take_said(self) -> tuple[dict[tuple[str, ...], int], list[tuple[str, str, Notice | None]]]:
        """The transitions, and what recipients are to hear (recipient, alert id, notice), since the last time. None:
        nothing is to be known of it any more."""
        counts, notices = self._counts, self._notices
        self._counts, self._notices = {}, []
        return counts, notices

    def standing(self) -> dict[tuple[str, str, str], int]:
        """Number of standing alerts by (rule, status, severity)."""
        found: dict[tuple[str, str, str], int] = {}
        for told in self._told.values():
            for key, one in told.items():
                if one.status != Status.RESOLVED:
                    label = key.rule, one.status, one.severity
                    found[label] = found.get(label, 0) + 1
        return found

    def _record(self, employee: Employee, key: Key, told: Told, version: int, again: bool = False) -> Iterator[Send]:
        """The records of an alert; `again`: as before, by another policy, which is no transition and no news."""
        id, summary = id_of(employee.id, key), self._summary(employee.id, key, told.values)
        record = {
            "id": id,
            "rule": key.rule,
            "status": told.status,
            "reason": told.cause,
            "severity": told.severity,
            "level": told.level,
            "recipients": list(told.recipients),
            "employee_id": employee.id,
            "team": told.team,
            "customer_id": None,
            "opportunity_id": None,
            "started_at": iso(told.started),
            "fired_at": None if told.fired is None else iso(told.fired),
            "ended_at": None if told.ended is None else iso(told.ended),
            "suppressed_by": None,
            "values": told.values,
            "summary": summary,
            "policy_version": self._policy.version,
        }
        yield Send("alerts", id.encode(), record)
        yield Send("alerts.log", employee.id.encode(), record)
        if again:
            return
        transition = ("transition", key.rule, told.status, told.cause)
        self._counts[transition] = self._counts.get(transition, 0) + 1
        for who in told.heard:
            self._notices.append((who, id, self._notice(who, employee, key, told, version, summary)))

    def _notice(self, who: str, employee: Employee, key: Key, told: Told, version: int, summary: str) -> Notice:
        status, fired = told.status, told.started if told.fired is None else told.fired
        if status == Status.RESOLVED:
            status = WITHDRAWN if told.cause == Cause.WITHDRAWN else RESOLVED
        elif status == Status.PENDING:
            status = WITHDRAWN
        elif who not in told.recipients:
            status = PASSED_ON
        rule = self._policy.rules.get(key.rule)
        steps = [] if rule is None else [step for step in rule.escalate if _who(step, employee) == who]
        taken = [self._policy.after(fired, step.after, rule.clock) for step in steps if rule is not None]
        return Notice(
            version,
            status,
            key.rule,
            told.severity,
            told.level,
            f"{employee.id} {key.what} {key.period} {key.part}",
            min(taken, default=fired),
            fired,
            told.ended,
            employee.id,
            None,
            None,
            None,
            summary,
        )


def _who(step: Escalation, employee: Employee) -> str | None:
    """Whom a step of a ladder names; None where there is nobody."""
    if step.to == "owner":
        return employee.id
    manager: str | None = employee.profile.get("manager_id")
    return manager if step.to == "manager" else step.to


def _heard(now: Told, before: Told | None) -> Told:
    """An alert with everybody who hears of it or did; nobody does of one that never fired."""
    hearing = () if now.fired is None else now.recipients
    former = () if before is None else before.heard
    return msgspec.structs.replace(now, heard=tuple(sorted({*former, *hearing})))
