import json
from typing import Any

import pytest

from streams.notify import messages
from streams.notify.burst import Burst
from streams.notify.messages import LINE, Message, Tone
from streams.notify.selection import Selection
from streams.notify.telling import Memory
from tests.unit.notify.alerts import ALERT, FIRED, NOON, RESOLVED, deleted, seen


def told(*steps: dict[str, Any]) -> Message:
    """The message about the last of these records."""
    memory, message = Memory(Selection()), None
    for number, step in enumerate(steps):
        change = memory.judge(seen(at=NOON + number, **step))
        message = messages.of_change(change) if change else message
    assert message is not None
    return message


def test_a_webhook_gets_the_record_as_it_stands_in_the_topic_and_what_became_of_it() -> None:
    message = told({}, {"level": 1, "a_newer_field": [1.50]})
    assert message.key == f"a1/firing/1/{NOON + 1}"
    assert json.loads(message.body) == {
        "format": 1,
        "change": "escalated",
        "at": "2026-03-02T12:00:00.000001Z",
        "before": {"status": "firing", "level": 0},
        "alert": ALERT | {"level": 1, "a_newer_field": [1.50]},
    }


def test_a_person_reads_what_it_is_about_and_whom_it_concerns() -> None:
    message = told({})
    assert message.title == "Fired: contact.overdue cus-1 (warning)"
    assert message.text.splitlines() == [
        "The contact with customer cus-1 was not made.", "Who: emp-7", "Team: north", "Customer: cus-1",
        f"Since: {FIRED}", "Reason: condition_met",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "tone"),
    [
        ([{}], Tone.WARNING),
        ([{"severity": "critical"}], Tone.FAILURE),
        ([{"severity": "info"}], Tone.INFO),
        ([{"severity": None}], Tone.WARNING),
        ([{"severity": "critical"}, RESOLVED | {"severity": "critical"}], Tone.SUCCESS),
    ],
)
def test_its_tone_is_how_grave_it_is(steps: list[dict[str, Any]], tone: Tone) -> None:
    assert told(*steps).tone is tone


def test_nothing_in_a_record_breaks_a_line_or_grows_without_end() -> None:
    message = told({"summary": "a\r\nBcc: x\x1b[2J" + "y" * 1000, "rule": "r\nr", "customer_id": "c\u202e" * 500})
    assert message.title.isprintable()
    assert all(line.isprintable() and len(line) <= LINE for line in message.text.split("\n"))
    assert message.text.startswith("a  Bcc: x [2J")


def test_a_digest_counts_the_gravest_first_and_shows_some() -> None:
    memory, burst = Memory(Selection()), Burst[int](3)
    for number in range(40):
        severity = "critical" if number % 8 == 5 else "info"
        change = memory.judge(seen(f"a{number}", NOON + number, severity=severity))
        assert change is not None
        burst.add(change, number, 0.0)
    change = memory.judge(deleted("a0", NOON + 40))
    assert change is not None
    burst.add(change, 40, 0.0)

    message = messages.of_burst(burst)

    assert (message.title, message.tone) == ("41 changes of alerts", Tone.FAILURE)
    lines = message.text.splitlines()
    assert lines[:4] == [
        "5 fired: contact.overdue (critical)", "35 fired: contact.overdue (info)",
        "1 deleted: contact.overdue (info)", "",
    ]  # fmt: skip
    assert lines[-1] == "... and 31 more; `crmpulse tail alerts` shows them."
    body = json.loads(message.body)
    assert (body["change"], body["total"], len(body["alerts"])) == ("digest", 41, 10)
    assert body["counts"][0] == {"what": "fired", "rule": "contact.overdue", "severity": "critical", "count": 5}
    assert body["alerts"][5]["alert"]["severity"] == "critical"
    assert message.key == f"digest/41/a0/firing/0/{NOON}"


def test_of_a_digest_what_is_over_counts_as_good_and_the_most_come_first() -> None:
    memory, burst = Memory(Selection()), Burst[int](3)
    for name in ("a", "b", "c"):
        memory.judge(seen(name, severity="critical"))
    steps = [seen(name, severity="critical", **RESOLVED) for name in ("a", "b", "c")]
    steps += [seen("d", severity="info", rule="rare"), *(seen(name, severity="info") for name in ("e", "f"))]
    for step in steps:
        change = memory.judge(step)
        assert change is not None
        burst.add(change, 0, 0.0)

    message = messages.of_burst(burst)

    assert message.tone is Tone.INFO
    assert message.text.splitlines()[:3] == [
        "2 fired: contact.overdue (info)", "1 fired: rare (info)", "3 resolved: contact.overdue (critical)",
    ]  # fmt: skip
    assert "more" not in message.text
