"""The assessments section of a policy file: how much the word of whom weighs, and how many must have spoken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from streams.policy.reading import Fields, Report, Wrong, not_negative
from streams.policy.tree import Node

SUPERIOR: Final = "superior"
RELATIONS: Final = (SUPERIOR, "peer", "subordinate", "customer")
"""What a rater may be to the employee; what somebody says of himself never counts."""
PREFIX: Final = "competency_"
"""How the names of the KPIs of competencies begin."""
_USUAL: Final = MappingProxyType(dict(zip(RELATIONS, map(Decimal, (40, 30, 20, 10)), strict=True)))
_MOST = 1000


class AssessmentPolicy(msgspec.Struct, frozen=True):
    """What a competency is made of: the mean score of each relation, weighed."""

    weights: Mapping[str, Decimal] = _USUAL
    """By relation; one that is not named does not count."""
    min_raters: int = 3
    """A relation with fewer raters in a period is left out, as all could tell who said what; a superior is one."""


def kpi_of_competency(competency: str) -> str:
    """The name of the KPI: small letters, spaces to _."""
    return PREFIX + competency.lower().replace(" ", "_")


def read_assessments(report: Report, node: Node) -> AssessmentPolicy:
    """The assessments section; null and what is left out is as is usual. Weights that are given replace all of them."""
    usual = AssessmentPolicy()
    fields = Fields(report, "assessments", node, ("weights", "min_raters"))
    return AssessmentPolicy(
        _read_weights(report, fields.node("weights"), usual.weights),
        fields.value("min_raters", _raters, usual.min_raters),
    )


def _read_weights(report: Report, node: Node | None, usual: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    if node is None:
        return usual
    weights = Fields(report, "assessments.weights", node, RELATIONS)
    given = {relation: weights.value(relation, not_negative, Decimal(0)) for relation in RELATIONS}
    found = {relation: weight for relation, weight in given.items() if weight > 0}
    if isinstance(node.value, dict) and not found:
        report.add(node.line, "assessments.weights gives no relation a weight", "Give one of them a number above 0.")
    return found


def _raters(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= _MOST:
        raise Wrong(f"'{text}' is no number of raters", f"Write a whole number from 1 to {_MOST}.")
    return int(text)
