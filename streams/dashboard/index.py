"""An index that is kept up to date entry by entry: filters, counts, groups and pages without a look at everything."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple

ALL: Final = ""
"""The field under which all entries of a group stand; as a value: nothing, which nobody asks for."""
SPARE: Final = 32
STRIDE: Final = 2_000
"""Entries that a search looks at before others have their turn: some milliseconds of work."""
RUN: Final = 16
"""Entries that are passed by in the time in which a run is opened."""


class BadCursor(ValueError):
    """A cursor that no page gave out."""


class Entry(NamedTuple):
    """What is sorted by: an instant or number, then the id. `values` are those of the index's fields, "" for none."""

    order: int
    id: str
    group: str
    values: tuple[str, ...]
    text: str = ""
    """What a search looks at."""


class Page(NamedTuple):
    """Ids in order, how many there are in all, and where to go on."""

    total: int
    ids: list[str]
    next: str | None


class Found(NamedTuple):
    """What a search came to: a page, and how many there are by the values of a field."""

    page: Page
    counts: Counter[str]


Wanted = Mapping[str, Collection[str]]
"""Field -> the values of which one is asked for."""
Rest = list[tuple[int, Collection[str]]]
"""What is still to be looked at in an entry: places in `values`, and what may stand there."""


class _Run:
    """Entries of one value, sorted when they are asked for. Those that were dropped stay until there are too many."""

    __slots__ = ("items", "live", "sorted")

    def __init__(self) -> None:
        self.items: list[Entry] = []
        self.live = 0
        self.sorted = True

    def add(self, entry: Entry) -> None:
        if self.items and entry < self.items[-1]:
            self.sorted = False
        self.items.append(entry)
        self.live += 1

    def read(self) -> list[Entry]:
        if not self.sorted:
            self.items.sort()
            self.sorted = True
        return self.items


class Index:
    """Entries by id, found by group and by fields."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = {name: place for place, name in enumerate(fields)}
        self._entries: dict[str, Entry] = {}
        self._runs: dict[tuple[str, str], dict[str, _Run]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, id: str) -> Entry | None:
        """The entry of an id."""
        return self._entries.get(id)

    def put(self, entry: Entry) -> None:
        """Take in an entry in the place of the one that its id had."""
        known = self._entries.get(entry.id)
        if known == entry:
            return
        if known is not None:
            self.drop(entry.id)
        self._entries[entry.id] = entry
        for field, value in self._places(entry):
            self._runs.setdefault((entry.group, field), {}).setdefault(value, _Run()).add(entry)

    def drop(self, id: str) -> Entry | None:
        """Forget an id; answers the entry that it had."""
        entry = self._entries.pop(id, None)
        if entry is None:
            return None
        for field, value in self._places(entry):
            runs = self._runs[entry.group, field]
            run = runs[value]
            run.live -= 1
            if not run.live:
                del runs[value]
            elif len(run.items) > 2 * run.live + SPARE:
                run.items = [one for one in run.items if self._entries.get(one.id) is one]
        return entry

    def _places(self, entry: Entry) -> Iterator[tuple[str, str]]:
        yield ALL, ALL
        for field, place in self.fields.items():
            if entry.values[place]:
                yield field, entry.values[place]

    @property
    def groups(self) -> list[str]:
        """Every group that has entries."""
        return sorted(group for (group, field), runs in self._runs.items() if field == ALL and runs)

    def count(self, wanted: Wanted, groups: Iterable[str] | None = None) -> int:
        """How many there are of it."""
        runs, rest = self._plan(wanted, groups)
        if not rest:
            return sum(run.live for run in runs)
        return sum(1 for run in runs for entry in run.items if self._fits(entry, rest))

    def page(
        self, wanted: Wanted, limit: int, cursor: str | None = None, groups: Iterable[str] | None = None,
        *, newest_first: bool = True, offset: int = 0,
    ) -> Page:  # fmt: skip
        """As many as `limit` of it, after what `cursor` says and `offset` more. Raises `BadCursor`."""
        runs, rest = self._sooner(wanted, groups, offset + limit)
        after = None if cursor is None else _read_cursor(cursor)
        ways = [self._walk(run.read(), after, newest_first) for run in runs]
        entries = (entry for entry in merge(*ways, reverse=newest_first) if self._fits(entry, rest))
        found = list(islice(entries, offset, offset + limit + 1))
        return _page(self.count(wanted, groups), found, limit)

    def search(
        self, text: str, wanted: Wanted, limit: int, cursor: str | None = None, groups: Iterable[str] | None = None,
        *, offset: int = 0, field: str | None = None,
    ) -> Generator[None, None, Found]:  # fmt: skip
        """The page of those that name a text, the newest first, and the tally of them by a field.

        It looks at everything, so it yields after each `STRIDE`. The answer is that of the moment at which it began,
        whatever is put and dropped in between. Raises `BadCursor`.
        """
        runs, rest = self._sooner(wanted, groups)
        after = None if cursor is None else _read_cursor(cursor)
        entries = [entry for run in runs for entry in self._alive(run)]
        counts: Counter[str] = Counter()
        parts: list[list[Entry]] = []
        for begin in range(0, len(entries), STRIDE):
            part = [entry for entry in entries[begin : begin + STRIDE] if text in entry.text]
            for place, values in rest:
                part = [entry for entry in part if entry.values[place] in values]
            if field is not None:
                counts.update(entry.values[self.fields[field]] for entry in part)
            part.sort()
            parts.append(part)
            yield
        del counts[ALL]
        ordered = merge(*(self._walk(part, after, newest_first=True) for part in parts), reverse=True)
        for skipped in range(0, offset, STRIDE):
            deque(islice(ordered, min(STRIDE, offset - skipped)), maxlen=0)
            yield
        return Found(_page(sum(map(len, parts)), list(islice(ordered, limit + 1)), limit), counts)

    def _alive(self, run: _Run) -> list[Entry]:
        if len(run.items) == run.live:
            return run.items
        return [entry for entry in run.items if self._entries.get(entry.id) is entry]

    def tally(self, field: str, wanted: Wanted, groups: Iterable[str] | None = None) -> Counter[str]:
        """How many there are of it by the values of a field; those without a value are left out."""
        found: Counter[str] = Counter()
        if not wanted:
            for group in self.groups if groups is None else groups:
                for value, run in self._runs.get((group, field), {}).items():
                    found[value] += run.live
            return found
        place = self.fields[field]
        runs, rest = self._plan(wanted, groups)
        for run in runs:
            found.update(entry.values[place] for entry in run.items if self._fits(entry, rest))
        del found[ALL]
        return found

    def _plan(self, wanted: Wanted, groups: Iterable[str] | None) -> tuple[list[_Run], Rest]:
        """The shortest runs that hold all of it, and what else must be looked at in them."""
        chosen = self.groups if groups is None else sorted(set(groups))
        best, best_field = self._of(chosen, ALL, (ALL,)), ALL
        for field, values in wanted.items():
            runs = self._of(chosen, field, values)
            if best_field == ALL or sum(run.live for run in runs) < sum(run.live for run in best):
                best, best_field = runs, field
        return best, [(self.fields[field], values) for field, values in wanted.items() if field != best_field]

    def _sooner(
        self, wanted: Wanted, groups: Iterable[str] | None, number: int | None = None
    ) -> tuple[list[_Run], Rest]:
        """The same; but all runs where, until so many (None: all) are found, as much is passed by in them sooner than
        those of very many values are opened: of a manager of thousands."""
        runs, rest = self._plan(wanted, groups)
        whole = self._of(self.groups if groups is None else sorted(set(groups)), ALL, (ALL,))
        entries = sum(run.live for run in whole)
        if number is not None:
            entries = min(entries, number * entries // max(1, sum(run.live for run in runs)))
        if len(runs) * RUN <= entries:
            return runs, rest
        return whole, [(self.fields[field], values) for field, values in wanted.items()]

    def _of(self, groups: Iterable[str], field: str, values: Collection[str]) -> list[_Run]:
        found = []
        for group in groups:
            runs = self._runs.get((group, field), {})
            if len(values) > len(runs):
                found += [run for value, run in runs.items() if value in values]
            else:
                found += [runs[value] for value in values if value in runs]
        return found

    def _fits(self, entry: Entry, rest: Rest) -> bool:
        return self._entries.get(entry.id) is entry and all(entry.values[place] in values for place, values in rest)

    @staticmethod
    def _walk(items: list[Entry], after: tuple[int, str] | None, newest_first: bool) -> Iterator[Entry]:
        if newest_first:
            end = len(items) if after is None else bisect_left(items, after, key=_place)
            return (items[at] for at in range(end - 1, -1, -1))
        begin = 0 if after is None else bisect_right(items, after, key=_place)
        return (items[at] for at in range(begin, len(items)))


def _place(entry: Entry) -> tuple[int, str]:
    return entry.order, entry.id


def _page(total: int, found: list[Entry], limit: int) -> Page:
    """The page of a list that holds one more where there is more."""
    more = _cursor(found[limit - 1]) if len(found) > limit else None
    return Page(total, [entry.id for entry in found[:limit]], more)


def _cursor(entry: Entry) -> str:
    return f"{entry.order}:{entry.id}"


def _read_cursor(text: str) -> tuple[int, str]:
    order, colon, id = text.partition(":")
    if not colon or not order.removeprefix("-").isascii() or not order.removeprefix("-").isdigit():
        raise BadCursor(f"cursor is {text!r}, which no page gave out; leave it out to begin anew.")
    return int(order), id
