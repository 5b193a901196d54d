"""An erasure against the same log in which the customer's later events have never been sent.

What stays are the sums of what had come before it: those of periods that are over, as what is measured now leaves, and
but for what time itself brings to a customer that is followed: alerts that fire, and whether it stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.policy import Policy
from streams.replay import replay_lines
from tests.property.test_core_laws import VIEWS, cut, played, randoms, worked
from tests.unit.core.kit import event, parsed
from tests.unit.core.logs import END, KINDS, ORIGIN, actions, logs, policies
from tests.unit.core.traces import traces
from tests.unit.core.works import Works

BY_TIME = {"overdue_episodes", "stalled_episodes", "retention_rate", "customer_lifetime_value"}
GONE = "gone-customer"
APART = tuple(kind for kind in KINDS if kind != "customer.merged")
"""Whoever was merged into it is erased too, so of these logs no other customer is left out."""
STAYS = ("customer", "seen", "erased", "silence")
"""The kinds of state that may name it: that it is erased, fingerprints, and silences until their end."""
ERASURE = event(ORIGIN, "customer.erased", customer_id=GONE, id="erasure")

TICKS = [1] * 2
"""After those it is erased."""


def renamed(line: bytes) -> bytes:
    """The same event with a name that stands nowhere by chance."""
    for field in ("customer_id", "subject"):
        line = line.replace(f'"{field}": "c1"'.encode(), f'"{field}": "{GONE}"'.encode())
    return line


def is_refused(line: bytes) -> bool:
    """Whether it is of no use once the customer is erased."""
    data = parsed(line).data
    if getattr(data, "ticket_id", None) in ("t1", "t2") or getattr(data, "task_id", None) == "k":
        return True
    return getattr(data, "customer_id", None) == GONE and data.TOPIC != "crm.leads"


def sums(works: Works, period: str) -> dict[str, Any]:
    """By employee the KPIs of a period that is over, by what they are made of."""
    found = {}
    for key, record in works.topics.get("kpis.employees", {}).items():
        if key.decode().endswith(f"/{period}"):
            lines = [line for line in record["kpis"] if line["kpi"].partition(":")[0] not in BY_TIME]
            found[key.decode()] = sorted((line["kpi"], line["numerator"], line["count"]) for line in lines)
    return {key: lines for key, lines in found.items() if lines}


@given(policies(), actions(most=24, among=APART), st.integers(0, 24), randoms, st.sampled_from([1, 3]))
def test_what_is_left_of_the_erased_is_what_they_brought(
    policy: Policy, log: list[bytes | int], place: int, chance: Random, partitions: int
) -> None:
    log = [renamed(item) if isinstance(item, bytes) else item for item in log]
    later = [item for item in log[place:] if isinstance(item, int) or not is_refused(item)]
    without = played(Works(policy), [*log[:place], *TICKS, *later])
    works = played(Works(policy), [*log[:place], ERASURE, *TICKS, *log[place:]])
    for period in ("2026-03", "2026-04", "2026-05"):
        assert sums(works, period) == sums(without, period)
    assert not left(works)
    shaken = Works(policy, partitions)
    assert not left(worked(shaken, cut(chance, [*log[:place], ERASURE, *TICKS, *log[place:]]), chance, chance))


@given(policies(), logs(), randoms, st.integers(1, 3))
def test_in_a_run_that_follows_the_events_an_erasure_may_come_at_any_time(
    policy: Policy, lines: list[bytes], chance: Random, erasures: int
) -> None:
    lines = [*map(renamed, lines), *[ERASURE] * erasures]
    works = [
        worked(Works(policy, partitions, follow=True), cut(chance, chance.sample(lines, len(lines))), chance)
        for partitions in (1, 3)
    ]
    assert [what_is_told(one) for one in works[1:]] == [what_is_told(works[0])]
    assert not left(works[1])
    result = replay_lines(chance.sample(lines, len(lines)), policy, END)
    for topic, records in (("customers", result.customers), ("funnel", result.funnel)):
        assert records == [record for _, record in sorted(works[0].topics.get(topic, {}).items())]


def what_is_told(works: Works) -> dict[str, Any]:
    """The compacted topics of figures and views."""
    topics = ("kpis.employees", "scores.employees", "scores.teams", *VIEWS)
    return {topic: works.topics.get(topic, {}) for topic in topics}


def left(works: Works) -> Sequence[str]:
    """What names the customer, though it should not."""
    kinds = tuple(f'state of customers ["{kind}"' for kind in STAYS)
    return [place for place in traces(works, GONE) if not place.startswith(kinds)]
