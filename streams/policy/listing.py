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
    lines = ["Every rule takes: enabled, severity, hold, keep, clock, escalate, inhibited_by, roles, text.", ""]
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
    if kind.period is not None:
        if kind.below is not None:
            yield f"below: the score below which it holds; {kind.below} by default"
        if kind.above is not None:
            yield f"above: the score at and above which it holds; {kind.above} by default"
        yield f"period: the periods whose scores it is about, once they are over; {kind.period} by default"
    if kind.count is not None and kind.period is not None:
        yield f"count: so many periods in a row; {kind.count} by default"
    elif kind.count is not None:
        yield f"count: the time that is once too often; {kind.count} by default"
    if kind.lasts is not None:
        yield f"lasts: how long until it ends by itself; {words(kind.lasts, kind.clock)} by default"
    if kind.below is not None and kind.recovers is not None and kind.warm_up is not None:
        yield f"below: the pace below which it begins; {kind.below} by default"
        yield f"recovers: the pace from which on it is over; {kind.recovers} by default"
        yield f"warm_up: the part of the period that has to be over first; {kind.warm_up} by default"
    if kind.parts:
        yield f"parts: the parts of the target that it tells of; [{', '.join(map(str, kind.parts))}] by default"
    if kind.tolerance is not None:
        yield f"tolerance: by which part of the target they may differ; {kind.tolerance} by default"
    if kind.quiet:
        yield "silent_when_planned: quiet while a planned contact lies ahead; false by default"
    if kind.inhibited_by:
        yield f"inhibited_by: quiet while these fire; [{', '.join(kind.inhibited_by)}] by default"


def _default(bounds: Bounds, clock: Clock) -> str:
    return "nothing" if bounds.default is None or not bounds.default.us else words(bounds.default, clock)
