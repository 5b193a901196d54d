"""What employees spend and use, how customers and colleagues find them, and how far they have come: facts and figures.

All of it is told out of all events at once, sorted by time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

from tests.oracle.facts import Fact
from tests.oracle.kpis import Figure
from tests.oracle.law import Law, exact
from tests.oracle.reading import Event, Money

NOTHING = dict.fromkeys(
    ["praise", "cost_amount", "trips", "deal_profit", "usage_days"], Figure(Fraction(0), Fraction(0))
)
"""What a scorecard takes of these where there is nothing of them, though nothing is told."""
_ASKED: dict[str, tuple[int, int, Callable[[Fraction], Fraction]]] = {
    "csat": (1, 5, lambda score: Fraction(score >= 4)),
    "nps": (0, 10, lambda score: Fraction(1 if score >= 9 else -1 if score <= 6 else 0)),
    "ces": (1, 7, lambda score: score),
}
"""Lowest and highest score of an answer, and what an answer adds."""


def facts(events: list[Event], law: Law) -> Iterator[Fact]:
    """One row for whatever counts: an answer, a cost, a day, a score, a key result, a figure."""
    yield from _costs(events, law)
    yield from _key_results(events, law)
    for event in events:
        data, day = event.data, law.day(event.time)
        match event.type:
            case "feedback.received":
                yield from feedback(event, law)
            case "usage.recorded":
                yield Fact(data["employee_id"], day, "used")
                if data["action"] in ("record_created", "record_updated"):
                    yield Fact(data["employee_id"], day, "touched", Fraction(data.get("valid", True)))
            case "assessment.submitted" if data["relation"] != "self":  # that says nothing of anybody
                competency = data["competency"].lower().replace(" ", "_")
                name = f"rated {data['relation']} {competency}"
                yield Fact(data["employee_id"], day, name, exact(data["score"]), data["rater_id"])
            case "measure.recorded" if data["scope"] == "employee":
                yield Fact(data["scope_id"], day, f"measure:{data['measure']}", exact(data["value"]))


def feedback(event: Event, law: Law) -> Iterator[Fact]:
    """What a customer said, as rows."""
    data, day = event.data, law.day(event.time)
    kind, score = data["kind"], data.get("score")
    if kind == "praise":
        yield Fact(data["employee_id"], day, "praise")
    if kind not in _ASKED:
        return
    lowest, highest, worth = _ASKED[kind]
    if score is None or not lowest <= exact(score) <= highest:
        yield Fact(data["employee_id"], day, "flagged:feedback_score")
        return
    yield Fact(data["employee_id"], day, kind, worth(exact(score)))
    if data.get("aspect") is not None:
        yield Fact(data["employee_id"], day, f"{kind}:{data['aspect']}", worth(exact(score)))


def _costs(events: list[Event], law: Law) -> Iterator[Fact]:
    money = Money(law)
    costs: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        thing = event.type.partition(".")[0]
        if thing in ("expense", "trip"):
            costs.setdefault((event.data["employee_id"], thing, event.data[f"{thing}_id"]), []).append(event)
    for (employee, thing, _), theirs in costs.items():
        claims = [event for event in theirs if event.type in ("expense.claimed", "trip.requested")]
        decisions = [event for event in theirs if event not in claims]
        if not claims or not decisions:
            continue
        claim = max(claims, key=lambda e: (e.time, e.source, e.id, e.data.get("customer_id") or ""))
        decision = max(decisions, key=lambda e: (e.time, e.type.endswith("rejected")))
        if decision.type.endswith("rejected"):
            continue
        worth = money.of(claim, "cost" if thing == "trip" else "amount")
        if thing == "trip":
            yield Fact(employee, law.day(decision.time), "trips")
        if worth is not None:
            yield Fact(employee, law.day(decision.time), "cost_amount", worth)


def _key_results(events: list[Event], law: Law) -> Iterator[Fact]:
    newest: dict[tuple[str, str, str], Event] = {}
    for event in events:
        if event.type == "key_result.updated":
            data = event.data
            newest[data["employee_id"], data["objective"], data["key_result"]] = event
    for (employee, *_), event in newest.items():
        due = event.data.get("due_at")
        day = law.day(event.time) if due is None else law.day_of(due)
        yield Fact(employee, day, "key_result", exact(event.data["progress"]))


def figures(sheet: Iterable[Fact], law: Law) -> dict[str, Figure]:
    """The KPIs of these that an employee's facts of a period come to."""
    named: dict[str, list[Fact]] = {}
    for fact in sheet:
        named.setdefault(fact.name, []).append(fact)
    found: dict[str, Figure] = {}
    for name, of_it in named.items():
        amounts = [fact.amount for fact in of_it]
        if name in ("praise", "trips", "cost_amount", "flagged:feedback_score"):
            found[name] = Figure(sum(amounts, Fraction(0)), sum(amounts, Fraction(0)))
        elif name.partition(":")[0] in (*_ASKED, "measure"):
            found[name] = _mean(amounts)
        elif name == "key_result":
            found["okr_progress"] = _mean(amounts)
        elif name == "touched":
            found["data_quality"] = _mean(amounts)
        elif name == "used":
            days = Fraction(len({fact.day for fact in of_it}))
            found["usage_days"] = Figure(days, days)
    if "collected_amount" in named or "cost_amount" in named:
        came = sum((fact.amount for fact in named.get("collected_amount", [])), Fraction(0))
        profit = came - sum((fact.amount for fact in named.get("cost_amount", [])), Fraction(0))
        found["deal_profit"] = Figure(profit, profit)
    for competency in {name.split(" ", 2)[2] for name in named if name.startswith("rated ")}:
        weighed = list(_weighed(named, competency, law))
        if weighed:
            top = sum((mean * weight for mean, weight in weighed), Fraction(0))
            bottom = sum((weight for _, weight in weighed), Fraction(0))
            found[f"competency_{competency}"] = Figure(top / bottom, top, bottom)
    return found


def _weighed(named: dict[str, list[Fact]], competency: str, law: Law) -> Iterator[tuple[Fraction, Fraction]]:
    """The mean score and the weight of every relation of which enough have spoken."""
    for relation, weight in law.weights.items():
        scores = named.get(f"rated {relation} {competency}", [])
        needed = 1 if relation == "superior" else law.min_raters
        if weight and len({fact.what for fact in scores}) >= needed:
            yield sum((fact.amount for fact in scores), Fraction(0)) / len(scores), weight


def _mean(amounts: list[Fraction]) -> Figure:
    total = sum(amounts, Fraction(0))
    return Figure(total / len(amounts), total, Fraction(len(amounts)))
