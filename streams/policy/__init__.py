"""What a company decides: one YAML file, read, checked and turned into frozen values."""

from streams.policy.calendar import Calendar
from streams.policy.combining import Combining
from streams.policy.currency import Currency, money_text, to_cents
from streams.policy.describe import describe, described
from streams.policy.distribution import Distribution
from streams.policy.durations import Clock, Duration, days, parse_duration
from streams.policy.listing import list_rules
from streams.policy.load import default_policy, load
from streams.policy.model import ContactPolicy, Policy, Rating, Stage, StallBasis
from streams.policy.notices import FlapPolicy, NoticePolicy, Quiet
from streams.policy.problems import PolicyError, Problem
from streams.policy.recommendations import Adjusting, Advice, Proposal, RecommendationPolicy
from streams.policy.rules import WATCHES, Bounds, Escalation, RulePolicy, Severity, Span, Watch
from streams.policy.scoring import Better, By, Perspective, ScoreKpi, Scoring
from streams.policy.succession import unfit
from streams.policy.targets import Shares, Spread, TargetPolicy
from streams.policy.zone import Zone

__all__ = [
    "WATCHES",
    "Adjusting",
    "Advice",
    "Better",
    "Bounds",
    "By",
    "Calendar",
    "Clock",
    "Combining",
    "ContactPolicy",
    "Currency",
    "Distribution",
    "Duration",
    "Escalation",
    "FlapPolicy",
    "NoticePolicy",
    "Perspective",
    "Policy",
    "PolicyError",
    "Problem",
    "Proposal",
    "Quiet",
    "Rating",
    "RecommendationPolicy",
    "RulePolicy",
    "ScoreKpi",
    "Scoring",
    "Severity",
    "Shares",
    "Span",
    "Spread",
    "Stage",
    "StallBasis",
    "TargetPolicy",
    "Watch",
    "Zone",
    "days",
    "default_policy",
    "describe",
    "described",
    "list_rules",
    "load",
    "money_text",
    "parse_duration",
    "to_cents",
    "unfit",
]
