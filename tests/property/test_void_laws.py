"""The law of voids: what was taken back has never been, whenever its void comes, how often, and whoever asks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar, cast

from hypothesis import given
from hypothesis import strategies as st

from streams.core.customers import Customers, retracting
from streams.events import EVENT_TYPES
from streams.policy import Policy
from streams.replay import ReplayResult, replay_lines
from tests.property.test_core_laws import cut, left, played
from tests.unit.core.kit import event, parsed, policy, void_of
from tests.unit.core.logs import END, KINDS, ORIGIN, actions, logs, policies
from tests.unit.core.works import Works, settled

T = TypeVar("T")
randoms = st.integers(0, 1 << 30).map(Random)


def voids_for(lines: Sequence[bytes], chance: Random) -> list[bytes]:
    """Voids of events, of one that never was, and of some twice."""
    never = event(ORIGIN, "contact.planned", employee_id="ann", customer_id="c1", next_contact_at=None)
    named = [*lines, never, *(line for line in lines if chance.random() < 0.3)]
    return [void_of(line, chance.randrange(ORIGIN, END)) for line in named]


def mixed(lines: Sequence[T], more: Sequence[T], chance: Random) -> list[T]:
    """The lines in their order, and between them the others, anywhere."""
    found = list(lines)
    for line in more:
        found.insert(chance.randint(0, len(found)), line)
    return found


def parted(log: Sequence[bytes], chance: Random) -> tuple[list[bytes], list[bytes]]:
    """(what stays, what is voided) of a log."""
    gone = [line for line in log if chance.random() < 0.4]
    return [line for line in log if line not in gone], gone


def told(result: ReplayResult) -> dict[str, Any]:
    """All that a replay leaves, but for the counts of what came in."""
    return result._asdict() | {"outcomes": None, "alerts": settled(result.alerts)}


@given(policies(), logs(), randoms, st.sampled_from([None, END]))
def test_a_replay_with_voids_is_that_of_the_log_without_the_voided_events(
    rules: Policy, log: list[bytes], chance: Random, as_of: int | None
) -> None:
    kept, gone = parted(log, chance)
    again = [line for line in gone if chance.random() < 0.3]
    found = replay_lines(mixed([*log, *again], voids_for(gone, chance), chance), rules, as_of)
    assert told(found) == told(replay_lines(kept, rules, as_of))
    assert found.outcomes["voided"] == len(gone) + len(again)
    assert found.outcomes["void_of_nothing"] == 1


@given(policies(), logs(), randoms)
def test_a_void_later_than_the_instant_of_the_run_is_left_out_with_all_that_is(
    rules: Policy, log: list[bytes], chance: Random
) -> None:
    late = [void_of(line, END + 1) for line in log]
    found = replay_lines(mixed(log, late, chance), rules, END)
    assert told(found) == told(replay_lines(log, rules, END))
    assert found.outcomes["after_as_of"] == len(late)


@given(policies(), logs(), randoms)
def test_a_void_is_never_voided_itself(rules: Policy, log: list[bytes], chance: Random) -> None:
    kept, gone = parted(log, chance)
    voids = voids_for(gone, chance)
    more = [void_of(void, END) for void in voids]
    assert told(replay_lines(mixed(log, [*voids, *more], chance), rules)) == told(replay_lines(kept, rules))


REFUSED = {kind for kind, data in EVENT_TYPES.items() if data in retracting.REFUSED} | {"lead.created"}
TAKEN_BACK = tuple(kind for kind in KINDS if kind not in REFUSED)
randoms_of_two = st.tuples(randoms, st.none() | randoms)


@given(policies(), actions() | actions(among=TAKEN_BACK), st.booleans(), st.sampled_from([1, 1, 3]), randoms_of_two)
def test_partitions_take_back_what_was_counted(
    rules: Policy, log: list[bytes | int], follow: bool, partitions: int, chances: tuple[Random, Random | None]
) -> None:
    chance, kills = chances
    gone = [line for line in log if isinstance(line, bytes) and chance.random() < 0.4 and can_be_taken_back(line)]
    again = [line for line in gone if chance.random() < 0.3]
    voided = cut(chance, mixed([*log, *again], voids_for(gone, chance), chance))
    works = looked_up(Works(rules, partitions, follow=follow), voided, chance, kills)
    assert left(works) == left(played(Works(rules, partitions, follow=follow), [one for one in log if one not in gone]))
    assert sum(cast(Customers, seat.stage).voids.awaited for seat in works.customers) == 0


def can_be_taken_back(line: bytes) -> bool:
    return parsed(line).type in TAKEN_BACK


def looked_up(works: Works, log: list[list[bytes] | int], chance: Random, kills: Random | None) -> Works:
    """In batches, with the log looked through now and then, and at the end; perhaps with partitions that die."""

    def trouble() -> None:
        if chance.random() < 0.3:
            works.flush_customers()
        if chance.random() < 0.1:
            works.look_up()
        if kills is not None and kills.random() < 0.2:
            kills.choice(works.seats()).die(kills)

    clock = ORIGIN
    for item in log:
        if isinstance(item, list):
            works.tell(item)
        else:
            clock = min(clock + item, END)
            works.tick(clock, between=trouble)
        trouble()
    works.look_up()
    for _ in range(3):
        works.flush_customers()
    works.tick(END, between=trouble)
    works.tick(END, final=True, between=trouble)
    return works


def test_a_void_names_the_event_of_its_own_subject() -> None:
    line = event(ORIGIN, "contact.planned", employee_id="ann", customer_id="c1", next_contact_at=None, id="p")
    other = json.loads(line) | {"data": json.loads(line)["data"] | {"customer_id": "c2"}}
    found = replay_lines([line, json.dumps(other).encode(), void_of(line, ORIGIN)], policy())
    assert (found.outcomes["voided"], found.outcomes["applied"]) == (1, 2)
