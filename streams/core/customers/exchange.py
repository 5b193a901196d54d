"""What partitions have to tell each other, each by a record in the other's inbox: the steps of a case, which name no
customer, the first attempt to reach a lead that is a customer already, what tells of an employee, what customers
share, and what is spent on them. Told twice it comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from streams.core.customers.bookkeeping import Bookkeeping
from streams.core.customers.casework import OPENINGS, Casework
from streams.core.customers.conduct import CONDUCT, Conduct
from streams.core.customers.directory import ERASED, Directory
from streams.core.customers.erasing import Erasure, read_erasure, write_erasure
from streams.core.customers.host import Host
from streams.core.customers.leads import ATTEMPTED
from streams.core.customers.matching import Matching
from streams.core.customers.state import DESK, LEAD, Customer, LeadEntry
from streams.core.records import (
    Attempt,
    case_of,
    read_attempt,
    read_handed_on,
    read_watch,
    write_attempt,
    write_handed_on,
    write_watch,
)
from streams.core.retraction import RETRACT, Retraction, write_retraction
from streams.core.stage import ATTEMPT, CLAIMS, ERASE, MARKS, STEP, TWINS, WATCH, Send, partition_of
from streams.events import Event, LeadCreated, Rejected, decode, subject_of
from streams.events.instants import to_us

EXCHANGED = (STEP, WATCH, ATTEMPT, MARKS, CLAIMS, TWINS, ERASE, *CONDUCT)
"""The kinds of these records in an inbox."""


class Exchange:
    """One partition's part of it. What concerns itself alone takes no record."""

    def __init__(
        self,
        origin: int,
        partitions: int,
        directory: Directory,
        casework: Casework,
        books: Bookkeeping,
        matching: Matching,
        conduct: Conduct,
        host: Host,
    ) -> None:
        self._origin, self._partitions = origin, partitions
        self._directory, self._casework, self._host = directory, casework, host
        self._books, self._matching, self._conduct = books, matching, conduct

    def hear(self, key: bytes, value: bytes) -> None:
        """Take a record of another partition, with one of the keys `EXCHANGED`."""
        if key == STEP:
            self._step(*read_handed_on(value))
        elif key == WATCH:
            self._watch(*read_watch(value))
        elif key == MARKS:
            self._books.hear(value)
        elif key in (CLAIMS, TWINS):
            self._matching.hear(key, value)
        elif key in CONDUCT:
            self._conduct.hear(key, value)
        elif key == ERASE:
            self._forget(read_erasure(value))
        else:
            self._attempted(read_attempt(value))

    def case(self, case: tuple[str, str], event: Event, time: int, raw: bytes) -> bool:
        """An event of a case: if this is the partition of its id, learn whose it is, or hand it on. False where it is
        of a customer that is erased."""
        if isinstance(event.data, OPENINGS) and self._is_here(case[1]):
            self.open_case(event, time)  # before the opening itself: what waited is known when it is judged
        if subject_of(event).kind != "customer":
            owner = self._directory.whose(":".join(case), raw)
            if owner == ERASED:
                return False
            if owner is not None:
                self._hand_on(owner, raw)
        return True

    def open_case(self, event: Event, time: int) -> None:
        """Learn whose a case is whose id belongs to this partition, and hand on the steps that waited for that."""
        case, subject = case_of(event), subject_of(event)
        assert case is not None
        name = subject.id if subject.kind == "customer" else DESK + subject.id
        for step in self._directory.opened(":".join(case), name, (time, event.source, event.id)):
            self._hand_on(name, step)

    def lead(self, lead_id: str, event: Event, time: int) -> None:
        """An event of a lead. One that is a customer already asks for the first attempt to reach the customer."""
        self._casework.lead(self._host.dossier(LEAD + lead_id), lead_id, event, time, self._host.reach(time))
        data = event.data
        if isinstance(data, LeadCreated) and data.customer_id is not None:
            self._ask(data.customer_id, lead_id, time)

    def forget(self, erasures: Iterable[tuple[int, Erasure]]) -> None:
        """Let partitions forget what they have of a customer that is erased."""
        for home, erasure in erasures:
            if home == self._origin:
                self._forget(erasure)
            else:
                for part in write_erasure(erasure):
                    self._host.say(Send("streams.inbox", ERASE, part, home))

    def tell_leads(self, customer: Customer, time: int) -> None:
        """Somebody tried to reach a customer at an instant: tell the leads for which that is the first attempt."""
        self._tell(customer, list(customer.watchers.items()), time)

    def tell_leads_otherwise(self, customer: Customer, time: int, employee: str) -> None:
        """An attempt was taken back: tell the leads that heard of it, and of which one is the first now."""
        contacts = customer.contacts
        if contacts.outbound_at(time, employee):
            return  # another one made at the same instant stands
        for lead_id, since in customer.watchers.items():
            if since <= time:
                self._tell_of(Attempt(lead_id, customer.id, time, employee, gone=True))
        self.tell_watchers(customer)

    def take_back(self, case: tuple[str, str], found: Retraction) -> str | None:
        """A step of a case of this partition is taken back: the name of whose it is, if that is here too; else it is
        handed on, or waits no more."""
        stamp = _stamp(found.raw)
        owner = self._directory.take_back(":".join(case), lambda step: _stamp(step) == stamp)
        if owner is None or self._is_here(home := owner.removeprefix(DESK)):
            return owner
        handed_on = write_retraction(msgspec.structs.replace(found, case_of=owner))
        self._host.say(Send("streams.inbox", RETRACT, handed_on, home))
        return None

    def take_dirty(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The state records that changed since the last time."""
        return self._directory.take_dirty()

    def _forget(self, erasure: Erasure) -> None:
        for name in erasure.cases:
            self._directory.erase(name)
        for employee, cost in erasure.costs:
            self._conduct.forget(employee, cost, erasure.customer)

    def _is_here(self, id: str) -> bool:
        return partition_of(id, self._partitions) == self._origin

    def _hand_on(self, name: str, step: bytes) -> None:
        home = name.removeprefix(DESK)
        if self._is_here(home):
            self._step(name, step)
        else:
            self._host.say(Send("streams.inbox", STEP, write_handed_on(name, step), home))

    def _step(self, name: str, step: bytes) -> None:
        """Take a step of a case, of a customer or an employee; one that comes twice changes nothing."""
        event = decode(step)
        if isinstance(event, Rejected):
            raise TypeError("a step was good where it was handed on")
        if self._host.is_erased(name):
            return
        dossier, time = self._host.dossier(name), to_us(event.time)
        if dossier.merged is not None:
            self._hand_on(dossier.merged.into, step)
            return
        self._casework.step(dossier, event, time, self._host.reach(time))

    def tell_watchers(self, customer: Customer) -> None:
        """All leads that ask for it are told of the first attempt to reach the customer."""
        self._tell(customer, list(customer.watchers.items()), None)

    def _ask(self, customer_id: str, lead_id: str, since: int) -> None:
        if self._is_here(customer_id):
            self._watch(customer_id, lead_id, since)
        else:
            asked = write_watch(customer_id, lead_id, since)
            self._host.say(Send("streams.inbox", WATCH, asked, customer_id))

    def _watch(self, customer_id: str, lead_id: str, since: int) -> None:
        if self._host.is_erased(customer_id):
            return
        customer = self._host.dossier(customer_id)
        if customer.merged is not None:
            self._ask(customer.merged.into, lead_id, since)
            return
        customer.watchers[lead_id] = min(since, customer.watchers.get(lead_id, since))
        customer.dirty = True
        self._tell(customer, [(lead_id, since)], None)

    def _tell(self, customer: Customer, watchers: Iterable[tuple[str, int]], time: int | None) -> None:
        """Tell leads of the first attempt to reach the customer, if that was made at `time`; None: whenever it was."""
        contacts = customer.contacts
        for lead_id, since in watchers:
            index = contacts.first_outbound(since)
            if index is None or time not in (None, contacts.times[index]):
                continue
            self._tell_of(Attempt(lead_id, customer.id, contacts.times[index], contacts.who(index)))

    def _tell_of(self, made: Attempt) -> None:
        if self._is_here(made.lead):
            self._attempted(made)
        else:
            self._host.say(Send("streams.inbox", ATTEMPT, write_attempt(made), made.lead))

    def _attempted(self, made: Attempt) -> None:
        # Of attempts at one instant all may be told of: the employee makes them different ones. Of whom it was made the
        # lead knows nothing: a customer may have to be forgotten.
        entry = LeadEntry(made.time, ATTEMPTED, "customer", made.employee, made.employee)
        change = self._casework.take_out_of_lead if made.gone else self._casework.lead_entry
        change(self._host.dossier(LEAD + made.lead), made.lead, entry, self._host.reach(made.time))


def _stamp(step: bytes) -> tuple[str, str, str]:
    """Which event a step is, of a case."""
    event = decode(step)
    assert not isinstance(event, Rejected)
    return subject_of(event).id, event.source, event.id
