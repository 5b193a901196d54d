"""A policy that changes in the middle: the end is as if the new one had been in force from the start.

What had ended by then stays as it was told; what stood and would not have stood ended then, as `policy_changed`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from streams.core.customers import Customers
from streams.core.customers.packed import PackedShelf
from streams.core.stage import partition_of
from streams.events.instants import parse_iso
from streams.policy import Policy
from streams.replay import replay_lines
from tests.property.test_core_laws import advice_of, alerts_of, events_of, time_of
from tests.unit.core.kit import DAY, Record
from tests.unit.core.logs import END, ORIGIN, actions, changes_of_policy, logs
from tests.unit.core.works import Disk, Works, settled

randoms = st.integers(0, 1 << 30).map(Random)
paces = st.sampled_from([1, 2, 1_000])
partition_counts = st.sampled_from([1, 3])
TABLES = ("kpis.employees", "scores.employees", "scores.teams", "opportunities", "funnel", "campaigns")


class Left(NamedTuple):
    """What readers find at the end."""

    tables: dict[str, Mapping[Any, Any]]
    standing: dict[str, Record]
    ended: dict[str, Record]
    """The alerts that ended by themselves after the change."""
    before: dict[str, Record]
    """All others that ended."""


def left(works: Works, since: Sequence[int]) -> Left:
    """`since` says for each partition when its policy changed. Goals of periods that are over are left out, as there:
    what each of their days brought may be forgotten when a new policy comes."""
    newest = {record["id"]: record for record in works.alerts}
    found = Left({topic: works.topics.get(topic, {}) for topic in TABLES}, {}, {}, {})
    found.tables["recommendations"] = advice_of(works.topics.get("recommendations", {}).values())
    for key, record in settled(works.alerts).items():
        if record["status"] == "resolved" and not record["rule"].startswith("goal."):
            home = record["customer_id"] or record["values"].get("lead_id") or record["employee_id"]
            later = parse_iso(record["ended_at"]) > since[partition_of(home, works.partitions)]
            (found.ended if later else found.before)[key] = record
    found.standing.update({key: record for key, record in newest.items() if record["status"] != "resolved"})
    return found


def played(works: Works, log: Sequence[bytes | int | Policy], chance: Random | None = None) -> list[int]:
    """One action after the other, and the end of time; when the policy changed, by partition.

    With `chance` whatever is to be handed on is so only now and then, and partitions die.
    """
    clock, since = ORIGIN, [0] * works.partitions
    for item in log:
        if isinstance(item, bytes):
            works.tell([item])
        elif isinstance(item, int):
            clock += item
            works.tick(clock)
        else:
            works.decide(item)
            since = [_now(seat.stage) for seat in works.customers]
        if chance is not None and chance.random() < 0.3:
            works.flush()
        if chance is not None and chance.random() < 0.3:
            chance.choice(works.seats()).die(chance)
    works.tick(END)
    works.tick(END, final=True)
    return since


def _now(stage: object) -> int:
    assert isinstance(stage, Customers)
    return stage._now


@given(changes_of_policy(), actions(most=20), st.integers(0, 20), paces, st.booleans(), partition_counts, randoms)
def test_a_new_policy_leaves_what_it_would_have_left_from_the_start(
    policies: tuple[Policy, Policy],
    log: list[bytes | int],
    place: int,
    pace: int,
    follow: bool,
    partitions: int,
    chance: Random,
) -> None:
    former, policy = policies
    changed = Works(former, partitions, follow=follow, pace=pace)
    since = played(changed, [*log[:place], policy, *log[place:]], chance)
    fresh = Works(policy, partitions, follow=follow)
    played(fresh, log)

    found, expected = left(changed, since), left(fresh, since)
    assert found.tables == expected.tables
    assert found.standing == expected.standing
    assert found.ended == expected.ended


@given(changes_of_policy(), logs(most=20), st.integers(0, 40))
def test_a_replay_that_changes_the_policy_at_an_instant_tells_the_same(
    policies: tuple[Policy, Policy], lines: list[bytes], steps: int
) -> None:
    former, policy = policies
    at, ordered = ORIGIN + steps * DAY // 2, events_of(lines)
    works = Works(former, follow=True)
    for line in (line for line in ordered if time_of(line) <= at):
        works.tell([line])
    works.tick(at)
    works.tick(at, final=True)
    played(works, [policy, *(line for line in ordered if time_of(line) > at)])

    result = replay_lines(ordered, former, END, [(at, policy)])
    assert alerts_of(result.alerts) == alerts_of(works.alerts)
    scores = {f"{record['employee_id']}/{record['period']}": record for record in result.scores}
    assert scores == {key.decode(): record for key, record in works.topics.get("scores.employees", {}).items()}


@given(changes_of_policy(), actions(most=20), st.booleans(), randoms)
def test_how_many_follow_at_a_time_who_stays_in_memory_and_who_dies_meanwhile_changes_nothing(
    policies: tuple[Policy, Policy], log: list[bytes | int], follow: bool, chance: Random
) -> None:
    changes: list[bytes | int | Policy] = [*log]
    for _ in range(chance.randint(1, 4)):
        changes.insert(chance.randint(0, len(changes)), chance.choice(policies))
    slow = Works(
        policies[0],
        follow=follow,
        pace=1,
        bound=chance.choice((sys.maxsize, 0, 2)),
        shelf=chance.choice((Disk, PackedShelf)),
    )
    quick = Works(policies[0], follow=follow, pace=1_000)
    since = played(slow, changes, chance)
    played(quick, changes)
    assert left(slow, since) == left(quick, since)
    for one, other in zip(slow.customers, quick.customers, strict=True):
        assert +Counter(one.stage.alerts()) == +Counter(other.stage.alerts())
