"""How the scores of a scorecard's methods become one score."""

from __future__ import annotations

from collections.abc import Mapping

from streams.core.ratio import Ratio, exactly, lowest, total
from streams.policy import Combining


def combined(combining: Combining, scores: Mapping[str, Ratio]) -> Ratio | None:
    """One score of those of the methods that have one. By weights the others leave theirs; a formula needs all."""
    if combining.formula:
        return _worked_out(combining, scores)
    present = [(exactly(weight), scores[name]) for name, weight in combining.weights if name in scores]
    if not present:
        return None
    over, under = total(weight.times(score) for weight, score in present), total(weight for weight, _ in present)
    return lowest(over.over * under.under, over.under * under.over)


def _worked_out(combining: Combining, scores: Mapping[str, Ratio]) -> Ratio | None:
    stack: list[Ratio] = []
    for step in combining.steps:
        if not isinstance(step, str):
            stack.append(exactly(step))
        elif step not in _OPERATIONS:
            if step not in scores:
                return None
            stack.append(scores[step])
        else:
            other, one = stack.pop(), stack.pop()
            stack.append(_joined(step, one, other))
    return stack.pop()


_OPERATIONS = frozenset(("+", "-", "*", "/", "min", "max"))


def _joined(operation: str, one: Ratio, other: Ratio) -> Ratio:
    match operation:
        case "+":
            return total((one, other))
        case "-":
            return total((one, Ratio(-other.over, other.under)))
        case "*":
            return one.times(other)
        case "/":
            return lowest(one.over * other.under, one.under * other.over)
    return one if one.at_least(other) == (operation == "max") else other
