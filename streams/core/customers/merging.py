"""Customers that are merged into others: from then on the two are one, from their first event on.

That A was merged into B makes the log mean what it would if all of A's events had named B. So when the merge happened
decides nothing but which of several merges stands, and neither order nor lateness matters. A and B may live in
different partitions; so A keeps a mark of where it went, and

- all that is known of it goes on to B in *moves*, records of small items that B takes in as if they had come late; what
  A counted for by its history is taken back, and its alerts are withdrawn; B is credited, and judged;
- what names A later stops at A's partition, which knows whether it has seen it, and goes on to B as it was sent;
- what identifies A stays, as does who owned it by its own events: an alert that it was there twice is told to them;
- what else partitions tell A of (steps of cases, costs, leads) goes on to B in the same way.

B, which may have been merged into C, sends on whatever comes for it. Records of one partition come in order at another,
so what A sends on finds what it had before. Each has a number, by which one that comes twice is left out.

    A ─ mark: B ──moves, events──► B ─ mark: C ──the same──► C: parts A, B, C

Merges apply in the order of their time, whatever comes first. One of A, which was merged into B earlier, is one of B:
it is *pushed* on to B. One that turns out to be earlier takes the place of the mark, and the former one is pushed on to
where that points. A merge of two that are one already says nothing new, or would close a circle: a move carries the
marks that it came by, and who finds itself among these knows. The newest mark of a circle is refused as `invalid_value`
in the dead letters, and what is on its way round it ends where that mark was.

Who is erased is erased with all that are one with it; of these each partition forgets its own. A merge that was counted
cannot be voided by a running worker, see `retracting`; an event of A that is voided goes on to B to be taken out there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from streams.core.customers import attendance, crediting, moving
from streams.core.customers.alerting import Alerting
from streams.core.customers.campaigns import Campaigns
from streams.core.customers.cases import Likeness
from streams.core.customers.exchange import Exchange
from streams.core.customers.expiry import End, Expiry
from streams.core.customers.host import Host, parts
from streams.core.customers.letters import Erased, Forgotten, Letter, Move, Named, Pushed, Refused, Taken, pack, read
from streams.core.customers.likeness import KINDS
from streams.core.customers.matching import Matching
from streams.core.customers.rewriting import Rewriting
from streams.core.customers.state import Customer, Merge, Part
from streams.core.customers.storage import PIECES
from streams.core.formats import reader, tagged
from streams.core.history import END, Change, History, take_out
from streams.core.ledger import Ledger
from streams.core.records import key_of
from streams.core.retraction import Retraction
from streams.core.stage import MERGED, Send, Shelf, partition_of
from streams.events import (
    CustomerMerged,
    CustomerOwnerChanged,
    CustomerUpserted,
    Event,
    Reason,
    Rejected,
    decode,
    encode,
)
from streams.events.instants import to_us
from streams.policy import Policy

HEARD = key_of("joined")
"""The key of the record of what was heard of others."""
LARGE = 16 * 1024
"""Bytes of an event that are kept as they came, for the dead letters; of a larger one what it says."""
PARTS = 1 << 20
"""More than one inbox record makes a partition send."""


_read_heard = reader(dict[int, int])


class MergingHost(Host, Protocol):
    """What the partition does besides what others ask of it."""

    def take_named(self, customer: Customer, part: str, event: Event, time: int) -> bool:
        """Apply an event that names `part` to the customer that this is; whether it is used."""

    def take_back(self, customer: Customer, part: str, found: Retraction) -> None:
        """Take an event that named `part` out of the customer that this is."""

    def erase(self, name: str, time: int) -> None:
        """Let nothing be kept of a customer."""

    def was_told(self, name: str, source: str, id: str) -> bool:
        """Whether an event has named a customer."""

    def reject(self, why: Rejected, topic: str, partition: int, offset: int, event: Event | None, raw: bytes) -> None:
        """Send what cannot be taken to the dead letters."""


class Merging:
    """One partition's part of it."""

    def __init__(
        self, policy: Policy, origin: int, partitions: int, ledger: Ledger, alerting: Alerting, campaigns: Campaigns,
        rewriting: Rewriting, matching: Matching, exchange: Exchange, expiry: Expiry | None,
        shelf: Shelf, host: MergingHost,
    ) -> None:  # fmt: skip
        self._origin, self._partitions, self._ledger, self._alerting = origin, partitions, ledger, alerting
        self._campaigns, self._rewriting = campaigns, rewriting
        self._matching, self._exchange, self._expiry, self._shelf, self._host = (
            matching, exchange, expiry, shelf, host,
        )  # fmt: skip
        self._place = -1
        self._number = 0
        self._heard: dict[int, int] = {}
        self._written = True
        self._emptied: set[str] = set()
        self.opportunities = 0
        """How many more there are here than before."""
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Reckon by another policy from now on."""
        self._policy = policy

    def begin(self, offset: int) -> None:
        """What is said from now on follows from an inbox record."""
        self._place, self._number = offset, 0

    def merge(self, customer: Customer, event: Event, time: int, place: tuple[str, int, int], raw: bytes) -> None:
        """A customer was merged into another one."""
        assert isinstance(event.data, CustomerMerged)
        kept = raw if len(raw) <= LARGE else encode(event)
        self._mark(customer, Merge(time, event.source, event.id, customer.id, event.data.into, (*place, kept)))

    def forward(self, customer: Customer, event: Event, time: int, raw: bytes) -> None:
        """An event that is new names a customer that is another one."""
        assert customer.merged is not None
        owner = owner_of(event)
        if owner is not UNSET:
            change = Change(time, event.source, event.id, owner)
            self._own(customer, time, lambda: customer.owners.set(change))
        self._say(Named(customer.merged.into, customer.id, raw))

    def forward_retraction(self, customer: Customer, part: str, found: Retraction) -> None:
        """The same of an event that is taken back."""
        assert customer.merged is not None
        event = decode(found.raw)
        if isinstance(event, Event) and owner_of(event) is not UNSET:
            time = to_us(event.time)
            self._own(customer, time, lambda: take_out(customer.owners.changes, (time, event.source, event.id)))
        self._say(Taken(customer.merged.into, part, found))

    def erase(self, customer: Customer, time: int) -> None:
        """A customer that is another one is to be erased."""
        assert customer.merged is not None
        self._say(Erased(customer.merged.into, time))

    def forget(self, names: list[str], time: int) -> None:
        """The one that these customers are is erased."""
        for name in names:
            self._say(Forgotten(name, time))

    def hear(self, value: bytes) -> None:
        """Take what another partition says. What comes twice changes nothing."""
        letter = read(value)
        if letter.version > self._heard.get(letter.origin, -1):
            self._heard[letter.origin] = letter.version
            self._written = False
            self._take(letter.message)

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Its record, where that is another than last time, and the pieces of those who went on, which are deleted; to
        be written before customers are."""
        if not self._written:
            self._written = True
            yield HEARD, tagged(dict(sorted(self._heard.items())))
        for name in sorted(self._emptied):
            for kind, rest, _ in self._shelf.pieces(PIECES, name):
                if kind not in ("customer", "likeness"):
                    more = () if rest is None else rest if isinstance(rest, tuple) else (rest,)
                    yield key_of(kind, name, *more), None
        self._emptied.clear()

    def restore(self, value: bytes) -> None:
        """Put back the record that `take_states` gave."""
        self._heard = _read_heard(value)

    def _say(self, message: Any) -> None:
        home = partition_of(message.to, self._partitions)
        letter = pack(Letter(self._origin, self._place * PARTS + self._number, message))
        if home == self._origin:
            self._take(read(letter).message)
        else:
            self._number += 1
            self._host.say(Send("streams.inbox", MERGED, letter, home))

    def _take(self, message: Any) -> None:
        """Take what is for a customer of this partition."""
        if isinstance(message, Forgotten):
            if not self._host.is_erased(message.to):
                self._host.erase(message.to, message.time)
            return
        if self._host.is_erased(message.to):
            self._take_erased(message)
            return
        customer = self._host.dossier(message.to)
        if isinstance(message, Move):
            self._moved(customer, message)
        elif isinstance(message, Pushed):
            self._mark(customer, message.merge)
        elif isinstance(message, Refused):
            if customer.merged is not None and customer.merged.stamp == message.stamp:
                self._unmark(customer, customer.merged)
        elif customer.merged is not None:
            self._say(msgspec.structs.replace(message, to=customer.merged.into))
        elif isinstance(message, Named):
            event = decode(message.raw)
            assert isinstance(event, Event)  # it was good where it was taken
            self._host.take_named(customer, message.part, event, to_us(event.time))
        elif isinstance(message, Taken):
            self._host.take_back(customer, message.part, message.retraction)
        else:
            self._host.erase(customer.id, message.time)

    def _take_erased(self, message: Any) -> None:
        """What is for a customer that is erased: whoever turns out to be that one is erased too, and what it brought to
        somebody's credit stays."""
        if isinstance(message, Move) and message.parts:
            customer = self._host.dossier(message.to)
            self._join(customer, message, lambda put: self._rewriting.renew(customer, self._counting(customer, put)))
            self._host.erase(message.to, message.newest)
        elif isinstance(message, Move):
            self.forget([name for name, _ in message.path if name != message.to], message.newest)

    def _mark(self, customer: Customer, merge: Merge) -> None:
        known = customer.merged
        if merge.into == customer.id:
            return  # it says no more than what made one of them
        if known is None:
            self._leave(customer, merge)
        elif known.into == merge.into:
            if merge.stamp < known.stamp:
                self._set(customer, merge)
        elif merge.stamp > known.stamp:
            self._say(Pushed(known.into, merge))
        else:
            self._set(customer, merge)
            self._say(Move(merge.into, [(customer.id, merge.stamp)], {}, 0, []))
            self._say(Pushed(merge.into, known))

    def _set(self, customer: Customer, merge: Merge | None) -> None:
        customer.merged, customer.dirty = merge, True
        self._matching.leave(customer, None if merge is None else merge.time)

    def _own(self, customer: Customer, time: int, change: Callable[[], None]) -> None:
        """Who owned a customer that is another one changes for those who see to its likeness."""

        def take() -> None:
            change()
            attendance.sweep(customer)

        customer.dirty = True
        self._alerting.around(list(customer.likenesses.values()), customer, time, self._host.reach(time), take)

    def _unmark(self, customer: Customer, merge: Merge) -> None:
        """A customer is none of those that are one, or the one that they are: what is known of it comes back."""
        self._own(customer, merge.time, customer.owners.changes.clear)
        self._set(customer, None)
        topic, partition, offset, raw = merge.place
        event = decode(raw)
        why = f"data.into: {merge.into} is merged into {merge.customer} already, by earlier events"
        self._host.reject(
            Rejected(Reason.invalid_value, why),
            topic,
            partition,
            offset,
            event if isinstance(event, Event) else None,
            raw,
        )

    def _leave(self, customer: Customer, merge: Merge) -> None:
        """Let all that is known of a customer go on."""
        now, newest = self._host.reach(merge.time), max(merge.time, moving.newest(customer))
        found = customer.parts or {customer.id: Part(customer.first, customer.contract)}
        found[customer.id] = moving.both(found.get(customer.id), Part(customer.first, None))
        items = list(moving.items_of(customer))

        owners = [one for one in customer.owners.changes if self._host.was_told(customer.id, one.source, one.id)]

        def empty() -> None:
            moving.empty(customer)
            customer.owners = History(owners)
            self._set(customer, merge)

        if customer.first == END:
            empty()
        else:
            # Whom it was taken for stays, until those it shares something with say else.
            holders = [holder for holder in customer.holders() if not isinstance(holder, Likeness)]
            self._rewriting.rewrite(customer, customer.first, now, self._counting(customer, empty), holders)
            for holder in holders:
                if holder in self._alerting.due:
                    self._alerting.judge(holder, now)
        over = self._let_go(customer)
        self.opportunities -= len(customer.opportunities)
        moving.close(customer)
        self._emptied.add(customer.id)
        path = [(customer.id, merge.stamp)]
        for part in list(parts([*over, *items])) or [[]]:
            self._say(Move(merge.into, path, found, newest, part))

    def _let_go(self, customer: Customer) -> list[moving.Item]:
        """The alerts that are over, of which the partition of the other one deletes the records in time: an alert of a
        case has the same id there."""
        self._alerting.outbox.note(self._expiry)
        if self._expiry is None:
            return []
        own = {name for kind in KINDS for name, _ in self._policy.watching(kind)}
        return [(moving.OVER, id, tuple(end)) for id, end in self._expiry.hand_over(customer.id, own)]

    def _moved(self, customer: Customer, move: Move) -> None:
        known = customer.merged
        if known is not None:
            path = [*move.path, (customer.id, known.stamp)]
            names = [name for name, _ in move.path]
            if customer.id in names:
                circle = move.path[names.index(customer.id) :]
                name, stamp = max(circle, key=lambda mark: mark[1])
                path = [(customer.id, known.stamp)]
                if name != customer.id:
                    self._say(Refused(name, stamp))
                elif stamp == known.stamp:
                    self._unmark(customer, known)
        if (known := customer.merged) is not None:
            self._say(msgspec.structs.replace(move, to=known.into, path=path))
        elif move.parts:
            now = self._host.reach(move.newest)
            since = min(customer.first, *(part.first for part in move.parts.values()))

            def change(put: Callable[[], None]) -> None:
                if since != END:
                    self._rewriting.rewrite(customer, since, now, self._counting(customer, put))
                else:  # nothing is known of either but that others ask for it
                    put()

            self._join(customer, move, change)
            self._exchange.tell_watchers(customer)

    def _join(self, customer: Customer, move: Move, change: Callable[[Callable[[], None]], None]) -> None:
        over = [item for item in move.items if item[0] == moving.OVER]
        items = [item for item in move.items if item[0] != moving.OVER]
        self._take_over(customer, over)
        self.opportunities += moving.opened(customer, items)

        def put() -> None:
            moving.put(customer, items, self._policy.zone)
            mine = customer.parts or {customer.id: Part(customer.first, customer.contract)}
            for name, part in move.parts.items():
                mine[name] = moving.both(mine.get(name), part)
            customer.parts = mine if len(mine) > 1 else {}
            customer.contract = moving.first_contract(mine.values())
            customer.first = min(part.first for part in mine.values())
            customer.latest = max(customer.latest, move.newest)

        change(put)
        customer.noted = max(customer.noted, customer.latest)
        customer.dirty = customer.whole = True

    def _take_over(self, customer: Customer, over: list[moving.Item]) -> None:
        if self._expiry is None or not over:
            return
        self._alerting.outbox.note(self._expiry)
        standing = {alert.id for holder in customer.holders() for alert in holder.standing.values()}
        for _, id, end in over:
            if id not in standing:
                self._expiry.take_over(customer.id, id, End(*end))

    def _counting(self, customer: Customer, change: Callable[[], None]) -> Callable[[], None]:
        """A change of what is known of a customer, with what its contacts and campaigns count for."""

        def post(sign: int) -> None:
            crediting.post_contacted(customer, self._policy, self._ledger, sign)
            for campaign in customer.joined:
                self._campaigns.post_joined(customer, campaign, sign)

        def take() -> None:
            post(-1)
            change()
            post(1)

        return take


def owner_of(event: Event) -> str | None | UnsetType:
    """Whose an event says that its customer is."""
    data = event.data
    if isinstance(data, CustomerOwnerChanged):
        return data.to
    return data.owner_id if isinstance(data, CustomerUpserted) else UNSET
