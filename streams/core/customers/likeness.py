"""Customers that seem to be there twice: what identifies one, who shares it with whom and when, and the alerts of that.

Of two that share something at an instant the one that had it first is *senior*; the other is thought to be it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

import msgspec

from streams.core.alerts import Cause, Span, happened, span
from streams.core.customers.cases import Likeness, Twin
from streams.core.history import END, Change
from streams.policy import Policy

DUPLICATE, SAME_NAME = "dq.duplicate_customer", "dq.same_name"
KINDS = (DUPLICATE, SAME_NAME)
NAME, KEY = "", "key"
"""The kinds of what has none of its own: a customer's name, and a match key that is only listed."""
CHANGED, MERGED = range(2)
"""Why somebody has something no longer; of two reasons at one instant the greater stands."""
SHORTEST = 5
"""What has fewer letters and digits, such as `n/a`, identifies nobody."""
MOST = 10
"""What more customers than so many have ever had, such as the number of a switchboard, identifies nobody."""
KEYS, LONGEST = 20, 64
"""So many match keys of a customer are looked at, and of the name of a kind so many characters: a record of state must
not grow with what a source puts there."""
_CAUSES = (Cause.CORRECTED, Cause.MERGED, Cause.CLOSED)
"""The last is what former releases kept of those who were erased."""


class Hold(NamedTuple):
    """When somebody had something: from `start` to before `end`, and why no longer."""

    start: int
    end: int
    why: int


class Claim(msgspec.Struct, array_like=True, frozen=True):
    """What a customer says of one thing that identifies it: the whole of it, never a difference."""

    customer: str
    kind: str
    """What it is, as in `phone`."""
    holds: tuple[Hold, ...]
    gone: bool = False
    """It never had it: what said so was voided."""

    @property
    def rank(self) -> tuple[int, str]:
        """Sorts the senior first."""
        return self.holds[0].start if self.holds else END, self.customer


def of_keys(keys: Collection[str] | Mapping[str, str] | None) -> str | None:
    """Match keys as a register keeps them: `kind=fingerprint`, one after another."""
    pairs = keys.items() if isinstance(keys, Mapping) else ((KEY, key) for key in keys or ())
    prints = (("_".join(kind.split())[:LONGEST] or KEY, _print(text, b"")) for kind, text in pairs)
    return " ".join(sorted({f"{kind}={known}" for kind, known in prints if known is not None})[:KEYS]) or None


def of_name(name: str | None) -> str | None:
    """A name as a register keeps it."""
    known = None if name is None else _print(name, b"name")
    return None if known is None else f"{NAME}={known}"


def _print(text: str, person: bytes) -> str | None:
    """The fingerprint of what identifies somebody, however it is written; None where it identifies nobody."""
    plain = "".join(character for character in text.casefold() if character.isalnum())
    return blake2b(plain.encode(), digest_size=8, person=person).hexdigest() if len(plain) >= SHORTEST else None


def claims_of(customer: str, changes: Collection[Change], gone: tuple[int, int] | None) -> Iterator[tuple[str, Claim]]:
    """By its fingerprint, what a customer says of each thing that it ever had; `gone` is when it ceased, and why."""
    until, why = gone or (END, CHANGED)
    kinds: dict[str, str] = {}
    holds: dict[str, list[Hold]] = {}
    edges = [*(change.time for change in changes), END]
    for change, (start, end) in zip(changes, pairwise(edges), strict=True):
        for pair in (change.value or "").split():
            kind, _, known = pair.rpartition("=")
            kinds.setdefault(known, kind)
            held = holds.setdefault(known, [])
            hold = Hold(start, end, CHANGED) if end < until else Hold(start, until, why)
            if hold.start < hold.end:
                _extend(held, hold)
    for known, kind in kinds.items():
        yield known, Claim(customer, kind, tuple(holds[known]))


def _extend(holds: list[Hold], hold: Hold) -> None:
    if holds and holds[-1].end == hold.start:
        hold = Hold(holds.pop().start, hold.end, hold.why)
    holds.append(hold)


def twins(print: str, claims: Mapping[str, Claim]) -> dict[str, list[Twin]]:
    """By customer, with whom it shared a thing when; whoever was senior all the time is not among them."""
    if len(claims) > MOST:
        return {}
    ranked = sorted(claims.values(), key=lambda claim: claim.rank)
    found: dict[str, list[Twin]] = {}
    for number, claim in enumerate(ranked):
        shared = [*_shared(print, claim, ranked[:number])]
        if shared:
            found[claim.customer] = shared
    return found


def _shared(print: str, claim: Claim, seniors: list[Claim]) -> Iterator[Twin]:
    marks = sorted({mark for one in (claim, *seniors) for hold in one.holds for mark in hold[:2]})
    last: Twin | None = None
    for start, end in pairwise(marks):
        own = _during(claim, start)
        others = [(senior.customer, hold) for senior in seniors if (hold := _during(senior, start)) is not None]
        if own is None or not others:
            continue
        other = others[0][0]
        why = max((hold.why for hold in (own, *(hold for _, hold in others)) if hold.end == end), default=CHANGED)
        if last is not None and last.end == start and last.other == other:
            start = last.start
        elif last is not None:
            yield last
        last = Twin(print, start, end, why, other, claim.kind)
    if last is not None:
        yield last


def _during(claim: Claim, time: int) -> Hold | None:
    return next((hold for hold in claim.holds if hold.start <= time < hold.end), None)


def spans(likeness: Likeness, customer: str, policy: Policy) -> Iterator[Span]:
    """All spans of these rules: while it shares anything with a senior."""
    for kind, named in ((DUPLICATE, False), (SAME_NAME, True)):
        rules = policy.watching(kind)
        for stretch in _stretches([twin for twin in likeness.log if (twin.kind == NAME) is named]) if rules else ():
            start, end = stretch[0].start, max(twin.end for twin in stretch)
            why = max(twin.why for twin in stretch if twin.end == end)
            about = sorted({twin.kind or "name" for twin in stretch if twin.start == start})
            for name, rule in rules:
                yield span(
                    name,
                    customer,
                    start,
                    happened(start),
                    happened(end),
                    _CAUSES[why],
                    bound=start,
                    terms=rule,
                    policy=policy,
                    about=" and ".join(about),
                )


def ids_of(log: list[Twin], customer: str, policy: Policy) -> set[str]:
    """The ids of the alerts that there may be of what a customer shares."""
    held = Likeness("")
    held.log = log
    return {one.id for one in spans(held, customer, policy)}


def _stretches(log: list[Twin]) -> Iterator[list[Twin]]:
    """What lies next to or over each other in time."""
    stretch: list[Twin] = []
    end = 0
    for twin in sorted(log, key=lambda twin: (twin.start, twin.other, twin.print)):
        if stretch and twin.start > end:
            yield stretch
            stretch = []
        end = max(end, twin.end) if stretch else twin.end
        stretch.append(twin)
    if stretch:
        yield stretch


def other_at(likeness: Likeness, named: bool, time: int) -> str | None:
    """Whom it seems to be at an instant: with whom it shares something longest."""
    found = [twin for twin in likeness.log if twin.start <= time < twin.end and (twin.kind == NAME) is named]
    return min(found, key=lambda twin: (twin.start, twin.other)).other if found else None
