"""The engine against the naive recount, and the laws that no log may break."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from random import Random
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.records import Tick
from streams.core.stage import TICK, Changes
from streams.events.instants import parse_iso
from streams.policy import load
from streams.replay import KpiValue, Line, Replay, ReplayResult, replay_lines
from streams.replay.run import cells
from tests.oracle import Figure, recount
from tests.property.strategies import World, rearranged, world, worlds

MONEY = {
    *("won_amount", "contract_amount", "invoiced_amount", "collected_amount", "bad_debt_amount"),
    *("open_amount", "expected_revenue"),
}
NOT_RECOUNTED = {"open_count", "flagged"}
"""What the engine tells besides the KPIs of the contract's section 3."""

RULES = {"opp.stalled", "contact.due", "contact.overdue", "contact.interval_exceeded"}
EPISODE = "rule", "status", "customer_id", "opportunity_id", "started_at", "fired_at", "ended_at"
STANDS = *EPISODE, "employee_id", "team", "recipients", "severity", "level", "values", "summary"
Row = dict[str, Any]
K = TypeVar("K")
A = TypeVar("A")
B = TypeVar("B")


def replayed(world: World, lines: list[bytes] | None = None) -> ReplayResult:
    """What the engine makes of a world, or of other lines in it."""
    return replay_lines(world.lines if lines is None else lines, load(world.yaml), parse_iso(world.as_of))


def differences(world: World) -> list[tuple[object, ...]]:
    """Where engine and recount disagree: about what, which, what the engine tells, what was counted; None for nothing."""
    told, counted = replayed(world), recount(world.lines, world.policy, world.as_of)
    kpis = {key: value for key, value in told.kpis.items() if key[2].partition(":")[0] not in NOT_RECOUNTED}
    figures = {key: _to_the_cent(figure) if key[2] in MONEY else figure for key, figure in counted.kpis.items()}
    starts = {key: alert.started_at for key, alert in counted.alerts.items()}
    scores = {(row["employee_id"], row["period"]): row["score"] for row in told.scores}
    return [
        *(("kpi", *unlike) for unlike in _unlike(kpis, figures, _same_figure)),
        *(("alert", *unlike) for unlike in _unlike(firing(told), starts, lambda a, b: a == [b])),
        *(("score", *unlike) for unlike in _unlike(_present(scores), counted.scores, _close)),
    ]


def _to_the_cent(figure: Figure) -> Figure:
    cents = Fraction(round(figure.value * 100), 100)  # half even
    return Figure(cents, cents)


def _unlike(told: Mapping[K, A], counted: Mapping[K, B], same: Callable[[A, B], bool]) -> list[tuple[object, ...]]:
    keys = {*told, *counted}
    return [
        (key, told.get(key), counted.get(key))
        for key in sorted(keys, key=str)
        if key not in told or key not in counted or not same(told[key], counted[key])
    ]


def _present(scores: Mapping[K, A | None]) -> dict[K, A]:
    return {key: score for key, score in scores.items() if score is not None}


def _same_figure(told: KpiValue, counted: Figure) -> bool:
    if counted.denominator is None:
        return (told.value, told.denominator) == (told.numerator, "") and _close(told.value, counted.value)
    pairs = (told.value, counted.value), (told.numerator, counted.numerator), (told.denominator, counted.denominator)
    return all(_close(*pair) for pair in pairs)


def _close(told: str | float, counted: Fraction) -> bool:
    return math.isclose(float(told), float(counted), rel_tol=1e-9, abs_tol=1e-12)


def standing(told: ReplayResult) -> dict[str, Row]:
    """The newest record per alert, but for those that were withdrawn or never fired."""
    newest = {alert["id"]: alert for alert in told.alerts}
    return {id: row for id, row in newest.items() if row["reason"] != "withdrawn" and row["fired_at"] is not None}


def firing(told: ReplayResult) -> dict[tuple[str, str], list[datetime]]:
    """By rule and by opportunity or customer, since when alerts fire; more than one would be one too many."""
    found: dict[tuple[str, str], list[datetime]] = {}
    for row in standing(told).values():
        if row["status"] == "firing" and row["rule"] in RULES:
            key = row["rule"], row["opportunity_id"] or row["customer_id"]
            found.setdefault(key, []).append(datetime.fromisoformat(row["started_at"]))
    return found


def outcome(told: ReplayResult) -> tuple[Any, Any, Any]:
    """What may not depend on how the events came in: figures, scores, and alerts with all that stays true of them.

    Why an alert changed last is its own history; who was told of one that is over depends on who was known then.
    """
    scores = {(row["employee_id"], row["period"]): row | {"as_of": None} for row in told.scores}
    alerts = {
        id: tuple(row[field] for field in (EPISODE if row["status"] == "resolved" else STANDS))
        for id, row in standing(told).items()
    }
    return told.kpis, {key: row for key, row in scores.items() if row.get("score") is not None}, alerts


class Ticking(Replay):
    """A replay that time comes to in steps, as it does to a worker, so that events may be late for a tick."""

    def tick(self, at: int) -> None:
        """Let every stage judge an instant, and hand on what it makes of it."""
        for stage in (self._customers, self._employees, self._company):
            stage.apply(TICK, msgspec.json.encode(Tick(at)), 0)
            self._hand_on(stage.flush())

    def _hand_on(self, changes: Changes) -> None:
        super()._hand_on(changes)
        for send in changes.sends:
            if send.topic == "scores.employees" and send.value is None:
                employee, _, period = send.key.decode().rpartition("/")
                self._sink(send.topic, {"employee_id": employee, "period": period})


def ticked(world: World, lines: list[bytes], chance: Random) -> ReplayResult:
    """What the engine makes of lines with ticks between them."""
    records: defaultdict[str, list[Row]] = defaultdict(list)
    last = parse_iso(world.as_of)
    run = Ticking(load(world.yaml), lambda topic, row: records[topic].append(row), last)
    ticks = sorted(last - chance.randrange(40 * 86_400) * 1_000_000 for _ in lines)
    for tick, _ in zip(ticks, run.feed(Line(raw, "-", n) for n, raw in enumerate(lines, 1)), strict=True):
        if chance.random() < 0.5:
            run.tick(tick)
    at = run.finish()
    kpis = {(figure.employee, figure.period, figure.value.kpi): cells(figure.value) for figure in run.figures()}
    alerts, scores, teams = (records[topic] for topic in ("alerts", "scores.employees", "scores.teams"))
    return ReplayResult(at, kpis, alerts, scores, teams, records["streams.dead-letters"], run.outcomes)


@given(worlds())
def test_the_engine_tells_what_the_recount_tells(world: World) -> None:
    assert differences(world) == []


@pytest.mark.parametrize("seed", range(20))
def test_so_it_does_for_longer_logs(seed: int) -> None:
    assert differences(world(Random(seed), events=150)) == []


@given(worlds(), st.randoms(use_true_random=False))
def test_order_duplicates_and_lateness_change_nothing(world: World, chance: Random) -> None:
    assert outcome(replayed(world, rearranged(world.lines, chance))) == outcome(replayed(world))


@given(worlds(), st.randoms(use_true_random=False))
def test_ticks_in_between_change_nothing(world: World, chance: Random) -> None:
    assert outcome(ticked(world, rearranged(world.lines, chance), chance)) == outcome(replayed(world))


@given(worlds())
def test_no_event_that_the_contract_allows_is_refused(world: World) -> None:
    assert {letter["reason"] for letter in replayed(world).dead_letters} <= {"no_rate"}
