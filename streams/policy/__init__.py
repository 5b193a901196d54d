"""What a company decides: one YAML file, read, checked and turned into frozen values."""

from streams.policy.calendar import Calendar
from streams.policy.currency import Currency, money_text, to_cents
from streams.policy.describe import describe
from streams.policy.durations import Clock, Duration, days, parse_duration
from streams.policy.listing import list_rules
from streams.policy.load import default_policy, load
from streams.policy.model import Better, ContactPolicy, Perspective, Policy, Rating, ScoreKpi, Stage, StallBasis
from streams.policy.notices import FlapPolicy, NoticePolicy, Quiet
from streams.policy.problems import PolicyError, Problem
from streams.policy.rules import WATCHES, Bounds, Escalation, RulePolicy, Severity, Watch
from streams.policy.succession import unfit
from streams.policy.zone import Zone

__all__ = [
    "WATCHES",
    "Better",
    "Bounds",
    "Calendar",
    "Clock",
    "ContactPolicy",
    "Currency",
    "Duration",
    "Escalation",
    "FlapPolicy",
    "NoticePolicy",
    "Perspective",
    "Policy",
    "PolicyError",
    "Problem",
    "Quiet",
    "Rating",
    "RulePolicy",
    "ScoreKpi",
    "Severity",
    "Stage",
    "StallBasis",
    "Watch",
    "Zone",
    "days",
    "default_policy",
    "describe",
    "list_rules",
    "load",
    "money_text",
    "parse_duration",
    "to_cents",
    "unfit",
]
