"""Leads by status, team and company, counted by looking at all events of each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.oracle.law import instant

Told = dict[str, dict[str, int]]
ORDER = ("lead.created", "lead.assigned", "contact.logged", "lead.converted", "lead.disqualified")
"""In which events of a lead at one instant apply."""


def by_status(lines: Iterable[bytes]) -> Told:
    """By team ("" for all), how many of its members' leads stand how at the end; each event comes once."""
    events = [json.loads(line) for line in lines]
    teams: dict[str, str] = {}
    for one in sorted((e for e in events if e["type"] == "employee.upserted"), key=_stamp):
        teams[one["data"]["employee_id"]] = one["data"]["team"]
    found: dict[str, Counter[str]] = {}
    for lead in {one["data"]["lead_id"] for one in events if "lead_id" in one["data"]}:
        mine = sorted((e for e in events if e["data"].get("lead_id") == lead and e["type"] in ORDER), key=_stamp)
        owner = None
        for one in mine:
            owner = one["data"].get("owner_id") or owner if one["type"] in ORDER[:2] else owner
        if owner is not None:
            for team in {"", teams.get(owner, "")}:
                found.setdefault(team, Counter())[_status(mine, events)] += 1
    return {team: dict(statuses) for team, statuses in found.items()}


def _status(mine: list[dict[str, Any]], events: list[dict[str, Any]]) -> str:
    closed = [one["type"] for one in mine if one["type"] in ORDER[3:]]
    if closed:
        return str(closed[-1].partition(".")[2])
    created = [one for one in mine if one["type"] == ORDER[0]]
    attempts = [
        instant(one["time"]) for one in mine if one["type"] == ORDER[2] and one["data"]["direction"] == "outbound"
    ]
    for birth in created:
        attempts += [
            instant(one["time"])
            for one in events
            if one["type"] == ORDER[2]
            and one["data"]["direction"] == "outbound"
            and one["data"].get("customer_id", "") == birth["data"].get("customer_id")
            and instant(one["time"]) >= instant(birth["time"])
        ]
    since = min((instant(one["time"]) for one in created), default=None)
    return "contacted" if any(since is None or time >= since for time in attempts) else "new"


def _stamp(one: dict[str, Any]) -> tuple[Any, ...]:
    order = ORDER.index(one["type"]) if one["type"] in ORDER else 0
    return instant(one["time"]), order, one["source"], one["id"]
