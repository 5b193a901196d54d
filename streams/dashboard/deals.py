"""Opportunities: the open ones by owner, team and stage with their sums, and all of a customer's."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple, TypeVar

import msgspec

from streams.dashboard.alerts import Facts
from streams.dashboard.index import Entry, Index
from streams.dashboard.shelf import Shelf
from streams.events.instants import to_us
from streams.events.outputs import OpportunityRecord

K = TypeVar("K")

FIELDS: Final = ("stage", "owner", "team")
OPEN: Final = "open"
CENT: Final = 100


class Sum(NamedTuple):
    """Open opportunities: how many, and their amounts and expected revenue in cents."""

    number: int = 0
    amount: int = 0
    expected: int = 0

    def plus(self, other: Sum, sign: int = 1) -> Sum:
        """Both together, or this one less the other."""
        return Sum(*(one + sign * two for one, two in zip(self, other, strict=True)))


class Deals:
    """Takes the records of `opportunities`. Raises msgspec.MsgspecError for what is none."""

    def __init__(self) -> None:
        self.index = Index(FIELDS)
        """Those that are open, by when they came into their stage."""
        self._values = Shelf()
        self._customers: dict[str, tuple[str, ...]] = {}
        self._by_team: dict[str, dict[str, Sum]] = {}  # team -> stage
        self._by_owner: dict[str, dict[tuple[str, str], Sum]] = {}  # owner -> (stage, team)

    def __len__(self) -> int:
        return len(self._values)

    def take(self, key: str, value: bytes | None) -> Facts:
        """A record; answers whom it concerns, of a deletion whom it concerned."""
        record = None if value is None else _decode(value)
        former = self.get(key)
        if former is not None:
            self._forget(key, former)
        if record is None or value is None:
            self._values.drop(key)
            return Facts() if former is None else Facts(former.team, former.owner_id)
        self._values.put(key, value)
        known = self._customers.get(record.customer_id, ())
        self._customers[record.customer_id] = (*known, key)
        if record.status == OPEN:
            entered = entered_at(record)
            about = (record.stage or "", record.owner_id or "", record.team or "")
            self.index.put(Entry(entered or 0, key, OPEN, about))
            self._count(record, 1)
        return Facts(record.team, record.owner_id)

    def _forget(self, key: str, record: OpportunityRecord) -> None:
        rest = tuple(one for one in self._customers.get(record.customer_id, ()) if one != key)
        if rest:
            self._customers[record.customer_id] = rest
        else:
            self._customers.pop(record.customer_id, None)
        if self.index.drop(key) is not None:
            self._count(record, -1)

    def _count(self, record: OpportunityRecord, sign: int) -> None:
        one = Sum(1, _cents(record.amount), _cents(record.expected_revenue))
        stage, owner, team = record.stage or "", record.owner_id or "", record.team or ""
        _add(self._by_team.setdefault(team, {}), stage, one, sign)
        _add(self._by_owner.setdefault(owner, {}), (stage, team), one, sign)

    def get(self, id: str) -> OpportunityRecord | None:
        """An opportunity by id."""
        value = self._values.get(id)
        return None if value is None else _decode(value)

    def of_customer(self, customer: str) -> list[OpportunityRecord]:
        """All of a customer, by id."""
        found = (self.get(id) for id in sorted(self._customers.get(customer, ())))
        return [one for one in found if one is not None]

    def of_owner(self, owner: str, limit: int) -> list[OpportunityRecord]:
        """The open ones of an owner, the one that is longest in its stage first."""
        page = self.index.page({"owner": (owner,)}, limit, newest_first=False)
        return [one for one in map(self.get, page.ids) if one is not None]

    def sums(self, owners: Collection[str] | None, team: str | None) -> dict[str, Sum]:
        """By stage what is open, of some owners, of a team, or of all."""
        found: dict[str, Sum] = {}
        if owners is None:
            for name in self._by_team if team is None else (team,):
                _merge(found, self._by_team.get(name, {}).items())
            return found
        for owner in owners:
            sums = self._by_owner.get(owner, {})
            _merge(found, ((stage, one) for (stage, of), one in sums.items() if team is None or of == team))
        return found


def entered_at(record: OpportunityRecord) -> int | None:
    """When an opportunity came into the stage that it is in, us."""
    return to_us(record.history[-1].entered_at) if record.history else None


def _merge(found: dict[str, Sum], more: Iterable[tuple[str, Sum]]) -> None:
    for stage, one in more:
        found[stage] = found.get(stage, Sum()).plus(one)


def _add(sums: dict[K, Sum], key: K, one: Sum, sign: int) -> None:
    total = sums.get(key, Sum()).plus(one, sign)
    if total.number:
        sums[key] = total
    else:
        sums.pop(key, None)


def _cents(amount: float | None) -> int:
    return 0 if amount is None else round(amount * CENT)


_decode: Final = msgspec.json.Decoder(OpportunityRecord).decode
