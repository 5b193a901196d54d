"""What calls for attention: overdue follow-ups, and the alerts of a period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from streams.core.units import DAY
from streams.events.instants import parse_iso
from streams.explain.numbers import NONE
from streams.policy import Policy
from streams.report.parts import Cell, Column, data, soft, table
from streams.report.sheets import Sheet
from streams.report.texts import Language

MOST = 12
"""So many are listed one by one."""
Alert = Mapping[str, Any]


def overdue(sheet: Sheet, policy: Policy, language: Language) -> str:
    """The follow-ups that were overdue when the period was judged, the oldest first."""
    found = sorted(sheet["overdue"], key=lambda alert: (alert["started_at"], alert["id"]))
    if not found:
        return soft(language("none_overdue"))
    columns = [Column(language("about")), Column(language("since")), Column(language("overdue_days"), True)]
    rows = []
    for alert in found[:MOST]:
        days = (parse_iso(sheet["as_of"]) - parse_iso(alert["started_at"])) // DAY
        about = [alert["employee_id"] or NONE] if sheet["kind"] == "team" else []
        about.append(_rule(alert["rule"], policy, language))
        cells = [
            Cell(f'{escape(_about(alert))}<span class="about">{escape(" · ".join(about))}</span>', "name"),
            Cell(escape(_day(alert["started_at"], policy, language)), "state"),
            Cell(data(days, f"{days:,}")),
        ]
        rows.append(("", cells))
    return table(columns, rows, fold=False) + _more(found, language)


def alerts(sheet: Sheet, policy: Policy, language: Language, people: bool) -> str:
    """How often each rule fired, and what is open of it; then the newest of them."""
    found: Sequence[Alert] = sheet["alerts"]
    if not found:
        return soft(language("none_alerts"))
    fired = Counter(alert["rule"] for alert in found)
    standing = Counter(alert["rule"] for alert in found if _is_open(alert, sheet["as_of"]))
    items = [
        f"<span>{escape(_rule(rule, policy, language))}</span><b>{data(count, f'{count:,}')}</b>"
        f"<em{' class=open' * (standing[rule] > 0)}>{data(standing[rule], f'{standing[rule]:,}')} "
        f"{escape(language('firing'))}</em>"
        for rule, count in sorted(fired.items(), key=lambda item: (-item[1], item[0]))
    ]
    counts = f'<div class="tally">{"".join(f"<div>{item}</div>" for item in items)}</div>'
    if people:
        return counts
    listed = [alert for alert in found if _is_open(alert, sheet["as_of"])] or list(found)
    columns = [Column(language(word)) for word in ("about", "since", "state")]
    rows = [("", _alert(alert, sheet, policy, language)) for alert in listed[:MOST]]
    return counts + table(columns, rows, fold=False) + _more(listed, language)


def recommended(sheet: Sheet, policy: Policy, language: Language) -> str:
    """What is recommended, and how improvement plans go."""
    found: Sequence[Mapping[str, Any]] = sheet["recommendations"]
    if not found:
        return soft(language("none_alerts"))
    columns = [Column(language(word)) for word in ("about", "since", "state")]
    rows = [("", _recommendation(one, policy, language)) for one in found[:MOST]]
    return table(columns, rows, fold=False) + _more(found, language)


def _recommendation(one: Mapping[str, Any], policy: Policy, language: Language) -> list[Cell]:
    about = f'<span class="about">{escape(one["summary"])}</span>' if language.code == "en" else ""
    is_open = one["status"] == "open"
    state = one["decision"] if one["status"] == "decided" else language("firing" if is_open else "resolved")
    return [
        Cell(f"{escape(language(one['kind']))}{about}", "name"),
        Cell(escape(_day(one["created_at"], policy, language)), "state"),
        Cell(escape(state), "state open" if is_open else "state"),
    ]


def _alert(alert: Alert, sheet: Sheet, policy: Policy, language: Language) -> list[Cell]:
    # The sentence is the engine's, in English.
    about = alert["summary"] if language.code == "en" else _rule(alert["rule"], policy, language)
    ended = not _is_open(alert, sheet["as_of"])
    state = language("resolved" if ended else "acknowledged" if alert["status"] == "acknowledged" else "firing")
    return [
        Cell(f'{escape(_about(alert))}<span class="about">{escape(about)}</span>', "name"),
        Cell(escape(_day(alert["fired_at"], policy, language)), "state"),
        Cell(escape(state), "state" if ended else "state open"),
    ]


def _about(alert: Alert) -> str:
    case = next((str(value) for name, value in sorted(alert["values"].items()) if name.endswith("_id") and value), None)
    return alert["opportunity_id"] or case or alert["customer_id"] or alert["employee_id"] or NONE


def _rule(rule: str, policy: Policy, language: Language) -> str:
    known = policy.rules.get(rule)
    return language.rule(rule, None if known is None else known.watch)


def _is_open(alert: Alert, as_of: str) -> bool:
    """Whether it stood when the period was judged."""
    return alert["ended_at"] is None or parse_iso(alert["ended_at"]) > parse_iso(as_of)


def _day(instant: str, policy: Policy, language: Language) -> str:
    return language.day(policy.zone.day(parse_iso(instant)))


def _more(found: Sequence[Alert], language: Language) -> str:
    return soft(language("more_rows", count=f"{len(found) - MOST:,}")) if len(found) > MOST else ""
