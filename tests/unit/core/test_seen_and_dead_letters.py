"""Who was here before, and what is not taken."""

from __future__ import annotations

import json

import pytest

from streams.core.seen import BLOCK, Arrival, Seen
from tests.unit.core.kit import DAY, Partition, contact, customer, parsed, policy, us


def test_a_second_arrival_is_a_duplicate_and_another_content_a_conflict() -> None:
    partition = Partition(policy())
    partition.tell(contact("01", id="x"), contact("01", id="x"), contact("01", id="x", channel="visit"))
    assert partition.figure("ann", "contacts") == 1
    assert partition.changes.counts["event", "crm.contacts", "contact.logged", "duplicate"] == 1
    (letter,) = partition.letters
    assert (letter["reason"], json.loads(letter["original"])["id"]) == ("conflict", "x")


def test_fingerprints_fill_blocks_and_survive_in_pieces() -> None:
    seen, events = Seen(), [parsed(contact("01", id=f"e{number}")) for number in range(BLOCK + 3)]
    assert all(seen.arrive(event, us("01")) is Arrival.NEW for event in events)
    pieces = dict(seen.take_dirty())
    assert len(pieces) == 2
    again = Seen()
    for number, piece in pieces.items():
        again.restore(number, piece)
    assert {again.arrive(event, us("01")) for event in events} == {Arrival.DUPLICATE}
    assert len(again) == BLOCK + 3
    assert list(again.take_dirty()) == []


def test_what_is_older_than_dedup_keep_is_too_old_but_an_upsert_is_not() -> None:
    partition = Partition(policy(dedup_keep="10d"))
    partition.tick("25")
    partition.tell(contact("14"), contact("16"), customer("14", owner_id="ann"))
    assert [letter["reason"] for letter in partition.letters] == ["too_old"]
    assert partition.figure("ann", "contacts") == 1
    assert partition.stage.customers["c"].owners.now() == "ann"


def test_old_fingerprints_are_let_go_once_their_events_would_be_too_old() -> None:
    partition = Partition(policy(dedup_keep="10d"))
    partition.tell(contact("01"))
    kept = [key for key in partition.states if b'"seen"' in key]
    assert len(kept) == 1
    partition.tick(us("01") + 30 * DAY)
    assert not [key for key in partition.states if b'"seen"' in key]


def test_our_own_mistake_is_a_dead_letter_and_too_many_stop_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    partition = Partition(policy())

    def broken(*_: object) -> bool:
        raise RuntimeError("broken")

    monkeypatch.setattr(partition.stage._changer, "change", broken)
    partition.tell(contact("01"))
    (letter,) = partition.letters
    assert (letter["reason"], letter["detail"]) == ("bug", "RuntimeError: broken")
    with pytest.raises(RuntimeError, match="broken"):
        partition.tell(*(contact("01") for _ in range(101)))
