"""A customer as records of the state topic: in pieces, so that a busy one neither rewrites nor outgrows a record.

Pieces: `customer` (registers and standing alerts), `contacts` by month (with the plans and contracts made in it),
`opportunity`, `invoice`, `ticket`, `lead`, `task`, each with the blocks of its log if that is long (see `logbook`), and
`daybook`, `likeness`, `feed` and `file` (see `files`). Beside them there are `seen` (fingerprints of a subject by
block), `case` (whose one is), `claim` (who says of itself what identifies it) and `over` (alerts that ended, by week).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from msgspec import UNSET, Raw, Struct, convert

from streams.core.customers import attendance, files, logbook, servicing, tickets
from streams.core.customers.cases import Case, Daybook, DayEntry, Likeness, Silence, Source, Standing, Twin
from streams.core.customers.crediting import first_purchase
from streams.core.customers.directory import KIND as CASE
from streams.core.customers.entries import Close, Entry, Origin
from streams.core.customers.expiry import KIND as OVER
from streams.core.customers.opportunity import fold, leans_on_customer
from streams.core.customers.state import (
    ISSUED,
    RECEIVED,
    REFUNDED,
    WRITTEN_OFF,
    Ack,
    Customer,
    Invoice,
    Joined,
    Lead,
    LeadEntry,
    Merge,
    MoneyEntry,
    Opportunity,
    Part,
    Plan,
    Purchase,
    Signed,
    Task,
    TaskEntry,
    Ticket,
    TicketEntry,
)
from streams.core.formats import reader, tagged
from streams.core.history import END, Change, History
from streams.core.ledger import Measures
from streams.core.records import key_of, unpacked
from streams.core.seen import Seen
from streams.core.stage import Piece, Rest
from streams.policy import Policy
from streams.policy.zone import DAY

PIECES = ("customer", "contacts", "opportunity", "invoice", "ticket", "lead", "task", "daybook", "likeness", "feed",
          files.KIND)  # fmt: skip
"""The kinds of record that a customer is made of; without the first there is none of the others."""
SEEN = "seen"
CLAIM = "claim"
KINDS = (*PIECES, SEEN, CASE, CLAIM, OVER)
"""Every kind of record that waits on a shelf."""
UNREAD = ("contacts", CASE, CLAIM, files.KIND)
"""Those that hold nothing for the indexes, nor is their number known."""
State = tuple[bytes, bytes | None]
Logged = Opportunity | Invoice | Ticket | Lead | Task
"""The cases that events name, which may be any number."""


def write_customers(customers: Iterable[Customer], policy: Policy) -> Iterator[State]:
    """The pieces of the customers that changed since they were last written."""
    for customer in customers:
        if customer.dirty:
            yield key_of("customer", customer.id), tagged(_header(customer))
        for month in sorted(customer.dirty_months or ()):
            yield key_of("contacts", customer.id, month), tagged(_month(customer, month, policy))
        for name in sorted(customer.dirty_cases or ()):
            if (file := customer.files.get(name)) is not None:
                yield from files.written(customer.id, file)
                continue
            holder = customer.holder(name)
            if isinstance(holder, Logged):
                yield from _write_case(customer, holder)
            elif not isinstance(holder, Customer):
                content = holder.log, list(holder.standing.values()), holder.deadline
                yield key_of(_PIECE_OF[type(holder)], customer.id, holder.id), tagged(content)
        customer.written()


def _write_case(customer: Customer, case: Logged) -> Iterator[State]:
    kept = list(case.standing.values()), case.deadline, *_further(case)
    kept_of: Callable[[Any], Any] = _KEPT.get(type(case), _as_is)
    place = _PIECE_OF[type(case)], customer.id, case.id
    records = logbook.written(
        case.log, case.blocks, lambda log: tagged(kept_of(log)), lambda log: tagged((kept_of(log), *kept))
    )
    for number, record in records:
        yield key_of(*place) if number is None else key_of(*place, number), record


def _further(case: Logged) -> tuple[Any, ...]:
    """What is kept of some kinds of case besides what is of all."""
    if isinstance(case, Opportunity):
        return (case.told,)
    return (case.counted,) if isinstance(case, Lead) else ()


def write_seen(subjects: Iterable[tuple[str, Seen]]) -> Iterator[State]:
    """The blocks of fingerprints that changed, by subject."""
    for subject, seen in subjects:
        for number, block in seen.take_dirty():
            yield key_of(SEEN, subject, number), block


def write_measures(measures: dict[str, int | str]) -> bytes:
    """One bucket of the ledger."""
    return tagged(measures)


def read_measures(value: bytes) -> Measures:
    """A bucket of the ledger that `write_measures` gave."""
    return unpacked(_read_measures(value))


class _Header(Struct, array_like=True):
    """A customer's own piece. Former releases wrote no revision, or nothing that follows it."""

    first: int
    latest: int
    owners: list[Change]
    grades: list[Change]
    contract: Purchase | None
    standing: list[Standing]
    deadline: int
    revision: int = 0
    statuses: list[Change] = []
    acks: list[Ack] = []
    watchers: dict[str, int] = {}
    receipts: dict[str, str] = {}
    told: int = 0
    counted: bool = False
    keys: list[Change] = []
    names: list[Change] = []
    gone: tuple[int, int] | None = None
    cases_counted: bool = False
    roles: dict[str, str] = {}
    joined: dict[str, Joined] = {}
    related: bool = False
    casts: dict[str, list[Change]] = {}
    merged: Merge | None = None
    parts: dict[str, Part] = {}
    segments: list[Change] = []
    joint: bool = False
    helped: bool = False


class _HeaderIndex(Struct, array_like=True):
    """What of the same the indexes need."""

    first: Raw
    latest: Raw
    owners: Raw
    grades: Raw
    contract: Raw
    standing: list[Standing]
    deadline: int
    revision: int = 0


class _Deal(Struct, array_like=True):
    """An opportunity's piece. Former releases did not write what was told of it."""

    log: list[Any]
    standing: list[Standing]
    deadline: int
    told: int = 0


class _LeadPiece(Struct, array_like=True):
    """A lead's piece. Former releases did not count it in the funnel."""

    log: list[LeadEntry]
    standing: list[Standing]
    deadline: int
    counted: bool = False


class _CaseIndex(Struct, array_like=True):
    """What of a case the indexes need."""

    log: Raw
    standing: list[Standing]
    deadline: int


class _Month(NamedTuple):
    """The contacts of a month, and the plans and contracts made in it; `people` are all whom the tags of the customer
    may name. Former releases kept no channels, or no contracts."""

    people: list[str]
    times: list[int]
    tags: list[int]
    plans: list[Plan]
    channels: bytes = b""
    contracts: tuple[Signed, ...] = ()


_read_header = reader(_Header)
_read_header_index = reader(_HeaderIndex)
_read_opportunity = reader(_Deal)
_read_case_index = reader(_CaseIndex)
_read_ticket = reader(tuple[list[TicketEntry], list[Standing], int])
_read_lead = reader(_LeadPiece)
_read_task = reader(tuple[list[TaskEntry], list[Standing], int])
_read_daybook = reader(tuple[list[DayEntry], list[Standing], int])
_read_likeness = reader(tuple[list[Twin], list[Standing], int])
_read_feed = reader(tuple[list[Silence], list[Standing], int])
_read_month = reader(_Month)
_read_invoice = reader(list[Any])
_read_standing = partial(convert, type=list[Standing])
_read_measures = reader(dict[str, int | str])


class Index(NamedTuple):
    """Of a piece what a partition has to know of every customer: which alerts stand, and when to look again."""

    holder: str
    """The name by which its customer knows it."""
    standing: list[Standing]
    deadline: int
    revision: int | None
    """The customer's; a case does not say."""


_PIECE_OF: dict[type[Case], str] = {
    Opportunity: "opportunity", Invoice: "invoice", Ticket: "ticket", Lead: "lead", Task: "task", Daybook: "daybook",
    Likeness: "likeness", Source: "feed",
}  # fmt: skip
_LETTERS = {kind: case.KIND for case, kind in _PIECE_OF.items()}
INDEXED = ("customer", "opportunity", "invoice", "ticket", "lead", "task", "daybook", "likeness", "feed")
"""The kinds of piece that hold something for the indexes."""


def index(kind: str, rest: str | int | None, value: bytes) -> Index:
    """What a piece of an `INDEXED` kind holds for the indexes."""
    if kind == "customer":
        header = _read_header_index(value)
        return Index("", header.standing, header.deadline, header.revision)
    if kind == "invoice":
        _, standing, deadline = _read_bill(value)
        return Index(Invoice.KIND + str(rest), standing, deadline, None)
    case = _read_case_index(value)
    return Index(_LETTERS[kind] + str(rest), case.standing, case.deadline, None)


def assemble(customer_id: str, pieces: Iterable[Piece], policies: Mapping[int, Policy]) -> Customer:
    """A customer from all of its pieces, which come in any order. Its opportunities count by the policy, of
    `policies` by the numbers of their revisions, that it was last judged by."""
    customer, months = Customer(customer_id), []
    blocks: dict[str, dict[int, list[Any]]] = {}
    filed: list[tuple[Rest, bytes]] = []
    for kind, rest, value in pieces:
        if kind == files.KIND:
            filed.append((rest, value))
        elif isinstance(rest, tuple):
            blocks.setdefault(_LETTERS[kind] + rest[0], {})[rest[1]] = _READ_BLOCK[kind](value)
        elif kind == "customer":
            _take_header(customer, _read_header(value))
        elif kind == "opportunity":
            _take_opportunity(customer, str(rest), _read_opportunity(value))
        elif kind == "invoice" and rest:  # a former release kept the sums of receipts that name none
            _take_invoice(customer, str(rest), *_read_bill(value))
        elif kind == "ticket":
            ticket = customer.tickets[str(rest)] = Ticket(str(rest))
            ticket.log, standing, ticket.deadline = _read_ticket(value)
            ticket.standing = {alert.key: alert for alert in standing}
        elif kind == "lead":
            lead = customer.leads[str(rest)] = Lead(str(rest))
            found = _read_lead(value)
            lead.log, lead.deadline, lead.counted = found.log, found.deadline, found.counted
            lead.standing = {alert.key: alert for alert in found.standing}
        elif kind == "task":
            task = customer.tasks[str(rest)] = Task(str(rest))
            task.log, standing, task.deadline = _read_task(value)
            task.standing = {alert.key: alert for alert in standing}
        elif kind == "daybook":
            daybook = customer.daybooks[str(rest)] = Daybook(str(rest))
            daybook.log, standing, daybook.deadline = _read_daybook(value)
            daybook.standing = {alert.key: alert for alert in standing}
        elif kind == "likeness":
            likeness = customer.likenesses[str(rest)] = Likeness(str(rest))
            likeness.log, standing, likeness.deadline = _read_likeness(value)
            likeness.standing = {alert.key: alert for alert in standing}
        elif kind == "feed":
            source = customer.sources[str(rest)] = Source(str(rest))
            source.log, standing, source.deadline = _read_feed(value)
            source.standing = {alert.key: alert for alert in standing}
        elif kind == "contacts" and isinstance(rest, int):
            months.append((rest, _read_month(value)))
    for name, parts in blocks.items():
        case = customer.holder(name)
        if isinstance(case, Logged):
            case.log, case.blocks = logbook.joined(parts, case.log)
    customer.files = files.read(filed)
    for ticket in customer.tickets.values():
        ticket.view = tickets.fold(ticket.log)
    _join(customer, months)
    policy = policies[customer.revision]
    for opportunity in customer.opportunities.values():
        view = opportunity.view = fold(opportunity.log, policy)
        if view is not None and view.open:
            customer.open[opportunity.id] = opportunity
        if view is not None and leans_on_customer(view):
            customer.leaning[opportunity.id] = opportunity
    customer.purchase = first_purchase(customer)
    customer.solutions = servicing.solutions(customer) if customer.helped else []
    attendance.sweep(customer)
    customer.noted = customer.latest
    return customer


def _header(customer: Customer) -> tuple[Any, ...]:
    return (
        customer.first,
        customer.latest,
        customer.owners.changes,
        customer.grades.changes,
        customer.contract,
        list(customer.standing.values()),
        customer.deadline,
        customer.revision,
        customer.statuses.changes,
        customer.acks,
        customer.watchers,
        {name: str(amount) for name, amount in customer.receipts.items()},
        customer.told,
        customer.counted,
        customer.keys.changes,
        customer.names.changes,
        customer.gone,
        customer.cases_counted,
        customer.roles,
        customer.joined,
        customer.related,
        customer.casts,
        customer.merged,
        customer.parts,
        customer.segments.changes,
        customer.joint,
        customer.helped,
    )


def _take_header(customer: Customer, header: _Header) -> None:
    customer.first, customer.latest, customer.contract = header.first, header.latest, header.contract
    customer.owners, customer.grades = History(header.owners), History(header.grades)
    customer.standing = {alert.key: alert for alert in header.standing}
    customer.deadline, customer.revision = header.deadline, header.revision
    customer.statuses, customer.acks, customer.watchers = History(header.statuses), header.acks, header.watchers
    customer.receipts = {name: int(amount) for name, amount in header.receipts.items()}
    customer.told, customer.counted = header.told, header.counted
    customer.keys, customer.names, customer.gone = History(header.keys), History(header.names), header.gone
    customer.cases_counted = header.cases_counted
    customer.roles, customer.joined, customer.related = header.roles, header.joined, header.related
    customer.casts, customer.segments, customer.joint = header.casts, History(header.segments), header.joint
    customer.merged, customer.parts, customer.helped = header.merged, header.parts, header.helped


def kept_deal(log: Iterable[Entry]) -> list[Any]:
    """The log of an opportunity as it is kept: amounts as text, as they may be large."""
    return [
        entry._replace(
            amount=None if entry.amount is None else _amount(entry.amount),
            owner=_kept(entry.owner),
            close=_kept(entry.close),
            next_step=_kept(entry.next_step),
        )
        for entry in log
    ]


def _amount(amount: Any) -> Any:
    return False if amount is UNSET else str(amount)


def _kept(value: Any) -> Any:
    return False if value is UNSET else value


def _given(kept: Any) -> Any:
    return UNSET if kept is False else kept


_MISSING: list[Any] = [False, False, None]


def given_deal(log: Iterable[Any]) -> list[Entry]:
    """The log that `kept_deal` was given."""
    entries = []
    for time, rank, source, event, kind, stage, amount, owner, former, *later in log:
        worth = int(amount) if isinstance(amount, str) else _given(amount)
        close, next_step, origin = later + _MISSING[len(later) :]  # former releases did not keep all of these
        entries.append(
            Entry(
                time,
                rank,
                source,
                event,
                kind,
                stage,
                worth,
                _given(owner),
                former,
                Close(*close) if isinstance(close, list) else _given(close),
                _given(next_step),
                Origin(*origin) if origin is not None else None,
            )
        )
    return entries


def _take_opportunity(customer: Customer, id: str, deal: _Deal) -> None:
    opportunity = customer.opportunities[id] = Opportunity(id)
    opportunity.log = given_deal(deal.log)
    opportunity.standing = {alert.key: alert for alert in deal.standing}
    opportunity.deadline, opportunity.told = deal.deadline, deal.told


def kept_bill(log: Iterable[MoneyEntry]) -> list[Any]:
    """The log of an invoice as it is kept."""
    return [entry._replace(amount=str(entry.amount)) for entry in log]  # type: ignore[arg-type]


def given_bill(log: Iterable[Any]) -> list[MoneyEntry]:
    """The log that `kept_bill` was given."""
    return [MoneyEntry(*entry)._replace(amount=int(entry[4])) for entry in log]


def _read_bill(value: bytes) -> tuple[list[MoneyEntry], list[Standing], int]:
    """An invoice's log, what stands for it, and its deadline."""
    content = _read_invoice(value)
    if len(content) == 3:
        log, standing, deadline = content
        return given_bill(log), _read_standing(standing), deadline
    # A former release kept sums and the day it was due; whose it was nobody knows any more.
    billed, received, refunded, written_off, due, stamp = content
    if stamp is None:
        return [], [], END
    time, source, id = stamp
    due_at = None if due is None else (due + 1) * DAY
    sums = ((ISSUED, billed), (RECEIVED, received), (REFUNDED, refunded), (WRITTEN_OFF, written_off))
    entries = [
        MoneyEntry(time, source, id, kind, int(sum_), due_at if kind == ISSUED else None, None, None)
        for kind, sum_ in sums
        if kind == ISSUED or int(sum_)
    ]
    return entries, [], END


def _take_invoice(customer: Customer, id: str, log: list[MoneyEntry], standing: list[Standing], deadline: int) -> None:
    invoice = customer.invoices[id] = Invoice(id)
    invoice.log, invoice.deadline = log, deadline
    invoice.standing = {alert.key: alert for alert in standing}


def _month(customer: Customer, month: int, policy: Policy) -> _Month:
    zone, contacts = policy.zone, customer.contacts

    def month_of(time: int) -> int:
        return zone.month(zone.day(time))

    start, end = (bisect_left(contacts.times, edge, key=month_of) for edge in (month, month + 1))
    plans = [plan for plan in customer.plans if month_of(plan.time) == month]
    times, tags = contacts.times[start:end].tolist(), contacts.tags[start:end].tolist()
    contracts = tuple(signed for signed in customer.contracts if month_of(signed.time) == month)
    return _Month(contacts.people, times, tags, plans, contacts.channels[start:end].tobytes(), contracts)


def _join(customer: Customer, months: list[tuple[int, _Month]]) -> None:
    contacts = customer.contacts
    months.sort()
    for _, (people, times, tags, plans, channels, contracts) in months:
        if len(people) > len(contacts.people):
            contacts.people = people  # the list only grows: each month has as much of it as there was then
        contacts.times.fromlist(times)
        contacts.tags.fromlist(tags)
        contacts.channels.frombytes(channels or bytes(len(times)))
        customer.plans += plans
        customer.contracts += contracts


def _as_is(log: Any) -> Any:
    return log


_KEPT: dict[type[Case], Callable[[Any], list[Any]]] = {Opportunity: kept_deal, Invoice: kept_bill}
"""How entries are kept, where that is not as they are."""
_read_entries = reader(list[Any])
_READ_BLOCK: dict[str, Callable[[bytes], list[Any]]] = {
    "opportunity": lambda value: given_deal(_read_entries(value)),
    "invoice": lambda value: given_bill(_read_entries(value)),
    "ticket": reader(list[TicketEntry]),
    "lead": reader(list[LeadEntry]),
    "task": reader(list[TaskEntry]),
}
"""How the blocks of a log are read, by the kind of their case."""
