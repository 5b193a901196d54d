"""Customers by id and by owner."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterator
from heapq import merge
from itertools import islice
from typing import Final

import msgspec

from streams.dashboard.alerts import Facts
from streams.dashboard.index import Page
from streams.dashboard.shelf import Shelf
from streams.events.outputs import CustomerRecord, CustomerSummary

FEW: Final = 100
"""New ids that are put in their places one by one; more are sorted at once."""


class Customers:
    """Takes the records of `customers`. Raises msgspec.MsgspecError for what is none."""

    def __init__(self) -> None:
        self._values = Shelf()
        self._owners: dict[str, set[str]] = {}
        self._sorted: list[str] = []
        self._new: list[str] = []
        """Ids that are not in their places yet."""
        self._merged: dict[str, str] = {}
        """Into which customers others were merged, by the ids of these."""
        self._from: dict[str, tuple[str, ...]] = {}
        """The same the other way round."""

    def __len__(self) -> int:
        return len(self._values)

    def take(self, key: str, value: bytes | None) -> Facts:
        """A record; answers whom it concerns, of a deletion whom it concerned."""
        record = None if value is None else _decode(value)
        former = self.owner_of(key)
        known = key in self._values
        self._lead(key, () if record is None else record.merged_from)
        if record is None or value is None:
            if known:
                self._settle()
                del self._sorted[bisect_left(self._sorted, key)]
                self._move(key, former, None)
                self._values.drop(key)
            return Facts(employee=former)
        if not known:
            self._new.append(key)
        if not known or former != record.owner_id:
            self._move(key, former, record.owner_id)
        self._values.put(key, value)
        return Facts(employee=record.owner_id)

    def _move(self, key: str, before: str | None, now: str | None) -> None:
        if before is not None:
            self._owners[before].discard(key)
        if now is not None:
            self._owners.setdefault(now, set()).add(key)

    def _settle(self) -> None:
        if len(self._new) > FEW:
            self._sorted += self._new
            self._sorted.sort()
        else:
            for key in self._new:
                insort(self._sorted, key)
        self._new = []

    def __contains__(self, id: str) -> bool:
        return id in self._values

    def get(self, id: str) -> CustomerRecord | None:
        """A customer by id."""
        value = self._values.get(id)
        return None if value is None else _decode(value)

    def summary(self, id: str) -> CustomerSummary | None:
        """A customer by id, for a list."""
        value = self._values.get(id)
        return None if value is None else _summary(value)

    def owner_of(self, id: str) -> str | None:
        """Who owns a customer."""
        value = self._values.get(id)
        return None if value is None else _owner(value).owner_id

    def survivor(self, id: str) -> str:
        """The customer that one is by now: itself, unless it was merged."""
        return self._merged.get(id, id)

    def _lead(self, key: str, merged: tuple[str, ...]) -> None:
        """What a customer's record says of those that were merged into it. Another's may have said so meanwhile."""
        for id in self._from.pop(key, ()):
            if self._merged.get(id) == key:
                del self._merged[id]
        if merged:
            self._from[key] = merged
            self._merged |= dict.fromkeys(merged, key)

    def search(self, prefix: str, owners: Collection[str] | None, limit: int, after: str | None) -> Page:
        """Those whose id begins with a text, by id; of some owners, or of all."""
        if owners is None:
            self._settle()
            ways = [self._sorted]
        else:
            ways = [sorted(self._owners[owner]) for owner in owners if self._owners.get(owner)]
        spans = [_span(way, prefix) for way in ways]
        total = sum(end - begin for _, begin, end in spans)
        walks = [_walk(ids, max(begin, bisect_right(ids, after or "")), end) for ids, begin, end in spans]
        found = list(islice(merge(*walks), limit + 1))
        return Page(total, found[:limit], found[limit - 1] if len(found) > limit else None)


def _span(ids: list[str], prefix: str) -> tuple[list[str], int, int]:
    """Sorted ids, and where those that begin with a prefix stand in them."""
    return ids, bisect_left(ids, prefix), bisect_right(ids, prefix, key=lambda id: id[: len(prefix)])


def _walk(ids: list[str], begin: int, end: int) -> Iterator[str]:
    return (ids[at] for at in range(begin, end))


class _Owned(msgspec.Struct):
    owner_id: str | None


_decode: Final = msgspec.json.Decoder(CustomerRecord).decode
_summary: Final = msgspec.json.Decoder(CustomerSummary).decode
_owner: Final = msgspec.json.Decoder(_Owned).decode
