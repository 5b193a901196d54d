"""What a company decides: one YAML file, read, checked and turned into frozen values."""

from streams.policy.calendar import Calendar
from streams.policy.currency import Currency, money_text, to_cents
from streams.policy.describe import describe
from streams.policy.durations import Clock, Duration, days, parse_duration
from streams.policy.load import default_policy, load
from streams.policy.model import (
    KNOWN_RULES,
    Better,
    ContactPolicy,
    Escalation,
    Perspective,
    Policy,
    Rating,
    RulePolicy,
    ScoreKpi,
    Severity,
    Stage,
    StallBasis,
)
from streams.policy.problems import PolicyError, Problem
from streams.policy.succession import unfit
from streams.policy.zone import Zone

__all__ = [
    "KNOWN_RULES",
    "Better",
    "Calendar",
    "Clock",
    "ContactPolicy",
    "Currency",
    "Duration",
    "Escalation",
    "Perspective",
    "Policy",
    "PolicyError",
    "Problem",
    "Rating",
    "RulePolicy",
    "ScoreKpi",
    "Severity",
    "Stage",
    "StallBasis",
    "Zone",
    "days",
    "default_policy",
    "describe",
    "load",
    "money_text",
    "parse_duration",
    "to_cents",
    "unfit",
]
