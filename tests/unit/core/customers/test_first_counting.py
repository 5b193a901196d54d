"""A state of a former release: whatever it knows, but had not counted, is counted once. Days of March 2026."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.core.formats import tagged
from tests.unit.core.kit import Partition, contact, created, customer, deal, employee, event, plan, policy, restored

NEW = ("shared@", "active@", "retained@", "churned@", "buyers", "repeaters", "overdue_episodes", "stalled_episodes")
LINES = [
    employee("01", "ann"),
    employee("01", "bob", role="service"),
    customer("01", owner_id="ann"),
    plan("01", "03"),
    created("02"),
    contact("06"),
    contact("07", employee_id="bob"),
    deal("08", "won"),
]


def as_a_former_release_wrote_it(states: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """Without the fields that a customer, an opportunity's events and the clock have now, and without the sums."""
    found = {}
    for key, value in states.items():
        content: Any = msgspec.msgpack.decode(value)[1]
        if key.startswith(b'["customer",'):
            content = content[:18]
        elif key == b'["clock"]':
            content = content[:6]
        elif key.startswith(b'["contacts",'):
            content = content[:-1]
        elif key.startswith(b'["opportunity",'):
            content = [[entry[:-1] for entry in content[0]], *content[1:]]
        elif key.startswith(b'["measures",'):
            content = {name: amount for name, amount in content.items() if not name.startswith(NEW)}
            if not content:
                continue
        found[key] = tagged(content)
    return found


def sums(partition: Partition) -> dict[str, Any]:
    return {
        who: {bucket: found for bucket, found in buckets.items() if found}
        for who, buckets in partition.stage.ledger.totals.items()
    }


def test_what_it_knows_is_counted_once() -> None:
    now = Partition(policy(customers={"active_for": "60d"}))
    now.tell(*LINES)
    now.tick("31")
    assert now.figure("ann", "overdue_episodes") == now.figure("ann", "shared@month") == 1
    assert now.figure("ann", "retained@month", "m24315") == now.figure("ann", "buyers", "now") == 1

    former = Partition(now.policy)
    former.states = as_a_former_release_wrote_it(now.states)
    former.stage = restored(now.policy, former.states.items())
    assert former.figure("ann", "overdue_episodes") == former.figure("ann", "buyers", "now") == 0
    for _ in range(2):
        former.tick("31")
        assert sums(former) == sums(now)
    again = former.restarted()
    again.tick("31 12:00")
    assert sums(again) == sums(now)


def test_what_fires_after_it_was_written_is_counted_once() -> None:
    now = Partition(policy())
    now.tell(*LINES[:4])
    now.tick("02")
    former = Partition(now.policy)
    former.stage = restored(now.policy, as_a_former_release_wrote_it(now.states).items())
    for partition in (now, former):
        partition.tick("05")
    assert now.figure("ann", "overdue_episodes") == former.figure("ann", "overdue_episodes") == 1


def test_what_a_late_event_changes_first_is_taken_back_though_it_was_not_counted_yet() -> None:
    now = Partition(policy())
    now.tell(*LINES)
    now.tick("31")
    former = Partition(now.policy)
    former.stage = restored(now.policy, as_a_former_release_wrote_it(now.states).items())
    for partition in (now, former):
        partition.tell(contact("03 12:00"), customer("07", owner_id="bob"))
        partition.tick("31")
    assert now.figure("ann", "overdue_episodes") == 0
    assert now.figure("bob", "buyers", "now") == 1
    assert sums(former) == sums(now)


def test_what_came_of_customers_that_are_shared_is_counted_once_by_a_release_that_knew_who_shares_them() -> None:
    now = Partition(policy(customers={"active_for": "60d"}))
    answer = {"employee_id": "ann", "customer_id": "c", "kind": "csat", "score": 5}
    now.tell(*LINES, deal("09", "won", opportunity_id="p"), event("09", "feedback.received", **answer))
    now.tick("20")
    assert now.figure("bob", "shared_again@month") == now.figure("bob", "shared_satisfied@month") == 1
    states = {}
    for key, value in now.states.items():
        content: Any = msgspec.msgpack.decode(value)[1]
        if key.startswith(b'["customer",'):
            content = content[:23]
        elif key == b'["clock"]':
            content = content[:7]
        elif key.startswith(b'["measures",'):
            content = {name: amount for name, amount in content.items() if not name.startswith("shared_")}
        states[key] = tagged(content)
    former = Partition(now.policy)
    former.stage = restored(now.policy, states.items())
    for partition in (now, former):
        partition.tick("31")
    assert sums(former) == sums(now)


def test_who_solved_a_ticket_served_it_by_a_former_release_too() -> None:
    about: dict[str, Any] = {"ticket_id": "t", "customer_id": "c", "kind": "request"}
    solved = {"ticket_id": "t", "employee_id": "bob"}
    lines = [
        *LINES[:3], contact("06"), event("07", "ticket.opened", **about), event("08", "ticket.resolved", **solved)
    ]  # fmt: skip
    now = Partition(policy())
    now.tell(*lines)
    now.tick("31")
    assert now.figure("bob", "shared@month") == 1

    former = Partition(now.policy)
    former.states = {}
    for key, value in now.states.items():
        content: Any = msgspec.msgpack.decode(value)[1]
        if key.startswith(b'["customer",'):
            content = [*content[:18], {}, *content[19:26]]  # it knew of no role of those who solve tickets
        elif key == b'["clock"]':
            content = content[:8]
        elif key.startswith(b'["measures",'):
            content = {name: amount for name, amount in content.items() if not name.startswith("shared")}
        former.states[key] = tagged(content)
    former.stage = restored(now.policy, former.states.items())
    assert former.figure("bob", "shared@month") == 0
    for _ in range(2):
        former.tick("31")
        assert sums(former) == sums(now)
    assert sums(former.restarted()) == sums(now)
