"""The index against a look at everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from typing import TypeVar
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.dashboard import index as indexing
from streams.dashboard.index import BadCursor, Entry, Found, Index

FIELDS = ("rule", "team")
IDS = [f"a{number}" for number in range(12)]
VALUES = st.sampled_from(["", "x", "y", "z"])
TEXTS = st.sampled_from(["", "call", "call back", "back"])
ENTRIES = st.builds(
    lambda order, id, group, rule, team, text: Entry(order, id, group, (rule, team), text),
    st.integers(-3, 3), st.sampled_from(IDS), st.sampled_from(["open", "over"]), VALUES, VALUES, TEXTS,
)  # fmt: skip
STEPS = st.lists(st.one_of(ENTRIES, st.sampled_from(IDS)), max_size=120)
"""An entry to put, or an id to drop."""
SOME = st.none() | st.sets(st.sampled_from(["x", "y", "z"]), max_size=3)


def filled(steps: list[Entry | str]) -> tuple[Index, dict[str, Entry]]:
    index, known = Index(FIELDS), dict[str, Entry]()
    for number, step in enumerate(steps):
        if isinstance(step, Entry):
            index.put(step)
            known[step.id] = step
        else:
            assert index.drop(step) == known.pop(step, None)
        if number % 7 == 0:
            index.page({}, 3)  # whoever asks in between changes nothing
    return index, known


GROUPS = st.none() | st.sets(st.sampled_from(["open", "over", "none"]))


def told(
    known: dict[str, Entry], rules: set[str] | None, teams: set[str] | None, groups: set[str] | None, text: str = ""
) -> list[Entry]:
    """What is wanted, found by a look at everything, the oldest first."""
    return sorted(
        one
        for one in known.values()
        if (rules is None or one.values[0] in rules)
        and (teams is None or one.values[1] in teams)
        and (groups is None or one.group in groups)
        and text in one.text
    )


def asked(rules: set[str] | None, teams: set[str] | None) -> dict[str, set[str]]:
    return {field: values for field, values in (("rule", rules), ("team", teams)) if values is not None}


COSTS = st.sampled_from([0, indexing.RUN])
"""What opening a run costs: nothing, so that each is, or so much that all of them together are looked at."""


@given(STEPS, SOME, SOME, GROUPS, st.booleans(), st.integers(1, 5), COSTS)
def test_pages_counts_and_groups_are_those_of_a_look_at_everything(
    steps: list[Entry | str], rules: set[str] | None, teams: set[str] | None, groups: set[str] | None,
    newest_first: bool, limit: int, cost: int,
) -> None:  # fmt: skip
    with patch.object(indexing, "RUN", cost):
        _check_pages(*filled(steps), rules, teams, groups, newest_first, limit)


def _check_pages(
    index: Index, known: dict[str, Entry], rules: set[str] | None, teams: set[str] | None, groups: set[str] | None,
    newest_first: bool, limit: int,
) -> None:  # fmt: skip
    wanted, naive = asked(rules, teams), told(known, rules, teams, groups)
    if newest_first:
        naive.reverse()
    found: list[str] = []
    cursor = None
    while True:
        page = index.page(wanted, limit, cursor, groups, newest_first=newest_first)
        assert page.total == len(naive)
        found += page.ids
        cursor = page.next
        if cursor is None:
            break
        assert len(page.ids) == limit
    assert found == [one.id for one in naive]
    there = index.page(wanted, limit, None, groups, newest_first=newest_first, offset=2)
    assert (there.total, there.ids) == (len(naive), [one.id for one in naive[2 : 2 + limit]])
    assert index.count(wanted, groups) == len(naive)
    for place, field in enumerate(FIELDS):
        counts = Counter(one.values[place] for one in naive if one.values[place])
        assert index.tally(field, wanted, groups) == counts
    assert index.groups == sorted({one.group for one in known.values()})


T = TypeVar("T")


def done(work: Generator[None, None, T], between: list[Entry | str] | None = None, index: Index | None = None) -> T:
    """What a search comes to where at each of its steps something else is put or dropped."""
    rest = list(between or ())
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        if rest and index is not None:
            step = rest.pop()
            if isinstance(step, Entry):
                index.put(step)
            else:
                index.drop(step)


@given(STEPS, STEPS, SOME, SOME, GROUPS, TEXTS, st.integers(1, 5), st.integers(0, 9), COSTS)
def test_a_search_in_steps_finds_what_a_look_at_everything_found_when_it_began(
    steps: list[Entry | str], meanwhile: list[Entry | str], rules: set[str] | None, teams: set[str] | None,
    groups: set[str] | None, text: str, limit: int, offset: int, cost: int,
) -> None:  # fmt: skip
    wanted = asked(rules, teams)
    with patch.object(indexing, "STRIDE", 3), patch.object(indexing, "RUN", cost):
        found: list[str] = []
        cursor = None
        while True:
            index, known = filled(steps)
            naive = told(known, rules, teams, groups, text)[::-1]
            result: Found = done(index.search(text, wanted, limit, cursor, groups, field="team"), meanwhile, index)
            assert result.page.total == len(naive)
            assert result.counts == Counter(one.values[1] for one in naive if one.values[1])
            found += result.page.ids
            cursor = result.page.next
            if cursor is None:
                break
        assert found == [one.id for one in naive]
        index, _ = filled(steps)
        there = done(index.search(text, wanted, limit, None, groups, offset=offset), meanwhile, index).page
    assert (there.total, there.ids) == (len(naive), [one.id for one in naive[offset : offset + limit]])


@pytest.mark.parametrize("wanted", [{}, {"rule": {"x"}}])
def test_no_step_of_a_search_looks_at_more_entries_than_the_stride(wanted: dict[str, set[str]]) -> None:
    looked = 0

    class Watched(str):
        def __contains__(self, key: object) -> bool:
            nonlocal looked
            looked += 1
            return str(key) in str(self)

    index = Index(FIELDS)
    for number in range(3 * indexing.STRIDE + 1):
        index.put(Entry(number, f"a{number}", "open", ("x", ""), Watched("call back")))
    spans = []
    for _ in index.search("call", wanted, 10, offset=2 * indexing.STRIDE):
        spans.append(looked)
        looked = 0
    assert spans == [*([indexing.STRIDE] * 3), 1, 0, 0]  # four to find them, two to go down to the place


@pytest.mark.parametrize("cursor", ["", "x", "1", "a:b", "--1:a", "1.5:a"])
def test_a_cursor_that_no_page_gave_out_is_refused_in_one_sentence(cursor: str) -> None:
    with pytest.raises(BadCursor, match="no page gave out"):
        Index(FIELDS).page({}, 1, cursor)
