"""How customers that share something find each other, though they live in different partitions.

A customer claims what identifies it in the partition of the thing's fingerprint; that one knows who else does, and
tells each with whom it shares the thing. Both are told as a whole, so that twice changes nothing, and in order. What
identifies somebody is kept as a fingerprint alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec
from msgspec import UNSET

from streams.core.customers import likeness
from streams.core.customers.alerting import Alerting
from streams.core.customers.cases import Likeness, Twin
from streams.core.customers.erasing import Erasing
from streams.core.customers.host import Host, parts
from streams.core.customers.likeness import MERGED, MOST, SAME_NAME, Claim, claims_of, ids_of, twins
from streams.core.customers.state import Customer
from streams.core.customers.storage import CLAIM
from streams.core.formats import reader, tagged
from streams.core.history import Change, take_out
from streams.core.records import key_of
from streams.core.stage import CLAIMS, TWINS, Send, Shelf, partition_of
from streams.events import CustomerUpserted, Event
from streams.policy import Policy

PREFIX = "match:"
"""How the names of claims begin, before the fingerprint of what is claimed."""


class _Claims(msgspec.Struct, array_like=True, frozen=True):
    """Claims by fingerprint on their way, and the newest instant of the events that they are made of."""

    newest: int
    claims: list[tuple[str, Claim]]
    erased: str = ""
    """The customer that these claims of are to be forgotten."""


class _Twins(msgspec.Struct, array_like=True, frozen=True):
    """Who shares something on its way to those who do: (customer, fingerprint, with whom)."""

    newest: int
    twins: list[tuple[str, str, list[Twin]]]
    erased: str = ""
    """Whom what was told before is to be forgotten of."""


_read_claims, _read_twins = msgspec.msgpack.Decoder(_Claims).decode, msgspec.msgpack.Decoder(_Twins).decode
_pack = msgspec.msgpack.Encoder().encode
_read_claim = reader(Claim)


class Matching:
    """One partition's part of it. No more than `bound` fingerprints stay in memory when a flush is over."""

    def __init__(
        self,
        policy: Policy,
        origin: int,
        partitions: int,
        alerting: Alerting,
        shelf: Shelf,
        bound: int,
        erasing: Erasing,
        host: Host,
    ) -> None:
        self._origin, self._partitions, self._alerting, self._host = origin, partitions, alerting, host
        self._erasing = erasing
        self._shelf, self._bound = shelf, bound
        self._known: dict[str, dict[str, Claim]] = {}
        self._dirty: dict[str, set[str]] = {}
        self._changed: dict[str, None] = {}
        self._told: list[tuple[str, str, list[Twin]]] = []
        self._gone: list[tuple[str, str]] = []
        self._newest = 0
        self.adopt(policy)

    def __len__(self) -> int:
        """How many customers have something to say or to hear."""
        return len(self._changed) + len(self._told)

    def adopt(self, policy: Policy) -> None:
        """Judge by another policy from now on. Of those that do not look at names none is kept."""
        self._policy = policy
        self._names = bool(policy.watching(SAME_NAME))

    def note(self, customer: Customer, event: Event, time: int) -> bool:
        """Something happened to a customer; says whether that is of use here."""
        data = event.data
        if not isinstance(data, CustomerUpserted):
            return False
        named = self._names and data.name is not UNSET
        if data.match_keys is not UNSET:
            customer.keys.set(Change(time, event.source, event.id, likeness.of_keys(data.match_keys)))
        if named:
            customer.names.set(Change(time, event.source, event.id, likeness.of_name(data.name or None)))
        if data.match_keys is UNSET and not named:
            return False
        customer.dirty = True
        self._changed[customer.id] = None
        self._newest = max(self._newest, time)
        return True

    def leave(self, customer: Customer, time: int | None) -> None:
        """A customer is another one from an instant on, or (None) it is none after all."""
        customer.gone = None if time is None else (time, MERGED)
        customer.dirty = True
        self._changed[customer.id] = None
        self._newest = max(self._newest, time or 0)

    def forget(self, customer: Customer) -> None:
        """Let what a customer claims be forgotten, and let nobody know that it was one of those who share it."""
        self._changed.pop(customer.id, None)
        found: dict[int, list[tuple[str, Claim]]] = {}
        for changes in (customer.keys.changes, customer.names.changes):
            for known, claim in claims_of(customer.id, changes, None):
                found.setdefault(self._home(known), []).append((known, claim))
        for home, claims in sorted(found.items()):
            if home == self._origin:
                self._drop(_Claims(0, claims, customer.id))
            else:
                for part in parts(claims):
                    self._host.say(Send("streams.inbox", CLAIMS, _pack(_Claims(0, part, customer.id)), home))

    def take_back(self, customer: Customer, event: Event, time: int) -> None:
        """What an event told is taken back."""
        before = _held(customer)
        for changes in (customer.keys.changes, customer.names.changes):
            take_out(changes, (time, event.source, event.id))
        self._gone += ((customer.id, known) for known in sorted(before - _held(customer)))
        self._changed[customer.id] = None

    def settle(self) -> None:
        """Hand on what customers claim, and what was found to be shared."""
        changed, self._changed = self._changed, {}
        claims: dict[int, list[tuple[str, Claim]]] = {}
        for name in sorted(changed):
            customer = self._host.dossier(name)
            for changes in (customer.keys.changes, customer.names.changes):
                for known, claim in claims_of(name, changes, customer.gone):
                    claims.setdefault(self._home(known), []).append((known, claim))
        gone, self._gone = self._gone, []
        for name, known in gone:
            if known not in _held(self._host.dossier(name)):
                claims.setdefault(self._home(known), []).append((known, Claim(name, "", (), True)))
        for home, found in sorted(claims.items()):
            if home == self._origin:
                self._weigh(_Claims(self._newest, found))
            else:
                for part in parts(found):
                    self._host.say(Send("streams.inbox", CLAIMS, _pack(_Claims(self._newest, part)), home))
        self._tell()

    def hear(self, key: bytes, value: bytes) -> None:
        """Take what another partition hands on, with one of the keys `CLAIMS` and `TWINS`."""
        if key == CLAIMS:
            claims = _read_claims(value)
            if claims.erased:
                self._drop(claims)
            else:
                self._weigh(claims)
        else:
            self._learn(_read_twins(value))

    def take_dirty(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The records that changed since the last time."""
        for known, names in sorted(self._dirty.items()):
            for name in sorted(names):
                claim = self._known[known].get(name)
                yield key_of(CLAIM, PREFIX + known, name), None if claim is None else tagged(claim)
        if (over := len(self._known) - self._bound) > 0:
            for known in list(islice((one for one in self._known if one not in self._dirty), over)):
                del self._known[known]
        self._dirty = {}

    def _tell(self) -> None:
        told: dict[int, list[tuple[str, str, list[Twin]]]] = {}
        news, self._told = self._told, []
        for name, known, found in news:
            told.setdefault(self._home(name), []).append((name, known, found))
        for home, batch in sorted(told.items()):
            if home == self._origin:
                self._learn(_Twins(self._newest, batch))
            else:
                for part in parts(batch):
                    self._host.say(Send("streams.inbox", TWINS, _pack(_Twins(self._newest, part)), home))
        self._newest = 0

    def _home(self, id: str) -> int:
        return partition_of(id, self._partitions)

    def _weigh(self, news: _Claims) -> None:
        """Take claims, and remember to tell those who share other things, or with others, than before."""
        self._newest = max(self._newest, news.newest)
        for known, claim in news.claims:
            claims = self._find(known)
            if claims.get(claim.customer) == claim or (claim.customer not in claims and len(claims) > MOST):
                continue
            before = twins(known, claims)
            claims[claim.customer] = claim
            if claim.gone:
                del claims[claim.customer]
            self._dirty.setdefault(known, set()).add(claim.customer)
            now = twins(known, claims)
            for name in sorted({*before, *now}):
                if before.get(name) != now.get(name):
                    self._told.append((name, known, now.get(name, [])))

    def _drop(self, gone: _Claims) -> None:
        """Forget claims of one customer; whoever shared the thing with it hears what is left of that."""
        told: dict[int, list[tuple[str, str, list[Twin]]]] = {}
        for known, _ in gone.claims:
            claims = self._find(known)
            if gone.erased not in claims:
                continue
            del claims[gone.erased]
            self._dirty.setdefault(known, set()).add(gone.erased)
            now = twins(known, claims)
            self._told = [one for one in self._told if one[1] != known]
            for name in sorted(claims):  # of each something may have been told that was withdrawn
                told.setdefault(self._home(name), []).append((name, known, now.get(name, [])))
        for home, batch in sorted(told.items()):
            if home == self._origin:
                self._learn(_Twins(0, batch, gone.erased))
            else:
                for part in parts(batch):
                    self._host.say(Send("streams.inbox", TWINS, _pack(_Twins(0, part, gone.erased)), home))

    def _find(self, known: str) -> dict[str, Claim]:
        claims = self._known.pop(known, None)
        if claims is None:
            pieces = self._shelf.pieces((CLAIM,), PREFIX + known)
            claims = {str(name): _read_claim(value) for _, name, value in pieces}
        self._known[known] = claims  # the newest used stands last
        return claims

    def _learn(self, news: _Twins) -> None:
        """Let customers know with whom they share something."""
        now = self._host.reach(news.newest)
        for name, known, found in news.twins:
            if self._host.is_erased(name):
                continue
            customer = self._host.dossier(name)
            held = customer.likenesses.setdefault("", Likeness(""))
            before = [twin for twin in held.log if twin.print == known]
            if before != found:
                self._share(customer, held, known, found, min(twin.start for twin in (*before, *found)), now)
            if news.erased:
                former = ids_of(before, name, self._policy)
                if held in self._alerting.due:
                    self._alerting.judge(held, now)
                self._erasing.efface_unfounded(name, likeness.KINDS, former, ids_of(held.log, name, self._policy))

    def _share(self, customer: Customer, held: Likeness, known: str, found: list[Twin], since: int, now: int) -> None:
        def take() -> None:
            held.log = sorted([*(twin for twin in held.log if twin.print != known), *found])
            customer.touch(held)

        customer.dirty = True
        self._alerting.around([held], customer, since, now, take)


def _held(customer: Customer) -> set[str]:
    """The fingerprints of all that a customer ever had."""
    changes = (*customer.keys.changes, *customer.names.changes)
    return {known for known, _ in claims_of(customer.id, changes, None)}
