"""Keeps what is published equal to what history and the clock say, and says only what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from heapq import heapify, heappop, heappush
from types import MappingProxyType

import msgspec

from streams.core.alerts import Cause, Key, Span, Status, severity_of
from streams.core.customers import judging
from streams.core.customers.cases import Standing
from streams.core.customers.contacts import MADE
from streams.core.customers.episodes import Episodes, Past
from streams.core.customers.lifecycle import Lifecycle
from streams.core.customers.outbox import NOBODY, Outbox
from streams.core.customers.recasting import Former
from streams.core.customers.silences import Silences
from streams.core.customers.sources import Sources
from streams.core.customers.state import Customer, Holder
from streams.core.customers.wording import describe
from streams.core.history import END
from streams.core.ledger import Ledger
from streams.core.organisation import Organisation
from streams.core.stage import Send
from streams.events import Event
from streams.events.instants import iso
from streams.policy import Policy

FIRES = (Status.FIRING, Status.ACKNOWLEDGED)
"""An alert that is acknowledged fires on."""

Settled = dict[Key, Standing]
"""The episodes that are over as they were published."""

Origin = tuple[str, int, int, Event | None, bytes]
"""Where a record came from: topic, partition, offset; and the event that it is, and its bytes."""


class Due(msgspec.Struct, gc=False):
    """What of a holder is still to be judged: history changed at `since` at the earliest."""

    customer: Customer
    since: int
    settled: Settled
    """What a late event among those may change, as it was published."""
    counted: Past | None
    """The same as it was counted."""
    place: Origin
    """Of the newest record that changed it."""


Seen = tuple[dict[Key, tuple[Span, Status]], dict[Key, Span], int]
"""What an instant sees of history: (by episode what is to be told, and what ended without firing; the next change)."""


NOBODY_ELSE: Former = MappingProxyType({})
"""No roles but those that are known now."""

_INSTANT, _BETWEEN = 8, b"\xff"
"""Of a place in the queue: how many bytes say when, and the one, which no text has in UTF-8, that parts the ids."""


class Alerting:
    """The alerts of one partition.

    `around` changes history and takes note of whose alerts may be others by that; `judge` publishes the difference that
    all its changes since the last time have made to one of those, however many they were.
    """

    def __init__(
        self, policy: Policy, organisation: Organisation, silences: Silences, sources: Sources, ledger: Ledger
    ) -> None:
        self._policy = policy
        self._organisation = organisation
        self._life = Lifecycle(policy, organisation, silences, sources)
        self.episodes = Episodes(policy, ledger, organisation)
        self.due: dict[Holder, Due] = {}
        """Whose alerts stand as history was before, and are to be judged."""
        self.place: Origin = ("streams.inbox", 0, -1, None, b"")
        """Of the record at hand."""
        self._deadlines: list[bytes] = []
        self._by_employee: dict[str, dict[str, int]] = {}
        self._restored: Counter[tuple[str, str]] = Counter()
        self.standing: Counter[tuple[str, str, str]] = Counter()
        self.sends: list[Send] = []
        self.outbox = Outbox()
        self._severities: dict[str, str] = {}
        self._roles = _roles_of(policy)
        self.transitions: Counter[tuple[str, str, str]] = Counter()

    def adopt(self, policy: Policy) -> None:
        """Judge by another policy from now on."""
        if policy is not self._policy:
            self._policy = policy
            self._life.adopt(policy)
            self.episodes.adopt(policy)
            self._severities = {}
            self._roles = _roles_of(policy)

    def restore(self, customer_id: str, holder: str, standing: Iterable[Standing], deadline: int) -> None:
        """Take what was stored of the alerts of a holder, by its name."""
        for alert in standing:
            self._point(customer_id, alert, 1)
            self._restored[alert.rule, alert.status] += 1
        if deadline != END:
            self._deadlines.append(_place(deadline, customer_id, holder))

    def restored(self, former: Iterable[tuple[Policy, Iterable[Standing]]]) -> None:
        """Everything has been given. `former` is what stands for each customer that was not judged by the policy in
        force yet, with the one that these alerts are as grave as."""
        heapify(self._deadlines)
        for (rule, status), number in self._restored.items():
            self.standing[rule, status, self._severity(rule)] += number
        self._restored.clear()
        for policy, alerts in former:
            for alert in alerts:
                self.standing[alert.rule, alert.status, self._severity(alert.rule)] -= 1
                self.standing[alert.rule, alert.status, severity_of(policy, alert.rule)] += 1

    def next_deadline(self) -> int:
        """The instant of the earliest deadline, else `END`."""
        return _instant(self._deadlines[0]) if self._deadlines else END

    def pop(self) -> tuple[int, str, str]:
        """The earliest deadline: (instant, customer id, holder's name). The holder's own may be later by now."""
        place = heappop(self._deadlines)
        customer_id, _, name = place[_INSTANT:].partition(_BETWEEN)
        return _instant(place), customer_id.decode(), name.decode()

    def around(
        self, holders: Iterable[Holder], customer: Customer, time: int, now: int, change: Callable[[], None]
    ) -> None:
        """Change history at `time`; the alerts of `holders` are to be judged anew."""
        late = time <= customer.latest
        for holder in holders:
            due = self.due.get(holder)
            if due is not None and due.since <= time:
                due.place = self.place
                continue
            if late:  # what it may change must have been published
                if due is not None:
                    self.judge(holder, now)
                elif holder.deadline <= now:
                    self.publish(customer, holder, time, now, {}, holder.deadline - 1)
            settled, counted = self._past(customer, holder, time, now) if late else ({}, None)
            self.due[holder] = Due(customer, time, settled, counted, self.place)
        change()
        customer.first = min(customer.first, time)
        customer.latest = max(customer.latest, time, now)

    def judge(self, holder: Holder, clock: int, since: int = END) -> None:
        """Publish what the changes of history since the last time come to for a holder."""
        due = self.due.pop(holder)
        since = min(due.since, since)
        counted = min(since, holder.deadline, clock + 1) - 1 if due.counted is None else due.counted
        self.publish(due.customer, holder, since, clock, due.settled, counted)

    def wake_up(self, customer: Customer, holder: Holder, instant: int, clock: int) -> None:
        """A deadline of the holder has passed: publish what that changes."""
        if holder in self.due:
            self.judge(holder, clock, instant)
        else:
            self.publish(customer, holder, instant, clock, {}, instant - 1)

    @property
    def asks_for_roles(self) -> bool:
        """Whether any rule holds for some roles alone."""
        return bool(self._roles)

    def recast(self, customer: Customer, since: int, clock: int, former: Former) -> None:
        """Publish the difference that it makes to know other roles, from an instant on, than these were."""
        for holder in customer.holders():
            if holder in self.due:
                self.judge(holder, clock)
            settled, _ = self._past(customer, holder, since, clock, former)
            self.publish(customer, holder, since, clock, settled, min(clock, holder.deadline - 1))

    def _past(
        self, customer: Customer, holder: Holder, since: int, clock: int, former: Former = NOBODY_ELSE
    ) -> tuple[Settled, Past]:
        """What a late event may change: what ended at `since` or later and was published as resolved, or counted.
        `former` are the roles that it was published by, where those are not the present ones."""
        earliest = min(since, clock + 1)
        spans = judging.spans(customer, holder, earliest, self._policy)
        settled = {
            span.key: self._alert(customer, holder, span, Status.RESOLVED, clock)
            for span in spans
            if span.end.at >= since
            and span.status(clock) is Status.RESOLVED
            and self._concerns(customer, holder, span, former)
        }
        return settled, self.episodes.past(customer, holder, spans, earliest, clock)

    def publish(
        self, customer: Customer, holder: Holder, since: int, clock: int, settled: Settled, counted: Past | int
    ) -> None:
        """Publish the difference between what was and what history now says; set the next deadline. For `counted` see
        `Episodes.post_change`."""
        if holder.deadline <= clock:
            since = min(since, holder.deadline)  # nobody has looked since
        since = min(since, clock + 1)
        earliest = since if isinstance(counted, int) else min(since, counted.since)
        spans = judging.spans(customer, holder, earliest, self._policy)
        visible, unfired, deadline = self._look(customer, holder, spans, since, clock, settled)
        self.episodes.post_change(customer, holder, spans, counted, clock)
        for key in [key for key in holder.standing if key not in visible]:
            alert = self._drop(customer, holder, key)
            if key in unfired and alert.status == Status.PENDING:
                span = unfired[key]
                self._end(customer, alert, span.end.reported, span.cause)
            else:
                self._end(customer, alert, alert.started, Cause.WITHDRAWN)
        for key, alert in settled.items():
            if key not in visible:
                self._end(customer, alert, alert.started, Cause.WITHDRAWN)
        firing = _firing(visible)
        for key, (span, status) in sorted(visible.items(), key=_by_start):
            now = self._alert(customer, holder, span, status, clock, firing)
            before = holder.standing.get(key) or settled.get(key)
            if now != before:
                self._show(customer, holder, before, now, span, clock)
        self._wake_by(customer, holder, deadline, clock)

    def take_down(self, customer: Customer) -> list[tuple[Holder, Settled]]:
        """Let nothing stand for a customer, and say nothing of it: by holder, what stood."""
        return [
            (holder, {key: self._drop(customer, holder, key) for key in list(holder.standing)})
            for holder in customer.holders()
        ]

    def put_up(
        self, customer: Customer, stood: list[tuple[Holder, Settled]], former: Policy, since: int, clock: int
    ) -> None:
        """Publish anew what stood under a former policy, which the present one took the place of at `since`.

        What had ended by then, under whichever of the two, stays as it was told.
        """
        for holder, alerts in stood:
            spans = judging.spans(customer, holder, since + 1, self._policy)
            visible, unfired, deadline = self._look(customer, holder, spans, since + 1, clock, {})
            for key, alert in alerts.items():
                if key in unfired and alert.status == Status.PENDING:
                    self._end(customer, alert, unfired[key].end.reported, unfired[key].cause)
                elif key not in visible:
                    self._end(customer, alert, since, Cause.POLICY_CHANGED, former)
            firing = _firing(visible)
            for key, (span, status) in sorted(visible.items(), key=_by_start):
                now = self._alert(customer, holder, span, status, clock, firing)
                self._show(customer, holder, alerts.get(key), now, span, clock)
            self._wake_by(customer, holder, deadline, clock)

    def _look(
        self, customer: Customer, holder: Holder, spans: list[Span], since: int, clock: int, settled: Settled
    ) -> Seen:
        """What an instant sees of what ends at `since` or later, or was told of before."""
        customer.latest = max(customer.latest, clock)
        deadline = END
        visible: dict[Key, tuple[Span, Status]] = {}
        unfired: dict[Key, Span] = {}
        for span in spans:
            deadline = min(deadline, span.next_change(clock))
            status = self._life.status(customer, span, clock)
            if status in FIRES:
                deadline = min(deadline, self._life.next_change(customer, holder, span, clock))
                if self._organisation.knows_absences:
                    who = judging.in_charge(customer, holder, clock)
                    deadline = min(deadline, self._organisation.next_absence_change(who, clock))
            if span.end.at < since and span.key not in holder.standing and span.key not in settled:
                continue  # over and told of long before
            if not self._concerns(customer, holder, span, NOBODY_ELSE):
                continue  # its instants count all the same: a role that comes to be known sets no deadline
            if status is not None:
                visible[span.key] = (span, status)
            elif clock >= span.end.at:
                unfired[span.key] = span
        return visible, unfired, deadline

    def _concerns(self, customer: Customer, holder: Holder, span: Span, former: Former) -> bool:
        """Whether a rule holds for who was in charge as its condition came to hold."""
        roles = self._roles.get(span.rule)
        if roles is None:
            return True
        who = judging.in_charge(customer, holder, span.start.at)
        if who is None:
            return False
        known = former.get(who)
        return (self._organisation.roles_of(who) if known is None else known).at(span.start.at) in roles

    def _wake_by(self, customer: Customer, holder: Holder, deadline: int, clock: int) -> None:
        if holder.standing and customer.latest > clock:
            deadline = min(deadline, clock + 1)  # by what is known ahead of the clock somebody else may come in charge
        self.wake(customer, holder, deadline)

    def contacted(self, customer: Customer, time: int) -> None:
        """A contact made, in order and not ahead of the clock, ends whatever stands of the contact rules."""
        for key in list(customer.standing):
            self._end(customer, self._drop(customer, customer, key), time, Cause.CONTACTED)

    def close(self, customer: Customer, time: int, cause: Cause) -> set[str]:
        """End whatever stands for a customer, by something that happened at an instant; the alerts' ids."""
        ended = set()
        for holder in customer.holders():
            for key in list(holder.standing):
                alert = self._drop(customer, holder, key)
                self._end(customer, alert, max(time, alert.started), cause)
                ended.add(alert.id)
        return ended

    def wake(self, customer: Customer, holder: Holder, deadline: int) -> None:
        """Look at the holder again at `deadline`."""
        if deadline != holder.deadline:
            holder.deadline = deadline
            customer.touch(holder)
            self.arm(customer, holder)

    def arm(self, customer: Customer, holder: Holder) -> None:
        """Queue the holder's deadline. One that was put off needs no place of its own before the old one has come."""
        if holder.deadline < holder.armed:
            holder.armed = holder.deadline
            heappush(self._deadlines, _place(holder.deadline, customer.id, holder.name))

    def customers_with_alerts_of(self, employee: str) -> list[str]:
        """The customers whose standing alerts name an employee; "" for those that name none."""
        return sorted(self._by_employee.get(employee, ()))

    def customers_with_alerts(self) -> list[str]:
        """The customers for whom any alert stands."""
        return sorted({customer for customers in self._by_employee.values() for customer in customers})

    def look_again(self, customer: Customer, clock: int) -> None:
        """Publish the difference that something besides history makes to what stands."""
        for holder in customer.holders():
            if holder in self.due:
                self.judge(holder, clock)
            if holder.standing:
                since = min(alert.started for alert in holder.standing.values())
                settled, _ = self._past(customer, holder, since, clock)
                self.publish(customer, holder, since, clock, settled, min(clock, holder.deadline - 1))

    def _show(
        self, customer: Customer, holder: Holder, before: Standing | None, now: Standing, span: Span, clock: int
    ) -> None:
        since = NOBODY
        if span.key in holder.standing:
            self._drop(customer, holder, span.key)
        if now.status == Status.RESOLVED:
            if before is None or before.status == Status.PENDING:
                self._send(customer, self._alert(customer, holder, span, Status.FIRING, span.end.at - 1))
        else:
            holder.standing[span.key] = now
            customer.touch(holder)
            self._count(customer, now, 1)
            since = self._life.phase(customer, holder, span, now.employee, clock).since
        self._send(customer, now, None, before, since)

    def _cause(self, customer: Customer, holder: Holder, span: Span, status: Status, employee: str | None) -> Cause:
        """Why an alert stands as it does. From history alone, so that it is the same whatever came first."""
        if status is Status.RESOLVED:
            return span.cause
        fires = status in FIRES
        if employee != judging.in_charge(customer, holder, span.fires if fires else span.start.at):
            return Cause.REASSIGNED
        return Cause.HELD if fires and span.fires > span.start.at else Cause.CONDITION_MET

    def _end(self, customer: Customer, alert: Standing, time: int, cause: Cause, terms: Policy | None = None) -> None:
        over = msgspec.structs.replace(alert, status=Status.RESOLVED.value, cause=cause.value, ended=time)
        self._send(customer, over, terms)

    def _drop(self, customer: Customer, holder: Holder, key: Key) -> Standing:
        alert = holder.standing.pop(key)
        customer.touch(holder)
        self._count(customer, alert, -1)
        return alert

    def _count(self, customer: Customer, alert: Standing, sign: int) -> None:
        self.standing[alert.rule, alert.status, self._severity(alert.rule)] += sign
        self._point(customer.id, alert, sign)

    def _point(self, customer_id: str, alert: Standing, sign: int) -> None:
        """Keep the index by employee."""
        customers = self._by_employee.get(alert.employee or "")
        if customers is None:
            customers = self._by_employee[alert.employee or ""] = {}
        number = customers.get(customer_id, 0) + sign
        if number:
            customers[customer_id] = number
        else:
            del customers[customer_id]

    def _severity(self, rule: str) -> str:
        known = self._severities.get(rule)
        if known is None:
            known = self._severities[rule] = severity_of(self._policy, rule)
        return known

    def _alert(
        self,
        customer: Customer,
        holder: Holder,
        span: Span,
        status: Status,
        clock: int,
        firing: Collection[str] = (),
    ) -> Standing:
        """What a span comes to at an instant. It depends on history and on what is told to all partitions, so that
        every run says the same. `firing` are the rules that fire for its holder."""
        time = min(clock, span.end.at - 1)
        employee = judging.in_charge(customer, holder, time)
        if employee in self._organisation.pseudonyms:
            employee = None  # nobody is told of it, but those whom its ladder names
        about = judging.about(holder, span.rule, time, self._policy)
        phase = self._life.phase(customer, holder, span, employee, time)
        last = customer.contacts.before(span.start.at, MADE) if holder is customer else None
        alert = Standing(
            span.id,
            span.rule,
            span.basis,
            span.start.reported,
            span.bound,
            None if status is Status.PENDING else span.fired,
            span.end.reported if status is Status.RESOLVED else None,
            status.value,
            self._cause(customer, holder, span, status, employee).value,
            employee,
            self._organisation.team_at(employee, span.start.at if status is Status.PENDING else span.fires),
            about.opportunity,
            span.about,
            span.planned,
            last,
            about.invoice,
            about.amount,
            span.grade,
            about.case,
            phase.level,
            phase.recipients,
            channel=None if last is None else customer.contacts.channel(last, MADE),
        )
        return self._quieted(customer, span, alert, firing, clock) if status in FIRES else alert

    def _quieted(
        self, customer: Customer, span: Span, alert: Standing, firing: Collection[str], clock: int
    ) -> Standing:
        """The same alert, which fires, with why it stands so on its ladder and what keeps it quiet."""
        cause = alert.cause
        if alert.status == Status.ACKNOWLEDGED:
            cause = Cause.ACKNOWLEDGED.value
        elif alert.level > 1:
            cause = Cause.ESCALATED.value
        elif customer.acks and self._life.ran_out(customer, span, clock):
            cause = Cause.ACKNOWLEDGEMENT_ENDED.value
        about = {
            "rule": alert.rule,
            "severity": self._severity(alert.rule),
            "employee_id": alert.employee,
            "team": alert.team,
            "customer_id": customer.id if customer.is_customer else None,
            "opportunity_id": alert.opportunity,
        }
        suppressed = self._life.suppressed(customer, about, self._policy.rule(alert.rule), firing, span.fires, clock)
        if cause == alert.cause and suppressed is None:
            return alert
        return msgspec.structs.replace(alert, cause=cause, suppressed=suppressed)

    def _send(
        self,
        customer: Customer,
        alert: Standing,
        terms: Policy | None = None,
        former: Standing | None = None,
        since: Mapping[str, int] = NOBODY,
    ) -> None:
        """`terms` is the policy that says what was measured, where that is not the present one; for `former` and
        `since` see `Outbox.tell`."""
        values, summary = describe(alert, customer.id, terms or self._policy)
        record = {
            "id": alert.id,
            "rule": alert.rule,
            "status": alert.status,
            "reason": alert.cause,
            "severity": severity_of(terms or self._policy, alert.rule),
            "level": alert.level,
            "recipients": list(alert.recipients),
            "employee_id": alert.employee,
            "team": alert.team,
            "customer_id": customer.id if customer.is_customer else None,
            "opportunity_id": alert.opportunity,
            "started_at": iso(alert.started),
            "fired_at": None if alert.fired is None else iso(alert.fired),
            "ended_at": None if alert.ended is None else iso(alert.ended),
            "suppressed_by": alert.suppressed if alert.status in FIRES else None,
            "values": values,
            "summary": summary,
            "policy_version": self._policy.version,
        }
        self.transitions[alert.rule, alert.status, alert.cause] += 1
        self.sends.append(Send("alerts", alert.id.encode(), record))
        self.sends.append(Send("alerts.log", (alert.employee or "").encode(), record))
        self.outbox.tell(record, alert, customer.id, former, since)


def _place(instant: int, customer_id: str, holder: str) -> bytes:
    """A place in the queue of deadlines: bytes that sort by the instant, as a million of them is not too much."""
    return b"%b%b%b%b" % ((instant + END).to_bytes(_INSTANT, "big"), customer_id.encode(), _BETWEEN, holder.encode())


def _roles_of(policy: Policy) -> dict[str, tuple[str, ...]]:
    """The rules that hold for some roles alone."""
    return {name: rule.roles for name, rule in policy.rules.items() if rule.roles}


def _firing(visible: Mapping[Key, tuple[Span, Status]]) -> set[str]:
    return {span.rule for span, status in visible.values() if status in FIRES}


def _instant(place: bytes) -> int:
    return int.from_bytes(place[:_INSTANT], "big") - END


def _by_start(item: tuple[Key, tuple[Span, Status]]) -> int:
    return item[1][0].start.at
