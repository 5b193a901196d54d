"""Alerts as they stand and as they change, made of the records of their topic alone."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Container
from typing import Final, NamedTuple

import msgspec

from streams.events.outputs import AlertRecord

SEVERITIES: Final = ("critical", "warning", "info")
"""The gravest first."""
KEPT: Final = 5_000
"""Changes that wait to be looked at; of more, the oldest are forgotten."""
SHOWN: Final = 100


class Rule(NamedTuple):
    """How many alerts of a rule stand, and how many have fired and resolved so far."""

    name: str
    severity: str
    standing: int
    fired: int
    resolved: int


class Alerts:
    """Takes alert records and answers what stands. `changes` are those that nobody has taken out yet."""

    def __init__(self) -> None:
        self.changes: deque[AlertRecord] = deque(maxlen=KEPT)
        self.shown: deque[AlertRecord] = deque(maxlen=SHOWN)
        """What was picked to be shown, the newest first."""
        self._standing: dict[str, AlertRecord] = {}
        self._severities: dict[str, str] = {}
        self._fired: Counter[str] = Counter()
        self._resolved: Counter[str] = Counter()
        self._picked: Counter[tuple[str, str]] = Counter()

    def take(self, key: str, value: bytes | None) -> None:
        """A record of the topic. Raises msgspec.DecodeError for what is none."""
        before = self._standing.pop(key, None)
        if value is None:
            return
        alert = _ALERT.decode(value)
        self._severities[alert.rule] = alert.severity or "warning"
        had_fired = before is not None and before.status != "pending"
        if alert.status == "resolved":
            self._resolved[alert.rule] += had_fired  # else it never fired, or it is only told otherwise how it ended
        else:
            self._standing[key] = alert
            self._fired[alert.rule] += alert.status != "pending" and not had_fired
        self.changes.append(alert)

    def pick(self, wanted: Container[str | None]) -> None:
        """Show one of the changes and forget the others: there are more than anybody could read.

        First come those of a customer that is `wanted`, then the graver, then the kind that was shown least.
        """
        if not self.changes:
            return

        def rank(alert: AlertRecord) -> tuple[bool, int, int]:
            shown = self._picked[alert.rule, alert.status]
            return alert.customer_id not in wanted, gravity(alert.severity), shown

        best = min(reversed(self.changes), key=rank)
        self._picked[best.rule, best.status] += 1
        self.shown.appendleft(best)
        self.changes.clear()

    def rules(self) -> list[Rule]:
        """Every rule that was heard of, the gravest first."""
        standing = Counter(alert.rule for alert in self._standing.values())
        rules = [
            Rule(name, severity, standing[name], self._fired[name], self._resolved[name])
            for name, severity in self._severities.items()
        ]
        return sorted(rules, key=lambda rule: (gravity(rule.severity), rule.name))


def gravity(severity: str | None) -> int:
    """0 for the gravest; a severity that nobody knows counts as a warning."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else SEVERITIES.index("warning")


_ALERT: Final = msgspec.json.Decoder(AlertRecord)
