"""Episodes that come and go: those of one rule and subject that fire again and again within a short time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

Episode = tuple[int, int | None]
"""When it fired and when it ended, us; None: it has not."""


class Flapping(NamedTuple):
    """A run of episodes that was not quiet since."""

    began: int
    """When the episode fired with which it came to be one."""
    fires: int
    """How many episodes of it have fired."""


def flapping(episodes: Iterable[Episode], at: int, count: int, within: int) -> Flapping | None:
    """Whether a rule flaps for its subject at an instant, by the episodes that had fired by then.

    It does from the `count`th episode that fires within `within` on, until nothing fired or ended for as long.
    """
    recent: list[int] = []
    began, fires, latest = None, 0, None
    for fired, ended in sorted(((f, e) for f, e in episodes if f <= at), key=lambda episode: episode[0]):
        if latest is not None and fired - latest >= within:
            began, fires, recent = None, 0, []
        recent = [one for one in (*recent, fired) if fired - one <= within]
        fires += 1
        if began is None and len(recent) >= count:
            began = fired
        changes = (change for change in (latest, fired, ended) if change is not None and change <= at)
        latest = max(changes)
    if began is None or latest is None or at - latest >= within:
        return None
    return Flapping(began, fires)
