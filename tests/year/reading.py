"""The events of a log in the order in which they happened, each once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from tests.oracle.worktime import us

ORDER = {
    "opportunity.created": 0,
    "opportunity.stage_changed": 1,
    "opportunity.updated": 1,
    "opportunity.won": 2,
    "opportunity.lost": 2,
    "opportunity.reopened": 3,
    **{f"lead.{verb}": place for place, verb in enumerate(["created", "assigned", "converted", "disqualified"])},
    **{f"task.{verb}": place for place, verb in enumerate(["assigned", "completed", "cancelled"])},
    **{
        f"ticket.{verb}": place
        for place, verb in enumerate(
            ["opened", "assigned", "replied", "paused", "resumed", "resolved", "reopened", "closed"]
        )
    },
}
"""At one instant a thing comes about, changes, ends and is opened again in this order; contacts are a change of it."""
UNUSED = "usage.", "assessment.", "measure.", "key_result.", "target.", "employee.", "campaign.", "improvement_plan."


class Event(NamedTuple):
    """One event; `time` in whole microseconds."""

    time: int
    place: int
    source: str
    id: str
    type: str
    data: dict[str, Any]


def read(lines: Iterable[bytes]) -> list[Event]:
    """What came twice counts once; the first to arrive stands."""
    found: dict[tuple[str, str], Event] = {}
    for line in lines:
        raw = orjson.loads(line)
        kind, key = raw["type"], (raw["source"], raw["id"])
        if key in found or (kind.startswith(UNUSED) and not raw["data"].get("customer_id")):
            continue
        time = us(datetime.fromisoformat(raw["time"]))
        found[key] = Event(time, ORDER.get(kind, 1), *key, kind, raw["data"])
    return sorted(found.values(), key=lambda event: event[:4])
