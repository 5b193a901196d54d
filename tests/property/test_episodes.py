"""Two ways of the naive recount beside each other: what stands at an instant, and what a scan of all instants finds."""

from datetime import datetime, timedelta

from hypothesis import given

from tests.oracle import recount
from tests.oracle.episodes import history
from tests.oracle.law import Law, instant
from tests.property.strategies import World, worlds


@given(worlds())
def test_what_still_stands_in_the_end_is_what_is_recounted(world: World) -> None:
    alerts = recount(world.lines, world.policy, world.as_of).alerts
    found = history(world.lines, world.policy, world.as_of)
    law, now = Law(world.policy), instant(world.as_of)
    stands = [
        ((one.rule, one.subject), one.started_at)
        for one in found
        if one.ended_at is None and law.fires(one.rule, one.started_at, now)
    ]
    assert stands == sorted((key, alert.started_at) for key, alert in alerts.items())


@given(worlds(most=12))
def test_an_episode_ends_after_it_has_begun_and_before_the_next_begins(world: World) -> None:
    last: dict[tuple[str, str], datetime | None] = {}
    for one in history(world.lines, world.policy, world.as_of):
        assert one.ended_at is None or one.started_at <= one.ended_at
        before = last.get((one.rule, one.subject), one.started_at)
        assert before is not None
        assert before <= one.started_at
        last[one.rule, one.subject] = one.ended_at


@given(worlds(most=12))
def test_a_look_in_between_finds_nothing_new(world: World) -> None:
    often = history(world.lines, world.policy, world.as_of, every=timedelta(hours=5))
    assert often == history(world.lines, world.policy, world.as_of)
