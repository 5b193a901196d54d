"""The order in which intake takes what it has read of many partitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from streams.events.instants import iso
from streams.intake.lineup import ENOUGH, PLENTY, SLACK_US, Lineup, instant

START = 1_772_000_000_000_000
HOUR = SLACK_US
DEEP = b'{"x":' + b"[" * 100_000


class Item(NamedTuple):
    value: bytes | None
    timestamp: int = -1
    name: str = ""


def at(hours: float, name: str = "") -> Item:
    return Item(b'{"time":"%s","id":"x"}' % iso(START + int(hours * HOUR)).encode(), name=name)


def names(taken: Iterable[tuple[str, Sequence[Item]]]) -> list[str]:
    return [item.name for _, items in taken for item in items]


def lineup(**queues: list[Item]) -> Lineup[str, Item]:
    found: Lineup[str, Item] = Lineup()
    for name, items in queues.items():
        found.put(name, items)
    return found


def test_the_earliest_event_goes_first_whatever_its_partition() -> None:
    line = lineup(a=[at(1, "a1"), at(9, "a9")], b=[at(5, "b5"), at(7, "b7")])
    assert names(line.take(10, set())) == ["a1", "b5", "b7", "a9"]
    assert len(line) == 0


def test_what_is_close_together_stays_together() -> None:
    line = lineup(a=[at(1, "a1"), at(1.5, "a2")], b=[at(1.2, "b1")])
    assert line.take(10, set()) == [("a", [at(1, "a1"), at(1.5, "a2")]), ("b", [at(1.2, "b1")])]


def test_nothing_is_taken_while_a_partition_with_more_to_come_has_told_nothing() -> None:
    line = lineup(a=[at(1, "a")])
    assert line.take(10, {"b"}) == []
    line.put("b", [at(0, "b")])
    assert names(line.take(10, {"b"})) == ["b"]
    assert line.take(10, {"b"}) == []
    assert names(line.take(10, set())) == ["a"]


def test_no_more_is_taken_than_asked_for() -> None:
    line = lineup(a=[at(n, f"a{n}") for n in range(5)], b=[at(n, f"b{n}") for n in range(5)])
    assert len(names(line.take(4, set()))) == 4
    assert len(line) == 6


def test_a_record_that_tells_no_time_stays_behind_the_one_before_it() -> None:
    line = lineup(
        a=[at(5, "a"), Item(b"poison", name="p"), Item(None, name="none"), Item(DEEP, name="deep"), at(6, "z")],
        b=[at(2, "b")],
    )
    assert names(line.take(10, set())) == ["b", "a", "p", "none", "deep", "z"]


def test_no_event_is_later_than_its_record() -> None:
    assert instant(Item(at(5).value, START // 1000)) == START
    assert instant(at(5)) == START + 5 * HOUR
    assert instant(Item(b'{"time":"2026-03-01T00:00:00"}')) is None


def test_so_much_of_a_partition_is_asked_for_and_no_more() -> None:
    line = lineup(a=[at(n) for n in range(ENOUGH)], b=[at(0)])
    assert line.hungry("abc") == ["b", "c"]
    line = lineup(**{str(n): [at(0)] * (ENOUGH - 1) for n in range(PLENTY // (ENOUGH - 1) + 1)})
    assert line.hungry(["0", "new"]) == ["new"]


def test_what_was_cleared_comes_no_more() -> None:
    line = lineup(a=[at(1)])
    line.clear()
    assert (len(line), line.holds("a"), line.take(10, set())) == (0, False, [])


@given(
    st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(0, 50), min_size=1), min_size=1), st.integers(1, 9)
)
def test_everything_is_taken_once_in_the_order_of_its_partition_and_of_time(
    queues: dict[str, list[int]], most: int
) -> None:
    line = lineup(**{name: [at(hour, f"{name}{n}") for n, hour in enumerate(hours)] for name, hours in queues.items()})
    taken: list[tuple[str, Item]] = []
    while len(line):
        some = line.take(most, set())
        assert 0 < len(names(some)) <= most
        taken += [(name, item) for name, items in some for item in items]
    for name, hours in queues.items():
        assert [item for one, item in taken if one == name] == [at(h, f"{name}{n}") for n, h in enumerate(hours)]
    if all(hours == sorted(hours) for hours in queues.values()):
        times = [instant(item) or 0 for _, item in taken]
        assert all(later >= earlier - SLACK_US for earlier, later in pairwise(times))
