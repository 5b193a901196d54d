"""What another policy would change for whom, from two readings of one log. Pure; the result is plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from streams.core.kpis import number
from streams.events.instants import iso, parse_iso
from streams.explain import Reading
from streams.policy import Policy, described, unfit
from streams.policy.periods import bounds

Record = dict[str, Any]
Subject = tuple[str, str, str, str, str]
"""Of an alert: the rule, the employee, the customer, the opportunity, and what else its values name; empty for none."""


def compare(old: Reading, new: Reading, period: str) -> Record:
    """Everything that differs in a period: the policies in words, people by score, rating and KPI, and alerts."""
    people = list(_people(old, new, period))
    return {
        "period": period,
        "as_of": iso(new.at),
        "old": old.policy.version,
        "new": new.policy.version,
        "currency": new.policy.currency.reporting,
        "takes_a_rebuild": unfit(new.policy, old.policy) is not None,
        "policy": in_words(old.policy, new.policy),
        "people": people,
        "unchanged": len(_scored(old, new, period)) - len(people),
        "alerts": _alerts(old, new, period),
    }


def in_words(old: Policy, new: Policy) -> list[Record]:
    """What changes in the policy: by section, the lines that go and those that come."""
    before, after = described(old), described(new)
    found = []
    for name in after:
        one, other = before[name], after[name]
        gone: list[str] = []
        come: list[str] = []
        for kind, first, last, start, end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
            if kind != "equal":
                gone += (line.strip() for line in one[first:last])
                come += (line.strip() for line in other[start:end])
        if gone or come:
            found.append({"section": name, "before": gone, "after": come})
    return found


def _scored(old: Reading, new: Reading, period: str) -> set[str]:
    """Everybody who has figures in a period under either policy."""
    return {name for reading in (old, new) for name, one in reading.people().items() if period in one.periods}


def _people(old: Reading, new: Reading, period: str) -> Iterator[Record]:
    for employee in sorted(_scored(old, new, period)):
        before, after = old.score(employee, period) or {}, new.score(employee, period) or {}
        kpis = _kpis(old, new, employee, period)
        lines = _lines(before, after)
        scored = any(before.get(name) != after.get(name) for name in ("score", "rating"))
        if not scored and not kpis and all(_points(line["before"]) == _points(line["after"]) for line in lines):
            continue  # another target or weight alone, that makes no difference to this person
        profile = new.people()[employee].profile
        yield {
            "employee_id": employee,
            "name": profile.get("name"),
            "team": profile.get("team"),
            "score": {"before": before.get("score"), "after": after.get("score")},
            "rating": {"before": before.get("rating"), "after": after.get("rating")},
            "kpis": kpis,
            "scorecard": lines,
        }


def _kpis(old: Reading, new: Reading, employee: str, period: str) -> list[Record]:
    """The KPIs of another value."""
    before, after = old.values(employee, period), new.values(employee, period)
    found = []
    for name in {**after, **before}:
        one, other = before.get(name), after.get(name)
        told = [None if value is None else number(*value.ratio, value.unit) for value in (one, other)]
        if told[0] != told[1]:
            found.append({"kpi": name, "before": told[0], "after": told[1]})
    return found


def _points(line: Record | None) -> float | None:
    return None if line is None else line["points"]


def _lines(before: Record, after: Record) -> list[Record]:
    """The lines of the scorecard of other points, target or weight: each as it was and as it will be, None for none."""
    former = {line["kpi"]: line for line in before.get("kpis", ())}
    latter = {line["kpi"]: line for line in after.get("kpis", ())}
    return [
        {"kpi": kpi, "before": former.get(kpi), "after": latter.get(kpi)}
        for kpi in {**former, **latter}
        if former.get(kpi) != latter.get(kpi)
    ]


def _alerts(old: Reading, new: Reading, period: str) -> list[Record]:
    """By rule and employee, where it is not the same: how many alerts fire in the period, and which are of this or of
    that policy only."""
    before, after = _firing(old, period), _firing(new, period)
    groups = sorted({subject[:2] for subject in before.keys() ^ after.keys() | _other(before, after)})
    found = []
    for rule, employee in groups:
        one = Counter({subject: n for subject, n in before.items() if subject[:2] == (rule, employee)})
        other = Counter({subject: n for subject, n in after.items() if subject[:2] == (rule, employee)})
        found.append(
            {
                "rule": rule,
                "employee_id": employee or None,
                "before": one.total(),
                "after": other.total(),
                "new": [_subject(subject) for subject in sorted((other - one).elements())],
                "gone": [_subject(subject) for subject in sorted((one - other).elements())],
            }
        )
    return found


def _other(before: Mapping[Subject, int], after: Mapping[Subject, int]) -> set[Subject]:
    return {subject for subject in before.keys() & after.keys() if before[subject] != after[subject]}


def _firing(reading: Reading, period: str) -> Counter[Subject]:
    """What fires in a period, by what it is about."""
    start, end = bounds(period, reading.policy.zone, reading.at)
    found: Counter[Subject] = Counter()
    for alert in reading.alerts():
        if alert["fired_at"] is not None and start <= parse_iso(alert["fired_at"]) < end:
            values = alert["values"]
            case = next((str(values[name]) for name in sorted(values) if name.endswith("_id") and values[name]), "")
            customer, deal = alert["customer_id"] or "", alert["opportunity_id"] or ""
            found[alert["rule"], alert["employee_id"] or "", customer, deal, case] += 1
    return found


def _subject(subject: Subject) -> Record:
    _, _, customer, deal, case = subject
    return {"customer_id": customer or None, "opportunity_id": deal or None, "case": case or None}
