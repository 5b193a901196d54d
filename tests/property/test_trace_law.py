"""What is traced of the events comes to the figures: of every KPI, of everybody, in every period."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.kpis import formula_of
from streams.core.units import DAY
from streams.events.instants import parse_iso
from streams.explain import Reading, behind
from streams.policy import load
from streams.replay import Line
from tests.property.strategies import PEOPLE, World, rearranged, worlds
from tests.unit.core.kit import event, void_of

randoms = st.randoms(use_true_random=False)
OF_CAMPAIGNS = (
    "campaign.launched", "campaign.spent", "campaign.joined", "opportunity.created", "opportunity.won",
    "opportunity.reopened",
)  # fmt: skip


def read(world: World, lines: list[bytes], who: str, foreseen: bool = False) -> Reading:
    reading = Reading(load(world.yaml), parse_iso(world.as_of), who)
    log = [Line(raw, "-", number) for number, raw in enumerate(lines, 1)]
    if foreseen:
        log = list(reading.foresee(log))
    for _ in reading.feed(log):
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
            elif not account.gives(value):
                found.append(f"{period} {name}: {value} is not {account.sums}")
    return found


@settings(max_examples=60)
@given(worlds(), st.sampled_from(PEOPLE), randoms)
def test_the_events_behind_a_figure_come_to_it_in_whatever_order_they_arrive(
    world: World, who: str, chance: Random
) -> None:
    assert wrong(read(world, world.lines, who), who) == []
    assert wrong(read(world, rearranged(world.lines, chance), who), who) == []


@given(worlds(among=OF_CAMPAIGNS), st.sampled_from(PEOPLE), st.booleans(), randoms)
def test_so_do_those_behind_the_campaigns_that_somebody_launched_whoever_is_merged_erased_or_voided(
    world: World, who: str, foreseen: bool, chance: Random
) -> None:
    then, now = parse_iso(world.as_of) - 4 * DAY, parse_iso(world.as_of)
    changes = [
        event(then, "customer.merged", customer_id="c1", into="c2"),
        event(then, "customer.erased", customer_id="c3"),
        event(then, "employee.erased", employee_id="bob"),
        *(void_of(line, now) for line in world.lines[::5]),
    ]
    lines = [*world.lines, *(line for line in changes if chance.random() < 0.5)]
    assert wrong(read(world, rearranged(lines, chance), who, foreseen), who) == []


@settings(max_examples=20)
@given(worlds(), st.sampled_from(PEOPLE))
def test_to_look_changes_nothing(world: World, who: str) -> None:
    plain = Reading(load(world.yaml), parse_iso(world.as_of))
    for _ in plain.feed(Line(raw, "-", number) for number, raw in enumerate(world.lines, 1)):
        pass
    plain.finish()
    assert read(world, world.lines, who).records == plain.records
