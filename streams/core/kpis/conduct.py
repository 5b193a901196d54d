"""The KPIs of feedback, costs, use of the CRM, key results and figures from elsewhere.

For those of competencies, which follow from more than two sums, see `competency`.
"""

from __future__ import annotations

from typing import Final

from streams.core.kpis.kinds import Kpi, Unit
from streams.core.units import ATOM, QUANTITY
from streams.policy import Better

_C, _M, _R, _N = Unit.COUNT, Unit.MONEY, Unit.RATE, Unit.NUMBER


def _asked(name: str, unit: Unit, definition: str, parts: str, scale: int = 1, less: tuple[str, ...] = ()) -> list[Kpi]:
    """What customers answer a question: of all answers, and by what they are about."""
    answers = (f"{name}_answers",)
    return [
        Kpi(name, unit, said, (parts,), answers, answers, scale=scale, by_suffix=by_aspect, less=less)
        for said, by_aspect in ((definition, False), (f"{definition}, by aspect", True))
    ]


CONDUCT: Final = (
    *_asked("csat", _R, "answers of 4 and above / answers of 1 to 5", "csat_satisfied"),
    *_asked("nps", _R, "(answers of 9 and above - answers of 6 and below) / answers of 0 to 10", "nps_promoters",
            less=("nps_detractors",)),
    *_asked("ces", _N, "mean of the answers of 1 to 7", "ces_score", scale=QUANTITY),
    Kpi("csat_segment", _R, "csat of the answers of customers that were in a segment as they answered",
        ("segment_satisfied",), ("segment_csat_answers",), ("segment_csat_answers",), by_suffix=True),
    Kpi("nps_segment", _R, "nps of the answers of customers that were in a segment as they answered",
        ("segment_promoters",), ("segment_nps_answers",), ("segment_nps_answers",), by_suffix=True,
        less=("segment_detractors",)),
    Kpi("praise", _C, "praise counted", ("praise",), ("praise",), quiet=True),
    Kpi("cost_amount", _M, "sum of the expenses and trips approved", ("cost",), ("costs",), scale=ATOM,
        better=Better.LOWER, quiet=True),
    Kpi("trips", _C, "trips approved", ("trips",), ("trips",), better=Better.LOWER, quiet=True),
    Kpi("deal_profit", _M, "collected_amount - cost_amount", ("collected",), ("receipts", "costs"), scale=ATOM,
        quiet=True, less=("cost",)),
    Kpi("usage_days", _C, "local days with any use of the CRM", ("usage_days",), ("usage_days",), quiet=True),
    Kpi("data_quality", _R, "records created or updated that are valid / all of them", ("records_valid",),
        ("records",), ("records",)),
    Kpi("okr_progress", _R, "mean of the newest progress of key results, by the day on which they are due",
        ("progress",), ("key_results",), ("key_results",), scale=QUANTITY),
    Kpi("measure", _N, "mean of the figures from elsewhere, by what was measured", ("measured",), ("measurements",),
        ("measurements",), scale=QUANTITY, by_suffix=True),
)  # fmt: skip
