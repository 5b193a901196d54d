"""Random policies. Those of one world's clocks; rules with keys of their own and of a user's own."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

NEW_KEYS = True
"""Whether policies hold what rules of alerts can be told besides `enabled`, and rules of a user's own."""

# A zone, and a day at or about which its clocks change: by an hour, by half of one, at midnight (so that the day begins
# at one o'clock), by a whole day that never was, or not at all.
CLOCKS = {
    "UTC": "2026-03-01",
    "Asia/Shanghai": "2026-01-01",
    "Europe/Berlin": "2026-03-29",
    "America/New_York": "2026-03-08",
    "Australia/Lord_Howe": "2026-04-05",
    "America/Sao_Paulo": "2018-11-04",
    "Pacific/Apia": "2011-12-30",
}
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
GRADES = ["A", "B", "unheard-of"]
PRIORITIES = ["high", "1"]
SPANS = ["0s", "12h", "1d", "36h", "3d", "7d"]
SCORED = [
    *("contacts", "contacts:call", "contacts_connected", "customers_contacted", "customers_owned", "won_amount"),
    *("win_rate", "sales_cycle_days", "lost_count", "collection_rate", "bad_debt_amount", "open_amount", "csat"),
    *("price_realisation", "pipeline_coverage", "sales_velocity", "expected_revenue", "new_customers", "units_sold"),
    *("stage_conversion:Lead", "time_in_stage_latest:Lead", "contacts_per_customer", "stages_advanced"),
    *("praise", "nps:service", "ces", "cost_amount", "trips", "deal_profit", "usage_days", "data_quality"),
    *("okr_progress", "competency_team_work", "measure:market share"),
    *("leads", "lead_response_seconds", "tickets_handled", "open_tickets", "resolution_seconds_p95", "on_time_rate"),
    *(
        "overdue_episodes",
        "shared_customers",
        "handoffs_given",
        "retention_rate",
        "repeat_rate",
        "campaign_participants",
        "campaign_roi",
    ),
]

SPREADS: list[dict[str, Any]] = [
    {},
    {"spread": "equal"},
    {"spread": "seasonal", "seasons": [1, 0, 2, 0.5, 1, 1, 1, 3, 1, 1, 1, 7]},
]

KEYS: dict[str, list[str]] = {
    "contact.due": [],
    "contact.overdue": [],
    "contact.interval_exceeded": ["after"],
    "opp.stalled": ["silent_when_planned", "after"],
    "opp.stage_changed": ["lasts"],
    "opp.regressed": ["lasts"],
    "opp.ping_pong": ["count"],
    "opp.close_date_pushed": ["count"],
    "opp.close_date_passed": ["after"],
    "opp.no_next_step": ["after"],
    "payment.overdue": ["after"],
    "payment.bad_debt": ["lasts"],
    "ticket.response_breach": ["after"],
    "ticket.resolution_breach": ["after"],
    "ticket.warning": [],
    "complaint.unresolved": ["after"],
    "lead.unprocessed": ["after"],
    "lead.slow_response": ["after", "lasts"],
    "task.due": ["before"],
    "task.overdue": ["after"],
    "dq.missing_field": [],
    "dq.negative_cycle": [],
}
"""What a rule can watch, and what it can be told."""


def policies(chance: Random) -> dict[str, Any]:
    """A policy as YAML parses it."""
    zone = chance.choice(list(CLOCKS))
    stages: list[dict[str, Any]] = [
        {"name": name} for name in ["Lead", "Talk", "Offer", "Closing"][: chance.randint(1, 4)]
    ]
    for stage in stages:
        if chance.random() < 0.8:
            stage["probability"] = chance.choice([0, 0.1, 0.25, 0.333, 1])
        if chance.random() < 0.8:
            stage["stall_after"] = patience(chance, SPANS[1:])
    rates: Any = {"USD": 7.1, "JPY": 0.0489}
    if chance.random() < 0.4:
        first = datetime.fromisoformat(CLOCKS[zone]).date()
        rates = [
            {"from": first - timedelta(days=chance.choice([400, 400, 10])), "USD": 7.1, "JPY": 0.0489},
            {"from": first, "USD": 7.25},
        ]
    bases = ["created", "stage_entered", "last_contact", "last_two_way_contact", "last_activity"]
    card = [
        {"kpi": kpi, "perspective": "process", "weight": chance.choice([1, 20, 2.5]), "cap": chance.choice([1, 1.2, 3])}
        | ({"target": chance.choice([1, 2, 0.5, 30, 150.5])} if chance.random() < 0.8 else {})
        | ({"better": chance.choice(["higher", "lower"])} if chance.random() < 0.3 else {})
        for kpi in chance.sample(SCORED, chance.randint(1, 6))
    ]
    return {
        "timezone": zone,
        "calendar": calendar(chance, datetime.fromisoformat(CLOCKS[zone]).date()),
        "currency": {"reporting": "CNY", "rates": rates},
        "pipeline": {"stages": stages, "stall_basis": chance.choice(bases)},
        "contact": {
            "intervals": {
                "A": chance.choice(SPANS[1:]),
                "B": chance.choice(SPANS[1:]),
                "default": chance.choice(SPANS[1:]),
            },
            "grace": chance.choice(SPANS),
            "lead_time": chance.choice(SPANS),
            "silent_when_planned": chance.random() < 0.4,
        },
        "customers": {"active_for": chance.choice(["3d", "30d", "40d", "365d"])} | segments(chance),
        "alerts": alerts(chance),
        "scorecards": {"sales": {"kpis": card}},
        "assessments": assessments(chance),
        "targets": chance.choice(SPREADS),
    }


def segments(chance: Random) -> dict[str, Any]:
    """None, or two that may overlap, by grade and by what the CRM says."""
    grades = {"grade": chance.sample(GRADES, chance.randint(1, len(GRADES)))}
    listed = {"high value": grades, "shops": {"segment": ["retail"]} | chance.choice([{}, grades])}
    return {"segments": listed} if chance.random() < 0.7 else {}


def assessments(chance: Random) -> dict[str, Any]:
    """As is usual; or other weights, some of them none, and another number of raters."""
    weights = {relation: chance.choice([0, 1, 2.5, 40]) for relation in ["peer", "subordinate", "customer"]}
    given = {"superior": chance.choice([1, 60])} | {one: weight for one, weight in weights.items() if weight}
    return ({"weights": given} if chance.random() < 0.5 else {}) | (
        {"min_raters": chance.randint(1, 3)} if chance.random() < 0.8 else {}
    )


def calendar(chance: Random, day: date) -> dict[str, Any]:
    """All time; or shorter days, by whole or odd hours, nights too, some of them off about the day of the clocks."""
    if chance.random() < 0.3:
        return {}
    workdays = chance.sample(WEEK, chance.randint(3, 7))
    hours = chance.choice(["09:00-18:00", "00:00-24:00", "08:10-12:25", "01:30-03:15", "20:00-24:00"])
    off = [day + timedelta(days=chance.randint(-9, 9)) for _ in range(chance.randint(0, 3))]
    return {"workdays": workdays, "hours": hours, "holidays": off}


def patience(chance: Random, spans: list[str], words: list[str] = GRADES) -> Any:
    """A duration for all, or by grade or another word, with or without one for those that are not named."""
    if not NEW_KEYS or not words or chance.random() < 0.5:
        return chance.choice(spans)
    named = chance.sample([*words, "default"], chance.randint(1, len(words)))
    return {word: chance.choice(spans) for word in named}


def alerts(chance: Random) -> dict[str, Any]:
    """Some rules switched off and, with the new keys, some told otherwise and some of a user's own."""
    rules: dict[str, Any] = {
        rule: {"enabled": chance.random() < 0.5} for rule in ["contact.due", "opp.stalled"] if chance.random() < 0.2
    }
    return rules | further(chance) if NEW_KEYS else rules


def further(chance: Random) -> dict[str, Any]:
    """Rules with the new keys: those of each kind, and up to three that stand beside them."""
    told = {kind: terms(chance, kind) for kind in KEYS if chance.random() < 0.4}
    watched = [chance.choice(list(KEYS)) for _ in range(chance.randint(0, 3))]
    own = {f"own.rule_{number}": {"watch": kind} | terms(chance, kind) for number, kind in enumerate(watched)}
    return {rule: keys for rule, keys in told.items() if keys} | own


def terms(chance: Random, kind: str) -> dict[str, Any]:
    """Keys of a rule of a kind."""
    drawn: dict[str, Any] = {"enabled": False} if chance.random() < 0.1 else {}
    for key in KEYS[kind]:
        if chance.random() < 0.7:
            drawn[key] = _term(chance, kind, key)
    if chance.random() < 0.4:
        drawn["clock"] = chance.choice(["working", "working", "elapsed"])
    if chance.random() < 0.2:
        drawn["roles"] = chance.choice([["sales"], ["clerk"], ["sales", "clerk"], ["nobody's"]])
    if chance.random() < 0.1:
        drawn["hold"] = chance.choice(["3h", "1d"])
    return drawn


def _term(chance: Random, kind: str, key: str) -> Any:
    match key:
        case "after":
            thing = kind.partition(".")[0]
            words = PRIORITIES if thing in ("ticket", "complaint") else [] if thing in ("lead", "task") else GRADES
            return patience(chance, SPANS, words)
        case "count":
            return chance.choice([1, 1, 2, 3])
        case "lasts" | "before":
            return chance.choice(SPANS[1:])
        case _:
            return chance.random() < 0.7
