"""What is told of one employee in one period, kept so that a change costs what changed and not the whole of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streams.core.aims import Aim
from streams.core.kpis import Figures, Value, number
from streams.core.pace import Outlook
from streams.core.ratio import Ratio
from streams.core.scoring import Card, Line, Rule, card_of, line_of, target_of
from streams.policy import Combining, Policy
from streams.policy.assessments import AssessmentPolicy

Goal = Callable[[str], Aim | None]
"""A KPI to the target of the employee in the period, as far as one was set for whomever, else None."""


class Sheet:
    """The figures of a period, each line of them as it is told, and the scorecard.

    Each line told is made once and shared by the records that it stands in, so nobody may change it.
    """

    __slots__ = ("_card", "_lines", "_rules", "figures")

    def __init__(self, distinct: str) -> None:
        self.figures = Figures(distinct)
        self._lines: dict[str, dict[str, Any]] = {}
        self._rules: tuple[Rule, ...] | None = None
        self._card: list[Line] = []

    def update(
        self,
        contains_now: bool,
        rules: tuple[Rule, ...],
        goal: Goal,
        outlook: Outlook,
        assessments: AssessmentPolicy,
    ) -> None:
        """Bring everything up to date; `rules` are the scorecard's, none where the employee has none. The rest as
        `Figures.update` has it."""
        target = won_amount_target(rules, goal) if contains_now else None
        changed = self.figures.update(contains_now, target, assessments)
        values = self.figures.values
        for name in changed:
            value = values.get(name)
            if value is None:
                self._lines.pop(name, None)
            else:
                self._lines[name] = _told(value)
        former = self._card if self._rules is rules else [None] * len(rules)
        self._rules = rules
        scored = self.figures.scored
        self._card = [
            line_of(
                rule,
                scored(rule.kpi),
                goal(rule.kpi),
                outlook,
                None if rule.other is None else scored(rule.other),
            )
            if line is None or rule.kpi in changed or rule.other in changed
            else line
            for rule, line in zip(rules, former, strict=True)
        ]

    def rescore(self) -> None:
        """A target was set, or the range of a forecast is another."""
        self._rules = None

    def kpis(self) -> list[dict[str, Any]]:
        """The lines of the record of KPIs."""
        lines = self._lines
        return [lines[name] for name in self.figures.values]

    def card(self, policy: Policy, combining: Combining | None) -> Card | None:
        """The scorecard; None where the employee has none."""
        return card_of(tuple(self._card), policy, combining) if self._card else None


def won_amount_target(rules: tuple[Rule, ...], goal: Goal) -> Ratio | None:
    """The target for the amount won: that of the scorecard, else the one that was set."""
    for rule in rules:
        if rule.kpi == "won_amount":
            return target_of(rule, goal("won_amount"))
    set_for_it = goal("won_amount")
    return None if set_for_it is None else set_for_it.value


def _told(value: Value) -> dict[str, Any]:
    top, scale, bottom = value.top, value.scale, value.bottom
    told = number(*value.ratio, value.unit)
    return {
        "kpi": value.kpi,
        "value": told,
        "numerator": told if bottom is None else top / scale,
        "denominator": None if bottom is None else bottom / value.divisor,
        "count": value.number,
    }
