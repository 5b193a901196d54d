"""Laws of what follows from scores: it is what a naive recount finds, whatever the order of events, how often they
come, who dies meanwhile and when somebody looks; and it never changes a score."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from streams.core.employees.recommending import Basis, id_of
from streams.events.instants import parse_iso
from streams.policy import Advice as Kind
from streams.policy import Policy
from streams.policy.periods import month_key, quarter_key
from streams.replay import replay_lines
from tests.oracle.advice import COURSES, CSAT, PRAISE, Adjusting, Advice, Alert, Book, Rules
from tests.property.test_core_laws import cut, worked
from tests.unit.core.kit import DAY, HOUR, Record, event, policy
from tests.unit.core.logs import END
from tests.unit.core.works import Works, settled

FIRST = parse_iso("2026-01-01T00:00:00Z")
MONTH = 2026 * 12
PEOPLE = ("ann", "bob")
CARD = {
    "sales": {
        "kpis": [
            {"kpi": "praise", "target": PRAISE, "cap": 1.5, "weight": 2},
            {"kpi": "csat", "target": float(CSAT), "weight": 1},
        ]
    }
}
TARGET = Kind.TARGET_ADJUSTMENT.value
BELOW = st.sampled_from([Fraction(1, 2), Fraction(3, 5), Fraction(3, 4)])
ABOVE = st.sampled_from([Fraction(5, 4), Fraction(7, 5), Fraction(2)])
SPANS = {1: "month", 3: "quarter"}
randoms = st.integers(0, 1 << 30).map(Random)


class World(NamedTuple):
    """A log as the recount takes it and as lines, and a policy both ways."""

    events: list[dict[str, Any]]
    lines: list[bytes]
    rules: Rules
    policy: Policy
    silent: Policy
    """The same without any advice."""

    def __repr__(self) -> str:
        return f"World({self.lines}, {self.rules})"


def _named(who: str, kind: str, first: int, span: str) -> tuple[str, str]:
    """How the recount names a recommendation, and its id; of another target the span goes on with what it is of."""
    key = month_key(first) if span.startswith("month") else quarter_key(first)
    return f"{who}|{kind}|{first} {span}", id_of(who, Basis(kind, " ".join((key, *span.split()[1:]))))


@st.composite
def policies(draw: st.DrawFn) -> tuple[Rules, Policy, Policy]:
    spans = st.sampled_from(["month", "month", "quarter"])
    bounds = st.sampled_from([34, 50, 60, 67, 75, 100, 117])

    def terms(high: bool, most: int) -> tuple[int, bool, int, str]:
        return draw(bounds), high, draw(st.integers(1, most)), draw(spans)

    perf = {"perf.high": (*terms(True, 1)[:2], 1, draw(spans)), "perf.low": (*terms(False, 1)[:2], 1, draw(spans))}
    high, count, span = terms(True, 1)[0], draw(st.integers(2, 3)), draw(spans)
    perf["perf.streak"] = (high, True, count, span)
    highs = ("praise", "reward", "raise", "promotion")
    kinds = draw(st.sets(st.sampled_from([one.value for one in Kind if one.value != TARGET]), min_size=3))
    advice = {kind: terms(kind in highs, 3) for kind in sorted(kinds)}
    asia = draw(st.booleans())
    sections = {
        kind: {"enabled": True, "above" if more else "below": bound, "count": count, "period": span}
        for kind, (bound, more, count, span) in advice.items()
    }
    off: dict[str, Any] = {one.value: {"enabled": False} for one in Kind}
    if "training" in sections:
        sections["training"]["courses"] = COURSES
    adjusting = draw(st.none() | st.builds(Adjusting, BELOW, ABOVE, st.integers(1, 3), spans))
    if adjusting is not None:
        below, above, periods, length = adjusting
        bounds_of = {"below": float(below), "above": float(above)}
        sections[TARGET] = {"enabled": True, "count": periods, "period": length} | bounds_of
    alerts = {
        name: {"above" if more else "below": bound, "period": length} for name, (bound, more, _, length) in perf.items()
    }
    alerts["perf.streak"] |= {"count": count, "below": 0}
    common: dict[str, Any] = {"scorecards": CARD, "timezone": "Asia/Shanghai" if asia else "UTC"}
    made = policy(alerts=alerts | {"keep": "1000d"}, recommendations=off | sections, **common)
    silent = policy(alerts={name: {"enabled": False} for name in alerts}, recommendations=off, **common)
    return Rules(8 * HOUR if asia else 0, perf, advice, adjusting), made, silent


TARGETS = st.one_of(
    st.fixed_dictionaries({
        "kpi": st.just("praise"), "period": st.integers(MONTH, MONTH + 6).map(month_key),
        "value": st.sampled_from([0, 1, 2, 4, 10]),
    }),
    st.fixed_dictionaries({
        "kpi": st.just("praise"), "period": st.sampled_from([0, 0, 3]).map(lambda place: quarter_key(MONTH + place)),
        "value": st.sampled_from([0, 6, 30]),
    }),
    st.fixed_dictionaries({
        "kpi": st.just("csat"), "period": st.integers(MONTH, MONTH + 4).map(month_key),
        "value": st.sampled_from([0, 0.25, 0.5, 1]),
    }),
)  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> World:
    rules, made, silent = draw(policies())
    events: list[dict[str, Any]] = []
    people = st.sampled_from(PEOPLE)

    def add(kind: str, data: dict[str, Any], more: dict[str, Any] | None = None) -> None:
        time = FIRST + draw(st.integers(0, 400)) * 12 * HOUR + draw(st.sampled_from([0, 0, -8 * HOUR, 1]))
        one = {"type": kind, "time": time, "source": draw(st.sampled_from(["/a", "/b"])), "id": f"{len(events):03d}"}
        events.append(one | {"data": data} | (more or {}))

    for who in PEOPLE:
        if draw(st.integers(0, 9)):
            add("employee.upserted", {"employee_id": who, "team": "north", "role": "sales"})
    if draw(st.integers(0, 5)) == 0:
        add("employee.upserted", {"employee_id": draw(people), "team": "north", "role": "clerk"})
    for _ in range(draw(st.integers(0, 25))):
        score = draw(st.sampled_from([None, None, 1, 5]))
        kind = {"kind": "praise"} if score is None else {"kind": "csat", "score": score}
        add("feedback.received", {"employee_id": draw(people)} | kind)
    for _ in range(draw(st.integers(0, 10))):
        add("target.set", draw(TARGETS) | {"scope": "employee", "scope_id": draw(people)})
    kinds = [(kind, span) for kind, (_, _, _, span) in sorted(rules.advice.items())]
    if rules.adjusting is not None:
        kinds += [(TARGET, f"{rules.adjusting.span} {side} praise") for side in ("below", "above")]
    named = st.sampled_from([
        (who, *_named(who, kind, MONTH + place, span)) for who in PEOPLE for kind, span in kinds
        for place in (range(7) if span.startswith("month") else (0, 3, 6))
    ])  # fmt: skip
    for _ in range(draw(st.integers(0, 12))):
        _add_answer(draw, add, named)
    lines = [event(one["time"], one["type"], id=one["id"], source=one["source"], **one["data"]) for one in events]
    return World(events, lines, rules, made, silent)


def _add_answer(draw: st.DrawFn, add: Any, named: st.SearchStrategy[tuple[str, str, str]]) -> None:
    who, name, id = draw(named)
    plan = draw(st.sampled_from(["p", "q"]))
    of_plan = {"plan_id": plan, "employee_id": who}
    match draw(st.integers(0, 6)):
        case 0:
            data = {"recommendation_id": id, "by": "max", "decision": draw(st.sampled_from(["yes", "no"]))}
            add("review.decided", data, {"named": name})
        case 1:
            add("reward.granted", {"employee_id": who, "kind": "bonus", "recommendation_id": id}, {"named": name})
        case 2:
            add(
                "training.completed", {"employee_id": who, "course": draw(st.sampled_from(["charm", "service", "tea"]))}
            )
        case 3:
            data = {"by": who, "about": "me", "ref": id, "comment": draw(st.sampled_from(["why", "fine"]))}
            add("response.submitted", data, {"named": name})
        case 4:
            days, names = st.sampled_from(["2026-02-10", "2026-04-30"]), st.sampled_from(["call", "read"])
            step = st.fixed_dictionaries({}, optional={"step": names, "due_at": days})
            measured = step.map(lambda one: one | {"kpi": "praise", "target": 2})
            add("improvement_plan.opened", of_plan | {"steps": draw(st.lists(step | measured, max_size=2))})
        case 5:
            add("improvement_plan.step_done", of_plan | {"step": draw(st.sampled_from(["1", "call"]))})
        case _:
            add("improvement_plan.closed", of_plan)


def advised(records: list[Record]) -> set[Advice]:
    """Recommendations that stand as the recount has them."""
    return {_advice(one) for one in records if one["status"] != "withdrawn"}


def _advice(one: Record) -> Advice:
    plan, who, kind = one.get("plan"), one["employee_id"], one["kind"]
    if kind == TARGET:
        return _adjusted(one)
    basis = f"plan {plan['plan_id']}" if plan else _basis(who, kind, one["recommendation_id"])
    return Advice(
        who, kind, basis, one["status"], parse_iso(one["created_at"]), one.get("course"), one["decision"],
        tuple(answer["comment"] for answer in one.get("responses", ())),
        tuple(step["done"] for step in plan["steps"]) if plan else (),
    )  # fmt: skip


def _adjusted(one: Record) -> Advice:
    who, suggestion, first = one["employee_id"], one["adjustment"], _month(one["reasons"][0]["period"])
    side = "below" if one["bound"] < 1 else "above"
    name, id = _named(who, TARGET, first, f"{suggestion['each']} {side} {suggestion['kpi']}")
    assert one["recommendation_id"] == id
    return Advice(
        who, TARGET, name.rpartition("|")[2], one["status"], parse_iso(one["created_at"]), None, one["decision"],
        tuple(answer["comment"] for answer in one.get("responses", ())), (), suggestion["suggested"],
    )  # fmt: skip


def _basis(who: str, kind: str, id: str) -> str:
    for first in range(MONTH - 12, MONTH + 12):
        for span in ("month", "quarter"):
            named, found = _named(who, kind, first, span)
            if found == id and (span == "month" or first % 3 == 0):
                return named.rpartition("|")[2]
    raise AssertionError(f"{id} is of no period")


def _alerts(records: list[Record]) -> set[Alert]:
    found = set()
    for one in settled(records).values():
        if not one["rule"].startswith(("perf.", "improvement_plan.")):
            continue
        values = one["values"]
        about = values.get("first") or values.get("period")
        if about is None:
            continue  # of a plan, see `_late`
        ended = one["ended_at"]
        first = _month(about)
        found.add(Alert(one["employee_id"], one["rule"], str(first), parse_iso(one["started_at"]),
                        None if ended is None else parse_iso(ended)))  # fmt: skip
    return found


def _month(period: str) -> int:
    year, _, rest = period.partition("-")
    return int(year) * 12 + (3 * int(rest[1:]) - 3 if rest[:1] == "Q" else int(rest or 1) - 1)


def _late(records: list[Record]) -> Counter[tuple[str, int, int | None]]:
    return Counter(
        (one["employee_id"], parse_iso(one["started_at"]), one["ended_at"] and parse_iso(one["ended_at"]))
        for one in settled(records).values()
        if one["rule"] == "improvement_plan.overdue"
    )


def agrees(world: World, advice: list[Record], alerts: list[Record]) -> None:
    book = Book(world.events, world.rules, END)
    assert advised(advice) == book.advice()
    expected = book.alerts()
    assert _alerts(alerts) == {one for one in expected if one.rule.startswith("perf.")}
    late = [one for one in expected if one.rule == "improvement_plan.overdue"]
    assert _late(alerts) == Counter((one.employee, one.started, one.ended) for one in late)


@given(worlds())
def test_a_replay_tells_what_a_recount_finds(world: World) -> None:
    result = replay_lines(world.lines, world.policy, END)
    agrees(world, result.recommendations, result.alerts)


@given(worlds(), randoms, st.booleans(), st.sampled_from([1, 3]))
def test_order_repetition_looks_and_deaths_change_nothing(
    world: World, chance: Random, deaths: bool, partitions: int
) -> None:
    log: list[bytes | int] = [*world.lines, *(line for line in world.lines if chance.random() < 0.2)]
    log += [chance.choice((DAY, 9 * DAY, 30 * DAY)) for _ in range(chance.randint(0, 6))]
    chance.shuffle(log)
    works = worked(Works(world.policy, partitions), cut(chance, log), chance, chance if deaths else None)
    agrees(world, list(works.topics.get("recommendations", {}).values()), works.alerts)


@given(worlds(), randoms)
def test_a_recommendation_never_changes_a_score(world: World, chance: Random) -> None:
    personnel = ("feedback.received", "employee.upserted", "target.set")
    plain = [line for line, one in zip(world.lines, world.events, strict=True) if one["type"] in personnel]
    with_advice, without = (
        worked(Works(rules), cut(chance, lines), chance)
        for rules, lines in ((world.policy, world.lines), (world.silent, plain))
    )
    assert without.topics.get("recommendations", {}) == {}
    for topic in ("scores.employees", "scores.teams", "kpis.employees"):
        assert _figures(with_advice, topic) == _figures(without, topic)


def _figures(works: Works, topic: str) -> dict[bytes, Any]:
    said = ("policy_version", "responses")
    return {
        key: {name: value for name, value in record.items() if name not in said}
        for key, record in works.topics.get(topic, {}).items()
    }
