"""Contributions of partitions to the sums of one employee: absolute and versioned."""

from __future__ import annotations

from streams.core.employees.state import Employee


def test_sums_are_those_of_all_origins() -> None:
    ann = Employee("ann")
    assert ann.contribute("m1", 0, 5, {"won": 1, "lost": 2})
    assert ann.contribute("m1", 1, 3, {"won": 4})
    assert ann.contribute("m2", 0, 5, {"won": 8})
    assert ann.total(["m1"]) == {"won": 5, "lost": 2}
    assert ann.total(["m1", "m2", "m9"]) == {"won": 13, "lost": 2}


def test_one_takes_the_place_of_its_former_one() -> None:
    ann = Employee("ann")
    ann.contribute("m1", 0, 5, {"won": 1, "lost": 2})
    ann.contribute("m1", 1, 5, {"won": 1})
    assert ann.contribute("m1", 0, 6, {"won": 3}) == {"won": 2, "lost": -2}
    assert ann.total(["m1"]) == {"won": 4}


def test_twice_or_older_changes_nothing() -> None:
    ann = Employee("ann")
    ann.contribute("m1", 0, 5, {"won": 3})
    assert ann.contribute("m1", 0, 5, {"won": 3}) == {}
    assert ann.contribute("m1", 0, 4, {"won": 1}) is None
    assert ann.total(["m1"]) == {"won": 3}


def test_an_emptied_one_leaves_the_bucket_known_and_empty() -> None:
    ann = Employee("ann")
    ann.contribute("m1", 0, 5, {"won": 3})
    ann.contribute("m1", 0, 6, {})
    assert ann.total(["m1"]) == {}
    assert list(ann.buckets()) == ["m1"]


def test_a_forgotten_bucket_names_its_origins() -> None:
    ann = Employee("ann")
    for origin in (2, 0):
        ann.contribute("d1", origin, 5, {"won": 3})
    assert ann.forget("d1") == [0, 2]
    assert ann.forget("d1") == []
    assert list(ann.buckets()) == []
