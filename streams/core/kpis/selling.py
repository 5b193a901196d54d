"""The KPIs of contacts, opportunities, contracts and payments."""

from __future__ import annotations

from typing import Final

from streams.core.kpis.kinds import Kpi, Unit
from streams.core.units import ATOM, DAY, EXPECTED, QUANTITY
from streams.policy import Better

_C, _M, _R, _D, _N = Unit.COUNT, Unit.MONEY, Unit.RATE, Unit.DAYS, Unit.NUMBER

SELLING: Final = (
    Kpi("contacts", _C, "contact.logged counted", ("contacts",), ("contacts",)),
    Kpi("contacts", _C, "contact.logged counted, by channel", ("contacts",), ("contacts",), by_suffix=True),
    Kpi("contacts_connected", _C, "contacts that were connected", ("contacts_connected",), ("contacts_connected",)),
    Kpi("contacts_per_customer", _N, "contacts / distinct customers contacted in the period", ("contacts",),
        ("contacts",),
        ("customers@",)),
    Kpi("customers_contacted", _C, "distinct customers contacted per day, summed over the days", ("customer_days",),
        ("customer_days",)),
    Kpi("customers_owned", _C, "customers owned at as_of", ("owned",), ("owned",), standing=True),
    Kpi("new_customers", _C, "customers with their first won opportunity or first contract in the period",
        ("new_customers",), ("new_customers",)),
    Kpi("opportunities_created", _C, "opportunities by their creation", ("created",), ("created",)),
    Kpi("won_count", _C, "opportunities whose newest outcome is won", ("won",), ("won",)),
    Kpi("lost_count", _C, "opportunities whose newest outcome is lost", ("lost",), ("lost",), better=Better.LOWER),
    Kpi("stages_advanced", _C, "forward stage changes", ("advanced",), ("advanced",)),
    Kpi("win_rate", _R, "won_count / (won_count + lost_count)", ("won",), ("won", "lost"), ("won", "lost")),
    Kpi("opportunity_conversion_rate", _R, "won_count / opportunities_created", ("won",), ("created",), ("created",)),
    Kpi("won_amount", _M, "sum of the amounts won", ("won_amount",), ("won",), scale=ATOM),
    Kpi("sales_cycle_days", _D, "mean days from creation to won, of the won opportunities that have both",
        ("cycle_us",), ("cycles",), ("cycles",), scale=DAY, better=Better.LOWER),
    Kpi("stage_conversion", _R, "opportunities that went on from a stage / that entered it, by the day of first entry",
        ("passed",), ("entered",), ("entered",), by_suffix=True),
    Kpi("time_in_stage_latest", _D, "mean days of an opportunity's newest completed stay in a stage", ("latest_us",),
        ("left",), ("left",), scale=DAY, better=Better.LOWER, by_suffix=True),
    Kpi("time_in_stage_cumulative", _D, "mean days of all of an opportunity's completed stays in a stage",
        ("cumulative_us",), ("left",), ("left",), scale=DAY, better=Better.LOWER, by_suffix=True),
    Kpi("open_count", _C, "open opportunities at as_of", ("open",), ("open",), standing=True),
    Kpi("open_amount", _M, "sum of the amounts of open opportunities at as_of", ("open_amount",), ("open",), scale=ATOM,
        standing=True),
    Kpi("expected_revenue", _M, "sum of amount * stage probability of open opportunities at as_of", ("expected",),
        ("open",), scale=EXPECTED, standing=True),
    Kpi("contract_count", _C, "contracts signed", ("contracts",), ("contracts",)),
    Kpi("contract_amount", _M, "sum of the amounts of contracts signed", ("contract_amount",), ("contracts",),
        scale=ATOM),
    Kpi("units_sold", _N, "sum of the quantities of contract lines", ("units",), ("contracts",), scale=QUANTITY),
    Kpi("price_realisation", _R, "Σ quantity * unit price / Σ quantity * list price, of lines that have both",
        ("sold_at",), ("contracts",), ("listed_at",), scale=ATOM * QUANTITY, divisor=ATOM * QUANTITY),
    Kpi("invoiced_amount", _M, "sum of the invoices issued", ("invoiced",), ("invoices",), scale=ATOM),
    Kpi("collected_amount", _M, "received - refunded", ("collected",), ("receipts",), scale=ATOM),
    Kpi("collection_rate", _R, "collected_amount / amount of the invoices due in the period", ("collected",), ("due",),
        ("due_amount",), scale=ATOM, divisor=ATOM),
    Kpi("bad_debt_amount", _M, "sum of the debts written off", ("written_off",), ("write_offs",), scale=ATOM,
        better=Better.LOWER),
    Kpi("bad_debt_rate", _R, "bad_debt_amount / amount of the invoices due in the period", ("written_off",), ("due",),
        ("due_amount",), scale=ATOM, divisor=ATOM, better=Better.LOWER),
    Kpi("flagged", _C, "what is oddly recorded: missing_amount, negative_cycle (of won opportunities), feedback_score",
        ("flagged",),
        ("flagged",), better=Better.LOWER, by_suffix=True),
)  # fmt: skip

PIPELINE_COVERAGE: Final = Kpi(
    "pipeline_coverage",
    _R,
    "open_amount / what remains of the won_amount target, at as_of",
    (),
    ("open",),
    standing=True,
)
SALES_VELOCITY: Final = Kpi(
    "sales_velocity", _N, "open_count * mean won amount * win_rate / sales_cycle_days, at as_of: revenue per day", (),
    ("won",), standing=True,
)  # fmt: skip
