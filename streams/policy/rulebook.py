"""The alerts section of a policy file: the rules that it sets, and those that it adds."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from itertools import pairwise
from string import Formatter

from streams.policy.durations import Clock, Duration
from streams.policy.problems import did_you_mean, listed
from streams.policy.reading import (
    Fields,
    Report,
    Wrong,
    boolean,
    duration,
    name,
    one_of,
    positive,
    score,
    share,
    some_time,
)
from streams.policy.rules import WATCHES, Bounds, Escalation, RulePolicy, Severity, Span, usual
from streams.policy.tree import Node

WORDS = ("customer", "opportunity", "employee", "team", "rule", "started_at", "bound", "basis", "about")
"""What a rule's own text may name in braces."""
_KEYS = ("enabled", "hold", "keep", "clock", "escalate", "severity", "watch", "inhibited_by", "roles", "text")
_OWN = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_MOST = 1000


def read_alerts(report: Report, node: Node) -> tuple[dict[str, RulePolicy], Duration]:
    """The rules that differ from what is usual, and how long alerts are kept whose rules do not say else."""
    rules: dict[str, RulePolicy] = {}
    keep = RulePolicy("", Severity.INFO).keep
    if isinstance(node.value, dict) and (given := node.value.get("keep")) is not None and given.node.value is not None:
        keep = report.read("alerts.keep", given.node, duration, keep)
    known = {*WATCHES, *(node.value if isinstance(node.value, dict) else ())}
    for rule, line, value in report.pairs("alerts", node):
        if rule == "keep" or (rule in WATCHES and value.value is None):
            continue
        watch = _watch(report, rule, line, value)
        if watch is not None:
            found = _read_rule(report, f"alerts.{rule}", value, usual(watch, keep), known)
            if rule not in WATCHES or found != usual(watch, keep):
                rules[rule] = found
    return rules, keep


def _watch(report: Report, rule: str, line: int, node: Node) -> str | None:
    """The kind of a rule; None where it has none, which is reported."""
    given = node.value.get("watch") if isinstance(node.value, dict) else None
    if rule in WATCHES:
        if given is not None and given.node.value not in (rule, None):
            message = f"alerts.{rule}.watch: this rule watches what its name says"
            report.add(given.line, message, "Give the rule a name of its own.")
        return rule
    if given is None or not isinstance(given.node.value, str):
        hint = did_you_mean(rule, WATCHES, "A rule of your own says what it watches, as in watch: opp.stalled.")
        report.add(line, f"there is no alert rule '{rule}'", hint)
        return None
    if not _OWN.fullmatch(rule):
        report.add(
            line, f"'{rule}' is no name for a rule", "Use two words in small letters with a dot, as in vip.silent."
        )
        return None
    watch = given.node.value
    if watch not in WATCHES:
        hint = did_you_mean(watch, WATCHES, "The kinds are contact.due, opp.stalled and others.")
        report.add(given.line, f"alerts.{rule}.watch: there is no kind of rule '{watch}'", hint)
        return None
    return watch


def _read_rule(report: Report, where: str, node: Node, usual: RulePolicy, known: Collection[str]) -> RulePolicy:
    kind = WATCHES[usual.watch]
    own = {
        "after": kind.after is not None,
        "count": kind.count is not None,
        "lasts": kind.lasts is not None,
        "before": kind.before is not None,
        "within": kind.within is not None,
        "below": kind.below is not None,
        "above": kind.above is not None,
        "period": kind.period is not None,
        "recovers": kind.recovers is not None,
        "warm_up": kind.warm_up is not None,
        "parts": bool(kind.parts),
        "tolerance": kind.tolerance is not None,
        "silent_when_planned": kind.quiet,
    }
    fields = Fields(report, where, node, (*_KEYS, *(key for key, taken in own.items() if taken)))
    after, given = usual.after, fields.node("after")
    if given is not None and kind.by is not None:
        after = read_bounds(report, fields.path("after"), given, duration)
    elif given is not None:
        after = Bounds(report.read(fields.path("after"), given, duration, Duration(0)))
    below = fields.value("below", positive if kind.period is None else score, usual.below)
    above = fields.value("above", score, usual.above)
    recovers = fields.value("recovers", positive, usual.recovers)
    if below is not None and recovers is not None and recovers < below:
        message = f"{where}.recovers: {recovers:f} is lower than below, {below:f}"
        report.add(node.line, message, "Let it recover at the same pace or a better one.")
    if below is not None and above is not None and above < below:
        message = f"{where}: a score can be at or above {above:f} and below {below:f} at once"
        report.add(node.line, message, "Raise above, or lower below.")
    return RulePolicy(
        watch=usual.watch,
        severity=fields.value("severity", one_of(Severity), usual.severity),
        enabled=fields.value("enabled", boolean, usual.enabled),
        hold=fields.value("hold", duration, usual.hold),
        keep=fields.value("keep", duration, usual.keep),
        clock=fields.value("clock", one_of(Clock), usual.clock),
        escalate=_read_ladder(report, fields, usual),
        after=after,
        count=fields.value("count", lambda text: _count(text), usual.count),
        lasts=fields.value("lasts", lambda text: some_time(text), usual.lasts),
        before=fields.value("before", duration, usual.before),
        within=fields.value("within", lambda text: some_time(text), usual.within),
        below=below,
        above=above,
        period=fields.value("period", one_of(Span), usual.period),
        recovers=recovers,
        warm_up=fields.value("warm_up", lambda text: share(text), usual.warm_up),
        parts=_read_parts(report, fields, usual),
        tolerance=fields.value("tolerance", lambda text: share(text), usual.tolerance),
        silent_when_planned=fields.value("silent_when_planned", boolean, usual.silent_when_planned),
        inhibited_by=_read_names(report, fields, usual, known),
        roles=_read_roles(report, fields),
        text=fields.value("text", lambda text: _text(text), usual.text),
    )


def _read_ladder(report: Report, fields: Fields, usual: RulePolicy) -> tuple[Escalation, ...]:
    ladder: list[Escalation] = []
    given = fields.node("escalate")
    for place, item in report.items(fields.path("escalate"), given) if given is not None else []:
        step = Fields(report, place, item, ("after", "to"))
        if not isinstance(item.value, dict):
            continue
        after = step.value("after", duration, Duration(0))
        to = step.needed("to", name, "Say who hears of it, as in to: manager.")
        if ladder and after < ladder[-1].after:
            report.add(item.line, f"{place} comes before the step above it", "List the steps in order of time.")
        elif to is not None:
            ladder.append(Escalation(after, to))
    return tuple(ladder) if given is not None else usual.escalate


def _read_parts(report: Report, fields: Fields, usual: RulePolicy) -> tuple[Decimal, ...]:
    given = fields.node("parts")
    if given is None:
        return usual.parts
    items = report.items(fields.path("parts"), given)
    parts = tuple(report.read(place, item, positive, Decimal(1)) for place, item in items)
    if not parts or any(after <= before for before, after in pairwise(parts)):
        hint = "List parts of the target from the smallest on, as in [0.5, 0.9, 1]."
        report.add(given.line, f"{fields.path('parts')} does not rise", hint)
    return parts


def _read_names(report: Report, fields: Fields, usual: RulePolicy, known: Collection[str]) -> tuple[str, ...]:
    def rule(text: str) -> str:
        if text not in known:
            raise Wrong(f"there is no alert rule '{text}'", did_you_mean(text, known, "Name rules, as in opp.stalled."))
        return text

    given = fields.node("inhibited_by")
    if given is None:
        return usual.inhibited_by
    items = report.items(fields.path("inhibited_by"), given)
    return tuple(report.read(place, item, rule, "") for place, item in items)


def _read_roles(report: Report, fields: Fields) -> tuple[str, ...]:
    given = fields.node("roles")
    if given is None:
        return ()
    items = report.items(fields.path("roles"), given)
    if not items and isinstance(given.value, list):
        report.add(given.line, f"{fields.path('roles')} names no role", "Name roles, or leave it out for everybody.")
    return tuple(dict.fromkeys(report.read(place, item, name, "") for place, item in items))


def read_bounds(report: Report, where: str, node: Node, read: Callable[[str], Duration]) -> Bounds:
    """One duration for all, or one by word; without `default`, words that are not named are not watched."""
    if not isinstance(node.value, dict):
        return Bounds(report.read(where, node, read, Duration(0)))
    by = read_words(report, where, node, read)
    return Bounds(by.pop("default", None), by)


def read_words(report: Report, where: str, node: Node, read: Callable[[str], Duration]) -> dict[str, Duration]:
    """A duration for each word of a mapping; null is as good as absent."""
    found: dict[str, Duration] = {}
    for word, _, value in report.pairs(where, node):
        if value.value is not None:
            found[word] = report.read(f"{where}.{word}", value, read, Duration(0))
    return found


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= _MOST:
        raise Wrong(f"'{text}' is no number of times", f"Write a whole number from 1 to {_MOST}.")
    return int(text)


def _text(text: str) -> str:
    try:
        pieces = [piece[1:] for piece in Formatter().parse(text) if piece[1] is not None]
    except ValueError as error:
        raise Wrong(f"the braces in '{text}' do not match", "Write {customer}, and {{ for a brace.") from error
    for word, spec, conversion in pieces:
        if word not in WORDS or spec or conversion:
            raise Wrong(f"a text cannot name '{{{word}}}'", did_you_mean(str(word), WORDS, f"Use {listed(WORDS)}."))
    return text
