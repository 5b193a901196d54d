"""The laws of the core: how records are batched, partitioned, ordered, repeated or interrupted changes nothing.

Each law runs the three stages twice, as a worker would, and compares what is left for readers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.company import Company
from streams.core.customers import Customers
from streams.core.customers.packed import PackedShelf
from streams.core.employees import Employees
from streams.core.history import END as NEVER
from streams.core.stage import TICK
from streams.events.instants import to_us
from streams.policy import Policy
from streams.replay import replay_lines
from tests.unit.core.kit import Record, customer, parsed
from tests.unit.core.logs import END, ORIGIN, actions, logs, policies
from tests.unit.core.works import Disk, Records, Seat, Works, kept, settled, told

randoms = st.integers(0, 1 << 30).map(Random)
waits = st.sampled_from([0, 2 * 86_400_000_000, NEVER])
"""How long figures of employees may wait, us."""
Log = Sequence[bytes | int]
VIEWS = ("customers", "opportunities", "funnel", "campaigns")
HAND_ON = ("flush", "flush_customers", "flush_employees", "flush_company")


def time_of(line: bytes) -> int:
    return to_us(parsed(line).time)


def events_of(log: Log) -> list[bytes]:
    """The events in the order of time."""
    return sorted((item for item in log if isinstance(item, bytes)), key=time_of)


def played(works: Works, log: Log, until: int = END) -> Works:
    """One action after the other, and the end of time."""
    clock = ORIGIN
    for item in log:
        if isinstance(item, bytes):
            works.tell([item])
        else:
            clock = min(clock + item, until)
            works.tick(clock)
    works.tick(until)
    works.tick(until, final=True)
    return works


def cut(chance: Random, log: Log) -> list[list[bytes] | int]:
    """The same, with events that follow each other packed together now and then."""
    batches: list[list[bytes] | int] = []
    for item in log:
        last = batches[-1] if batches else None
        if isinstance(item, bytes) and isinstance(last, list) and chance.random() < 0.5:
            last.append(item)
        else:
            batches.append([item] if isinstance(item, bytes) else item)
    return batches


def worked(works: Works, batches: Sequence[list[bytes] | int], flushes: Random, kills: Random | None = None) -> Works:
    """In batches, with flushes in between, and perhaps with partitions that die and are restored elsewhere."""

    def trouble() -> None:
        if flushes.random() < 0.4:
            getattr(works, flushes.choice(HAND_ON))()
        if kills is not None and kills.random() < 0.4:
            kills.choice(works.seats()).die(kills)

    clock = ORIGIN
    for item in batches:
        if isinstance(item, list):
            works.tell(item)
        else:
            clock = min(clock + item, END)
            works.tick(clock, between=trouble)
        trouble()
    works.tick(END, between=trouble)
    works.tick(END, final=True, between=trouble)
    return works


def left(works: Works) -> dict[str, Any]:
    """What readers find in the end: compacted topics, and the last record of each alert."""
    topics = ("kpis.employees", "scores.employees", "scores.teams", *VIEWS)
    found = {topic: works.topics.get(topic, {}) for topic in topics} | {"alerts": alerts_of(works.alerts)}
    return found | {"recommendations": advice_of(works.topics.get("recommendations", {}).values())}


def advice_of(records: Iterable[Record]) -> dict[str, Record]:
    """The recommendations that were not withdrawn."""
    return {one["recommendation_id"]: one for one in records if one["status"] != "withdrawn"}


def alerts_of(records: Sequence[Record]) -> dict[str, Record]:
    """The last record of each alert, but for goals of periods that are over: those follow from the sums of days, which
    reach back 95 days from when somebody looks, and here weeks may go by between two looks, or all of the time."""
    found = settled(records)
    return {id: one for id, one in found.items() if not (one["rule"].startswith("goal.") and one["ended_at"])}


@given(policies(), actions(), randoms, st.booleans(), st.integers(0, 40))
def test_order_repetition_and_ticks_change_nothing(
    policy: Policy, log: list[bytes | int], chance: Random, follow: bool, cut_off: int
) -> None:
    until = ORIGIN + cut_off * 12 * 3_600_000_000 if cut_off < 40 else END
    log = [item for item in log if isinstance(item, int) or time_of(item) <= until]
    again = [item for item in events_of(log) if chance.random() < 0.2]
    disturbed = played(Works(policy, follow=follow), [*log, *again], until)
    assert left(disturbed) == left(played(Works(policy, follow=True), events_of(log), until))


@given(policies(), actions(), randoms, st.booleans(), st.sampled_from([1, 1, 3]), waits)
def test_batches_and_flushes_change_nothing(
    policy: Policy, log: list[bytes | int], chance: Random, follow: bool, partitions: int, wait: int
) -> None:
    batched = worked(Works(policy, partitions, follow=follow, wait=wait), cut(chance, log), chance)
    assert left(batched) == left(played(Works(policy, partitions, follow=follow), log))


@given(policies(), actions(), randoms, st.booleans())
def test_partitions_change_nothing(policy: Policy, log: list[bytes | int], chance: Random, follow: bool) -> None:
    three = worked(Works(policy, 3, follow=follow), cut(chance, log), chance)
    assert left(three) == left(played(Works(policy, 1, follow=follow), log))


@given(policies(), logs(), randoms)
def test_a_replay_tells_the_same_of_customers_opportunities_and_the_funnel(
    policy: Policy, lines: list[bytes], chance: Random
) -> None:
    three = left(worked(Works(policy, 3), cut(chance, lines), chance))
    result = replay_lines(lines, policy, END)
    at_the_end = {
        "customers": result.customers,
        "opportunities": result.opportunities,
        "funnel": result.funnel,
        "campaigns": result.campaigns,
    }
    for topic, records in at_the_end.items():
        assert records == [record for _, record in sorted(three[topic].items())]
    assert advice_of(result.recommendations) == three["recommendations"]


@given(policies(), logs(24), randoms)
def test_judging_once_for_many_events_tells_what_judging_after_each_does(
    policy: Policy, lines: list[bytes], chance: Random
) -> None:
    """In the order of time, but for some that are late."""
    lines = events_of(lines)
    for place in range(1, len(lines)):
        if chance.random() < 0.2:
            lines.insert(chance.randrange(place), lines.pop(place))
    seldom = worked(Works(policy, follow=True), cut(chance, lines), chance)
    assert alerts_of(seldom.alerts) == alerts_of(replay_lines(lines, policy, END).alerts)


@given(policies(), actions(), st.integers(0, 1 << 30), st.booleans(), st.sampled_from([1, 1, 3]), waits)
def test_a_restart_anywhere_changes_nothing(
    policy: Policy, log: list[bytes | int], seed: int, follow: bool, partitions: int, wait: int
) -> None:
    batches = cut(Random(seed), log)
    calm = worked(Works(policy, partitions, follow=follow, wait=wait), batches, Random(seed))
    shaken = worked(Works(policy, partitions, follow=follow, wait=wait), batches, Random(seed), Random(seed))
    for before, after in zip(calm.seats(), shaken.seats(), strict=True):
        assert told(after) == told(before)
        assert kept(after) == kept(before)


@pytest.mark.parametrize("shelf", [Disk, PackedShelf])
@given(policies(), actions(most=24), st.integers(0, 1 << 30), st.booleans(), st.integers(0, 3))
def test_customers_that_do_not_stay_in_memory_change_nothing(
    shelf: Callable[[], Records], policy: Policy, log: list[bytes | int], seed: int, follow: bool, bound: int
) -> None:
    batches = cut(Random(seed), log)
    calm = worked(Works(policy, follow=follow), batches, Random(seed))
    shelved = worked(Works(policy, follow=follow, bound=bound, shelf=shelf), batches, Random(seed), Random(seed))
    for before, after in zip(calm.seats(), shelved.seats(), strict=True):
        assert told(after) == told(before)
        assert kept(after) == kept(before)
    assert shelved.customers[0].stage.entries() == calm.customers[0].stage.entries()
    assert dict(customers_of(shelved)) == dict(customers_of(calm))


def customers_of(works: Works) -> Iterator[tuple[str, object]]:
    """What there is of every customer, wherever it is."""
    stage = works.customers[0].stage
    assert isinstance(stage, Customers)
    for name, found in stage.customers.items():
        yield name, (found.first, found.contacts.times, found.deadline, set(found.opportunities))


@given(policies(), logs(), randoms)
def test_facts_that_come_twice_or_late_change_nothing(policy: Policy, lines: list[bytes], chance: Random) -> None:
    works = Works(policy)
    for line in lines:
        works.tell([line])
        works.flush()
    works.tick(END, final=True)
    seat = Seat(lambda: Employees(policy, 0))
    former: list[tuple[bytes, bytes]] = []
    for key, value in works.employees[0].log:
        if key != TICK:
            former.append((key, value))
            for old in [(key, value), *(fact for fact in former if chance.random() < 0.2)]:
                seat.give(*old)
        else:
            seat.give(key, value)
    seat.flush()
    assert figures(seat, policy) == figures(works.employees[0], policy)


def figures(seat: Seat, policy: Policy) -> dict[tuple[str, str], Any]:
    """Every figure of a partition of employees."""
    stage = seat.stage
    assert isinstance(stage, Employees)
    return {
        (name, period): stage.figures(employee, period)
        for name, employee in stage.employees.items()
        for period in employee.published
    }


@given(policies(), logs(), randoms)
def test_rows_that_come_twice_change_nothing(policy: Policy, lines: list[bytes], chance: Random) -> None:
    works = played(Works(policy), lines)
    seat = Seat(lambda: Company(policy, 0))
    for key, value in works.company.log:
        for _ in range(chance.choice([1, 2])):
            seat.give(key, value)
    last: dict[str, dict[bytes, Any]] = {"scores.teams": {}, "funnel": {}}
    for send in seat.flush():
        if send.value is not None:
            last[send.topic][send.key] = send.value
    assert last == {topic: works.topics.get(topic, {}) for topic in last}


@given(policies(), actions(), st.booleans())
def test_nothing_is_said_where_nothing_changes(policy: Policy, log: list[bytes | int], follow: bool) -> None:
    works = played(Works(policy, follow=follow), log)
    told_before = len(works.alerts)
    works.tell(events_of(log))
    works.tell([customer(END, customer_id=name, region="elsewhere", id="last") for name in ("c1", "c2")])
    works.tick(END + 1)
    assert len(works.alerts) == told_before
    for seat in works.customers:
        assert seat.flush() == []
