"""Logs that grow long: in which records they are kept, and that nothing is lost or written twice."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.customers import logbook
from streams.core.customers.logbook import Block, holds, joined, written
from tests.unit.core.customers.test_storage import looked_at
from tests.unit.core.kit import Partition, attempt, created, deal, event, money, moved, policy, us

Records = dict[int | None, list[Any]]
MINUTE = 60_000_000


def encoded(log: Any) -> bytes:
    return msgspec.msgpack.encode(log)


class Kept:
    """A log, and the records that it is kept in."""

    def __init__(self) -> None:
        self.log: list[tuple[int, int, str, str]] = []
        self.blocks: list[Block] = []
        self.records: Records = {}

    def take(self, *entries: tuple[int, int, str, str]) -> set[int | None]:
        """Entries come and are written; the numbers of the records that this writes."""
        self.log = sorted([*self.log, *entries])
        found = list(written(self.log, self.blocks, encoded, encoded))
        for number, record in found:
            if record is None:
                del self.records[number]
            else:
                self.records[number] = msgspec.msgpack.decode(record)
        assert len(dict(found)) == len(found)
        return {number for number, _ in found}

    def restored(self) -> Kept:
        other = Kept()
        parts = {number: list(map(tuple, part)) for number, part in self.records.items() if number is not None}
        other.log, other.blocks = joined(parts, list(map(tuple, self.records[None])))
        other.records = dict(self.records)
        return other


def entry(time: int) -> tuple[int, int, str, str]:
    return time, 0, "/crm", f"n{time:06d}"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "LARGE", 256)


def test_a_short_log_is_one_record() -> None:
    kept = Kept()
    for time in range(10):
        assert kept.take(entry(time)) == {None}
    assert kept.blocks == []


def test_a_long_one_writes_its_newest_part_alone() -> None:
    kept = Kept()
    sizes = [len(kept.take(entry(time))) for time in range(300)]
    assert len(kept.blocks) > 20
    assert sizes.count(1) > 250
    assert max(sizes) == 2
    assert max(len(encoded(record)) for record in kept.records.values()) <= 256
    assert kept.restored().log == kept.log


def test_what_comes_late_is_written_with_its_own_block() -> None:
    kept = Kept()
    for time in range(0, 3000, 10):
        kept.take(entry(time))
    written = kept.take(entry(1001))
    assert len(written) == 2
    (number,) = written - {None}
    assert list(entry(1001)) in kept.records[number]


def test_a_block_into_which_much_comes_late_is_cut_too() -> None:
    kept = Kept()
    for time in range(0, 3000, 10):
        kept.take(entry(time))
    blocks = len(kept.blocks)
    for time in range(1001, 1800, 10):
        kept = kept.restored()
        kept.take(*(entry(time + more) for more in range(8)))
    assert len(kept.blocks) > blocks + 5
    assert max(len(encoded(record)) for record in kept.records.values()) <= 512


def test_an_entry_that_is_large_by_itself_stands_by_itself() -> None:
    kept = Kept()
    for time in range(5):
        kept.take((time, 0, "/crm", f"{time}" + "x" * 400))
    assert [len(record) for record in kept.records.values()] == [1] * 5
    assert kept.restored().log == kept.log


@given(st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=40), max_size=20), st.booleans())
def test_nothing_is_lost_whatever_the_order(batches: list[list[int]], restarts: bool) -> None:
    kept, known = Kept(), set[int]()
    for batch in batches:
        fresh = set(batch) - known
        known |= fresh
        kept.take(*map(entry, fresh))
        again = kept.restored()
        assert again.log == kept.log == sorted(map(entry, known))
        assert [(b.number, b.count, b.until) for b in again.blocks] == [
            (b.number, b.count, b.until) for b in kept.blocks
        ]
        kept = again if restarts else kept


def test_whether_a_log_holds_an_entry() -> None:
    log = [entry(time) for time in (1, 3, 5)]
    assert [holds(log, entry(time)) for time in range(7)] == [time in (1, 3, 5) for time in range(7)]


def busy() -> list[bytes]:
    """One opportunity, invoice, ticket, lead and task of a customer, each of which much happens to."""
    lines = [created("01", "A"), event("01", "ticket.opened", ticket_id="t", customer_id="c", kind="request")]
    lines += [event("01", "lead.created", lead_id="l", owner_id="ann")]
    for number in range(60):
        at = us("02") + number * MINUTE
        lines += [
            moved(at, "AB"[number % 2], amount=money(f"{number}.25")),
            deal(at + 1, "updated", next_step=f"step {number}", expected_close_at=f"2026-04-{1 + number % 28:02d}"),
            event(
                at,
                "invoice.issued",
                invoice_id="i",
                customer_id="c",
                employee_id="ann",
                amount=money("1"),
                due_at="2026-04-01",
            ),
            event(at, "ticket.replied", ticket_id="t", employee_id="ann"),
            event(at, "lead.assigned", lead_id="l", owner_id="ann"),
            event(at, "task.assigned", task_id="k", customer_id="c", employee_id="ann", due_at="2026-04-01"),
            attempt(at),
        ]
    return lines


def test_a_busy_customer_is_the_same_in_another_process_and_no_record_grows() -> None:
    lines = busy()
    shuffled = [*lines[:3], *Random(7).sample(lines[3:], len(lines) - 3)]
    for ordered in (lines, shuffled):
        partition = Partition(policy())
        for number, line in enumerate(ordered):
            partition.tell(line)
            if number % 50 == 0:
                partition = partition.restarted()
        blocks = [key for key in partition.states if key.count(b",") == 3]
        assert {key.split(b",")[0] for key in blocks} == {
            b'["opportunity"', b'["invoice"', b'["ticket"', b'["lead"', b'["task"',
        }  # fmt: skip
        assert looked_at(partition.restarted().stage) == looked_at(partition.stage)
        assert partition.restarted().stage.alerts() == partition.stage.alerts()
        sizes = [len(value) for key, value in partition.states.items() if key in blocks]
        assert max(sizes) <= 600


@pytest.mark.parametrize("gone", [range(20), range(100, 200), range(290, 300), range(1, 300), range(300)])
def test_what_is_taken_out_is_gone_wherever_it_stood(gone: range) -> None:
    kept = Kept()
    kept.take(*map(entry, range(300)))
    kept.log = [one for one in kept.log if one[0] not in gone]
    kept.take()
    left = [entry(time) for time in range(300) if time not in gone]
    for one in (kept, kept.restored()):
        assert one.restored().log == left
        one.take(entry(1000))
        assert one.restored().log == [*left, entry(1000)]
