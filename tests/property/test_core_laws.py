"""The laws of the core: how records are batched, partitioned, ordered, repeated or interrupted changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from hypothesis import given, note
from hypothesis import strategies as st

from streams.policy import Policy
from tests.unit.core.kit import HOUR, parsed
from tests.unit.core.logs import END, ORIGIN, logs, policies
from tests.unit.core.works import Works, settled

randoms = st.randoms(use_true_random=False)


def cut(chance: Random, lines: list[bytes]) -> list[list[bytes]]:
    """The lines in batches."""
    batches: list[list[bytes]] = [[]]
    for line in lines:
        if chance.random() < 0.3:
            batches.append([])
        batches[-1].append(line)
    return [batch for batch in batches if batch]


def run(policy: Policy, lines: Iterable[bytes], partitions: int = 1, *, follow: bool = False) -> Works:
    """The lines one by one, and time at the end."""
    works = Works(policy, partitions, follow=follow)
    for line in lines:
        works.tell([line])
    works.tick(END)
    works.tick(END, final=True)
    return works


@given(policies(), logs(), randoms, st.booleans())
def test_order_repetition_and_ticks_change_nothing(
    policy: Policy, lines: list[bytes], chance: Random, follow: bool
) -> None:
    plain = run(policy, sorted(lines, key=lambda line: parsed(line).time), follow=follow)
    works = Works(policy, follow=follow)
    mixed = [*lines, *(line for line in lines if chance.random() < 0.2)]
    chance.shuffle(mixed)
    clock = ORIGIN
    for batch in cut(chance, mixed):
        works.tell(batch)
        if chance.random() < 0.3:
            clock += chance.choice([0, 1, 6, 12, 24, 48, 72]) * HOUR + chance.choice([0, 1])
            note(f"tick {clock}")
            works.tick(min(clock, END))
    works.tick(END)
    works.tick(END, final=True)
    assert settled(works.alerts) == settled(plain.alerts)
    for topic in ("kpis.employees", "scores.employees", "scores.teams"):
        assert works.topics.get(topic) == plain.topics.get(topic)
