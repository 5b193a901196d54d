"""One partition of the second stage, driven by hand."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.core.employees import Employees
from streams.core.records import Contribution, Goal, Profile, key_of, packed
from streams.core.stage import TICK, Changes
from streams.policy import Policy
from tests.unit.core.kit import policy, tick, us

CARD = {"sales": {"kpis": [{"kpi": "won_amount", "target": 100, "cap": 2}, {"kpi": "contacts", "target": 10}]}}
NOW = us("15")


class Office:
    """Told facts about ann, as of the 15th of March 2026; gathers what it leaves."""

    def __init__(self, rules: Policy | None = None, wait: int = 0) -> None:
        self.rules = rules or policy(scorecards=CARD)
        self.wait = wait
        self.stage = Employees(self.rules, 0, wait=wait)
        self.offset = -1
        self.changes = Changes([], [], {})
        self.states: dict[bytes, bytes] = {}
        self.alerts: list[Any] = []
        """Those that the last flush sent."""

    def give(self, key: bytes, value: bytes) -> None:
        self.offset += 1
        self.stage.apply(key, value, self.offset)

    def fact(self, bucket: str, measures: dict[str, int], /, version: int = 1, origin: int = 0, at: int = NOW) -> None:
        value = msgspec.msgpack.encode(Contribution(version, at, packed(measures)))
        self.give(key_of("ann", bucket, origin), value)

    def profile(self, version: int = 1, /, **fields: Any) -> None:
        record = {"role": "sales", "team": "north"} | fields
        self.give(key_of("ann", "profile", 0), msgspec.msgpack.encode(Profile(version, NOW, record)))

    def goal(self, kpi: str, period: str, value: str, version: int = 1, level: str = "target") -> None:
        content = msgspec.msgpack.encode(Goal(version, NOW, value))
        self.give(key_of("ann", f"target {period} {level} {kpi}", 0), content)

    def tick(self, at: int, final: bool = False) -> None:
        self.give(TICK, tick(at, final))

    def flush(self) -> dict[str, Any]:
        """What it sends: by topic and period, None for a tombstone."""
        self.changes = self.stage.flush()
        for key, value in self.changes.states:
            if value is None:
                del self.states[key]
            else:
                self.states[key] = value
        said = [send for send in self.changes.sends if not send.topic.startswith(("alerts", "recommendations"))]
        self.alerts = [send.value for send in self.changes.sends if send.topic == "alerts"]
        return {f"{send.topic.partition('.')[0]} {_period(send.key)}": send.value for send in said}

    def restarted(self, wait: int | None = None) -> Office:
        other = Office(self.rules, self.wait if wait is None else wait)
        for key, value in reversed(self.states.items()):
            other.stage.restore(key, value)
        other.stage.restored()
        other.offset, other.states = self.offset, dict(self.states)
        return other


def _period(key: bytes) -> str:
    return key.decode().partition("/")[2] or str(msgspec.json.decode(key)[1])
