"""What partitions have to tell each other, each by a record in the other's inbox: the steps of a case, which name no
customer, the first attempt to reach a lead that is a customer already, what tells of an employee, and what customers
share. Told twice it comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streams.core.customers.bookkeeping import Bookkeeping
from streams.core.customers.casework import OPENINGS, Casework
from streams.core.customers.directory import Directory
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
from streams.core.stage import ATTEMPT, CLAIMS, MARKS, STEP, TWINS, WATCH, Send, partition_of
from streams.events import Event, LeadCreated, Rejected, decode, subject_of
from streams.events.instants import to_us

EXCHANGED = (STEP, WATCH, ATTEMPT, MARKS, CLAIMS, TWINS)
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
        host: Host,
    ) -> None:
        self._origin, self._partitions = origin, partitions
        self._directory, self._casework, self._host = directory, casework, host
        self._books, self._matching = books, matching

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
        else:
            self._attempted(read_attempt(value))

    def case(self, case: tuple[str, str], event: Event, time: int, raw: bytes) -> None:
        """An event of a case: if this is the partition of its id, learn whose it is, or hand it on."""
        if isinstance(event.data, OPENINGS) and self._is_here(case[1]):
            self.open_case(event, time)  # before the opening itself: what waited is known when it is judged
        if subject_of(event).kind != "customer":
            owner = self._directory.whose(":".join(case), raw)
            if owner is not None:
                self._hand_on(owner, raw)

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
            if self._is_here(data.customer_id):
                self._watch(data.customer_id, lead_id, time)
            else:
                asked = write_watch(data.customer_id, lead_id, time)
                self._host.say(Send("streams.inbox", WATCH, asked, data.customer_id))

    def tell_leads(self, customer: Customer, time: int) -> None:
        """Somebody tried to reach a customer at an instant: tell the leads for which that is the first attempt."""
        self._tell(customer, list(customer.watchers.items()), time)

    def take_dirty(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The state records that changed since the last time."""
        return self._directory.take_dirty()

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
        time = to_us(event.time)
        self._casework.step(self._host.dossier(name), event, time, self._host.reach(time))

    def _watch(self, customer_id: str, lead_id: str, since: int) -> None:
        customer = self._host.dossier(customer_id)
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
            made = Attempt(lead_id, customer.id, contacts.times[index], contacts.who(index))
            if self._is_here(lead_id):
                self._attempted(made)
            else:
                self._host.say(Send("streams.inbox", ATTEMPT, write_attempt(made), lead_id))

    def _attempted(self, made: Attempt) -> None:
        entry = LeadEntry(made.time, ATTEMPTED, "customer", made.customer, made.employee)
        self._casework.lead_entry(self._host.dossier(LEAD + made.lead), made.lead, entry, self._host.reach(made.time))
