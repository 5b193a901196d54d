"""What is traced of the events comes to the figures: of every KPI, of everybody, in every period."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.kpis import formula_of
from streams.events.instants import parse_iso
from streams.explain import Reading, behind
from streams.policy import load
from streams.replay import Line
from tests.property.strategies import PEOPLE, World, rearranged, worlds

randoms = st.randoms(use_true_random=False)
BY_CAMPAIGN = {"campaign_participants", "campaign_roi"}
"""What nobody is credited with by an event: the sums of a campaign are told of who launched it."""


def read(world: World, lines: list[bytes], who: str) -> Reading:
    reading = Reading(load(world.yaml), parse_iso(world.as_of), who)
    for _ in reading.feed(Line(raw, "-", number) for number, raw in enumerate(lines, 1)):
        pass
    reading.finish()
    return reading


def wrong(reading: Reading, who: str) -> list[str]:
    """The KPIs whose events do not come to the value."""
    people = reading.people()
    found = []
    for period in sorted(people[who].periods) if who in people else ():
        for name, value in reading.values(who, period).items():
            account = behind(reading, period, name)
            if account is None:
                assert formula_of(name) is None
            elif name not in BY_CAMPAIGN and not account.gives(value):
                found.append(f"{period} {name}: {value} is not {account.sums}")
    return found


@settings(max_examples=60)
@given(worlds(), st.sampled_from(PEOPLE), randoms)
def test_the_events_behind_a_figure_come_to_it_in_whatever_order_they_arrive(
    world: World, who: str, chance: Random
) -> None:
    assert wrong(read(world, world.lines, who), who) == []
    assert wrong(read(world, rearranged(world.lines, chance), who), who) == []


@settings(max_examples=20)
@given(worlds(), st.sampled_from(PEOPLE))
def test_to_look_changes_nothing(world: World, who: str) -> None:
    plain = Reading(load(world.yaml), parse_iso(world.as_of))
    for _ in plain.feed(Line(raw, "-", number) for number, raw in enumerate(world.lines, 1)):
        pass
    plain.finish()
    assert read(world, world.lines, who).records == plain.records
