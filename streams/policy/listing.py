"""Every kind of alert rule, told to a person."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from streams.policy.describe import words
from streams.policy.durations import Clock
from streams.policy.rules import WATCHES, Bounds, Watch

WHOLE = Bounds()


def list_rules(watched: Collection[str]) -> str:
    """A block for each kind of rule in `watched`: what it watches, how grave it is, and the keys that it has besides
    those of all rules, with their defaults."""
    lines = ["Every rule takes: enabled, severity, hold, keep, clock, escalate, inhibited_by, text.", ""]
    for name, kind in WATCHES.items():
        if name in watched:
            lines.append(f"{name:<28}{kind.severity:<10}{kind.says}")
            lines += [f"{'':<28}{key}" for key in _keys(kind)]
    lines += [
        "",
        "A rule of your own: vip.silent: {watch: contact.interval_exceeded, after: {A: 3d}}",
    ]
    return "\n".join(lines)


def _keys(kind: Watch) -> Iterator[str]:
    if kind.clock == Clock.WORKING:
        yield "clock: working, counts working time unless it is set to elapsed"
    if kind.after == WHOLE:
        yield "after: what it allows, by grade; without it, what contact.intervals or the stage says"
    elif kind.after is not None:
        by = f", or by {kind.by}" if kind.by else ""
        yield f"after: what it allows{by}; {_default(kind.after, kind.clock)} by default"
    if kind.before is not None:
        yield f"before: how long before its time it begins; {words(kind.before)} by default"
    if not kind.enabled:
        yield "enabled: false by default"
    if kind.within is not None:
        yield f"within: in how short a time; {words(kind.within)} by default"
    if kind.count is not None:
        yield f"count: the time that is once too often; {kind.count} by default"
    if kind.lasts is not None:
        yield f"lasts: how long until it ends by itself; {words(kind.lasts, kind.clock)} by default"
    if kind.quiet:
        yield "silent_when_planned: quiet while a planned contact lies ahead; false by default"
    if kind.inhibited_by:
        yield f"inhibited_by: quiet while these fire; [{', '.join(kind.inhibited_by)}] by default"


def _default(bounds: Bounds, clock: Clock) -> str:
    return "nothing" if bounds.default is None or not bounds.default.us else words(bounds.default, clock)
