"""What the nemesis will do and when: the same for a seed, whatever the machine."""

from __future__ import annotations

import random
from enum import StrEnum
from typing import NamedTuple


class Act(StrEnum):
    """One kind of harm, by the name that the log of a round gives it."""

    KILL = "kill"  # a worker, with SIGKILL
    TERM = "term"  # a worker, in order; it is started again
    PAUSE = "pause"  # a worker, with SIGSTOP beyond its session: the zombie
    SCALE = "scale"  # to another number of workers
    BROKER_KILL = "broker-kill"  # with SIGKILL, and started again on the same data
    BROKER_STOP = "broker-stop"  # in order, and started again


HARM = (Act.KILL, Act.TERM, Act.PAUSE, Act.BROKER_KILL, Act.BROKER_STOP)
WEIGHTS = (4, 2, 2, 1, 1)
"""How often each comes, once all of them came."""
MOST, FEWER = 3, 2
"""Workers: from one to the most, then to fewer."""
LEAST_ACTS = 3


class Step(NamedTuple):
    """One act, when `share` of the log is sent, 0 to 1.

    `which`, 0 to 1, chooses among the workers that run then; `workers` is the number that a SCALE leaves. `hasty` ones
    strike at that moment whatever is going on; the others wait until something is written again after the act before.
    """

    share: float
    act: Act
    which: float
    workers: int
    hasty: bool


def plan(seed: int, acts: int) -> list[Step]:
    """So many acts, ordered by moment. The workers grow to `MOST` early and shrink to `FEWER` late."""
    if acts < LEAST_ACTS:
        raise ValueError(f"A round has at least {LEAST_ACTS} acts, not {acts}.")
    dice = random.Random(f"chaos:{seed}")
    harm = list(HARM)
    dice.shuffle(harm)
    while len(harm) < acts - 2:
        harm += dice.choices(HARM, WEIGHTS)
    kinds = harm[: acts - 2]
    kinds.insert(dice.randrange(2), Act.SCALE)
    kinds.insert(dice.randrange((acts + 1) // 2, acts), Act.SCALE)
    steps, grown = [], False
    for number, act in enumerate(kinds):
        share = 0.03 + 0.94 * (number + dice.random()) / acts
        workers = (FEWER if grown else MOST) if act is Act.SCALE else 0
        grown |= act is Act.SCALE
        steps.append(Step(share, act, dice.random(), workers, dice.random() < 1 / 3))
    return steps
