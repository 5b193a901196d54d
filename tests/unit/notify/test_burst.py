from hypothesis import given
from hypothesis import strategies as st

from streams.notify.burst import EXAMPLES, LONGEST_S, QUIET_S, Burst
from streams.notify.selection import Selection
from streams.notify.telling import Change, Memory
from tests.unit.notify.alerts import NOON, seen


def change(name: str, at: int = NOON, severity: str = "warning") -> Change:
    found = Memory(Selection()).judge(seen(name, at, severity=severity))
    assert found is not None
    return found


def burst(number: int, limit: int) -> Burst[int]:
    one: Burst[int] = Burst(limit)
    for place in range(number):
        one.add(change(f"a{place}", NOON + place), place, 0.0)
    return one


def test_a_burst_is_over_when_nothing_has_come_for_a_while() -> None:
    one: Burst[int] = Burst(10)
    one.add(change("a1"), 0, 100.0)
    assert one.left(100.0) == QUIET_S
    one.add(change("a2"), 1, 100.5)
    assert one.left(101.0) == QUIET_S - 0.5
    assert one.left(100.5 + QUIET_S) == 0.0


def test_a_burst_that_goes_on_is_told_of_meanwhile() -> None:
    one: Burst[int] = Burst(10)
    steps = [100.0 + number * QUIET_S / 2 for number in range(200)]
    for at in steps:
        if one.total and not one.left(at):
            break
        one.add(change("a1"), 0, at)
    assert at == 100.0 + LONGEST_S


@given(st.integers(1, 40), st.integers(0, 40))
def test_above_the_limit_it_is_a_digest_and_what_is_kept_is_bounded(number: int, limit: int) -> None:
    one = burst(number, limit)
    assert one.total == number
    assert one.digest == (limit > 0 and number > limit)
    if one.digest:
        assert len(one.changes) <= max(limit, EXAMPLES)
    else:
        assert [place for _, place in one.changes] == list(range(number))
    assert one.newest == NOON + number - 1


def test_without_a_limit_there_is_nothing_to_wait_for() -> None:
    assert burst(1, 0).left(0.0) == 0.0
