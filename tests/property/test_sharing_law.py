"""Customers that several roles serve, by contacts and by the tickets that they solve: few kinds of events, so that many
are of one customer.
"""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams.policy import Policy
from tests.property.strategies import PEOPLE, World, rearranged, worlds
from tests.property.test_core_laws import cut, left, played, worked
from tests.property.test_merging_law import Said, remaining, renamed, said, without
from tests.property.test_replay_recount import replayed, unlike
from tests.property.test_replay_recount import worked as worked_of_world
from tests.property.test_trace_law import read, wrong
from tests.property.test_void_laws import can_be_taken_back, looked_up, mixed, voids_for
from tests.unit.core.logs import SERVING, actions, policies
from tests.unit.core.works import Works

randoms = st.integers(0, 1 << 30).map(Random)
served = worlds(most=50, among=SERVING)


@given(served, randoms)
def test_they_come_to_what_was_counted_of_them_in_whatever_order(world: World, chance: Random) -> None:
    assert unlike(replayed(world), world) == []
    assert unlike(worked_of_world(world, rearranged(world.lines, chance), chance), world) == []


@given(served, st.sampled_from(PEOPLE), randoms)
def test_they_come_down_to_their_events(world: World, who: str, chance: Random) -> None:
    assert wrong(read(world, rearranged(world.lines, chance), who), who) == []


@given(policies(), actions(most=30, among=SERVING), st.tuples(randoms, randoms), st.sampled_from([1, 3]))
def test_what_is_taken_back_was_never_served_whoever_dies_meanwhile(
    policy: Policy, log: list[bytes | int], chances: tuple[Random, Random], partitions: int
) -> None:
    chance, kills = chances
    gone = [line for line in log if isinstance(line, bytes) and chance.random() < 0.3 and can_be_taken_back(line)]
    voided = cut(chance, mixed(log, voids_for(gone, chance), chance))
    works = looked_up(Works(policy, partitions, bound=chance.choice([0, 99])), voided, chance, kills)
    assert left(works) == left(played(Works(policy, partitions), [one for one in log if one not in gone]))


@given(policies(), actions(most=30, among=SERVING), st.lists(said, max_size=3), st.tuples(randoms, randoms))
def test_who_served_a_merged_customer_served_the_one_that_remains(
    policy: Policy, log: list[bytes | int], merges: list[Said], chances: tuple[Random, Random]
) -> None:
    chance, kills = chances
    log = [without(item) if isinstance(item, bytes) else item for item in log]
    lines = [merge.line(number) for number, merge in enumerate(merges)]
    one, *_ = remaining(merges)
    items = [*log, *lines]
    expected = played(Works(policy, follow=True), [renamed(one_, one) for one_ in items if isinstance(one_, bytes)])
    works = worked(
        Works(policy, 3, bound=chance.choice([0, 99])), cut(chance, mixed(log, lines, chance)), chance, kills
    )
    assert left(works)["kpis.employees"] == left(expected)["kpis.employees"]
