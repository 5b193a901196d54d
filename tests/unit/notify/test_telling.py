"""What a target is told of, told as the changes of one alert in order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.notify.seen import Seen, read_alert
from streams.notify.selection import Selection, read_condition
from streams.notify.telling import Memory
from tests.unit.notify.alerts import NOON, PENDING, RESOLVED, deleted, seen, value

ACK = {"status": "acknowledged"}
LEVEL_1 = {"level": 1}
QUIET = {"suppressed_by": "source.lagging"}
MINOR = {"severity": "info"}

STORIES: dict[str, tuple[list[dict[str, Any] | None], list[str]]] = {
    "it fires and resolves": ([PENDING, {}, RESOLVED], ["fired", "resolved"]),
    "it is published again": ([{}, {}, {"reason": "reassigned", "employee_id": "emp-8"}], ["fired"]),
    "it ends before it fires": ([PENDING, PENDING | RESOLVED], []),
    "it goes up and down the ladder": ([{}, LEVEL_1, LEVEL_1, {}], ["fired", "escalated", "deescalated"]),
    "somebody takes it on, and leaves it": ([{}, ACK, ACK, {}], ["fired", "acknowledged", "unacknowledged"]),
    "it is taken on before it was told": ([ACK, RESOLVED], ["acknowledged", "resolved"]),
    "it is quiet from the beginning": ([QUIET, QUIET | RESOLVED], []),
    "it is no longer quiet": ([QUIET, {}], ["fired"]),
    "it becomes quiet and ends": ([{}, QUIET, QUIET | LEVEL_1, QUIET | RESOLVED], ["fired", "resolved"]),
    "it is quiet for a while": ([{}, QUIET, {}], ["fired"]),
    "it is not chosen": ([MINOR, MINOR | RESOLVED], []),
    "it becomes grave enough": ([MINOR, {}, MINOR | RESOLVED], ["fired", "resolved"]),
    "it ends and ends": ([{}, RESOLVED, RESOLVED], ["fired", "resolved"]),
    "it ends unseen": ([RESOLVED], []),
    "it is deleted while it stands": ([{}, None], ["fired", "deleted"]),
    "it is deleted after its end": ([{}, RESOLVED, None], ["fired", "resolved"]),
    "it begins again": ([{}, RESOLVED, {}, RESOLVED], ["fired", "resolved", "fired", "resolved"]),
    "a new policy holds it back": ([{}, PENDING, {}, RESOLVED], ["fired", "resolved"]),
}


def memory() -> Memory:
    return Memory(Selection((read_condition("severity=critical,warning"),)))


def record(step: dict[str, Any] | None, at: int) -> Seen:
    return deleted(at=at) if step is None else seen(at=at, **step)


@pytest.mark.parametrize(("steps", "expected"), STORIES.values(), ids=STORIES)
def test_a_target_is_told_of_each_change_once(steps: list[dict[str, Any] | None], expected: list[str]) -> None:
    memory_, told = memory(), []
    for number, step in enumerate(steps):
        if (change := memory_.judge(record(step, NOON + number))) is not None:
            told.append(change.what.value)
    assert told == expected


steps = st.lists(st.sampled_from([PENDING, {}, ACK, LEVEL_1, QUIET, MINOR, RESOLVED, None]), max_size=12)


@given(steps, st.data())
def test_a_restart_anywhere_changes_nothing(story: list[dict[str, Any] | None], data: st.DataObject) -> None:
    records = [record(step, NOON + number) for number, step in enumerate(story)]
    place = data.draw(st.integers(0, len(records)))
    first, second = memory(), memory()
    told = [first.judge(one) for one in records]
    for one in records[:place]:
        second.learn(one, told=True)
    assert [second.judge(one) for one in records[place:]] == told[place:]
    assert len(first) == len(second)


@given(steps, steps)
def test_of_what_stood_before_the_target_was_told_at_all_it_hears_no_end(
    before: list[dict[str, Any] | None], after: list[dict[str, Any] | None]
) -> None:
    memory_, standing = memory(), False
    for number, step in enumerate(before):
        memory_.learn(record(step, NOON + number), told=False)
    for number, step in enumerate(after):
        change = memory_.judge(record(step, NOON + 100 + number))
        if change is None:
            continue
        over = change.what in ("resolved", "deleted")
        assert standing or not over
        assert change.before is not None or not standing
        standing = not over


def test_a_change_has_the_same_key_after_a_restart_and_another_when_it_comes_again() -> None:
    first, again = memory(), memory()
    keys = [change.key for at in range(3) if (change := first.judge(seen(at=at, **({} if at != 1 else RESOLVED))))]
    assert keys == ["a1/firing/0/0", "a1/resolved/0/1", "a1/firing/0/2"]
    change = again.judge(seen(at=0))
    assert change is not None
    assert change.key == keys[0]


def test_a_key_is_fit_for_a_header() -> None:
    change = memory().judge(seen("a/\r\n\u00e9 1"))
    assert change is not None
    assert change.key == f"a%2F%0D%0A%C3%A9%201/firing/0/{NOON}"


def test_of_its_end_the_newest_record_is_told() -> None:
    memory_ = memory()
    memory_.judge(seen())
    change = memory_.judge(seen(**RESOLVED, summary="over"))
    assert change is not None
    assert (change.record.summary, change.raw) == ("over", value(**RESOLVED, summary="over"))


@pytest.mark.parametrize(("step", "what"), [(LEVEL_1, "fired"), (ACK, "acknowledged")])
def test_what_stood_before_the_target_was_told_at_all_is_new_to_it(step: dict[str, Any], what: str) -> None:
    memory_ = memory()
    memory_.learn(seen(), told=False)
    assert memory_.judge(seen()) is None
    change = memory_.judge(seen(**step))
    assert change is not None
    assert (change.what, change.before) == (what, None)


def test_of_a_deleted_alert_the_last_that_was_known_is_told() -> None:
    memory_ = memory()
    memory_.judge(seen(summary="first"))
    memory_.judge(seen(summary="second"))
    change = memory_.judge(deleted(at=NOON + 1))
    assert change is not None
    assert (change.record.summary, change.raw) == ("second", value(summary="second"))
    assert (change.before, change.state.status) == (("firing", 0), "resolved")


@pytest.mark.parametrize(
    ("key", "body"),
    [(None, value()), (b"", value()), (b"\xff", value()), (b"a1", b"{"), (b"a1", b"{}"), (b"a1", b"\xff")],
)
def test_what_is_no_alert_is_none(key: bytes | None, body: bytes) -> None:
    assert read_alert(key, body, NOON) is None


def test_fields_that_are_not_known_yet_are_kept() -> None:
    found = read_alert(b"a1", value(colour="red"), NOON)
    assert found is not None
    assert b'"colour": "red"' in found.raw
