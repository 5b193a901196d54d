"""What an Alertmanager is sent, against a naive one that holds what it was sent."""

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.instants import iso, parse_iso
from streams.notify.selection import Selection, read_condition
from streams.notify.standing import AGAIN_US, LASTS_US, REPEATED_US, Labels, Standing, labels_of
from tests.unit.notify.alerts import ENDED, FIRED, NOON, PENDING, RESOLVED, deleted, seen

MINUTE = 60_000_000
QUIET = {"suppressed_by": "source.lagging"}
MINOR = {"severity": "info"}


def standing(*texts: str) -> Standing:
    return Standing(Selection(tuple(map(read_condition, texts))))


class Post(NamedTuple):
    labels: Labels
    body: dict[str, Any]


def due(one: Standing, now: int = NOON, *, everything: bool = False) -> list[Post]:
    """What is to be sent, with its labels."""
    labels = one.due(now, everything=everything)
    return [Post(*pair) for pair in zip(labels, one.bodies(labels, now), strict=True)]


def send(one: Standing, now: int = NOON, *, everything: bool = False) -> list[Post]:
    posts = due(one, now, everything=everything)
    one.sent([post.labels for post in posts])
    return posts


def ends(posts: list[Post]) -> list[str]:
    return [post.body["endsAt"] for post in posts]


def test_a_firing_alert_as_alertmanager_takes_it() -> None:
    one = standing()
    one.take(seen(), NOON, new=True)
    (post,) = send(one)
    assert post.body == {
        "labels": {
            "alertname": "contact.overdue", "severity": "warning", "employee": "emp-7", "team": "north",
            "customer": "cus-1", "recipients": "emp-7", "alert_id": "a1",
        },
        "annotations": {
            "summary": "The contact with customer cus-1 was not made.", "status": "firing", "reason": "condition_met",
            "level": "0", "recipients": "emp-7", "started_at": FIRED, "policy_version": "abc",
            "value_bound": "1d", "value_planned_at": FIRED,
        },
        "startsAt": FIRED,
        "endsAt": iso(NOON + LASTS_US),
    }  # fmt: skip


def test_what_is_sent_is_not_sent_again_but_with_everything() -> None:
    one = standing()
    one.take(seen(), NOON, new=True)
    assert len(send(one)) == 1
    one.take(seen(), NOON, new=True)
    assert send(one) == []
    assert ends(send(one, NOON + AGAIN_US, everything=True)) == [iso(NOON + AGAIN_US + LASTS_US)]


def test_what_was_due_and_not_sent_stays_due() -> None:
    one = standing()
    one.take(seen(), NOON, new=True)
    assert one.due(NOON, everything=False)
    assert ends(due(one, NOON + MINUTE)) == [iso(NOON + MINUTE + LASTS_US)]


def test_an_end_is_sent_for_a_while_and_then_forgotten() -> None:
    one = standing()
    one.take(seen(), NOON, new=True)
    send(one)
    one.take(seen(**RESOLVED), NOON, new=True)
    assert ends(send(one)) == [ENDED]
    assert ends(send(one, NOON + REPEATED_US - 1, everything=True)) == [ENDED]
    assert send(one, NOON + REPEATED_US, everything=True) == []


def test_an_end_that_could_not_be_sent_is_kept_until_it_is() -> None:
    one = standing()
    one.take(seen(), NOON, new=True)
    one.take(seen(**RESOLVED), NOON, new=True)
    later = NOON + 10 * REPEATED_US
    assert ends(due(one, later, everything=True)) == [ENDED]
    assert ends(send(one, later)) == [ENDED]
    assert send(one, later, everything=True) == []


@pytest.mark.parametrize(
    "change",
    [{"employee_id": "emp-8", "recipients": ["emp-8"]}, {"severity": "critical"}, {"level": 1}, {"team": None}],
    ids=str,
)
def test_where_labels_change_the_old_ones_are_ended(change: dict[str, Any]) -> None:
    one = standing()
    one.take(seen(), NOON - MINUTE, new=True)
    (old,) = send(one, NOON - MINUTE)
    one.take(seen(at=NOON, **change), NOON, new=True)
    by_labels = {post.labels: post.body["endsAt"] for post in send(one)}
    assert by_labels.pop(old.labels) == iso(NOON)
    assert list(by_labels.values()) == [iso(NOON + LASTS_US)]
    assert one.count == 1


def test_what_only_tells_more_changes_no_labels() -> None:
    one = standing()
    one.take(seen(), NOON, new=True)
    (old,) = send(one)
    one.take(seen(status="acknowledged", summary="taken on", reason="x", values={}), NOON, new=True)
    (post,) = send(one)
    assert post.labels == old.labels
    assert post.body["annotations"]["status"] == "acknowledged"


@pytest.mark.parametrize(
    "change", [PENDING, {"suppressed_by": "source.lagging"}, {"severity": "info"}, None],
    ids=["pending", "quiet", "not chosen", "deleted"],
)  # fmt: skip
def test_what_is_not_to_be_seen_any_more_is_ended(change: dict[str, Any] | None) -> None:
    one = standing("severity=warning")
    one.take(seen(), NOON - MINUTE, new=True)
    send(one, NOON - MINUTE)
    one.take(deleted() if change is None else seen(**change), NOON, new=True)
    assert ends(send(one)) == [iso(NOON)]
    one.take(seen(**RESOLVED), NOON, new=True)
    if change is None or "severity" not in change:
        one.take(seen(), NOON, new=True)
        assert one.count == 1


@pytest.mark.parametrize(
    "change", [PENDING, PENDING | RESOLVED, QUIET, QUIET | RESOLVED, MINOR, MINOR | RESOLVED], ids=str
)
def test_what_is_not_to_be_seen_is_not_sent(change: dict[str, Any]) -> None:
    one = standing("severity=warning")
    one.take(seen(**change), NOON, new=True)
    assert send(one, everything=True) == []


HISTORY = [
    (NOON - REPEATED_US, False, 0),
    (NOON - REPEATED_US + MINUTE, False, 1),
    (NOON - 100 * REPEATED_US, True, 1),
]


@pytest.mark.parametrize(("at", "new", "sent"), HISTORY, ids=["long sent", "just sent", "not sent yet"])
def test_at_a_start_only_ends_that_may_be_unknown_are_sent(at: int, new: bool, sent: int) -> None:
    for known in (True, False):  # the firing record may be compacted away
        one = standing()
        if known:
            one.take(seen(at=at), NOON, new=False)
        one.take(seen(at=at, **RESOLVED), NOON, new=new)
        assert len(one.due(NOON, everything=False)) == sent
        assert len(send(one, everything=True)) == sent


TIMES = {
    "a hold that was withdrawn": ({"ended_at": "2026-02-28T00:00:00Z"}, FIRED, FIRED),
    "ahead of the clock": (
        {"fired_at": "2026-03-05T00:00:00Z", "ended_at": "2026-03-06T00:00:00Z"}, iso(NOON), iso(NOON),
    ),
    "no instants": ({"fired_at": None, "started_at": None, "ended_at": None}, iso(NOON), iso(NOON)),
}  # fmt: skip


@pytest.mark.parametrize(("change", "starts", "ends_at"), TIMES.values(), ids=TIMES)
def test_an_end_is_never_before_the_beginning_nor_still_to_come(
    change: dict[str, Any], starts: str, ends_at: str
) -> None:
    one = standing()
    one.take(seen(**{**change, "ended_at": None}), NOON, new=True)
    one.take(seen(**{**RESOLVED, **change}), NOON, new=True)
    (post,) = send(one)
    assert (post.body["startsAt"], post.body["endsAt"]) == (starts, ends_at)


def test_labels_are_bounded_and_not_empty() -> None:
    record = seen(team="", severity=None, customer_id="c" * 1000, level=2, recipients=["a", "b"]).record
    assert record is not None
    labels = dict(labels_of("x" * 1000, record))
    assert "team" not in labels
    assert "severity" not in labels
    assert (len(labels["customer"]), len(labels["alert_id"])) == (256, 1000)
    assert (labels["level"], labels["recipients"]) == ("2", "a,b")


def test_names_of_measured_values_are_ones_that_alertmanager_takes() -> None:
    one = standing()
    one.take(
        seen(values={"won amount-€": 1.5, "none": None} | {f"v{n}": "x" * 5000 for n in range(50)}), NOON, new=True
    )
    (post,) = send(one)
    notes = post.body["annotations"]
    assert notes["value_won_amount__"] == "1.5"
    assert "value_none" not in notes
    assert sum(name.startswith("value_") for name in notes) == 19
    assert max(map(len, notes.values())) == 1024


CHANGES = st.tuples(
    st.sampled_from(["a1", "a2"]),
    st.sampled_from(
        [
            {},
            {"employee_id": "emp-8"},
            {"level": 1},
            {"severity": "info"},
            PENDING,
            {"suppressed_by": "x"},
            RESOLVED,
            None,
        ]
    ),
    st.booleans(),
)


@given(st.lists(CHANGES, max_size=20), st.integers(0, 20))
def test_alertmanager_holds_what_stands_whenever_we_start_again(
    story: list[tuple[str, dict[str, Any] | None, bool]], restart: int
) -> None:
    """One that merges as Alertmanager does: by labels, what ends by now is gone."""
    held: dict[Any, int] = {}
    one, now = standing("severity=warning"), NOON
    expected: dict[str, Any] = {}
    records = []
    for number, (name, change, deliver) in enumerate(story):
        now += 1000
        record = deleted(name, now) if change is None else seen(name, now, **change)
        records.append(record)
        if number == restart:
            one = standing("severity=warning")
            for old in records[:-1]:
                one.take(old, now, new=True)
        one.take(record, now, new=True)
        shown = change is not None and change not in ({"severity": "info"}, PENDING, {"suppressed_by": "x"}, RESOLVED)
        expected.pop(name, None)
        if shown and record.record is not None:
            expected[name] = labels_of(name, record.record)
        if deliver or number == len(story) - 1:
            for post in send(one, now):
                held[post.labels] = parse_iso(post.body["endsAt"])
                assert post.body["startsAt"] <= post.body["endsAt"]
    assert {labels for labels, end in held.items() if end > now} == set(expected.values())
    assert one.count == len(expected)
