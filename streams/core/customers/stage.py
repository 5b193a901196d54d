"""The front door of the first stage: one inbox partition's customers."""

from __future__ import annotations

import sys
from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

import msgspec

from streams.core.customers import storage, telling
from streams.core.customers.alerting import Alerting, Origin
from streams.core.customers.bookkeeping import KEY as HEARD
from streams.core.customers.bookkeeping import Bookkeeping
from streams.core.customers.cases import Source
from streams.core.customers.casework import Casework, end_of, start_of
from streams.core.customers.changes import Changer
from streams.core.customers.crediting import post_interaction
from streams.core.customers.directory import Directory
from streams.core.customers.exchange import EXCHANGED, Exchange
from streams.core.customers.expiry import KIND as OVER
from streams.core.customers.expiry import Expiry
from streams.core.customers.facts import Facts
from streams.core.customers.matching import IDENTIFYING, Matching
from streams.core.customers.packed import PackedShelf
from streams.core.customers.quieting import KEY as QUIETING
from streams.core.customers.quieting import Quieting
from streams.core.customers.rearming import KIND as REVISION
from streams.core.customers.rearming import Rearming
from streams.core.customers.regrouping import KEY as REGROUPING
from streams.core.customers.regrouping import Regrouping
from streams.core.customers.roster import Roster
from streams.core.customers.silences import KIND as SILENCE
from streams.core.customers.silences import Silences
from streams.core.customers.sources import KIND as SOURCE
from streams.core.customers.sources import Sources
from streams.core.customers.state import DESK, FEED, LEAD, Ack, Customer, Opportunity
from streams.core.formats import NewerFormat, reader, tagged
from streams.core.history import END
from streams.core.ledger import Ledger, Place
from streams.core.organisation import Absence, Organisation
from streams.core.rates import check
from streams.core.records import (
    case_of,
    dead_letter,
    key_of,
    parts_of,
    read_inbox,
    read_policy,
    read_tick,
)
from streams.core.seen import Arrival, conflict, too_old
from streams.core.stage import (
    ALL,
    CASES,
    EVENTS,
    ORG,
    POLICY,
    TICK,
    Changes,
    Send,
    Shelf,
    ShelfError,
    partition_of,
)
from streams.core.targets import TargetKey, Targets
from streams.events import (
    AlertAcknowledged,
    AlertSilenced,
    ContactLogged,
    EmployeeAbsent,
    EmployeeUpserted,
    Event,
    Reason,
    Rejected,
    TargetSet,
    decode,
    subject_of,
)
from streams.events.instants import to_us
from streams.policy import Policy

T = TypeVar("T")
_CLOCK = key_of("clock")
PIPELINE = "pipeline"
"""The kind of the state records of the funnel's ledger, and how the names of its buckets begin among the facts."""


class _Clock(msgspec.Struct, array_like=True):
    """The record of the clocks, us. Former releases wrote no newest event, and kept no funnel, or none of leads."""

    clock: int
    now: int
    newest: int = 0
    funnel: bool = False
    leads: bool = False


_read_clock = reader(_Clock)
MAX_BUGS = 100
"""So many events that our own code failed on, and the stage gives up instead of draining a topic into dead letters."""

REARMED = 500
"""So many customers of a partition follow a new policy at each tick."""

DELETED = 2_000
"""So many alerts of a partition are deleted at each tick, all that are kept no longer at the final one."""


class Customers:
    """One partition of the first stage: number `origin` of so many `partitions`.

    Its policy is that of its state; `policy` is for one that has none yet. With `follow` the clock follows event time;
    else only ticks move it. Without `keep` a flush writes no states: a replay has no use for them. `rearmed` customers
    follow a new policy, or hear of a silence, at each tick, all at the final one. No more than `bound` customers stay
    in memory when a flush is over; the others are had back from the `shelf`. Without one nothing was kept before.
    """

    def __init__(
        self,
        policy: Policy,
        origin: int,
        partitions: int = 1,
        *,
        follow: bool = False,
        keep: bool = True,
        rearmed: int = REARMED,
        shelf: Shelf | None = None,
        bound: int = sys.maxsize,
    ) -> None:
        self.clock = 0
        self._now = 0
        self._passed = 0  # up to when all that was due has been judged
        self._newest = 0
        self._policy = policy
        self._rearmed = rearmed
        self._origin, self._partitions = origin, partitions
        self._follow = follow
        self._keep = keep
        self._offset = -1
        self._new_seen: set[str] = set()
        self._touched: dict[str, Customer] = {}
        self._forgot_on = 0
        self._profiles: set[str] = set()
        self._bugs = 0
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._sends: list[Send] = []
        self.organisation = Organisation()
        self.targets = Targets()
        self.silences = Silences()
        self.ledger = Ledger(policy.zone)
        self._sources = Sources(policy)
        self.alerting = Alerting(policy, self.organisation, self.silences, self._sources)
        self.funnel = Ledger(policy.zone)
        self._casework = Casework(policy, self.alerting, self.funnel)
        self._changer = Changer(policy, self.ledger, self.funnel, self.alerting, self._casework)
        self._rearming = Rearming(policy, self.ledger, self.funnel, self.alerting)
        self._regrouping = Regrouping()
        kept = PackedShelf() if shelf is None else shelf
        self.customers = Roster(self._rearming.policies, kept, bound)
        self._quieting = Quieting(self.silences, self.alerting, self.customers)
        self._books = Bookkeeping(policy, origin, partitions, self.alerting, self)
        self._matching = Matching(policy, origin, partitions, self.alerting, kept, bound, self)
        self._exchange = Exchange(
            origin, partitions, Directory(kept, bound), self._casework, self._books, self._matching, self
        )
        self._expiry = Expiry(kept, bound, origin) if keep else None

    @property
    def policy_version(self) -> str:
        """The version of the policy in force."""
        return self._policy.version

    def apply(self, key: bytes, value: bytes, offset: int) -> None:
        """Take one record of the inbox: a batch of events, a copy of the organisation's, a tick, or a policy."""
        self._offset = offset
        self.alerting.place = ("streams.inbox", self._origin, offset, None, value)
        if key == TICK:
            self._settle()  # what is known is judged before a policy may change
            tick = read_tick(value)
            lagged = self._sources.lagging(self._now)
            self._heard_of(self._sources.sampled(self.clock, tick.at, tick.ends))
            self.clock = max(self.clock, tick.at)
            self._now = max(self._now, tick.at)
            self.judge()
            if self._sources.lagging(self._now) != lagged:
                self._quieting.everybody()
            most = None if tick.final else self._rearmed
            for customer in self._rearming.some(most, self.customers, self._now):
                self._touched[customer.id] = customer
            for customer_id in self._quieting.some(most):
                self._look_again(customer_id)
            for customer_id in self._regrouping.some(tick.final, self.customers):
                customer = self._judged(self.customers[customer_id])
                customer.whole = True
                self._touched[customer_id] = customer
            if self._expiry is not None:
                self.alerting.outbox.note(self._expiry)
                deleted = None if tick.final else DELETED
                self.alerting.sends += self._expiry.gone(self._now, self._policy, deleted)
            return
        if key == POLICY:
            self._adopt(read_policy(value))
            if self._origin == 0:
                self._sends.append(Send("streams.facts", POLICY, value, ALL))
            return
        if key in EXCHANGED:
            why = self._tried(partial(self._exchange.hear, key, value))
            if why is not None:
                self.reject(why, "streams.inbox", self._origin, offset, None, value)
            return
        for topic, partition, place, raw in read_inbox(value):
            event = decode(raw)
            if isinstance(event, Rejected):
                self.reject(event, topic, partition, place, None, raw)
            elif key == EVENTS:
                self.event(event, to_us(event.time), topic, partition, place, raw)
            elif (why := self._tried(partial(self._overhear, key, event))) is not None:
                self.reject(why, topic, partition, place, event, raw)

    def event(self, event: Event, time: int, topic: str, partition: int, offset: int, raw: bytes) -> None:
        """Take one event that happened at `time`, whenever that was; the rest says where it came from."""
        if self._follow and time > self._now:
            self._now = time
        self.alerting.place = (topic, partition, offset, event, raw)
        outcome = self._tried(partial(self._take, event, time, raw))
        if isinstance(outcome, Rejected):
            self.reject(outcome, topic, partition, offset, event, raw)
        else:
            self._newest = max(self._newest, time)
            self._counts["event", topic, event.type, outcome] += 1

    def _tried(self, do: Callable[[], T]) -> T | Rejected:
        """What comes of something; a mistake of our own costs the record at hand, and raises when it repeats."""
        try:
            return do()
        except (ShelfError, NewerFormat):
            raise  # no fault of the record
        except Exception as error:
            self._bugs += 1
            if self._bugs > MAX_BUGS:
                raise
            return Rejected(Reason.bug, f"{type(error).__name__}: {error}")

    def judge(self) -> None:
        """Say what time, and the events since the last time, make of alerts: once for all of them, as a backlog brings
        many of one customer. A mistake of our own in that costs the last of them."""
        due = self.alerting.due
        while self.alerting.next_deadline() <= self._now:
            instant, customer_id, name = self.alerting.pop()
            customer = self._judged(self.customers[customer_id])
            holder = customer.holder(name)
            if holder.armed == instant:
                holder.armed = END
            if holder.deadline == instant:
                customer.latest = max(customer.latest, self._now)
                customer.dirty = True
                self._touched[customer_id] = customer
                place = due[holder].place if holder in due else self.alerting.place
                self._safely(place, partial(self.alerting.wake_up, customer, holder, instant, self._now))
            else:
                self.alerting.arm(customer, holder)
        for holder, change in list(due.items()):
            if holder in due:
                self._safely(change.place, partial(self.alerting.judge, holder, self._now))
        before, self._passed = self._passed, self._now
        if self.silences and before < self._now:
            for customer_id in self._quieting.turned(before, self._now):
                self._look_again(customer_id)

    def _safely(self, place: Origin, do: Callable[[], None]) -> None:
        """Do what follows from records; a mistake of our own in it costs the one at a place."""
        if (why := self._tried(do)) is not None:
            self.reject(why, *place)

    def _overhear(self, key: bytes, event: Event) -> None:
        """Take the copy of an event that another partition takes."""
        if key == ORG:
            self._learn(event, to_us(event.time))
        elif key == CASES:
            self._exchange.open_case(event, to_us(event.time))

    def reject(self, why: Rejected, topic: str, partition: int, offset: int, event: Event | None, raw: bytes) -> None:
        """Send what cannot be taken to the dead letters, and count it."""
        time = to_us(event.time) if event is not None else None
        self._sends.append(
            Send("streams.dead-letters", topic.encode(), dead_letter(why, topic, partition, offset, time, raw))
        )
        self._counts["event", topic, event.type if event is not None else "unknown", why.reason.value] += 1
        self._counts["dead", why.reason.value] += 1

    def _take(self, event: Event, time: int, raw: bytes) -> str | Rejected:
        policy, data = self._policy, event.data
        refused = too_old(event, time, self._now, policy) or check(event, policy)
        if refused is not None:
            return refused
        subject = subject_of(event)
        if subject.kind == "customer" and subject.id[0] in (LEAD, DESK, FEED):
            return Rejected(Reason.invalid_value, "customer_id: an id does not begin with U+001D, U+001E or U+001F")
        key = f"{subject.kind}:{subject.id}"
        arrival = self.customers.seen(key).arrive(event, time)
        if arrival is Arrival.CONFLICT:
            return conflict(event)
        if arrival is Arrival.DUPLICATE:
            return "duplicate"
        self._new_seen.add(key)
        if isinstance(data, ContactLogged):
            self._books.note(event, data, time)
        if isinstance(data, EmployeeUpserted | EmployeeAbsent | AlertSilenced):
            self._learn(event, time)
            if isinstance(data, EmployeeUpserted):
                self._profiles.add(data.employee_id)
            elif isinstance(data, EmployeeAbsent):
                self.alerting.outbox.away(data.employee_id)
            return "applied"
        if isinstance(data, AlertAcknowledged):
            return self._acknowledge(event, data, subject.id, time)
        if isinstance(data, TargetSet):
            return "applied" if self.targets.set((time, event.source, event.id), data) else "not_used"
        if subject.kind == "lead":
            if isinstance(data, ContactLogged):
                post_interaction(data, policy.zone.day(time), self.ledger)
            self._exchange.lead(subject.id, event, time)
            return "applied"
        case = case_of(event)
        if case is not None:
            self._exchange.case(case, event, time, raw)
        if subject.kind != "customer":
            return "not_used" if case is None else "applied"
        customer = self.dossier(subject.id)
        used = self._changer.change(customer, event, time, self._now)
        if type(data) in IDENTIFYING:
            used |= self._matching.note(customer, event, time)
        if customer.watchers and isinstance(data, ContactLogged) and data.direction == "outbound":
            self._exchange.tell_leads(customer, time)
        return "applied" if used else "not_used"

    def dossier(self, name: str) -> Customer:
        """What is kept under a name, about to change."""
        customer = self._judged(self.customers.enrol(name, self._rearming.newest))
        self._touched[name] = customer
        return customer

    def reach(self, time: int) -> int:
        """Something happened at an instant: let time come to it where the clock follows events. The clock now."""
        if self._follow:
            self._now = max(self._now, time)
        self._newest = max(self._newest, time)
        return self._now

    def say(self, send: Send) -> None:
        """Send a record with the next flush."""
        self._sends.append(send)

    def _adopt(self, policy: Policy) -> None:
        """Judge by another policy from here on; the same one again changes nothing."""
        if policy.version != self._policy.version:
            self.judge()
            self._rearming.adopt(policy, self._now, self.customers)
            self._use(policy)

    def _use(self, policy: Policy) -> None:
        self._policy = policy
        self._changer.adopt(policy)
        self._casework.adopt(policy)
        self._books.adopt(policy)
        self._matching.adopt(policy)
        self._sources.adopt(policy)
        self.alerting.adopt(policy)

    def _judged(self, customer: Customer) -> Customer:
        """A customer that is about to change: whoever still stands under a former policy follows first."""
        if self._rearming.follow(customer, self._now):
            self._touched[customer.id] = customer
        return customer

    def _learn(self, event: Event, time: int) -> None:
        """Take in what every partition is told of: the organisation, and silences."""
        self.judge()  # what has happened before
        data, stamp = event.data, (time, event.source, event.id)
        team = self.organisation.team(data.employee_id) if isinstance(data, EmployeeUpserted) else None
        if isinstance(data, EmployeeUpserted) and self.organisation.learn(stamp, data):
            if self._keep and self.customers and self.organisation.team(data.employee_id) != team:
                self._regrouping.begin()
            affected = self.alerting.customers_with_alerts_of(data.employee_id)
        elif isinstance(data, EmployeeAbsent):
            absence = Absence(*stamp, start_of(data.from_, self._policy), end_of(data.to, self._policy))
            known = not self.organisation.excuse(data.employee_id, absence)
            affected = [] if known else self.alerting.customers_with_alerts_of(data.employee_id)
        elif isinstance(data, AlertSilenced) and (silence := self.silences.learn(stamp, data)) is not None:
            affected = self._quieting.concerned(silence)
        else:
            return
        for customer_id in affected:
            self._look_again(customer_id)

    def _look_again(self, customer_id: str) -> None:
        customer = self._judged(self.customers[customer_id])
        self.alerting.look_again(customer, self._now)
        self._touched[customer_id] = customer

    def _acknowledge(self, event: Event, data: AlertAcknowledged, customer_id: str, time: int) -> str:
        # The alerts of a lead, an employee or a topic are acknowledged under its own id.
        others = (kind + customer_id for kind in (LEAD, DESK, FEED))
        name = next((other for other in others if other in self.customers), customer_id)
        customer = self.dossier(name)
        self.judge()  # what has happened before
        until = None if data.until is None else to_us(data.until)
        insort(customer.acks, Ack(time, event.source, event.id, data.alert_id, data.by, until))
        customer.dirty = True
        self.alerting.look_again(customer, self._now)
        return "applied"

    def restore(self, key: bytes, value: bytes) -> None:
        """Take one record of the state topic."""
        if self.customers.leaves(key):
            return
        if key == _CLOCK:
            known = _read_clock(value)
            self.clock, self._now, self._newest = known.clock, known.now, known.newest
            self._passed = known.now
            if not (known.funnel and known.leads):
                self._regrouping.begin()  # whoever is looked at is taken into it
            return
        parts = parts_of(key)
        kind, *rest = parts
        if kind in storage.INDEXED:
            if len(rest) > 2:
                return  # a block of a log
            self._index(str(rest[0]), storage.index(str(kind), rest[-1], value))
        elif kind == "employee":
            self.organisation.restore(str(rest[0]), value)
        elif kind == "target":
            self.targets.restore(TargetKey(*map(str, rest)), value)
        elif kind == REVISION:
            self._rearming.restore(int(rest[0]), value)
        elif kind == SILENCE:
            self.silences.restore(value)
        elif key == REGROUPING:
            self._regrouping.restore()
        elif kind == SOURCE:
            self._sources.restore(str(rest[0]), value)
        elif key == HEARD:
            self._books.restore(value)
        elif key == QUIETING:
            self._quieting.restore()
        elif kind == OVER and self._expiry is not None:
            self._expiry.restore(str(rest[0]), value)
        else:
            ledger = self.funnel if kind == PIPELINE else self.ledger
            ledger.restore(Place(str(rest[0]), str(rest[1])), storage.read_measures(value))

    def _index(self, customer_id: str, found: storage.Index) -> None:
        self.alerting.restore(customer_id, found.holder, found.standing, found.deadline)
        if found.revision is not None:
            self._rearming.restore_customer(found.revision)
        elif found.holder.startswith(Opportunity.KIND):
            self._changer.opportunities += 1

    def restored(self) -> None:
        """Every record has been given: arm the deadlines, count what stands, and see who has to follow the policy."""
        former = self._rearming.restored(self.customers.revisions(), self._now)
        self._use(self._rearming.policy)
        self.alerting.restored((policy, self.customers.standing(one)) for one, policy in former.items())
        self._quieting.restored()

    def pending(self) -> int:
        """How many things a flush would write, roughly."""
        said = len(self.alerting.sends) + len(self.alerting.outbox) + len(self._sends)
        said += len(self._books) + len(self._matching)
        return len(self._touched) + said

    def flush(self) -> Changes:
        """The states that changed, the facts that they come to, alerts and dead letters."""
        sends, counts = self.take_said()
        states: list[tuple[bytes, bytes | None]] = []
        if self._keep:
            sends += telling.changed(self._touched.values(), self.organisation, self._rearming.policies)
            states += self._regrouping.take_states()
            states += self._rearming.take_states()
            states += storage.write_customers(self._touched.values(), self._policy)
            states += storage.write_seen((key, self.customers.seen(key)) for key in sorted(self._new_seen))
            states.append((_CLOCK, tagged((self.clock, self._now, self._newest, True, True))))
            states += self.silences.take_dirty(self._now)
            states += self._exchange.take_dirty()
            states += self._quieting.take_states()
            states += self._expiry.take_dirty() if self._expiry is not None else ()
            states += self._books.take_states()
            states += self._matching.take_dirty()
            states += self._sources.take_states()
        self._forget_old(states)
        self.customers.trim(self._touched, self._new_seen)
        facts = Facts(self._origin, self._offset, self._now)
        facts.of_organisation(self.organisation, self._profiles, self.targets)
        self._profiles.clear()
        # No day is asked for that is out of reach of the newest event: a backlog of years would fill the memory with
        # days, if they were kept until a tick tells the time.
        clock = max(self._now, self._newest)
        facts.of_ledger(self.ledger, "measures", "", clock)
        facts.of_ledger(self.funnel, PIPELINE, f"{PIPELINE} ", clock)
        states += facts.states
        sends += facts.sends
        self._touched, self._new_seen, self._bugs = {}, set(), 0
        return Changes(states, sends, counts)

    def take_said(self) -> tuple[list[Send], dict[tuple[str, ...], int]]:
        """The alerts, notices and dead letters since the last time, and the counts: what of a flush is no state."""
        self._settle()
        self.judge()
        sends, counts = self._sends + self.alerting.sends, self._counts
        self.alerting.outbox.note(self._expiry)
        sends += self.alerting.outbox.take(self._offset, self._origin, self.organisation, self._expiry, self._now)
        for transition, number in self.alerting.transitions.items():
            counts["transition", *transition] += number
        self._sends, self._counts = [], Counter()
        self.alerting.sends, self.alerting.transitions = [], Counter()
        return sends, dict(counts)

    def _heard_of(self, topics: Iterable[str]) -> None:
        """Topics moved: let those whose alerts are this partition's be judged anew."""
        for topic in topics:
            if partition_of(topic, self._partitions) == self._origin:
                feed = self.dossier(FEED + topic)
                source = feed.sources.setdefault(topic, Source(topic))
                known = self._sources.silences(topic)
                self.alerting.around([source], feed, self._now, self._now, partial(source.note, known))
                feed.dirty = True
                feed.touch(source)

    def _settle(self) -> None:
        self._safely(self.alerting.place, partial(self._books.settle, self._offset))
        self._safely(self.alerting.place, self._matching.settle)

    def views(self) -> Iterator[Send]:
        """What is told of every customer and opportunity: for a run that keeps no states, at its end."""
        return telling.everything(self.customers, self.organisation, self._rearming.policies)

    def _forget_old(self, states: list[tuple[bytes, bytes | None]]) -> None:
        """Once a day, where the policy bounds it: let go of the fingerprints of what would be too old anyway."""
        keep, today = self._policy.dedup_keep, self._policy.zone.day(self._now)
        if keep is None or today == self._forgot_on:
            return
        self._forgot_on = today
        for subject, number in self.customers.forget(self._now - keep):
            states.append((key_of("seen", subject, number), None))
            self._new_seen.add(subject)  # until that is written, the shelf says else

    def entries(self) -> dict[str, int]:
        """Number of live entries by table."""
        return {
            "customers": len(self.customers),
            "opportunities": self._changer.opportunities,
            "subjects": self.customers.subjects,
            "employees": len(self.organisation),
            "targets": len(self.targets),
            **({} if self._expiry is None else {"over": len(self._expiry)}),
        }

    def alerts(self) -> dict[tuple[str, str, str], int]:
        """Number of standing alerts by (rule, status, severity)."""
        return dict(self.alerting.standing)
