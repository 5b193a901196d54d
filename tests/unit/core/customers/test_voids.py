"""Events that are taken back, seen from one partition."""

from __future__ import annotations

import pytest

from streams.core.customers import Customers
from streams.core.retraction import RETRACT, Place, Retraction, write_retraction
from streams.core.stage import ORG
from tests.unit.core.kit import (
    Partition,
    attempt,
    contact,
    created,
    customer,
    deal,
    employee,
    event,
    money,
    policy,
    us,
    void_of,
)  # fmt: skip


def outcomes(partition: Partition) -> dict[str, int]:
    """By type and outcome, how many events the last flush counted."""
    return {f"{key[2]} {key[3]}": n for key, n in partition.changes.counts.items() if key[0] == "event"}


def retract(partition: Partition, line: bytes, void: bytes, first: str | None = None) -> list[dict[str, object]]:
    """The event was found in the log."""
    partition.offset += 1
    at = None if first is None else us(first)
    value = write_retraction(Retraction(line, Place("crm.commands", 2, 7, void), at))
    partition.stage.apply(RETRACT, value, partition.offset)
    return partition.flush()


def views(partition: Partition, topic: str) -> list[tuple[bytes, bool]]:
    """What the last flush told of, and whether that is still there."""
    return [(send.key, send.value is not None) for send in partition.changes.sends if send.topic == topic]


def test_an_event_whose_void_came_first_is_refused_whenever_it_comes() -> None:
    partition, line = Partition(policy()), contact("02")
    partition.tell(void_of(line, "03"), void_of(line, "04"))
    assert outcomes(partition) == {"event.voided applied": 2}
    partition = partition.restarted()
    for _ in range(2):
        partition.tell(line)
        assert outcomes(partition) == {"contact.logged voided": 1}
    assert partition.credit() == {}
    assert not partition.letters
    assert "c" not in partition.stage.customers


def test_a_copy_is_refused_too() -> None:
    partition, line = Partition(policy()), employee("02", "bob")
    partition.tell(void_of(line, "03"), key=ORG)
    partition.tell(line, key=ORG)
    assert partition.stage.organisation.role("bob") is None


def test_time_does_not_go_by_a_void() -> None:
    partition = Partition(policy(), follow=True)
    partition.tell(contact("02"), void_of(contact("02"), "20"))
    assert partition.stage.reach(0) == us("02")


def test_what_was_counted_is_taken_back_once_it_is_found() -> None:
    partition, won = Partition(policy()), deal("05", "won", amount=money("70.01"))
    partition.tell(created("02", amount=money("100")), won)
    partition.tick("06")
    assert partition.credit()["won_amount"] == "70.01"
    void = void_of(won, "07")
    partition.tell(void)
    assert partition.stage.voids.awaited == 1
    partition = partition.restarted()
    for _ in range(2):  # told twice it comes to the same
        retract(partition, won, void, first="02")
        assert partition.stage.voids.awaited == 0
        assert "won_amount" not in partition.credit()
        assert partition.credit(bucket="now")["open_amount"] == "100.00"
    partition.tell(won)
    assert outcomes(partition) == {"opportunity.won voided": 1}


def test_nothing_is_taken_back_that_was_not_voided_or_not_counted() -> None:
    partition, line = Partition(policy()), contact("02", id="x")
    other = contact("02", id="x", employee_id="bob")
    partition.tell(line, other)
    before = partition.credit()
    retract(partition, line, void_of(line, "03"))
    partition.tell(void_of(line, "03"))
    retract(partition, other, void_of(line, "03"))
    assert partition.credit() == before
    retract(partition, line, void_of(line, "03"))
    assert partition.credit() == {}


def test_of_a_customer_without_any_event_nothing_is_told() -> None:
    partition, lines = Partition(policy()), [created("02"), customer("03", owner_id="ann")]
    partition.tell(*lines)
    partition.tell(*(void_of(line, "04") for line in lines))
    retract(partition, lines[0], void_of(lines[0], "04"), first=None)
    assert views(partition, "opportunities") == [(b"o", False)]
    assert views(partition, "customers") == [(b"c", False)]
    retract(partition, lines[1], void_of(lines[1], "04"))
    assert views(partition, "customers") == []
    assert partition.credit(bucket="now") == {}


def test_of_a_customer_that_was_only_acknowledged_nothing_is_told_after_a_void_either() -> None:
    partition, line = Partition(policy()), event("02", "alert.acknowledged", subject="c", alert_id="x", by="ann")
    void = void_of(line, "03")
    partition.tell(line)
    assert views(partition, "customers") == []
    partition.tell(void)
    retract(partition, line, void)
    assert views(partition, "customers") == []


def test_an_acknowledgement_that_comes_while_a_void_waits_is_not_being_seen() -> None:
    partition, line = Partition(policy()), customer("02", owner_id="ann")
    partition.tell(line)
    assert views(partition, "customers") == [(b"c", True)]
    partition.tell(void_of(line, "03"))
    partition.tell(event("02", "alert.acknowledged", subject="c", alert_id="x", by="ann"))
    retract(partition, line, void_of(line, "03"), first=None)
    assert views(partition, "customers") == [(b"c", False)]


def test_a_customer_was_seen_first_by_the_first_event_that_stands() -> None:
    partition, line = Partition(policy()), attempt("02")
    partition.tell(line, attempt("08"))
    partition.tell(void_of(line, "09"))
    gone = attempt("03")
    partition.tell(gone, attempt("05"), void_of(gone, "09"))  # meanwhile
    retract(partition, line, void_of(line, "09"), first="08")
    assert partition.stage.customers["c"].first == us("05")


@pytest.mark.parametrize(
    "line",
    [
        event("02", "target.set", scope="employee", scope_id="ann", kpi="contacts", period="2026-03", value=5),
        employee("02"),
        event("02", "task.assigned", task_id="k", employee_id="ann", due_at="2026-03-09T00:00:00Z"),
        event("02", "lead.created", lead_id="l", customer_id="c"),
    ],
    ids=lambda line: line.split(b'"type": "')[1].split(b'"')[0].decode(),
)
def test_what_cannot_be_taken_back_any_more_is_said(line: bytes) -> None:
    partition, void = Partition(policy()), void_of(line, "03")
    partition.tell(line)
    partition.tell(void)
    retract(partition, line, void)
    (letter,) = partition.letters
    assert (letter["reason"], letter["topic"], letter["partition"], letter["offset"]) == (
        "invalid_value", "crm.commands", 2, 7,
    )  # fmt: skip
    assert "crmpulse rebuild" in letter["detail"]
    assert letter["original"].encode() == void
    assert partition.stage.voids.awaited == 0


def test_how_many_named_nothing_is_known() -> None:
    stage, line = Customers(policy(), 0, keep=False), contact("02")
    partition = Partition(policy())
    partition.stage = stage
    partition.tell(void_of(line, "03"), void_of(contact("02"), "03"))
    assert stage.voids.missed == 2
    partition.tell(line)
    assert stage.voids.missed == 1
