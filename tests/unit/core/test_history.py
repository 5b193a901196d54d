"""Values that change over time: the same whatever the order in which their changes arrive."""

from __future__ import annotations

from itertools import permutations

import pytest

from streams.core.history import Change, History

# 10 ann ── 20 bob (by a), cid (by b) ── 30 nobody
CHANGES = [
    Change(10, "/a", "1", "ann"),
    Change(20, "/a", "9", "bob"),
    Change(20, "/b", "0", "cid"),
    Change(30, "/a", "2", None),
]


@pytest.mark.parametrize("order", list(permutations(CHANGES)))
def test_any_order_tells_the_same(order: tuple[Change, ...]) -> None:
    history = History()
    for change in order:
        history.set(change)
    assert [history.at(time) for time in (9, 10, 19, 20, 29, 30)] == [None, "ann", "ann", "cid", "cid", None]
    assert history.now() is None
    assert history.between(10, 30) == [20, 20]
    assert history.between(9, 31) == [10, 20, 20, 30]
    assert history.between(30, 40) == []


def test_at_one_instant_the_greater_source_and_then_the_greater_id_is_newer() -> None:
    history = History()
    for change in (Change(1, "/b", "1", "x"), Change(1, "/a", "9", "y"), Change(1, "/b", "2", "z")):
        history.set(change)
    assert history.at(1) == "z"


def test_nothing_is_known_of_an_empty_history() -> None:
    assert (History().now(), History().at(5), History().between(0, 9)) == (None, None, [])


def test_a_change_that_comes_again_is_taken_once_and_the_first_stands() -> None:
    history = History()
    assert history.set_once(Change(1, "/a", "1", "north"))
    assert not history.set_once(Change(1, "/a", "1", "south"))
    assert history.set_once(Change(0, "/a", "1", "south"))
    assert [change.value for change in history.changes] == ["south", "north"]
