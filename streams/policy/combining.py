"""How the methods of a scorecard (KPIs, objectives, 360 degrees…) become one score: by weights, or by a formula.

A formula is arithmetic and nothing else: it is read into steps when the policy is loaded, never run as code. Only what
cannot lower a score when a method's is higher is taken.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

import msgspec

from streams.policy.problems import did_you_mean
from streams.policy.reading import Fields, Report, Wrong, number, positive
from streams.policy.tree import Node

USUAL = "kpi"
"""The method of a line that names none."""
LONGEST = 500
"""The most characters of a formula."""
OPERATIONS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_HINT = "Use + - * / min max, numbers and methods, as in 0.7 * kpi + 0.3 * min(okr, 100)."
_EXAMPLE = "Write {kpi: 70, okr: 30}, or a formula as in 0.7 * kpi + 0.3 * okr."
_METHOD = re.compile("[a-z][a-z0-9_]*")


class Combining(msgspec.Struct, frozen=True):
    """Either weights of methods or a formula."""

    weights: tuple[tuple[str, Decimal], ...] = ()
    """A method without a score leaves its weight to the others."""
    formula: str = ""
    steps: tuple[str | Decimal, ...] = ()
    """The formula, operands before their operation: numbers, methods, and `+ - * / min max` of the two before."""


class _Part(NamedTuple):
    """A piece of a formula."""

    steps: tuple[str | Decimal, ...]
    constant: Decimal | None
    """Its value, where it names no method."""
    not_negative: bool
    """Whether it cannot be below 0."""


def method(text: str) -> str:
    """The name of a method."""
    if not _METHOD.fullmatch(text) or text in ("min", "max"):
        raise Wrong(f"'{text}' cannot name a method", "Use small letters, digits and _, as in okr or peers_360.")
    return text


def read_combining(report: Report, where: str, node: Node, methods: list[str]) -> Combining | None:
    """What a card says of its methods; None where that is wrong, which is reported."""
    where = f"{where}.combine"
    if isinstance(node.value, dict):
        fields = Fields(report, where, node, methods)
        given = ((name, fields.value(name, positive, None)) for name in methods)
        found = Combining(weights=tuple((name, weight) for name, weight in given if weight is not None))
        named = {name for name, _ in found.weights}
    elif isinstance(node.value, str):
        steps = report.read(where, node, lambda text: read_formula(text, methods), None)
        if steps is None:
            return None
        found, named = Combining(formula=node.value, steps=steps), {step for step in steps if isinstance(step, str)}
    else:
        report.add(node.line, f"{where} is neither weights nor a formula", _EXAMPLE)
        return None
    for name in methods:
        if name not in named:
            report.add(node.line, f"{where} leaves out {name}, which lines of the card are of", "Give it a part.")
    return found


def read_formula(text: str, methods: list[str]) -> tuple[str | Decimal, ...]:
    """The steps of a formula of some methods. Raises Wrong."""
    if len(text) > LONGEST:
        raise Wrong(f"a formula has at most {LONGEST} characters", "Shorten it.")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Wrong(f"'{text}' is no formula", _HINT) from error
    return _part(tree.body, methods, text).steps


def _part(node: ast.expr, methods: list[str], text: str) -> _Part:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            exact = number(ast.get_source_segment(text.strip(), node) or str(value))
            return _Part((exact,), exact, exact >= 0)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as operand):
            part = _part(operand, methods, text)
            assert part.constant is not None
            return _Part((-part.constant,), -part.constant, part.constant <= 0)
        case ast.Name(id=name):
            if name not in methods:
                raise Wrong(
                    f"no line of the card is of the method '{name}'",
                    did_you_mean(name, methods, "Say `method:` on its lines."),
                )
            return _Part((name,), None, True)
        case ast.Call(func=ast.Name(id="min" | "max" as name), args=[first, *others], keywords=[]) if others:
            part = _part(first, methods, text)
            for other in others:
                part = _joined(name, part, _part(other, methods, text))
            return part
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
            return _joined(OPERATIONS[type(op)], _part(left, methods, text), _part(right, methods, text))
    raise Wrong(f"'{ast.unparse(node)}' is not allowed in a formula", _HINT)


def _joined(operation: str, left: _Part, right: _Part) -> _Part:
    one, other = left.constant, right.constant
    if operation == "-" and other is None:
        raise Wrong("a formula may not take a method off", "A better result must not lower a score; penalties may.")
    if operation == "/" and (other is None or other <= 0):
        raise Wrong("a formula divides by numbers above 0 only", "Multiply by a share, as in 0.5 * kpi.")
    if operation == "*" and not (
        (left.not_negative and right.not_negative)
        or (one is not None and one >= 0)
        or (other is not None and other >= 0)
    ):
        raise Wrong("a formula may not turn a method round", "Multiply by numbers that are not below 0.")
    both = left.not_negative and right.not_negative
    safe = {"-": False, "max": left.not_negative or right.not_negative}.get(operation, both)
    value = None if one is None or other is None else _worked_out(operation, one, other)
    return _Part((*left.steps, *right.steps, operation), value, safe if value is None else value >= 0)


def _worked_out(operation: str, one: Decimal, other: Decimal) -> Decimal:
    match operation:
        case "+":
            return one + other
        case "-":
            return one - other
        case "*":
            return one * other
        case "/":
            return one / other
    return min(one, other) if operation == "min" else max(one, other)


def seasons_of(
    report: Report, where: str, node: Node | None, usual: Mapping[str, Decimal]
) -> dict[str, tuple[Decimal, ...]]:
    """By KPI its weights of January to December, for those whose weight is another in some months."""
    found: dict[str, list[Decimal]] = {}
    taken: dict[int, str] = {}
    for place, item in report.items(f"{where}.seasons", node) if node is not None else ():
        fields = Fields(report, place, item, ("months", "weights"))
        months = fields.node("months")
        if months is None or months.value == []:
            report.add(fields.line, f"{place}.months is missing", "List them, as in [11, 12].")
            continue
        numbers = [report.read(at, month, _month, 0) for at, month in report.items(f"{place}.months", months)]
        for month in numbers:
            if month and month in taken:
                report.add(months.line, f"month {month} is of {place} and of {taken[month]}", "Keep one of the two.")
            taken.setdefault(month, place)
        weights = fields.node("weights")
        if weights is None:
            report.add(fields.line, f"{place}.weights is missing", "Write them as in {won_amount: 60}.")
            continue
        given = Fields(report, f"{place}.weights", weights, usual)
        for kpi, weight in usual.items():
            other = given.value(kpi, positive, weight)
            if other != weight:
                line = found.setdefault(kpi, [weight] * 12)
                for month in numbers:
                    if month:
                        line[month - 1] = other
    return {kpi: tuple(line) for kpi, line in found.items()}


def _month(text: str) -> int:
    value = number(text)
    if value != int(value) or not 1 <= value <= 12:
        raise Wrong(f"'{text}' is no month of a year", "Give 1 for January to 12 for December.")
    return int(value)
