"""Laws of the cascade: it tells what the recount tells, parts add up to the cent, and order changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.core.aims import Aims
from streams.core.cascade import CENT, atoms, split
from streams.core.customers.cascading import Cascade
from streams.core.ledger import Measures
from streams.core.organisation import Organisation
from streams.core.records import unpacked
from streams.core.targets import Group, Targets
from streams.core.units import QUANTITY
from streams.events import EmployeeUpserted, Event, TargetSet, decode
from streams.events.instants import to_us
from streams.policy import Policy
from streams.policy.periods import periods_of_year
from tests.oracle.law import Law, instant
from tests.oracle.reading import read
from tests.oracle.targets import Cascade as Recount
from tests.unit.core.kit import PLAIN, employee, event, policy

PARTITIONS = 2
NONE: dict[str, Measures] = {}
PEOPLE = "ann", "bob", "cid", "dan"
SPREADS: list[dict[str, Any]] = [{}, {"spread": "seasonal", "seasons": [1, 0, 2, 0.5, 1, 1, 1, 3, 1, 1, 1, 7]}]
instants = st.sampled_from([f"2026-{month:02}-15T00:00:00Z" for month in range(1, 13)])
scopes = st.one_of(
    st.tuples(st.just("employee"), st.sampled_from(PEOPLE)),
    st.tuples(st.sampled_from(["team", "department"]), st.sampled_from("tu")),
    st.just(("company", "us")),
)
values = st.sampled_from(["0", "0.01", "7", "99.99", "100", "1000.005", "123456.789"])


@st.composite
def targets(draw: st.DrawFn) -> bytes:
    scope, scope_id = draw(scopes)
    period = draw(st.sampled_from(["2026", "2026-Q1", "2026-Q4", "2026-01", "2026-02", "2026-03", "2026-11"]))
    fields = {"scope": scope, "scope_id": scope_id, "period": period, "value": draw(values)}
    return event(draw(instants), "target.set", kpi=draw(st.sampled_from(["won_amount", "win_rate"])), **fields)


@st.composite
def records(draw: st.DrawFn) -> bytes:
    fields: dict[str, Any] = {"employee_id": draw(st.sampled_from(PEOPLE)), "team": draw(st.sampled_from("tu"))}
    if draw(st.booleans()):
        fields["department"] = draw(st.sampled_from(["t", "u", None]))
    if draw(st.booleans()):
        fields["active"] = draw(st.sampled_from([True, True, False, None]))
    return employee(draw(instants), **fields)


logs = st.tuples(st.lists(records(), min_size=2, max_size=6), st.lists(targets(), min_size=1, max_size=8))


reached = st.dictionaries(
    st.sampled_from(PEOPLE),
    st.dictionaries(st.sampled_from(["2025 won_amount", "2024 won_amount"]), st.integers(-5, 10**22)),
)
"""What people reached, as every partition is told of it."""


class Spread:
    """What all partitions tell together of a log in an order; told in two steps, the second of what changed. After so
    many lines they hear of some `results`."""

    def __init__(
        self, rules: Policy, lines: Sequence[bytes], results: Mapping[str, Measures] = NONE, heard: int = 0
    ) -> None:
        self.rules = rules
        self.people: dict[str, Aims] = {name: Aims() for name in PEOPLE}
        self.sums: dict[tuple[str, str], Measures] = {}
        for origin in range(PARTITIONS):
            organisation, known = Organisation(), Targets()
            cascade = Cascade(rules, origin, PARTITIONS, organisation, known)
            for number, line in enumerate(lines):
                if number == heard:
                    for name, figures in results.items():
                        cascade.reached(name, figures)
                said = decode(line)
                assert isinstance(said, Event)
                stamp, data = (to_us(said.time), said.source, said.id), said.data
                if isinstance(data, TargetSet):
                    cascade.set(stamp, data)
                elif isinstance(data, EmployeeUpserted) and organisation.learn(stamp, data):
                    cascade.people_changed()
                if number == len(lines) // 2:
                    self._tell(cascade)
            self._tell(cascade)
            for key, value, _ in known.take_dirty():
                if key.scope == "employee" and cascade.is_home(key.scope_id):
                    group = Group(key.kpi, key.level, "2026")
                    self.people[key.scope_id].set(group, key.period, 1, atoms(value))

    def _tell(self, cascade: Cascade) -> None:
        for (name, fact), measures, _ in cascade.settle():
            kind, year, rest = fact.split(" ", 2)
            if kind == "share":
                level, kpi = rest.split(" ", 1)
                self.people[name].share(Group(kpi, level, year), 1, unpacked(measures))
            else:
                self.sums[name, rest] = unpacked(measures)

    def target(self, name: str, kpi: str, period: str) -> Fraction | None:
        aim = self.people[name].of(kpi, period, self.rules)
        return None if aim is None else aim.value.fraction

    def everything(self) -> dict[tuple[str, str, str], Fraction | None]:
        periods = periods_of_year("2026")
        return {
            (name, kpi, period): self.target(name, kpi, period)
            for name in PEOPLE
            for kpi in ("won_amount", "win_rate")
            for period in periods
        }


@given(logs, st.sampled_from(SPREADS))
def test_the_cascade_tells_what_the_recount_tells(log: tuple[list[bytes], list[bytes]], spread: dict[str, Any]) -> None:
    lines = [*log[0], *log[1]]
    found = Spread(policy(targets=spread), lines).everything()
    law = Law({**PLAIN, "targets": spread})
    recount = Recount(law, read(lines, law, instant("2027-01-01T00:00:00Z")))
    assert found == {
        (name, kpi, period): recount.target(name, kpi, period, grows=kpi == "won_amount") for name, kpi, period in found
    }


@given(logs, reached, st.sampled_from(SPREADS), st.integers(0, 5))
def test_shares_by_results_are_those_of_the_recount(
    log: tuple[list[bytes], list[bytes]], results: dict[str, Measures], spread: dict[str, Any], heard: int
) -> None:
    lines = [*log[0], *log[1]]
    rules = policy(targets=spread | {"shares": "last_year"})
    found = Spread(rules, lines, results, min(heard, len(lines) - 1)).everything()
    law = Law({**PLAIN, "targets": spread})
    had = {
        (name, told.partition(" ")[2], int(told[:4])): Fraction(value, QUANTITY)
        for name, figures in results.items()
        for told, value in figures.items()
    }
    recount = Recount(law, read(lines, law, instant("2027-01-01T00:00:00Z")), had)
    assert found == {
        (name, kpi, period): recount.target(name, kpi, period, grows=kpi == "won_amount") for name, kpi, period in found
    }


@given(logs, st.randoms(use_true_random=False))
def test_order_changes_no_target(log: tuple[list[bytes], list[bytes]], chance: Random) -> None:
    lines = [*log[0], *log[1]]
    first, second = Spread(policy(), lines), Spread(policy(), chance.sample(lines, len(lines)))
    assert first.everything() == second.everything()
    assert {key: sums for key, sums in first.sums.items() if sums} == {
        key: sums for key, sums in second.sums.items() if sums
    }


@given(st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True), values, st.sampled_from(SPREADS))
def test_what_is_set_for_a_team_comes_back_from_its_people(people: list[str], value: str, spread: Any) -> None:
    lines = [employee("01", employee_id=name, team="t") for name in people]
    fields = {"scope": "team", "scope_id": "t", "kpi": "won_amount", "value": value}
    found = Spread(policy(targets=spread), [*lines, event("01", "target.set", period="2026", **fields)])
    assert sum(found.target(name, "won_amount", "2026") or 0 for name in people) == Fraction(value)
    sums = found.sums["t", "won_amount"]
    for period in periods_of_year("2026"):
        parts = [found.target(name, "won_amount", period) or 0 for name in people]
        assert sum(parts) == Fraction(sums[f"target {period}"], QUANTITY)
        assert sums[f"drift {period}"] == 0


@given(st.integers(min_value=0, max_value=10**24), st.lists(st.integers(0, 30), min_size=1, max_size=12))
def test_shares_add_up_and_differ_from_the_exact_ones_by_less_than_their_cents(total: int, weights: list[int]) -> None:
    shares = split(total, weights)
    assert sum(shares) == total
    weights = weights if any(weights) else [1] * len(weights)
    for share, weight in zip(shares, weights, strict=True):
        exact = Fraction(total * weight, sum(weights))
        assert share >= 0
        assert abs(share - exact) < CENT * len(weights)
