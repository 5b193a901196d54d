"""Key performance indicators: their catalogue, and their values in a period."""

from streams.core.kpis.catalogue import NAMES, kpi_of
from streams.core.kpis.figures import Figures, Formula, formula_of, in_period, values
from streams.core.kpis.kinds import Kpi, Unit, Value, number, text
from streams.core.kpis.listing import list_kpis

__all__ = [
    "NAMES",
    "Figures",
    "Formula",
    "Kpi",
    "Unit",
    "Value",
    "formula_of",
    "in_period",
    "kpi_of",
    "list_kpis",
    "number",
    "text",
    "values",
]
