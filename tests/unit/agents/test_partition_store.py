"""One partition and its store: what is spoilt is made anew, and what cannot be read or kept ends the process."""

from collections.abc import Iterator

import pytest

from streams.agents.leave import Exit
from streams.core.formats import NewerFormat
from streams.core.stage import ShelfError
from streams.store import Mark, MemoryStore
from streams.store.kept import Records
from tests.unit.agents.fakes import Left, MemoryLog
from tests.unit.agents.test_partition import KNOWN, NEVER, Case, numbers, play


class Spoilt(MemoryStore):
    """Cannot be read; the first `times`, until it is wiped."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times, self.wiped = times, 0

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        self.times -= 1
        if self.times >= 0:
            yield b"sum", b"1000"
            raise ShelfError("it is spoilt")
        yield from super().records()

    async def wipe(self, why: str) -> None:
        self.wiped += 1
        await super().wipe(why)

    async def put(self, records: Records, mark: Mark | None) -> None:
        if self.times < -1:
            raise ShelfError("the disk is full")
        await super().put(records, mark)


def test_a_store_that_turns_out_to_be_spoilt_is_made_anew_and_nothing_of_it_stays() -> None:
    async def scenario() -> None:
        store = Spoilt(1)
        case = Case(MemoryLog(live={b"sum": b"10"}), store=store)
        await case.partition.load(KNOWN)
        assert (case.stage.sum, store.wiped) == (10, 1)

    play(scenario)


def test_a_store_that_is_spoilt_again_ends_the_process() -> None:
    async def scenario() -> None:
        with pytest.raises(Left, match="could not be loaded: it is spoilt") as left:
            await Case(store=Spoilt(2)).partition.load(KNOWN)
        assert left.value.code is Exit.STORE

    play(scenario)


def test_what_is_committed_and_cannot_be_kept_ends_the_process() -> None:
    async def scenario() -> None:
        store = Spoilt(0)
        case = Case(interval=NEVER, store=store)
        await case.partition.load(KNOWN)
        store.times = -2
        await case.partition.feed(numbers(0, 1))
        with pytest.raises(Left, match="could not be kept at offset 0: the disk is full") as left:
            await case.partition.flush()
        assert left.value.code is Exit.STORE
        assert case.partition.written == 0

    play(scenario)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ShelfError("it is spoilt"), Exit.STORE, "stopped at offset 0: it is spoilt"),
        (NewerFormat(9), Exit.LOAD, "stopped at offset 0: it has a record of format 9, this release reads up to 2"),
    ],
)
def test_what_is_no_fault_of_a_record_ends_the_process_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: Exit, said: str
) -> None:
    async def scenario() -> None:
        case = Case()
        await case.partition.load(KNOWN)

        def apply(*_: object) -> None:
            raise error

        monkeypatch.setattr(case.stage, "apply", apply)
        with pytest.raises(Left, match=said) as left:
            await case.partition.feed(numbers(0, 1))
        assert left.value.code is code

    play(scenario)


def test_a_state_of_a_later_release_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        case = Case(MemoryLog(live={b"sum": b"1"}))

        def restore(*_: object) -> None:
            raise NewerFormat(9)

        monkeypatch.setattr(case.stage, "restore", restore)
        with pytest.raises(Left, match="cannot go on: it has a record of format 9") as left:
            await case.partition.load(KNOWN)
        assert left.value.code is Exit.LOAD

    play(scenario)
