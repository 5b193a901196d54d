"""The log parted among processes: what is about one customer goes to one of them, what is about people to all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import orjson

ALL = "employee", "alert", "target", "measure"


def shares(lines: Sequence[bytes], number: int) -> list[list[bytes]]:
    """The lines of each share, in the order in which they come in."""
    events = [orjson.loads(line) for line in lines]
    homes = _homes(events)
    parted: list[list[bytes]] = [[] for _ in range(number)]
    for line, event in zip(lines, events, strict=True):
        if event["type"].partition(".")[0] in ALL:
            for share in parted:
                share.append(line)
        else:
            parted[crc32(_home(event["data"], homes).encode()) % number].append(line)
    return parted


def _homes(events: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The customers of the cases whose opening names one."""
    found: dict[str, str] = {}
    for event in events:
        data = event["data"]
        if event["type"] in ("ticket.opened", "lead.created", "task.assigned") and data.get("customer_id"):
            found[_case(data) or ""] = data["customer_id"]
    return found


def _case(data: dict[str, Any]) -> str | None:
    return next((data[name] for name in ("ticket_id", "task_id", "lead_id") if data.get(name)), None)


def _home(data: dict[str, Any], homes: dict[str, str]) -> str:
    case = _case(data)
    return str(data.get("customer_id") or homes.get(case or "") or case or data.get("employee_id"))
