"""Who looks after a customer over time: the quick way, step by step, tells what the whole of it anew tells."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streams.core.customers import attendance
from streams.core.customers.state import Customer
from tests.unit.core.kit import DAY, HOUR, Partition, attempt, contact, created, customer, deal, moved, policy, us
from tests.unit.core.logs import logs


@given(logs(most=20), st.booleans())
def test_step_by_step_is_as_the_whole_anew(lines: list[bytes], in_order: bool) -> None:
    partition = Partition(policy())
    for line in sorted(lines, key=_time) if in_order else lines:
        partition.tell(line)
        for known in partition.stage.customers.values():
            step_by_step = known.attendance, known.presence
            attendance.sweep(known)
            assert step_by_step == (known.attendance, known.presence)
            known.attendance, known.presence = step_by_step


@given(logs(most=20), st.integers(0, 40), st.integers(1, 40))
def test_the_parts_with_somebody_are_those_in_which_somebody_can_be_named(
    lines: list[bytes], start: int, length: int
) -> None:
    partition = Partition(policy())
    partition.tell(*lines)
    since, until = us("01") + start * 6 * HOUR, us("01") + (start + length) * 6 * HOUR
    for known in partition.stage.customers.values():
        parts = attendance.during(known, since, until)
        assert parts == sorted(parts)
        assert all(since <= a < b <= until for a, b in parts)
        assert all(before[1] < after[0] for before, after in pairwise(parts))
        for instant in range(since, until, 6 * HOUR):
            assert any(a <= instant < b for a, b in parts) == (attendance.at(known, instant) is not None)


def _time(line: bytes) -> bytes:
    return line[line.index(b'"time"') :]


def attended(*lines: bytes) -> Customer:
    partition = Partition(policy())
    partition.tell(*lines)
    return partition.stage.customers["c"]


def test_its_owner_then_that_of_its_newest_open_opportunity_then_who_contacted_it_last() -> None:
    # 02 attempt by bob ── 03 contact by cid ── 04 dee has an opportunity ── 05 owned by ann ── 06 by nobody ── 08 lost
    known = attended(
        customer("01", grade="gold"),
        attempt("02", employee_id="bob"),
        contact("03", employee_id="cid"),
        created("04", "C", owner_id="dee"),
        customer("05", owner_id="ann"),
        customer("06", owner_id=None),
        deal("08", "lost"),
    )
    days = ["01 12:00", "02", "03", "04", "05", "06", "07", "08"]
    assert [attendance.at(known, us(day)) for day in days] == [None, "bob", "cid", "dee", "ann", "dee", "dee", "cid"]
    assert attendance.during(known, us("01"), us("09")) == [(us("02"), us("09"))]


def test_nobody_in_between() -> None:
    # 02 to 03 owned ── 05 to 06 an opportunity ── 07 owned
    known = attended(
        customer("02", owner_id="ann"),
        customer("03", owner_id=None),
        created("05", "C"),
        deal("06", "lost"),
        customer("07", owner_id="ann"),
    )
    assert attendance.during(known, us("01"), us("09")) == [
        (us("02"), us("03")),
        (us("05"), us("06")),
        (us("07"), us("09")),
    ]
    assert attendance.during(known, us("05 06:00"), us("05 07:00")) == [(us("05 06:00"), us("05 07:00"))]
    assert attendance.during(known, us("03"), us("05")) == []


def test_the_newest_is_newest_by_its_creation_as_far_as_it_had_happened() -> None:
    # 01 o is first heard of ── 03 p is created ── 08 o is created, and the newest from now on
    known = attended(
        moved("01", "C", owner_id="ann"),
        created("03", "C", opportunity_id="p", owner_id="bob"),
        created("08", "C", owner_id="ann"),
    )
    assert [attendance.at(known, us(day)) for day in ("02", "04", "07", "08")] == ["ann", "bob", "bob", "ann"]


def test_an_opportunity_that_nobody_has_hands_the_customer_to_who_contacted_it_last() -> None:
    # 01 o is ann's ── 03 p is newer and nobody's ── 05 p is lost
    known = attended(
        created("01", "C"),
        contact("02", employee_id="cid"),
        moved("03", "C", opportunity_id="p"),
        deal("05", "lost", opportunity_id="p"),
    )
    assert [attendance.at(known, us(day)) for day in ("02", "03", "05")] == ["ann", "cid", "ann"]


def test_a_closed_opportunity_is_nobodys_until_it_is_reopened() -> None:
    known = attended(created("01", "C"), deal("03", "won"), deal("05", "reopened", to_stage="C"))
    assert [attendance.at(known, us("01") + days * DAY) for days in range(5)] == ["ann", "ann", None, None, "ann"]
