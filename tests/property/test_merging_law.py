"""The law of merges: a log with merges means what it would if its events had named the customer that remains.

Which one remains says a recount that takes the merges one by one in the order of time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from streams.policy import Policy
from streams.replay import replay_lines
from tests.property.test_core_laws import cut, events_of, left, played, randoms, worked
from tests.property.test_void_laws import can_be_taken_back, looked_up, mixed
from tests.unit.core.kit import event, parsed, void_of
from tests.unit.core.logs import END, KINDS, ORIGIN, actions, policies
from tests.unit.core.works import Works

NAMES = ("c1", "c2", "c3", "c4")
AMONG = tuple(kind for kind in KINDS if kind not in ("customer.merged", "customer.erased"))
ALONE = ("match_keys", "name")
"""What is said of a customer alone, whichever it turns out to be."""


class Said(NamedTuple):
    """A merge; of two at one instant the later in the list has the greater id."""

    step: int
    name: str
    into: str

    def line(self, number: int) -> bytes:
        at = ORIGIN + self.step * 43_200_000_000
        return event(at, "customer.merged", customer_id=self.name, into=self.into, id=f"merge-{number}")


said = st.builds(Said, st.integers(0, 12), st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(
    lambda one: one.name != one.into
)


def remaining(merges: Sequence[Said]) -> tuple[dict[str, str], set[str]]:
    """By name the customer that remains, and the ids of the merges of those that were one before."""
    one, refused = {name: name for name in NAMES}, set()
    for number, merge in sorted(enumerate(merges), key=lambda item: (item[1].step, item[0])):
        former, into = one[merge.name], one[merge.into]
        if former == into:
            refused.add(f"merge-{number}")
        one = {name: into if known == former else known for name, known in one.items()}
    return one, refused


def renamed(line: bytes, one: dict[str, str]) -> bytes:
    """An event with the customer that remains in the place of the one that it names; of a merge only that it was."""
    body = json.loads(line)
    data = body["data"]
    if body["type"] == "customer.merged":
        body["type"] = "customer.upserted"
        del data["into"]
    for field in ("customer_id", "subject"):
        for place in (body, data):
            if place.get(field) in one:
                place[field] = one[place[field]]
    return json.dumps(body).encode()


def with_names(records: Iterable[dict[str, Any]], one: dict[str, str]) -> None:
    """Let the records of customers name those that were merged into them."""
    for record in records:
        into = record["customer_id"]
        record["merged_from"] = sorted(name for name, remains in one.items() if remains == into != name)


def without(line: bytes) -> bytes:
    """An event without what is said of a customer alone."""
    body = json.loads(line)
    for field in ALONE:
        body["data"].pop(field, None)
    return json.dumps(body).encode()


def refused(works: Works) -> set[str]:
    """The ids of the merges among the dead letters."""
    flushes = (send for seat in works.customers for flush in seat.flushes for send in flush)
    letters = [send.value for send in flushes if send.topic == "streams.dead-letters"]
    assert all(isinstance(letter, dict) and letter["reason"] == "invalid_value" for letter in letters)
    return {json.loads(letter["original"])["id"] for letter in letters if isinstance(letter, dict)}


@given(
    policies(),
    actions(most=20, among=AMONG),
    st.lists(said, min_size=1, max_size=5),
    st.tuples(randoms, st.none() | randoms),
    st.sampled_from([1, 3, 5]),
)
def test_a_customer_that_is_merged_has_always_been_the_one_that_remains(
    policy: Policy,
    log: list[bytes | int],
    merges: list[Said],
    chances: tuple[Random, Random | None],
    partitions: int,
) -> None:
    chance, kills = chances
    log = [without(item) if isinstance(item, bytes) else item for item in log]
    lines = [merge.line(number) for number, merge in enumerate(merges)]
    one, known = remaining(merges)
    expected = left(played(Works(policy, follow=True), [renamed(item, one) for item in events_of([*log, *lines])]))
    with_names(expected["customers"].values(), one)
    again = [item for item in (*log, *lines) if isinstance(item, bytes) and chance.random() < 0.2]
    batches = cut(chance, mixed(log, [*lines, *again], chance))
    works = worked(Works(policy, partitions, bound=chance.choice([0, 1, 99])), batches, chance, kills)
    assert left(works) == expected
    assert refused(works) <= known


@given(policies(), actions(ticks=False, among=AMONG), st.lists(said, min_size=1, max_size=5), randoms)
def test_a_replay_tells_the_same(policy: Policy, log: list[bytes], merges: list[Said], chance: Random) -> None:
    lines = [merge.line(number) for number, merge in enumerate(merges)]
    one, _ = remaining(merges)
    expected = replay_lines([renamed(without(line), one) for line in (*log, *lines)], policy, END)
    with_names(expected.customers, one)
    found = replay_lines(mixed([without(line) for line in log], lines, chance), policy, END)
    for topic in ("kpis", "scores", "customers", "opportunities", "funnel", "campaigns"):
        assert getattr(found, topic) == getattr(expected, topic)


@given(
    policies(),
    actions(most=20, among=AMONG),
    st.lists(said, min_size=1, max_size=3),
    st.tuples(randoms, st.none() | randoms),
    st.sampled_from([1, 3]),
)
def test_what_named_a_merged_customer_is_taken_back_from_the_one_that_remains(
    policy: Policy,
    log: list[bytes | int],
    merges: list[Said],
    chances: tuple[Random, Random | None],
    partitions: int,
) -> None:
    chance, kills = chances
    lines = [merge.line(number) for number, merge in enumerate(merges)]
    log = list[Any](mixed(log, lines, chance))
    gone = [line for line in log if isinstance(line, bytes) and can_be_taken_back(line) and chance.random() < 0.4]
    voided = cut(chance, mixed(log, [void_of(line, chance.randrange(ORIGIN, END)) for line in gone], chance))
    works = looked_up(Works(policy, partitions), voided, chance, kills)
    assert left(works) == left(played(Works(policy, partitions), [item for item in log if item not in gone]))


def test_the_recount_takes_merges_one_by_one() -> None:
    merges = [Said(2, "c1", "c2"), Said(3, "c1", "c3"), Said(1, "c3", "c4"), Said(4, "c4", "c1")]
    assert remaining(merges) == (dict.fromkeys(NAMES, "c4"), {"merge-3"})
    line = event(ORIGIN, "contact.planned", employee_id="ann", customer_id="c1", next_contact_at=None)
    assert parsed(renamed(line, {"c1": "c4"})).data.customer_id == "c4"  # type: ignore[attr-defined]
