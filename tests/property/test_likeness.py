"""Customers that are there twice, against a recount that looks at all of them at each instant."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from streams.events.instants import parse_iso
from streams.replay import replay_lines
from tests.unit.core.kit import DAY, customer, event, policy, us
from tests.unit.core.works import Works, settled

END = us("31")
RULES = policy(
    alerts={"dq.duplicate_customer": {"enabled": True}}
    | {name: {"enabled": False} for name in ("contact.due", "contact.overdue", "contact.interval_exceeded")}
)
Told = tuple[str, int, int | None, str]
"""Which customer, since when, until when, and why it stands so."""


class Said(NamedTuple):
    """What is said of a customer on a day of March: its keys (None clears them), or a word for its end."""

    day: int
    name: str
    keys: tuple[str, ...] | str | None

    def line(self, number: int) -> bytes:
        """The event; of two on one day the later in the list is the newer."""
        at, id = us("01") + self.day * DAY, f"e{number:02d}"
        if isinstance(self.keys, str):
            more = {"into": "c1"} if self.keys == "merged" else {}
            return event(at, f"customer.{self.keys}", customer_id=self.name, id=id, **more)
        return customer(at, customer_id=self.name, match_keys=None if self.keys is None else list(self.keys), id=id)


said = st.builds(
    Said,
    st.integers(0, 8),
    st.sampled_from(["c1", "c2", "c3", "c4"]),
    st.sampled_from([None, ("11111",), ("11111", "22222"), ("22222",), ("33333",), ("11111",), "merged", "erased"]),
)


def recount(found: list[Said]) -> set[Told]:
    """Day by day: who has which key, and had it first; then the days on which somebody is thought to be another. Who is
    erased has never been, and nobody is merged into itself."""
    found = [one for one in found if one.name not in gone_for_good(found)]
    found = [one for one in found if (one.name, one.keys) != ("c1", "merged")]
    names = sorted({one.name for one in found})
    ends = {one.name: min((day, how) for other, day, how in _ends(found) if other == one.name)
            for one in found if any(other == one.name for other, _, _ in _ends(found))}  # fmt: skip
    held: list[dict[str, set[str]]] = []
    for day in range(10):
        keys: dict[str, set[str]] = {name: set() for name in names}
        for one in sorted(found, key=lambda one: one.day):
            if one.day <= day and not isinstance(one.keys, str):
                keys[one.name] = set(one.keys or ())
        held.append({name: set() if day >= ends.get(name, (99, ""))[0] else keys[name] for name in names})
    first = {(name, key): next(day for day in range(10) if key in held[day][name])
             for name in names for key in set().union(*(day[name] for day in held))}  # fmt: skip

    def others(name: str, day: int) -> set[tuple[str, str]]:
        return {(other, key) for key in held[day][name] for other in names
                if key in held[day][other] and (first[other, key], other) < (first[name, key], name)}  # fmt: skip

    told: set[Told] = set()
    for name in names:
        since = None
        for day in range(10):
            if others(name, day) and since is None:
                since = day
            elif not others(name, day) and since is not None:
                gone = {ends[who][1] for who in (name, *(other for other, _ in others(name, day - 1)))
                        if ends.get(who, (99, ""))[0] == day}  # fmt: skip
                why = "merged" if gone else "corrected"
                told.add((name, since, day, why))
                since = None
        if since is not None:
            told.add((name, since, None, "condition_met"))
    return told


def _ends(found: list[Said]) -> list[tuple[str, int, str]]:
    return [(one.name, one.day, one.keys) for one in found if isinstance(one.keys, str)]


def gone_for_good(found: list[Said]) -> set[str]:
    """Who is erased: with one of those that are one, all of them."""
    erased = {one.name for one in found if one.keys == "erased"}
    same = {"c1", *(one.name for one in found if one.keys == "merged")}
    return erased | (same if erased & same else set())


def told(alerts: list[dict[str, Any]], found: list[Said]) -> set[Told]:
    """What was told in the end of those who are not erased."""

    def day(text: str | None) -> int | None:
        return None if text is None else (parse_iso(text) - us("01")) // DAY

    return {
        (one["customer_id"], day(one["started_at"]) or 0, day(one["ended_at"]), one["reason"])
        for one in settled(alerts).values()
        if one["customer_id"] not in gone_for_good(found)
    }


@given(st.lists(said, max_size=12), st.sampled_from([1, 2, 3]), st.booleans(), st.integers(0, 1 << 30))
def test_customers_that_are_there_twice_are_found_whatever_happens(
    found: list[Said], partitions: int, follow: bool, seed: int
) -> None:
    lines, chance = [one.line(number) for number, one in enumerate(found)], Random(seed)
    works = Works(RULES, partitions, follow=follow, bound=chance.choice([0, 9]))
    for line in chance.sample(lines, len(lines)):
        works.tell([line] * chance.choice([1, 1, 2]))
        if chance.random() < 0.5:
            works.flush_customers()
        if chance.random() < 0.3:
            works.tick(us("01") + chance.randrange(10) * DAY)
        if chance.random() < 0.3:
            chance.choice(works.customers).die(chance)
    works.tick(END)
    works.tick(END, final=True)
    expected = recount(found)
    assert told(works.alerts, found) == expected
    assert told(replay_lines(lines, RULES, END).alerts, found) == expected
