"""Which alerts a target is told of: `[TARGET:]KEY=GLOB[,GLOB...]`, where all conditions of a target must hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final, NamedTuple

from streams.events.outputs import AlertRecord
from streams.notify.targets import Target, TargetError

KEYS: Final[Mapping[str, Callable[[AlertRecord], Sequence[str]]]] = MappingProxyType(
    {
        "severity": lambda record: (record.severity or "",),
        "rule": lambda record: (record.rule,),
        "recipient": lambda record: record.recipients,
        "team": lambda record: (record.team or "",),
    }
)
"""What may be chosen by, and what an alert has of it."""

TOLD_BY_DIGESTS: Final = ("severity", "rule", "recipient")


class Condition(NamedTuple):
    """One of the alert's values must match one of the globs; `target` is a name, a kind, or empty for all."""

    target: str
    key: str
    globs: tuple[str, ...]

    def holds(self, record: AlertRecord) -> bool:
        return self.matches(KEYS[self.key](record))

    def matches(self, values: Sequence[str]) -> bool:
        return any(fnmatchcase(value, glob) for value in values for glob in self.globs)


class Selection(NamedTuple):
    """The conditions of one target; without any it is told of everything."""

    conditions: tuple[Condition, ...] = ()

    def takes(self, record: AlertRecord) -> bool:
        return all(condition.holds(record) for condition in self.conditions)


def read_condition(text: str) -> Condition:
    """`webhook-pager:severity=critical,warning`. Raises `TargetError`."""
    left, _, right = text.partition("=")
    target, colon, key = left.rpartition(":")
    globs = tuple(glob.strip() for glob in right.split(",") if glob.strip())
    if key not in KEYS or not globs or (colon and not target):
        raise TargetError(
            f"--select {text!r} is none; write it like severity=critical,warning or webhook:rule=contact.*, "
            f"by one of {', '.join(KEYS)}."
        )
    return Condition(target, key, globs)


def selections(texts: Sequence[str], targets: Sequence[Target], digested: Collection[str] = ()) -> dict[str, Selection]:
    """What each target is told of, by its name. Raises `TargetError`, also for a target that there is not, and where
    one that gets digests (`digested`) is to be told by what they do not say."""
    conditions = [read_condition(text) for text in texts]
    known = {name for target in targets for name in (target.name, target.kind.value)}
    for condition in conditions:
        if condition.target and condition.target not in known:
            raise TargetError(
                f"--select names the target {condition.target!r}; there are {', '.join(sorted(known)) or 'none'}."
            )
    found = {
        target.name: Selection(tuple(c for c in conditions if c.target in ("", target.kind.value, target.name)))
        for target in targets
    }
    for name in digested:
        for condition in found[name].conditions:
            if condition.key not in TOLD_BY_DIGESTS:
                raise TargetError(
                    f"--select cannot choose by {condition.key} for {name}, as digests do not say it; "
                    "name the targets that it is for."
                )
    return found
