"""The log of a case as records: one for nearly every case, and for a busy one some, none of which grows without bound.

A log that has grown large is cut: what is old goes into *blocks* of its own, each with all that happened from one
instant to another, and the newest stays where it was, with what else is known of the case. What is
taken out of a log is rare; a block is another one as soon as it holds more or less; an event that comes late is written
with its block alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

LARGE = 64 * 1024
"""Bytes of a record above which a log is cut; a block may come to twice as much."""

Key = tuple[Any, ...]
"""What the entries of a log sort by."""
Entries = Sequence[Any]
Encode = Callable[[Entries], bytes]


class Block:
    """Entries that stand in a record of their own: those before `until`, and not before the end of the block before."""

    __slots__ = ("count", "number", "until")

    def __init__(self, number: int, count: int, until: Key) -> None:
        self.number, self.count, self.until = number, count, until


def key_of_entry(entry: Any) -> Key:
    """What an entry of any log sorts by."""
    key: Key = entry[:4]
    return key


def holds(log: Entries, entry: Any) -> bool:
    """Whether a log has an entry that sorts the same."""
    key = key_of_entry(entry)
    place = bisect_left(log, key, key=key_of_entry)
    return place < len(log) and key_of_entry(log[place]) == key


def written(
    log: Entries, blocks: list[Block], block: Encode, rest: Encode
) -> Iterator[tuple[int | None, bytes | None]]:
    """The records of a log: (number, record) of the blocks that are others now, no record of those that are no more,
    and (None, record) of what is left.

    `blocks` are those that there were, and then those that there are.
    """
    if _is_any_empty(log, blocks):  # so much was taken out
        numbers = {one.number for one in blocks}
        blocks.clear()
        yield from written(log, blocks, block, rest)
        yield from ((number, None) for number in sorted(numbers - {one.number for one in blocks}))
        return
    if not blocks:
        record = rest(log)
        if len(record) <= LARGE or len(log) < 2:
            yield None, record
            return
    begin, known, taken = 0, list(blocks), len(blocks)
    blocks.clear()
    for one in known:
        end = bisect_left(log, one.until, begin, key=key_of_entry)
        entries, begin = log[begin:end], end
        if len(entries) == one.count:
            blocks.append(one)
            continue
        parts = _cut(entries, block, 2 * LARGE)
        for number, part in zip([one.number, *range(taken, taken + len(parts) - 1)], parts, strict=True):
            blocks.append(Block(number, len(part), one.until))
            yield number, block(part)
        for former, part in zip(blocks[-len(parts) :], parts[1:], strict=False):
            former.until = key_of_entry(part[0])
        taken += len(parts) - 1
    parts = _cut(log[begin:], rest, LARGE)
    for part, following in pairwise(parts):
        blocks.append(Block(taken, len(part), key_of_entry(following[0])))
        yield taken, block(part)
        taken += 1
    yield None, rest(parts[-1])


def _is_any_empty(log: Entries, blocks: list[Block]) -> bool:
    ends = [0, *(bisect_left(log, one.until, key=key_of_entry) for one in blocks)]
    return bool(blocks) and (ends[-1] == len(log) or any(begin == end for begin, end in pairwise(ends)))


def joined(blocks: Mapping[int, list[Any]], rest: list[Any]) -> tuple[list[Any], list[Block]]:
    """A whole log from the entries of its blocks, by their numbers, and those of what was left; and its blocks."""
    if not blocks:
        return rest, []
    ordered = sorted(blocks.items(), key=lambda item: key_of_entry(item[1][0]))
    following = [key_of_entry(entries[0]) for _, entries in ordered[1:]] + [key_of_entry(rest[0])]
    found = [Block(number, len(part), until) for (number, part), until in zip(ordered, following, strict=True)]
    return [entry for _, part in ordered for entry in part] + rest, found


def _cut(entries: Entries, encode: Encode, most: int) -> list[Entries]:
    """Entries in parts whose records are not too large."""
    if len(entries) < 2 or len(encode(entries)) <= most:
        return [entries]
    middle = len(entries) // 2
    return _cut(entries[:middle], encode, most) + _cut(entries[middle:], encode, most)
