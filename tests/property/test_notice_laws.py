"""The laws of what recipients are told: how facts come changes nothing, nothing is forgotten or told in quiet time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from hypothesis import given

from streams.core.employees import Employees
from streams.core.stage import TICK
from streams.policy import Policy
from tests.property.test_core_laws import cut, played, randoms
from tests.unit.core.kit import DAY, Record, us
from tests.unit.core.logs import END, ORIGIN, actions, policies
from tests.unit.core.works import Seat, Works

ALL = 1_000_000
"""A pace at which nobody waits for the next tick."""
Log = Sequence[bytes | int]
OF_EMPLOYEES = b'"target.set"', b'"improvement_plan.opened"'


def digests(works: Works) -> list[Record]:
    """Every digest that was made."""
    return made(works.employees)


def made(seats: Sequence[Seat]) -> list[Record]:
    found = [
        send.value
        for seat in seats
        for flush in seat.flushes
        for send in flush
        if send.topic == "alerts.digest" and isinstance(send.value, dict)
    ]
    return sorted(found, key=lambda record: (record["notify_at"], record["recipient"]))


def run(policy: Policy, log: Log, partitions: int = 1) -> Works:
    works = played(Works(policy, partitions, pace=ALL), log)
    works.tick(END + 10 * DAY)
    return works


def stirred(log: Log, chance: Random) -> list[bytes | int]:
    """The events between two steps of the clock in any order, some of them again, and again later."""
    found: list[bytes | int] = []
    waiting: list[bytes] = []
    past: list[bytes] = []
    for item in [*log, 1]:
        if isinstance(item, bytes):
            waiting.append(item)
            continue
        past += waiting
        mixed = [*waiting, *(line for line in past if chance.random() < 0.2)]
        chance.shuffle(mixed)
        found += [*mixed, item]
        waiting = []
    return found


@given(policies(), actions(most=24), randoms)
def test_order_and_repetition_between_ticks_change_nothing(
    policy: Policy, log: list[bytes | int], chance: Random
) -> None:
    assert digests(run(policy, stirred(log, chance))) == digests(run(policy, [*log, 1]))


@given(policies(handed_on=False), actions(most=24))
def test_partitions_change_nothing(policy: Policy, log: list[bytes | int]) -> None:
    assert digests(run(policy, log, 3)) == digests(run(policy, log))


@given(policies(handed_on=False), actions(most=24), randoms)
def test_batches_flushes_and_deaths_change_nothing(policy: Policy, log: list[bytes | int], chance: Random) -> None:
    # Since when a goal is behind depends on who looked at its period while that went on; and what an employee's plan
    # comes to is judged at a flush, so that a digest has it at this tick or at the next: known limits.
    log = [item for item in log if not (isinstance(item, bytes) and any(kind in item for kind in OF_EMPLOYEES))]
    works = Works(policy, 3, pace=ALL)
    clock = ORIGIN

    def trouble() -> None:
        if chance.random() < 0.4:
            works.flush()
        if chance.random() < 0.4:
            chance.choice(works.seats()).die(chance)

    for item in cut(chance, log):
        if isinstance(item, list):
            works.tell(item)
        else:
            clock = min(clock + item, END)
            works.tick(clock, between=trouble)
        trouble()
    for at, final in ((END, False), (END, True), (END + 10 * DAY, False)):
        works.tick(at, final, between=trouble)
    assert digests(works) == digests(run(policy, log))


@given(policies(), actions(most=24), randoms)
def test_facts_that_come_twice_or_late_change_nothing(policy: Policy, log: list[bytes | int], chance: Random) -> None:
    works = run(policy, log)
    seat = Seat(lambda: Employees(policy, 0, ALL))
    former: list[tuple[bytes, bytes]] = []
    for key, value in works.employees[0].log:
        seat.give(key, value)
        if key == TICK:
            seat.flush()
        else:
            former.append((key, value))
        for old in former:
            if chance.random() < 0.1:
                seat.give(*old)
    seat.flush()
    assert made([seat]) == digests(works)


def told(found: Sequence[Record]) -> Iterator[tuple[tuple[str, str], str]]:
    """((recipient, alert id), what of it) of all that digests list, in order of time."""
    for digest in found:
        who = digest["recipient"]
        for one in digest["over"]:
            yield (who, one["id"]), "flapped" if one["flapping"] else "over"
        for group in digest["standing"]:
            for alert in group["alerts"]:
                yield (who, alert["id"]), alert["news"] or "known"


@given(policies(), actions(most=24))
def test_what_stands_in_the_end_was_told_to_everybody_concerned(policy: Policy, log: list[bytes | int]) -> None:
    works = run(policy, log)
    last: dict[str, Any] = {record["id"]: record for record in works.alerts}
    known = {name for name, what in told(digests(works)) if what not in ("over", "flapped")}
    for id, record in last.items():
        if record["status"] == "firing" and record["suppressed_by"] is None:
            assert {(who, id) for who in record["recipients"]} <= known


@given(policies(), actions(most=24))
def test_nothing_is_new_twice_and_over_is_what_was_told(policy: Policy, log: list[bytes | int]) -> None:
    standing: set[tuple[str, str]] = set()
    for name, what in told(digests(run(policy, log))):
        if what == "over":
            standing.remove(name)
        elif what == "flapped":  # of which it may not have been told before
            standing.discard(name)
        else:
            assert what != "new" or name not in standing
            assert what != "again" or name in standing
            standing.add(name)


@given(policies(), actions(most=24))
def test_nobody_is_told_anything_in_quiet_time_or_before_it_was(policy: Policy, log: list[bytes | int]) -> None:
    for digest in digests(run(policy, log)):
        at = us(digest["notify_at"])
        assert policy.calendar.outlast(at, 0) == at
        for group in digest["standing"]:
            for alert in group["alerts"]:
                assert us(alert["since"]) <= us(alert["notify_at"]) <= at
                assert policy.calendar.outlast(us(alert["notify_at"]), 0) == us(alert["notify_at"])
