"""Every KPI, told to a person."""

from __future__ import annotations

import textwrap

from streams.core.kpis.catalogue import DERIVED, LISTED
from streams.core.kpis.kinds import Kpi
from streams.policy import Better

NAME, UNIT, WIDTH = 32, 9, 118


def list_kpis() -> str:
    """A line for each KPI, or more: its name as a scorecard has it, what it is a number of, and its definition."""
    return "\n".join(textwrap.fill(*_line(kpi), subsequent_indent=" " * (NAME + UNIT)) for kpi in (*LISTED, *DERIVED))


def _line(kpi: Kpi) -> tuple[str, int]:
    name = f"{kpi.name}:…" if kpi.by_suffix else kpi.name
    less = "; less is better" if kpi.better is Better.LOWER else ""
    return f"{name:<{NAME}}{kpi.unit:<{UNIT}}{kpi.definition}{less}", WIDTH
