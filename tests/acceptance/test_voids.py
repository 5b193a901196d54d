"""What was voided after workers had counted it: they leave what a replay leaves, and one without the events."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import orjson

from streams.core.customers.retracting import REFUSED
from streams.events import Event, EventVoided, LeadCreated, decode
from tests.acceptance.comparing import lines, outputs, replayed, standing, versus_replay
from tests.acceptance.installation import Installation
from tests.acceptance.organisation import POLICY, log_of
from tests.unit.core.kit import void_of

COUNTED, UNTIL = "2024-03-01T00:00:00Z", "2024-03-02T00:00:00Z"
END = datetime(2024, 3, 1, tzinfo=UTC)


def _can_be_taken_back(line: bytes) -> bool:
    event = decode(line)
    return isinstance(event, Event) and not isinstance(event.data, (*REFUSED, LeadCreated, EventVoided))


def test_workers_take_back_what_was_counted(kafka: str, app_id: str, tmp_path: Path) -> None:
    staff, others = log_of(
        seed=31, teams=2, employees=10, customers=120, events=1_500, malformed=0,
        start=datetime(2024, 1, 2, tzinfo=UTC), end=END,
    )  # fmt: skip
    won = [line for line in others if orjson.loads(line)["type"] == "opportunity.won"]
    gone = [line for line in dict.fromkeys((*others[::15], won[len(won) // 2])) if _can_be_taken_back(line)]
    assert len({orjson.loads(line)["type"] for line in gone}) > 8
    voids = [void_of(line, "2024-03-01T12:00:00Z") for line in gone]
    log = tmp_path / "events.jsonl"
    log.write_bytes(b"".join(line + b"\n" for line in [*staff, *others, *voids]))
    told = replayed(tmp_path, POLICY, UNTIL)
    without = tmp_path / "without"
    without.mkdir()
    names = {(one["source"], one["id"]) for one in map(orjson.loads, gone)}
    kept = [line for line in others if tuple(map(orjson.loads(line).get, ("source", "id"))) not in names]
    (without / "events.jsonl").write_bytes(b"".join(line + b"\n" for line in [*staff, *kept]))
    other = replayed(without, POLICY, UNTIL)
    assert lines(told.replayed / "scores.jsonl") == lines(other.replayed / "scores.jsonl")

    rules = told.policy
    with Installation(kafka, app_id, tmp_path, CRMPULSE_POLICY=rules, CRMPULSE_SESSION_MS=6_000) as place:
        asyncio.run(place.produce([*staff, *others]))
        place.backfill(COUNTED, 1)
        before = asyncio.run(outputs(place))
        asyncio.run(place.produce(voids))
        place.backfill(UNTIL, 1, killed=1)
        left = asyncio.run(outputs(place))
    for folder in (told.replayed, other.replayed):
        wrong = versus_replay(left, folder, UNTIL, standing)
        assert not any(wrong.values()), wrong
    assert not left["streams.dead-letters"]
    assert _won(before) > _won(left)


def _won(left: dict[str, dict[str, dict[str, object]]]) -> float:
    return sum(
        kpi["value"]
        for key, record in left["kpis.employees"].items()
        if key.endswith("/2024")
        for kpi in record["kpis"]  # type: ignore[attr-defined]
        if kpi["kpi"] == "won_amount"
    )
