"""The engine against the naive recount, in a replay and as a worker's partitions; and the laws of order."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import Rejected, decode
from streams.events.instants import parse_iso
from streams.policy import load
from streams.replay import replay_lines
from tests.oracle import Figure, recount
from tests.property.strategies import World, rearranged, world, worlds
from tests.unit.core.works import Works, settled

RULES = {"opp.stalled", "contact.due", "contact.overdue", "contact.interval_exceeded"}
MONEY = {
    *("won_amount", "contract_amount", "invoiced_amount", "collected_amount", "bad_debt_amount"),
    *("open_amount", "expected_revenue"),
}
NOT_RECOUNTED = {"open_count", "flagged"}
"""What the engine tells besides the KPIs of the contract's section 3."""

EPISODE = "rule", "customer_id", "opportunity_id", "started_at", "fired_at", "ended_at", "reason"

Key = tuple[str, str, str]
Row = dict[str, Any]
Cell = str | float
K = TypeVar("K")
A = TypeVar("A")
B = TypeVar("B")
randoms = st.randoms(use_true_random=False)


class Told(NamedTuple):
    """What the engine makes of a log."""

    kpis: Mapping[Key, tuple[Cell, Cell, Cell | None]]
    """Value, numerator and denominator."""
    scores: dict[tuple[str, str], float]
    alerts: dict[str, Row]
    """By id, without those that were withdrawn or never fired."""
    refused: set[str]


def replayed(world: World, lines: list[bytes] | None = None) -> Told:
    """By a replay."""
    result = replay_lines(world.lines if lines is None else lines, load(world.yaml), parse_iso(world.as_of))
    kpis = {key: (cell.value, cell.numerator, cell.denominator or None) for key, cell in result.kpis.items()}
    refused = {letter["reason"] for letter in result.dead_letters}
    return Told(kpis, _scores(result.scores), settled(result.alerts), refused)


def worked(world: World, lines: list[bytes], chance: Random) -> Told:
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
    kpis = {
        (row["employee_id"], row["period"], cell["kpi"]): (cell["value"], cell["numerator"], cell["denominator"])
        for row in works.topics.get("kpis.employees", {}).values()
        for cell in row["kpis"]
    }
    letters = works.topics.get("streams.dead-letters", {}).values()
    scores = [*works.topics.get("scores.employees", {}).values()]
    return Told(kpis, _scores(scores), settled(works.alerts), {letter["reason"] for letter in letters})


def _scores(rows: list[Row]) -> dict[tuple[str, str], float]:
    return {(row["employee_id"], row["period"]): row["score"] for row in rows if row["score"] is not None}


def firing(told: Told) -> dict[tuple[str, str], list[tuple[datetime, str | None]]]:
    """By rule and by opportunity or customer, since when and for whom alerts fire; two would be one too many."""
    found: dict[tuple[str, str], list[tuple[datetime, str | None]]] = {}
    for row in told.alerts.values():
        if row["status"] == "firing" and row["rule"] in RULES:
            key = row["rule"], row["opportunity_id"] or row["customer_id"]
            found.setdefault(key, []).append((datetime.fromisoformat(row["started_at"]), row["employee_id"]))
    return found


def differences(told: Told, world: World) -> list[tuple[object, ...]]:
    """What the engine tells otherwise than the recount: what, about whom or which, told, counted; None for nothing."""
    counted = recount(world.lines, world.policy, world.as_of)
    kpis = {key: value for key, value in told.kpis.items() if key[2].partition(":")[0] not in NOT_RECOUNTED}
    figures = {key: _to_the_cent(figure) if key[2] in MONEY else figure for key, figure in counted.kpis.items()}
    alerts = {key: [(alert.started_at, alert.employee_id)] for key, alert in counted.alerts.items()}
    return [
        *(("kpi", *unlike) for unlike in _unlike(kpis, figures, _same_figure)),
        *(("alert", *unlike) for unlike in _unlike(firing(told), alerts, lambda a, b: a == b)),
        *(("score", *unlike) for unlike in _unlike(told.scores, counted.scores, _close)),
    ]


def _unlike(told: Mapping[K, A], counted: Mapping[K, B], same: Callable[[A, B], bool]) -> list[tuple[object, ...]]:
    return [
        (key, told.get(key), counted.get(key))
        for key in sorted({*told, *counted}, key=str)
        if key not in told or key not in counted or not same(told[key], counted[key])
    ]


def _to_the_cent(figure: Figure) -> Figure:
    cents = Fraction(round(figure.value * 100), 100)  # half even
    return Figure(cents, cents)


def _same_figure(told: tuple[Cell, Cell, Cell | None], counted: Figure) -> bool:
    """A sum, count or rate with what it was made of."""
    value, numerator, denominator = told
    if counted.denominator is None or denominator is None:
        return denominator == counted.denominator and value == numerator and _close(value, counted.value)
    pairs = (value, counted.value), (numerator, counted.numerator), (denominator, counted.denominator)
    return all(_close(*pair) for pair in pairs)


def _close(told: Cell, counted: Fraction) -> bool:
    return math.isclose(float(told), counted, rel_tol=1e-9, abs_tol=1e-12)


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
    assert differences(replayed(world), world) == []


@pytest.mark.parametrize("seed", range(20))
def test_so_it_does_of_longer_logs(seed: int) -> None:
    long = world(Random(seed), events=150)
    assert differences(replayed(long), long) == []


@given(worlds(), randoms)
def test_partitions_with_late_events_and_restarts_tell_the_same(world: World, chance: Random) -> None:
    assert differences(worked(world, rearranged(world.lines, chance), chance), world) == []


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
    assert worked(world, lines, chance).alerts == replayed(world, lines).alerts


@given(worlds())
def test_nothing_that_the_contract_allows_is_refused(world: World) -> None:
    assert replayed(world).refused <= {"no_rate"}
