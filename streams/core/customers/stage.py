"""The front door of the first stage: one inbox partition's customers."""

from __future__ import annotations

import sys
from bisect import insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import TypeVar

import msgspec

from streams.core.customers import moving, storage, telling
from streams.core.customers.alerting import Alerting, Origin
from streams.core.customers.bookkeeping import KEY as HEARD
from streams.core.customers.bookkeeping import Bookkeeping
from streams.core.customers.campaigns import KIND as CAMPAIGNS
from streams.core.customers.campaigns import LAUNCHER, Campaigns
from streams.core.customers.cascading import KIND as TOLD
from streams.core.customers.cascading import Cascade
from streams.core.customers.cases import Source
from streams.core.customers.casework import Casework
from streams.core.customers.changes import Changer
from streams.core.customers.conduct import Conduct
from streams.core.customers.crediting import post_interaction
from streams.core.customers.departing import Departing, names_departed
from streams.core.customers.directory import Directory
from streams.core.customers.erasing import REFUSED, Erasing
from streams.core.customers.exchange import EXCHANGED, Exchange
from streams.core.customers.expiry import KIND as OVER
from streams.core.customers.expiry import Expiry
from streams.core.customers.facts import Facts
from streams.core.customers.forgetting import Forgetting
from streams.core.customers.learning import Learning
from streams.core.customers.matching import Matching
from streams.core.customers.merging import HEARD as JOINED
from streams.core.customers.merging import Merging
from streams.core.customers.packed import PackedShelf
from streams.core.customers.rearming import KIND as REVISION
from streams.core.customers.rearming import Rearming
from streams.core.customers.results import KIND as RESULTS
from streams.core.customers.retracting import Retracting
from streams.core.customers.rewriting import Rewriting
from streams.core.customers.roster import Roster
from streams.core.customers.sharing import Sharing
from streams.core.customers.silences import KIND as SILENCE
from streams.core.customers.silences import Silences
from streams.core.customers.sources import KIND as SOURCE
from streams.core.customers.sources import Sources
from streams.core.customers.state import DESK, FEED, LEAD, Ack, Customer, Opportunity, Part, Purchase
from streams.core.customers.voids import KIND as VOID
from streams.core.customers.voids import Voids
from streams.core.formats import NewerFormat, reader, tagged
from streams.core.history import END
from streams.core.ledger import Ledger, Place
from streams.core.organisation import Organisation
from streams.core.rates import check
from streams.core.reached import read_reached
from streams.core.records import (
    Tick,
    case_of,
    dead_letter,
    key_of,
    parts_of,
    read_inbox,
    read_policy,
    read_tick,
)
from streams.core.retraction import RETRACT, Retraction, read_retraction
from streams.core.seen import Arrival, conflict, fingerprint, too_old
from streams.core.stage import (
    ALL,
    CASES,
    EVENTS,
    MERGED,
    ORG,
    POLICY,
    REACHED,
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
    CampaignJoined,
    CampaignLaunched,
    CampaignSpent,
    ContactLogged,
    ContractSigned,
    CustomerErased,
    CustomerMerged,
    CustomerUpserted,
    EmployeeAbsent,
    EmployeeErased,
    EmployeeUpserted,
    Event,
    EventVoided,
    FeedbackReceived,
    Reason,
    Rejected,
    TargetSet,
    decode,
    subject_of,
)
from streams.events.instants import to_us
from streams.policy import Policy

T = TypeVar("T")
Keeper = Callable[[list[str], bytes], None]
"""Takes back a record of a kind of state, by the rest of its key."""
_CLOCK = key_of("clock")
PIPELINE = "pipeline"
"""The kind of the state records of the funnel's ledger, and how the names of its buckets begin among the facts."""


class _Clock(msgspec.Struct, array_like=True):
    """The record of the clocks, us. Former releases wrote no newest event, kept no funnel, or none of leads, or counted
    no cases, or neither purchases nor what is shared, or not what came of that, or shared nothing by tickets."""

    clock: int
    now: int
    newest: int = 0
    funnel: bool = False
    leads: bool = False
    cases: bool = False
    related: bool = False
    joint: bool = False
    helped: bool = False


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
    in memory when a flush is over; the others are had back from the `shelf`. Without one nothing was kept before. A
    `ledger` and `campaign_ledger` of the caller's see who, and which campaign, is credited with what.
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
        ledger: Ledger | None = None,
        campaign_ledger: Ledger | None = None,
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
        self._cascade = Cascade(policy, origin, partitions, self.organisation, self.targets)
        self.silences = Silences()
        self.ledger = Ledger(policy.zone) if ledger is None else ledger
        self._sources = Sources(policy)
        self.alerting = Alerting(policy, self.organisation, self.silences, self._sources, self.ledger)
        self.funnel = Ledger(policy.zone)
        returns = Ledger(policy.zone) if campaign_ledger is None else campaign_ledger
        self.campaigns = Campaigns(policy, self.organisation.pseudonyms, returns)
        self._sharing = Sharing(policy, self.ledger, self.organisation)
        self._casework = Casework(policy, self.alerting, self.ledger, self.funnel, self.campaigns.ledger, self._sharing)
        self._changer = Changer(
            policy, self.ledger, self.funnel, self.alerting, self._casework, self.campaigns, self._sharing
        )
        self._rearming = Rearming(policy, self.ledger, self.funnel, self.alerting, self._sharing)
        kept = PackedShelf() if shelf is None else shelf
        self.customers = Roster(self._rearming.policies, kept, bound)
        self.voids = Voids(self.customers)
        self._learning = Learning(
            policy, self.organisation, self._cascade, self.silences, self.alerting, self._sharing, self.customers, keep,
            self,
        )  # fmt: skip
        self._books = Bookkeeping(policy, origin, partitions, self.alerting, self)
        self._expiry = Expiry(kept, bound, origin) if keep else None
        self._erasing = Erasing(
            policy, origin, partitions, self.ledger, self.funnel, self.alerting, kept, self._expiry, self
        )
        ledgers = self.ledger, self.funnel
        self._departing = Departing(origin, self.organisation, self.targets, ledgers, self.campaigns, self)
        self._matching = Matching(policy, origin, partitions, self.alerting, kept, bound, self._erasing, self)
        self._conduct = Conduct(policy, origin, partitions, self.ledger, self)
        directory = Directory(kept, bound)
        self._exchange = Exchange(
            origin, partitions, directory, self._casework, self._books, self._matching, self._conduct, self
        )
        self._rewriting = Rewriting(policy, self.ledger, self.funnel, self.campaigns, self.alerting, self._sharing)
        self._merging = Merging(
            policy, origin, partitions, self.ledger, self.alerting, self.campaigns, self._rewriting, self._matching,
            self._exchange, self._expiry, kept, self,
        )  # fmt: skip
        self._forgetting = Forgetting(
            self._erasing, self._departing, self._matching, self._exchange, self._merging, self._learning,
            self._changer, self._cascade, self.alerting, self,
        )  # fmt: skip
        self._retracting = Retracting(
            policy, self.ledger, self.campaigns, self.alerting, self._books, self._matching,
            self._exchange, self.voids, self._rewriting, self._merging, self,
        )  # fmt: skip
        self._keepers = self._kept_by()

    @property
    def now(self) -> int:
        """The clock that alerts are judged by, us."""
        return self._now

    @property
    def policy_version(self) -> str:
        """The version of the policy in force."""
        return self._policy.version

    def apply(self, key: bytes, value: bytes, offset: int) -> None:
        """Take one record of the inbox: a batch of events, a copy of the organisation's, a tick, or a policy."""
        self._offset = offset
        self._merging.begin(offset)
        self.alerting.place = ("streams.inbox", self._origin, offset, None, value)
        if key == TICK:
            self._tick(read_tick(value))
            return
        if key == POLICY:
            self._adopt(read_policy(value))
            if self._origin == 0:
                self._sends.append(Send("streams.facts", POLICY, value, ALL))
            return
        if key == RETRACT:
            self._retract(read_retraction(value))
            return
        if key in (MERGED, REACHED) or key in EXCHANGED:
            why = self._tried(partial(self._hear, key, value))
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

    def _tick(self, tick: Tick) -> None:
        """Time has come to an instant, and so has whatever was sent before the tick before it."""
        self._settle()  # what is known is judged before a policy may change
        lagged = self._sources.lagging(self._now)
        self._heard_of(self._sources.sampled(self.clock, tick.at, tick.ends))
        self.clock = max(self.clock, tick.at)
        self._now = max(self._now, tick.at)
        self.judge()
        self._forgetting.go_on(tick.final)
        if self._sources.lagging(self._now) != lagged:
            self._learning.lagged()
        most = None if tick.final else self._rearmed
        for customer in self._rearming.some(most, self.customers, self._now):
            self._touched[customer.id] = customer
        self._learning.go_on(most, tick.final)
        if self._expiry is not None:
            self.alerting.outbox.note(self._expiry)
            deleted = None if tick.final else DELETED
            self.alerting.sends += self._expiry.gone(self._now, self._policy, deleted)

    def _hear(self, key: bytes, value: bytes) -> None:
        if key == MERGED:
            self._merging.hear(value)
        elif key == REACHED:
            employee, figures = read_reached(value)
            if employee not in self.organisation.pseudonyms:
                self._cascade.reached(employee, figures)
        else:
            self._exchange.hear(key, value)

    def event(self, event: Event, time: int, topic: str, partition: int, offset: int, raw: bytes) -> None:
        """Take one event that happened at `time`, whenever that was; the rest says where it came from."""
        if self.voids.hold(event):
            self._counts["event", topic, event.type, "voided"] += 1
            return
        happened = not isinstance(event.data, EventVoided)  # that a void came is nothing that time goes by
        if self._follow and happened and time > self._now:
            self._now = time
        self.alerting.place = (topic, partition, offset, event, raw)
        outcome = self._tried(partial(self._take, event, time, (topic, partition, offset), raw))
        if isinstance(outcome, Rejected):
            self.reject(outcome, topic, partition, offset, event, raw)
        else:
            if happened:
                self._newest = max(self._newest, time)
                self.voids.heed(event, time)
            self._counts["event", topic, event.type, outcome] += 1

    def _retract(self, found: Retraction) -> None:
        """Take back an event that was voided after it had been counted."""
        why = self._tried(partial(self._retracting.hear, found))
        if why is not None:
            void, place = decode(found.void.raw), found.void
            assert not isinstance(void, Rejected)
            self.reject(why, place.topic, place.partition, place.offset, void, place.raw)

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
            if self.is_erased(customer_id):
                continue
            customer = self._judged(self.customers[customer_id])
            if not customer.has(name):
                continue  # it went on into another customer
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
        self._learning.passed(before, self._now)

    def _safely(self, place: Origin, do: Callable[[], None]) -> None:
        """Do what follows from records; a mistake of our own in it costs the one at a place."""
        if (why := self._tried(do)) is not None:
            self.reject(why, *place)

    def _overhear(self, key: bytes, event: Event) -> None:
        """Take the copy of an event that another partition takes."""
        if self.voids.hold(event):
            return
        if key == ORG:
            if names_departed(event, self.organisation):
                return
            if isinstance(event.data, EmployeeErased):
                self._forgetting.await_employee(event.data.employee_id, to_us(event.time))
            elif isinstance(event.data, EventVoided):
                if not self._has_seen(event, to_us(event.time)):
                    self.voids.add(subject_of(event).id, event.data)
            elif isinstance(event.data, CampaignLaunched):
                self.campaigns.launch(event, event.data, to_us(event.time))
            elif not (isinstance(event.data, TargetSet) and self._has_seen(event, to_us(event.time))):
                self._learning.take(event, to_us(event.time))
        elif key == CASES:
            self._exchange.open_case(event, to_us(event.time))

    def _has_seen(self, event: Event, time: int) -> bool:
        """Whether the home of an event would not take it either; it counts it as what it is."""
        if too_old(event, time, self._now, self._policy) is not None:
            return True
        subject = subject_of(event)
        key = f"{subject.kind}:{subject.id}"
        if self.customers.seen(key).arrive(event, time) is not Arrival.NEW:
            return True
        self._new_seen.add(key)
        return False

    def reject(self, why: Rejected, topic: str, partition: int, offset: int, event: Event | None, raw: bytes) -> None:
        """Send what cannot be taken to the dead letters, and count it."""
        time = to_us(event.time) if event is not None else None
        self._sends.append(
            Send("streams.dead-letters", topic.encode(), dead_letter(why, topic, partition, offset, time, raw))
        )
        self._counts["event", topic, event.type if event is not None else "unknown", why.reason.value] += 1
        self._counts["dead", why.reason.value] += 1

    def _take(self, event: Event, time: int, place: tuple[str, int, int], raw: bytes) -> str | Rejected:
        policy, data, subject = self._policy, event.data, subject_of(event)
        if (subject.kind == "customer" or isinstance(data, EventVoided)) and self.is_erased(subject.id):
            return self._forgetting.refuse(event, subject.id)  # before anything writes it down
        if names_departed(event, self.organisation):
            return REFUSED
        refused = too_old(event, time, self._now, policy) or check(event, policy)
        if refused is not None:
            return refused
        if subject.kind == "customer" and subject.id[0] in (LEAD, DESK, FEED):
            return Rejected(Reason.invalid_value, "customer_id: an id does not begin with U+001D, U+001E or U+001F")
        if isinstance(data, CustomerMerged) and (data.into == data.customer_id or data.into[0] in (LEAD, DESK, FEED)):
            return Rejected(Reason.invalid_value, "data.into: has to be another customer than the one that is merged")
        key = f"{subject.kind}:{subject.id}"
        arrival = self.customers.seen(key).arrive(event, time)
        if arrival is Arrival.CONFLICT:
            return conflict(event)
        if arrival is Arrival.DUPLICATE:
            return "duplicate"
        self._new_seen.add(key)
        if isinstance(data, EventVoided):
            self.voids.add(subject.id, data)
            return "applied"
        if isinstance(data, ContactLogged | FeedbackReceived):
            self._books.note(event, data, time)
        if isinstance(data, EmployeeUpserted | EmployeeAbsent | AlertSilenced):
            self._learning.take(event, time)
            if isinstance(data, EmployeeUpserted):
                self._profiles.add(data.employee_id)
            elif isinstance(data, EmployeeAbsent):
                self.alerting.outbox.away(data.employee_id)
            return "applied"
        if isinstance(data, CustomerErased):
            self._forgetting.await_customer(subject.id, time)
            return "applied"
        if isinstance(data, EmployeeErased):
            self._forgetting.await_employee(data.employee_id, time)
            return "applied"
        if isinstance(data, AlertAcknowledged):
            return self._acknowledge(event, data, subject.id, time, raw)
        if isinstance(data, TargetSet):
            self._cascade.set((time, event.source, event.id), data)
            return "applied"
        if isinstance(data, CampaignLaunched):
            self.campaigns.launch(event, data, time)
            return "applied"
        if isinstance(data, CampaignSpent):
            self.campaigns.spend(data, time)
            return "applied"
        if subject.kind == "lead":
            if isinstance(data, CampaignJoined):
                self.campaigns.join(self.dossier(LEAD + subject.id), event, data, time)
                return "applied"
            if isinstance(data, ContactLogged):
                post_interaction(data, policy.zone.day(time), self.ledger)
            self._exchange.lead(subject.id, event, time)
            return "applied"
        case = case_of(event)
        if case is not None and not self._exchange.case(case, event, time, raw):
            return REFUSED
        used = self._conduct.take(event, time, raw)
        if subject.kind != "customer":
            return "applied" if case is not None or used else "not_used"
        customer = self.dossier(subject.id)
        if isinstance(data, CustomerUpserted):
            used |= self._matching.note(customer, event, time)
        if customer.merged is not None:
            self._merging.forward(customer, event, time, raw)
            used = True
        else:
            used |= self.take_named(customer, customer.id, event, time)
        if isinstance(data, CustomerMerged):
            self._merging.merge(customer, event, time, place, raw)
            used = True
        return "applied" if used else "not_used"

    def was_told(self, name: str, source: str, id: str) -> bool:
        """Whether an event has named a customer."""
        return self.customers.has_seen(f"customer:{name}", fingerprint(source, id))

    def take_named(self, customer: Customer, part: str, event: Event, time: int) -> bool:
        """Apply an event that names `part` to the customer that this is; whether it is used."""
        data = event.data
        if isinstance(data, AlertAcknowledged):
            self._acknowledged(customer, event, data, time)
            return True
        used = self._changer.change(customer, event, time, self.reach(time))
        if customer.parts:
            signed = (
                Purchase(time, event.source, event.id, data.employee_id) if isinstance(data, ContractSigned) else None
            )
            customer.parts[part] = moving.both(customer.parts.get(part), Part(time, signed))
        if customer.watchers and isinstance(data, ContactLogged) and data.direction == "outbound":
            self._exchange.tell_leads(customer, time)
        return used

    def take_back(self, customer: Customer, part: str, found: Retraction) -> None:
        """Take an event that named `part` out of the customer that this is."""
        self._retracting.of_customer(customer, part, found)

    def erase(self, name: str, time: int) -> None:
        """Let nothing be kept of a customer, nor of those that it is besides."""
        self._forgetting.erase(name, time)

    def renew(self, name: str) -> None:
        """Put a new record in the place of what is kept under a name."""
        self._touched[name] = self.customers.renew(name, self._rearming.newest)

    def introduce(self, employees: Iterable[str]) -> None:
        """Say with the next flush who these are."""
        self._profiles.update(employees)

    @property
    def erased(self) -> Collection[str]:
        """The customers of whom nothing is kept any more."""
        return self._forgetting.names

    def is_erased(self, name: str) -> bool:
        """Whether that is a customer of whom nothing is kept any more."""
        return name in self._erasing.names

    def dossier(self, name: str) -> Customer:
        """What is kept under a name, about to change."""
        customer = self._judged(self.customers.enrol(name, self._rearming.newest))
        self._touched[name] = customer
        return customer

    def knows(self, name: str) -> bool:
        """Whether anything is kept under a name."""
        return name in self.customers

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
        self._erasing.adopt(policy)
        self._conduct.adopt(policy)
        self._sharing.adopt(policy)
        self._retracting.adopt(policy)
        self._rewriting.adopt(policy)
        self._merging.adopt(policy)
        self.campaigns.adopt(policy)
        self._sources.adopt(policy)
        self._cascade.adopt(policy)
        self._learning.adopt(policy)
        self.alerting.adopt(policy)

    def about(self, name: str) -> Customer:
        """What is kept under a name, about to be told of otherwise."""
        customer = self._touched[name] = self._judged(self.customers[name])
        return customer

    def _judged(self, customer: Customer) -> Customer:
        """A customer that is about to change: whoever still stands under a former policy, or was counted by former
        roles, follows first."""
        followed = self._rearming.follow(customer, self._now)
        if self.alerting.episodes.follow_roles(customer, self._now) or followed:
            self._touched[customer.id] = customer
        return customer

    def _acknowledge(self, event: Event, data: AlertAcknowledged, customer_id: str, time: int, raw: bytes) -> str:
        # The alerts of a lead, an employee or a topic are acknowledged under its own id, which a customer may have too.
        names = [kind + customer_id for kind in ("", LEAD, DESK, FEED)]
        known = [name for name in names if name in self.customers and not self.is_erased(name)]
        if not known and any(self.is_erased(name) for name in names):
            return REFUSED
        customers = [self.dossier(name) for name in known or [customer_id]]
        self.judge()  # what has happened before
        for customer in customers:
            self._acknowledged(customer, event, data, time)
            if customer.merged is not None:
                self._merging.forward(customer, event, time, raw)
        return "applied"

    def _acknowledged(self, customer: Customer, event: Event, data: AlertAcknowledged, time: int) -> None:
        until = None if data.until is None else to_us(data.until)
        insort(customer.acks, Ack(time, event.source, event.id, data.alert_id, data.by, until))
        customer.dirty = True
        self.alerting.look_again(customer, self._now)

    def restore(self, key: bytes, value: bytes) -> None:
        """Take one record of the state topic."""
        if self.customers.leaves(key):
            return
        kind, *rest = parts_of(key)
        if kind in storage.INDEXED:
            if len(rest) <= 2:  # else it is a block of a log
                self._index(str(rest[0]), storage.index(str(kind), rest[-1], value))
        elif key == _CLOCK:
            self._restore_clock(_read_clock(value))
        elif key == HEARD:
            self._books.restore(value)
        elif key == JOINED:
            self._merging.restore(value)
        elif not self._learning.restore(key, value):
            self._restore_kind(str(kind), list(map(str, rest)), value)

    def _restore_clock(self, known: _Clock) -> None:
        self.clock, self._now, self._newest = known.clock, known.now, known.newest
        self._passed = known.now
        counted = known.funnel and known.leads and known.cases and known.related and known.joint and known.helped
        if not counted:
            self._learning.regroup()  # whoever is looked at is taken into it

    def _restore_kind(self, kind: str, rest: list[str], value: bytes) -> None:
        if kind in self._keepers:
            self._keepers[kind](rest, value)
        elif not self._forgetting.restore(kind, rest[0], value):
            ledger = {PIPELINE: self.funnel, CAMPAIGNS: self.campaigns.ledger}.get(kind, self.ledger)
            ledger.restore(Place(rest[0], rest[1]), storage.read_measures(value))

    def _kept_by(self) -> Mapping[str, Keeper]:
        """Who takes back the records of each kind of state."""
        expiry = self._expiry
        found: dict[str, Keeper] = {
            "employee": lambda rest, value: self.organisation.restore(rest[0], value),
            "target": lambda rest, value: self.targets.restore(TargetKey(*rest), value),
            TOLD: lambda rest, value: self._cascade.restore(rest[0], rest[1], value),
            RESULTS: lambda _, value: self._cascade.restore_reached(value),
            REVISION: lambda rest, value: self._rearming.restore(int(rest[0]), value),
            LAUNCHER: lambda rest, value: self.campaigns.restore(rest[0], value),
            SILENCE: lambda _, value: self.silences.restore(value),
            VOID: lambda rest, value: self.voids.restore(rest[0], value),
            SOURCE: lambda rest, value: self._sources.restore(rest[0], value),
        }
        if expiry is not None:
            found[OVER] = lambda rest, value: expiry.restore(rest[0], value)
        return found

    def _index(self, customer_id: str, found: storage.Index) -> None:
        self.alerting.restore(customer_id, found.holder, found.standing, found.deadline)
        if found.revision is not None:
            self._rearming.restore_customer(found.revision)
        elif found.holder.startswith(Opportunity.KIND):
            self._changer.opportunities += 1

    def restored(self) -> None:
        """Every record has been given: arm the deadlines, count what stands, and see who has to follow the policy."""
        self._departing.restored()
        former = self._rearming.restored(self.customers.revisions(), self._now)
        self._use(self._rearming.policy)
        self.alerting.restored((policy, self.customers.standing(one)) for one, policy in former.items())
        self._learning.restored()

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
            states += self._learning.take_states()
            states += self._rearming.take_states()
            states += self._merging.take_states()
            states += storage.write_customers(self._touched.values(), self._policy)
            states += storage.write_seen((key, self.customers.seen(key)) for key in sorted(self._new_seen))
            states.append((_CLOCK, tagged((self.clock, self._now, self._newest, True, True, True, True, True, True))))
            states += self.silences.take_dirty(self._now)
            states += self.voids.take_dirty()
            states += self._exchange.take_dirty()
            states += self._expiry.take_dirty() if self._expiry is not None else ()
            states += self._forgetting.take_states()
            states += self._books.take_states()
            states += self._matching.take_dirty()
            states += self._sources.take_states()
        self._forget_old(states)
        self.customers.trim(self._touched, self._new_seen)
        facts = Facts(self._origin, self._offset, self._now, self.organisation.pseudonyms)
        facts.of_organisation(self.organisation, self._profiles)
        facts.of_targets(self.targets, self._cascade)
        self._profiles.clear()
        # No day is asked for that is out of reach of the newest event: a backlog of years would fill the memory with
        # days, if they were kept until a tick tells the time.
        clock = max(self._now, self._newest)
        facts.of_ledger(self.ledger, "measures", "", clock)
        facts.of_ledger(self.funnel, PIPELINE, f"{PIPELINE} ", clock)
        self.campaigns.tell(facts, clock)
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
            "opportunities": self._changer.opportunities + self._merging.opportunities,
            "subjects": self.customers.subjects,
            "employees": len(self.organisation),
            "targets": len(self.targets),
            **({} if self._expiry is None else {"over": len(self._expiry)}),
        }

    def alerts(self) -> dict[tuple[str, str, str], int]:
        """Number of standing alerts by (rule, status, severity)."""
        return dict(self.alerting.standing)
