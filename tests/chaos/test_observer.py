"""What the observer makes of what it sees of the group."""

from pathlib import Path

import pytest
from aiokafka import TopicPartition

from tests.acceptance.installation import Installation
from tests.chaos.observer import Observer

A, B = TopicPartition("x.streams.inbox", 0), TopicPartition("x.streams.inbox", 1)


@pytest.fixture
def observer(tmp_path: Path) -> Observer:
    """Of a group of two, one partition each, with 10 records done of both."""
    observer = Observer(Installation("127.0.0.1:9", "x", tmp_path))
    observer.see({"one": frozenset({A}), "two": frozenset({B})}, {A: 10, B: 10})
    return observer


def test_members_that_come_and_go_are_counted(observer: Observer) -> None:
    observer.see({"two": frozenset({B}), "three": frozenset({A})}, {A: 10, B: 10})
    assert (observer.joins, observer.leaves) == (3, 1)


def test_a_takeover_ends_with_the_first_flush_of_what_the_killed_one_had(observer: Observer) -> None:
    observer.killed()
    observer.see({"one": frozenset({A}), "two": frozenset({B})}, {A: 11, B: 11})  # its last one, not noticed before
    observer.see({"two": frozenset({A, B})}, {A: 11, B: 11})
    observer.see({"two": frozenset({A, B})}, {A: 11, B: 12})  # the survivor's own
    assert observer.takeovers == []
    observer.see({"two": frozenset({A, B})}, {A: 12, B: 12})
    assert len(observer.takeovers) == 1


def test_what_a_member_had_is_remembered_while_the_group_shares_out_anew(observer: Observer) -> None:
    observer.killed()
    observer.see({"one": frozenset(), "two": frozenset()}, {A: 10, B: 10})
    observer.see({"two": frozenset({A, B})}, {A: 10, B: 10})
    observer.see({"two": frozenset({A, B})}, {A: 11, B: 10})
    assert len(observer.takeovers) == 1


def test_a_takeover_that_something_else_disturbed_is_no_figure(observer: Observer) -> None:
    observer.killed()
    observer.see({"two": frozenset({A, B})}, {A: 10, B: 10})
    observer.disturbed()
    observer.see({"two": frozenset({A, B})}, {A: 11, B: 11})
    assert observer.takeovers == []
