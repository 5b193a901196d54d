"""The KPIs of how customers are looked after, how they stay, and of the campaigns that win them."""

from __future__ import annotations

from typing import Final

from streams.core.kpis.kinds import Kpi, Unit
from streams.core.units import ATOM
from streams.policy import Better

_C, _M, _R = Unit.COUNT, Unit.MONEY, Unit.RATE

RELATIONS: Final = (
    Kpi("retention_rate", _R, "customers active at the end of a period / owned and active at its start", ("retained@",),
        ("active@",), ("active@",)),
    Kpi("repeat_rate", _R, "of the customers owned at as_of: with two purchases or more / with one or more",
        ("repeaters",), ("buyers",), ("buyers",), standing=True),
    Kpi("customer_lifetime_value", _M, "of a year: deal_profit / customers active at its start / (1 - retention_rate)",
        ("collected",), ("active@",), ("churned@",), scale=ATOM, less=("cost",)),
    Kpi("retention_rate_segment", _R, "retention_rate of customers that were in a segment at the period's start",
        ("retained@",), ("active@",), ("active@",), by_suffix=True),
    Kpi("repeat_rate_segment", _R, "repeat_rate of customers that are in a segment at as_of", ("repeaters",),
        ("buyers",), ("buyers",), standing=True, by_suffix=True),
    Kpi("shared_customers", _C, "distinct customers contacted, or of a ticket handled, whom another role so served too",
        ("shared@",), ("shared@",), quiet=True),
    Kpi("shared_csat", _R, "csat, with anybody's work, of the customers that are shared_customers in the period",
        ("shared_satisfied@",), ("shared_csat_answers@",), ("shared_csat_answers@",)),
    Kpi("shared_repeat_rate", _R, "shared_customers with a purchase in the period that is not their first / all",
        ("shared_again@",), ("shared@",), ("shared@",)),
    Kpi("shared_retention_rate", _R, "shared_customers active at the start and at the end of a period / at its start",
        ("shared_retained@",), ("shared_active@",), ("shared_active@",)),
    Kpi("handoffs_given", _C, "customers handed to somebody else, by the day of that", ("handoffs_given",),
        ("handoffs_given",), quiet=True),
    Kpi("handoffs_taken", _C, "customers taken over from somebody else, by the day of that", ("handoffs_taken",),
        ("handoffs_taken",), quiet=True),
    Kpi("overdue_episodes", _C, "alerts of contact.overdue that fired, by the day of that", ("overdue_episodes",),
        ("overdue_episodes",), better=Better.LOWER, quiet=True),
    Kpi("stalled_episodes", _C, "alerts of opp.stalled that fired, by the day of that", ("stalled_episodes",),
        ("stalled_episodes",), better=Better.LOWER, quiet=True),
    Kpi("campaign_participants", _C, "customers and leads of the campaigns launched, by the day of first joining",
        ("campaign_participants",), ("campaign_participants",), quiet=True),
    Kpi("campaign_roi", _R, "(won_amount attributed to the campaigns launched - spent) / spent",
        ("campaign_won_amount",), ("campaign_spendings",), ("campaign_spent",), scale=ATOM, divisor=ATOM,
        less=("campaign_spent",)),
)  # fmt: skip

AHEAD: Final = ("active@", "retained@", "churned@")
"""How those measures begin that are known of periods before they begin: they count from their first day on."""
