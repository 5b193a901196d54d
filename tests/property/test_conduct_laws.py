"""The laws of the core for what employees do and others say of them: how their events come changes nothing.

Of all kinds of event few at a time are drawn elsewhere, and of these seldom two that meet.
"""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams.policy import Policy
from tests.property.test_core_laws import cut, events_of, left, played, randoms, worked
from tests.unit.core.kit import policy
from tests.unit.core.logs import CONDUCT, actions
from tests.unit.core.works import Works, kept, told

SCORECARDS = {"sales": {"kpis": [{"kpi": "cost_amount", "target": 100}, {"kpi": "competency_selling", "target": 50}]}}
AMONG = (*CONDUCT, "opportunity.created", "payment.received")
policies = st.builds(
    lambda zone, raters: policy(timezone=zone, assessments={"min_raters": raters}, scorecards=SCORECARDS),
    st.sampled_from(["UTC", "Asia/Shanghai"]),
    st.integers(1, 3),
)


@given(policies, actions(among=AMONG), randoms, st.booleans())
def test_order_and_repetition_change_nothing(
    policy: Policy, log: list[bytes | int], chance: Random, follow: bool
) -> None:
    again = [item for item in events_of(log) if chance.random() < 0.2]
    disturbed = played(Works(policy, follow=follow), [*log, *again])
    assert left(disturbed) == left(played(Works(policy, follow=True), events_of(log)))


@given(policies, actions(among=AMONG), randoms, st.booleans())
def test_partitions_change_nothing(policy: Policy, log: list[bytes | int], chance: Random, follow: bool) -> None:
    many = worked(Works(policy, 5, follow=follow), cut(chance, log), chance)
    assert left(many) == left(played(Works(policy, 1, follow=follow), log))


@given(policies, actions(among=AMONG), st.integers(0, 1 << 30), st.booleans(), st.integers(0, 2))
def test_a_restart_anywhere_changes_nothing(
    policy: Policy, log: list[bytes | int], seed: int, follow: bool, bound: int
) -> None:
    batches = cut(Random(seed), log)
    calm = worked(Works(policy, 3, follow=follow), batches, Random(seed))
    shaken = worked(Works(policy, 3, follow=follow, bound=bound), batches, Random(seed), Random(seed))
    for before, after in zip(calm.seats(), shaken.seats(), strict=True):
        assert told(after) == told(before)
        assert kept(after) == kept(before)
