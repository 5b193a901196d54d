"""The law of what is deleted: the topic of alerts holds what stands and what ended no longer ago than it is kept.

Of the facts that recipients are told from, those that stand are there, and of what is over for a week none is.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import yaml
from hypothesis import given
from hypothesis import strategies as st

from streams.core.customers.packed import PackedShelf
from streams.core.formats import reader
from streams.core.notices.facts import Notice
from streams.events.instants import parse_iso
from streams.policy import Policy, load
from tests.property.test_core_laws import cut, randoms, worked
from tests.unit.core.kit import DAY
from tests.unit.core.logs import END, actions, policies
from tests.unit.core.works import Disk, Records, Works

_read = reader(Notice)
SHELVES: tuple[Callable[[], Records], ...] = (Disk, PackedShelf)


@st.composite
def keeping(draw: st.DrawFn) -> Policy:
    """A policy that keeps what is over for some time, and one rule's for another."""
    text: dict[str, Any] = yaml.safe_load(draw(policies()).text)
    spans = st.sampled_from(["0s", "36h", "20d", "130d", "400d"])
    text["alerts"]["keep"] = draw(spans)
    text["alerts"]["contact.overdue"] = (text["alerts"].get("contact.overdue") or {}) | {"keep": draw(spans)}
    return load(yaml.safe_dump(text))


@given(keeping(), actions(), randoms, st.sampled_from([1, 3]), st.sampled_from([0, 2, 1000]), st.booleans())
def test_the_topic_holds_what_stands_and_what_is_kept(
    policy: Policy, log: list[bytes | int], chance: Random, partitions: int, bound: int, killed: bool
) -> None:
    works = Works(policy, partitions, bound=bound, shelf=chance.choice(SHELVES))
    worked(works, cut(chance, log), chance, chance if killed else None)
    newest = {record["id"]: record for record in works.alerts}
    kept = {
        id.encode(): record
        for id, record in newest.items()
        if record["ended_at"] is None or parse_iso(record["ended_at"]) + policy.rule(record["rule"]).keep.us >= END
    }
    assert works.topics.get("alerts", {}) == kept
    works.tick(END + 8 * DAY)
    facts = works.topics.get("streams.facts", {})
    for key, fact in facts.items():
        if b'"notice ' in key:
            assert _read(msgspec.msgpack.encode(fact)).stands
    for seat in works.customers:
        assert sum(key.startswith(b'["over",') for key in seat.states) <= len(newest)
