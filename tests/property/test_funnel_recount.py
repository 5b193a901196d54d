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
from tests.oracle.leads import by_status
from tests.property.strategies import World, rearranged, world, worlds
from tests.property.test_core_laws import cut, worked
from tests.property.test_replay_recount import played
from tests.unit.core.kit import employee, event
from tests.unit.core.kit import policy as plain
from tests.unit.core.logs import END, ORIGIN, PEOPLE, SCALES, STEPS
from tests.unit.core.works import Works

Records = Iterable[dict[str, Any]]
INTO = ("opening", "new", "pulled_in", "increased", "reassigned")
OUT = ("decreased", "pushed", "won", "lost")
randoms = st.randoms(use_true_random=False)


def cents(amount: Fraction) -> float:
    return float(Fraction(round(amount * 100), 100))


def unlike(records: Records, world: World) -> list[tuple[object, ...]]:
    """What is told otherwise than counted; a funnel in which all is 0 need not be told."""
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
    # A deal that came to the team and left it on one day leaves nothing, be it in a period that is not over.
    figures = [row["count"], row["amount"], *row["stages"].values(), {"open": row.get("open_count")}]
    return any(value for part in figures for value in part.values())


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


@st.composite
def leads(draw: st.DrawFn) -> list[bytes]:
    """What happens to two leads, one of which may be a customer already, and to whom who looks after them belongs."""
    scale, lines = draw(st.sampled_from(SCALES)), []
    people = st.sampled_from(PEOPLE)
    for number in range(draw(st.integers(1, 14))):
        at, lead = ORIGIN + draw(st.integers(0, STEPS)) * scale, {"lead_id": draw(st.sampled_from(["l", "m"]))}
        owner = {"owner_id": draw(people)} if draw(st.booleans()) else {}
        known = {"customer_id": "c1"} if draw(st.booleans()) else {}
        called = {
            "employee_id": draw(people),
            "channel": "call",
            "direction": draw(st.sampled_from(["inbound", "outbound"])),
        }
        name = f"{draw(st.integers(0, 3))}-{number:02d}"
        lines.append(
            draw(
                st.sampled_from(
                    [
                        event(at, "lead.created", id=name, **lead, **owner, **known),
                        event(at, "lead.assigned", id=name, **lead, owner_id=draw(people)),
                        event(at, "lead.converted", id=name, **lead, customer_id="c1"),
                        event(at, "lead.disqualified", id=name, **lead),
                        event(at, "contact.logged", id=name, **called, **(known or lead)),
                        employee(at, draw(people), id=name, team=draw(st.sampled_from(["north", "south"]))),
                    ]
                )
            )
        )
    return lines


@given(leads(), randoms)
def test_leads_by_status_are_those_that_were_counted(lines: list[bytes], chance: Random) -> None:
    counted = by_status(lines)
    told = _leads(replay_lines(lines, plain(), END).funnel)
    works = worked(Works(plain(), 3), cut(chance, lines), chance, chance)
    assert _leads(works.topics.get("funnel", {}).values()) == told
    assert {team: found for team, found in told.items() if found} == counted


def _leads(records: Records) -> dict[str, dict[str, int]]:
    """By team, those of the year that is not over."""
    return {record["team"]: record["leads"] for record in records if record["period"] == "2026"}
