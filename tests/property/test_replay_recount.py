"""The engine against the naive recount, in a replay and as a worker's partitions; and the laws of order."""

from __future__ import annotations

import json
from datetime import datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import Rejected, decode
from streams.events.instants import parse_iso
from streams.policy import load
from streams.replay import replay_lines
from tests.oracle import recount
from tests.oracle.comparing import Row, Told, differences, kpis_of, scores_of
from tests.oracle.returns import campaigns, told_of
from tests.property.strategies import World, rearranged, world, worlds
from tests.unit.core.works import Works, settled

EPISODE = "rule", "customer_id", "opportunity_id", "started_at", "fired_at", "ended_at", "reason"

randoms = st.randoms(use_true_random=False)


def replayed(world: World, lines: list[bytes] | None = None) -> Told:
    """By a replay."""
    result = replay_lines(world.lines if lines is None else lines, load(world.yaml), parse_iso(world.as_of))
    kpis = {key: (cell.value, cell.numerator, cell.denominator or None) for key, cell in result.kpis.items()}
    refused = {letter["reason"] for letter in result.dead_letters}
    return Told(kpis, scores_of(result.scores), settled(result.alerts), refused)


def played(world: World, lines: list[bytes], chance: Random) -> Works:
    """By three partitions, with ticks that many an event is late for and a restart now and then."""
    last = parse_iso(world.as_of)
    works = Works(load(world.yaml), partitions=3, follow=True)
    ticks = sorted(last - chance.randrange(40 * 86_400) * 1_000_000 for _ in lines)
    for tick, line in zip(ticks, lines, strict=True):
        event = decode(line)
        # As intake does: what is rejected or comes after as_of never reaches an inbox.
        if not isinstance(event, Rejected) and parse_iso(event.time.isoformat()) <= last:
            works.tell([line])
        if chance.random() < 0.4:
            works.tick(tick)
        if chance.random() < 0.1:
            chance.choice(works.seats()).die(chance)
    works.tick(last)
    works.tick(last, final=True)
    return works


def worked(world: World, lines: list[bytes], chance: Random) -> Told:
    """What three partitions tell."""
    works = played(world, lines, chance)
    letters = works.topics.get("streams.dead-letters", {}).values()
    return Told(
        kpis_of(works.topics.get("kpis.employees", {}).values()),
        scores_of(works.topics.get("scores.employees", {}).values()),
        settled(works.alerts),
        {letter["reason"] for letter in letters},
    )


def unlike(told: Told, world: World) -> list[tuple[object, ...]]:
    """What the engine tells otherwise than the recount."""
    return differences(told, recount(world.lines, world.policy, world.as_of))


def _campaign(record: Row) -> str:
    name = "source:" + record["lead_source"] if record["campaign_id"] is None else "campaign:" + record["campaign_id"]
    return f"{name}/{record['period']}"


def _by_status(told: Told, status: str) -> dict[str, Row]:
    return {id: row for id, row in told.alerts.items() if row["status"] == status}


def _episodes(alerts: dict[str, Row]) -> dict[str, tuple[object, ...]]:
    return {id: tuple(row[field] for field in EPISODE) for id, row in alerts.items()}


def _created_first(lines: list[bytes]) -> list[bytes]:
    """Without creations that come after another event of their opportunity.

    When such a one comes late, the engine no longer tells of stalls that were over before it.
    """
    events = [json.loads(line) for line in lines]
    first: dict[str, datetime] = {}
    for event in events:
        if deal := event["data"].get("opportunity_id"):
            time = datetime.fromisoformat(event["time"])
            first[deal] = min(first.get(deal, time), time)
    return [
        line
        for line, event in zip(lines, events, strict=True)
        if event["type"] != "opportunity.created"
        or datetime.fromisoformat(event["time"]) == first[event["data"]["opportunity_id"]]
    ]


@given(worlds())
def test_a_replay_tells_what_the_recount_tells(world: World) -> None:
    assert unlike(replayed(world), world) == []


@pytest.mark.parametrize("seed", range(20))
def test_so_it_does_of_longer_logs(seed: int) -> None:
    long = world(Random(seed), events=150)
    assert unlike(replayed(long), long) == []


@given(worlds(), randoms)
def test_partitions_with_late_events_and_restarts_tell_the_same(world: World, chance: Random) -> None:
    assert unlike(worked(world, rearranged(world.lines, chance), chance), world) == []


@given(worlds(), randoms)
def test_order_duplicates_and_lateness_change_no_figure_and_no_alert_that_stands(world: World, chance: Random) -> None:
    mixed, plain = replayed(world, rearranged(world.lines, chance)), replayed(world)
    assert (mixed.kpis, mixed.scores, _by_status(mixed, "firing")) == (
        plain.kpis,
        plain.scores,
        _by_status(plain, "firing"),
    )


@given(worlds(), randoms)
def test_nor_do_they_change_what_has_stood(world: World, chance: Random) -> None:
    # But who was told of it, which depends on who was known by then.
    lines = _created_first(world.lines)
    mixed, plain = replayed(world, rearranged(lines, chance)), replayed(world, lines)
    assert _episodes(_by_status(mixed, "resolved")) == _episodes(_by_status(plain, "resolved"))


@given(worlds(), randoms)
def test_ticks_in_between_change_no_alert(world: World, chance: Random) -> None:
    lines = _created_first(world.lines)
    # Of periods that ended, a replay knows no longer what each day brought: its goals are those of the present ones.
    ticked, plain = (
        {id: row for id, row in told.alerts.items() if not (row["rule"].startswith("goal.") and row["ended_at"])}
        for told in (worked(world, lines, chance), replayed(world, lines))
    )
    assert ticked == plain


@given(worlds(), randoms)
def test_campaigns_come_to_what_was_counted_of_them(world: World, chance: Random) -> None:
    told = replay_lines(world.lines, load(world.yaml), parse_iso(world.as_of)).campaigns
    works = played(world, rearranged(world.lines, chance), chance)
    records = works.topics.get("campaigns", {})
    assert [record for _, record in sorted(records.items())] == sorted(told, key=_campaign)
    assert {key.decode(): told_of(record) for key, record in records.items()} == campaigns(
        world.lines, world.policy, world.as_of
    )


@given(worlds())
def test_nothing_that_the_contract_allows_is_refused(world: World) -> None:
    assert replayed(world).refused <= {"no_rate"}
