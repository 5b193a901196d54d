"""Which events a subject has seen: fingerprints in blocks that are written once."""

from __future__ import annotations

import json
from random import Random

import pytest

from streams.core import seen as seen_module
from streams.core.seen import BLOCK, Arrival, Seen
from tests.unit.core.kit import contact, deal, parsed, us

AT = us("01")


def arrive(seen: Seen, line: bytes, at: int = AT) -> Arrival:
    return seen.arrive(parsed(line), at)


def test_the_first_arrival_is_new_the_second_a_duplicate_and_another_content_a_conflict() -> None:
    seen = Seen()
    line = contact("01", id="x")
    assert [arrive(seen, line), arrive(seen, line)] == [Arrival.NEW, Arrival.DUPLICATE]
    assert arrive(seen, contact("01", id="x", channel="visit")) is Arrival.CONFLICT
    # The first stands: the other is a conflict again, the first still known.
    assert arrive(seen, contact("01", id="x", channel="visit")) is Arrival.CONFLICT
    assert arrive(seen, line) is Arrival.DUPLICATE
    assert len(seen) == 1


def test_an_identity_is_source_and_id_together() -> None:
    seen = Seen()
    pairs = [("/a", "b"), ("/ab", "x"), ("/a", "bx"), ("/", "ab")]
    assert {arrive(seen, contact("01", source=source, id=id)) for source, id in pairs} == {Arrival.NEW}


def test_another_time_or_type_is_another_content() -> None:
    seen = Seen()
    arrive(seen, contact("01", id="x"))
    assert arrive(seen, contact("02", id="x"), us("02")) is Arrival.CONFLICT
    assert arrive(seen, deal("01", "lost", id="x")) is Arrival.CONFLICT


def test_the_same_content_written_otherwise_is_a_duplicate() -> None:
    seen = Seen()
    line = deal("01", "won", id="x", amount={"amount": "10"})
    arrive(seen, line)
    body = json.loads(line)
    body["time"], body["data"]["amount"] = "2026-03-01T08:00:00+08:00", {"amount": 10, "unheard": "of"}
    assert arrive(seen, json.dumps(dict(reversed(body.items()))).encode()) is Arrival.DUPLICATE


def test_full_blocks_are_never_written_again() -> None:
    seen, lines = Seen(), [contact("01", id=f"e{number}") for number in range(2 * BLOCK + 3)]
    for line in lines[:-1]:
        assert arrive(seen, line) is Arrival.NEW
    pieces = dict(seen.take_dirty())
    assert sorted(pieces) == [0, 1, 2]
    assert list(seen.take_dirty()) == []
    assert arrive(seen, lines[-1]) is Arrival.NEW
    ((number, piece),) = seen.take_dirty()
    assert number == 2
    again = Seen()
    for key in (2, 0, 1):
        again.restore(key, (pieces | {2: piece})[key])
    assert {arrive(again, line) for line in lines} == {Arrival.DUPLICATE}
    assert arrive(again, contact("01", id="e5", channel="visit")) is Arrival.CONFLICT
    assert len(again) == len(lines)
    assert list(again.take_dirty()) == []
    # It goes on in the block that has room.
    assert arrive(again, contact("01", id="new")) is Arrival.NEW
    assert [key for key, _ in again.take_dirty()] == [2]


@pytest.mark.parametrize("patience", [0, seen_module.PATIENCE, 1 << 30])
def test_however_many_blocks_there_are_each_event_is_known_by_what_it_said_first(
    patience: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_module, "PATIENCE", patience)
    monkeypatch.setattr(seen_module, "BLOCK", 16)
    seen, known, chance = Seen(), dict[str, str](), Random(1)
    kept: dict[int, bytes] = {}
    for number in range(3000):
        id, channel = f"e{chance.randrange(2000)}", chance.choice(("call", "visit"))
        expected = Arrival.NEW
        if id in known:
            expected = Arrival.DUPLICATE if known[id] == channel else Arrival.CONFLICT
        known.setdefault(id, channel)
        assert arrive(seen, contact("01", id=id, channel=channel)) is expected
        assert len(seen) == len(known)
        if number % 700 == 699:  # it sleeps, and wakes
            kept |= seen.take_dirty()
            seen = Seen()
            for key in chance.sample(sorted(kept), len(kept)):
                seen.restore(key, kept[key])


@pytest.mark.parametrize("patience", [0, 1 << 30])
def test_fingerprints_that_overlap_or_end_alike_are_told_apart(patience: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where the first two of a block meet they make a third; all of them end up in one place of an index.
    prints = {"a": b"-abcde--", "b": b"-fghij--", "z": b"-zzzzz--", "y": b"-yyyyy--"}
    prints["across"] = (prints["a"] + prints["b"])[4:12]

    class Hash:
        def __init__(self, text: bytes, digest_size: int) -> None:
            self.digest = lambda: prints[text.partition(b"\0")[2].decode()]

    monkeypatch.setattr(seen_module, "blake2b", Hash)
    monkeypatch.setattr(seen_module, "PATIENCE", patience)
    monkeypatch.setattr(seen_module, "BLOCK", 2)
    seen = Seen()
    for id in ("a", "b", "across", "z", "y"):
        assert arrive(seen, contact("01", id=id)) is Arrival.NEW
    for id in prints:
        assert arrive(seen, contact("01", id=id)) is Arrival.DUPLICATE
        assert arrive(seen, contact("01", id=id, channel="visit")) is Arrival.CONFLICT


def test_a_block_is_let_go_once_all_in_it_is_older() -> None:
    seen, lines = Seen(), [contact("01", id=f"e{number}") for number in range(BLOCK + 1)]
    for number, line in enumerate(lines):
        arrive(seen, line, AT + number)
    assert seen.forget(AT + BLOCK - 1) == []
    assert seen.forget(AT + BLOCK) == [0]
    assert arrive(seen, lines[-2], AT + BLOCK - 1) is Arrival.NEW
    assert arrive(seen, lines[-1], AT + BLOCK) is Arrival.DUPLICATE
    assert len(seen) == 2


def test_what_was_let_go_is_not_written_anymore_and_everything_may_go() -> None:
    seen = Seen()
    arrive(seen, contact("01", id="x"))
    assert seen.forget(AT + 1) == [0]
    assert list(seen.take_dirty()) == []
    assert arrive(seen, contact("02", id="y"), us("02")) is Arrival.NEW
    assert [number for number, _ in seen.take_dirty()] == [0]
