"""The catalogue of KPIs: what each is called, what it means, and which measures it is made of. Data, not code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from streams.core.kpis.competency import COMPETENCY
from streams.core.kpis.conduct import CONDUCT
from streams.core.kpis.kinds import Kpi
from streams.core.kpis.relations import RELATIONS
from streams.core.kpis.selling import PIPELINE_COVERAGE, SALES_VELOCITY, SELLING
from streams.core.kpis.service import SERVICE
from streams.policy.assessments import PREFIX

LISTED: Final = (*SELLING, *SERVICE, *CONDUCT, *RELATIONS)
"""Every KPI that sums of measures give, in the order in which they are told."""

DERIVED: Final = (PIPELINE_COVERAGE, SALES_VELOCITY, COMPETENCY)
"""Those that are made of other KPIs; they are told last."""

CATALOGUE: Final[Mapping[str, Kpi]] = MappingProxyType(
    {
        kpi.name: kpi
        for kpi in (*(k for k in LISTED if k.by_suffix), *(k for k in LISTED if not k.by_suffix), *DERIVED)
    }
)  # fmt: skip
"""By name without suffix."""

NAMES: Final = frozenset(f"{kpi.name}:" if kpi.by_suffix else kpi.name for kpi in (*LISTED, *DERIVED))
"""Every name that a policy may score; of those with a suffix, such as `contacts:call`, what stands before it."""


@lru_cache(4096)
def kpi_of(name: str) -> Kpi | None:
    """The entry of a KPI by its full name, such as `contacts:call` or `competency_negotiation`."""
    if name.startswith(PREFIX):
        return COMPETENCY
    plain, _, suffix = name.partition(":")
    found = CATALOGUE.get(plain)
    if found is None or (suffix and not any(k.by_suffix for k in LISTED if k.name == plain)):
        return None
    return found if not suffix or found.by_suffix else next(k for k in LISTED if k.name == plain and k.by_suffix)
