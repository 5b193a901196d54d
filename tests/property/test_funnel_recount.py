"""The funnel against one that was counted by looking, in a replay and as a worker's partitions; and its own sums."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.instants import parse_iso
from streams.policy import load
from streams.replay import replay_lines
from tests.oracle.funnel import funnels
from tests.property.strategies import World, rearranged, world, worlds
from tests.property.test_replay_recount import played

Records = Iterable[dict[str, Any]]
INTO = ("opening", "new", "pulled_in", "increased", "reassigned")
OUT = ("decreased", "pushed", "won", "lost")
randoms = st.randoms(use_true_random=False)


def cents(amount: Fraction) -> float:
    return float(Fraction(round(amount * 100), 100))


def unlike(records: Records, world: World) -> list[tuple[object, ...]]:
    """What is told otherwise than counted; a funnel of a former period in which all is 0 is not told."""
    told = {(record["team"], record["period"]): record for record in records}
    counted = funnels(world.lines, world.policy, world.as_of)
    wrong: list[tuple[object, ...]] = [
        ("missing", key) for key, row in counted.items() if key not in told and _tells(row)
    ]
    for key, row in counted.items():
        if key in told:
            wrong += [(key, *one) for one in _unlike(told[key], row)]
    return wrong


def _tells(row: dict[str, Any]) -> bool:
    figures = [row["count"], row["amount"], *row["stages"].values()]
    return "open_count" in row or any(value for part in figures for value in part.values())


def _unlike(told: dict[str, Any], row: dict[str, Any]) -> Iterable[tuple[object, ...]]:
    for line, value in told["count"].items():
        if value != row["count"].get(line, 0):
            yield "count", line, value, row["count"].get(line, 0)
    for line, value in told["amount"].items():
        if value != cents(row["amount"].get(line, Fraction(0))):
            yield "amount", line, value, row["amount"].get(line, 0)
    for line in told["stages"]:
        expected = row["stages"][line["stage"]]
        for name, value in expected.items():
            found = line[name]
            if name == "open_amount" and found is not None:
                value = cents(value)
            if found is None and name.startswith("open"):
                continue
            if not (found == value or (value is not None and math.isclose(found, value, rel_tol=1e-9))):
                yield line["stage"], name, found, value
    for name in ("open_count", "open_amount", "velocity", "won_amount"):
        if name in row:
            value = cents(row[name]) if name.endswith("amount") else row[name]
            if not math.isclose(told[name], value, rel_tol=1e-9):
                yield name, told[name], row[name]


def replayed(world: World, lines: list[bytes] | None = None) -> list[dict[str, Any]]:
    return replay_lines(world.lines if lines is None else lines, load(world.yaml), parse_iso(world.as_of)).funnel


@given(worlds())
def test_a_replay_tells_the_funnel_that_was_counted(world: World) -> None:
    assert unlike(replayed(world), world) == []


@pytest.mark.parametrize("seed", range(20))
def test_so_it_does_of_longer_logs(seed: int) -> None:
    long = world(Random(seed), events=150)
    assert unlike(replayed(long), long) == []


@given(worlds(), randoms)
def test_partitions_with_late_events_and_restarts_tell_the_same(world: World, chance: Random) -> None:
    works = played(world, rearranged(world.lines, chance), chance)
    records = sorted(works.topics.get("funnel", {}).items())
    assert [record for _, record in records] == replayed(world)


@given(worlds())
def test_every_bridge_explains_all_of_its_closing(world: World) -> None:
    for record in replayed(world):
        count = record["count"]
        assert count["closing"] == sum(count[line] for line in INTO) - sum(count[line] for line in OUT)
        assert (count["residual"], record["amount"]["residual"]) == (0, 0)
