"""One partition's recipients: what is kept of what is over, facts that come late, much at once, another process."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.core.formats import tagged
from streams.core.notices import digest
from streams.core.notices.desk import Desk
from streams.core.notices.facts import Away, Notice, away_key, notice_key
from streams.policy import Policy
from tests.unit.core.kit import Record, policy, us

FIRING = Notice(
    1, "firing", "opp.stalled", "warning", 0, "c o", us("02"), us("02"), None, "ann", "c", "o", None, "It stalls."
)


class Told:
    """A desk, its clock, and its state topic."""

    def __init__(self, rules: Policy | None = None, states: dict[bytes, bytes] | None = None, clock: int = 0) -> None:
        self.rules = rules or policy()
        self.desk = Desk(self.rules)
        self.states = dict(states or {})
        for key, value in self.states.items():
            assert self.desk.restore(key, value)
        self.desk.adopt(self.rules, clock)
        self.clock = clock

    def fact(self, id: str = "a", /, origin: int = 0, **fields: Any) -> None:
        value = tagged(msgspec.structs.replace(FIRING, **fields))
        assert self.desk.take(notice_key("ann", id, origin), value, self.clock)

    def tick(self, when: str) -> list[Record]:
        before, self.clock = self.clock, us(when)
        self.desk.tick(before, self.clock)
        states, sends = self.desk.take_changes()
        for key, value in states.items():
            if value is None:
                del self.states[key]
            else:
                self.states[key] = value
        return [send.value for send in sends if isinstance(send.value, dict)]

    def restarted(self) -> Told:
        return Told(self.rules, self.states, self.clock)


def ids(made: list[Record]) -> list[str]:
    return [alert["id"] for one in made for group in one["standing"] for alert in group["alerts"]]


def test_what_is_over_is_known_by_its_version_for_a_week_and_then_not_at_all() -> None:
    told = Told()
    told.fact(version=5)
    assert ids(told.tick("02 09:00")) == ["a"]
    told.fact(version=6, status="resolved", ended=us("02 10:00"))
    (made,) = told.tick("03 09:00")
    assert [one["id"] for one in made["over"]] == ["a"]
    sizes = [sum(map(len, told.states.values()))]
    for day in ("04", "09", "10"):
        assert told.tick(day) == []
        sizes.append(sum(map(len, told.states.values())))
    assert sizes[0] > sizes[1] == sizes[2] > sizes[3]
    assert [key for key in told.states if b"notice" in key] == []


@pytest.mark.parametrize("day", ["03", "05", "09"])
def test_an_older_fact_does_not_bring_back_what_is_over(day: str) -> None:
    told = Told()
    told.fact(version=5)
    told.tick("02 09:00")
    told.fact(version=6, status="resolved", ended=us("02 10:00"))
    told.tick("03 09:00")
    told.tick(day + " 10:00")
    for now in (told, told.restarted()):
        now.fact(version=5)
        assert now.tick("10 08:00") == now.tick("12 10:00") == []


def test_what_opens_anew_is_told_anew() -> None:
    told = Told()
    told.fact(version=5)
    told.tick("02 09:00")
    told.fact(version=6, status="passed_on")
    told.tick("03 09:00")
    told.tick("05")
    for now in (told.restarted(), told):
        now.fact(version=7)
        assert ids(now.tick("05 09:00")) == ["a"]


def test_of_very_much_the_worst_is_listed_and_the_rest_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "MOST", 2)
    told = Told()
    alerts: list[dict[str, Any]] = [
        {"subject": f"c {n}", "severity": how} for n, how in enumerate(("info", "critical", "warning", "info"))
    ]
    for number, fields in enumerate(alerts):
        told.fact(f"a{number}", **fields)
    (first,) = told.tick("02 09:00")
    assert ids([first]) == ["a1", "a2"]
    assert (first["counts"]["standing"], first["counts"]["new"]) == (4, 4)
    assert ids(told.tick("03 09:00")) == ["a0", "a3"]
    for number, fields in enumerate(alerts):
        told.fact(f"a{number}", version=2, status="resolved", ended=us("03 10:00"), **fields)
    over = [[one["id"] for made in told.tick(day) for one in made["over"]] for day in ("04 09:00", "05 09:00", "06")]
    assert over == [["a1", "a2"], ["a0", "a3"], []]


def test_facts_of_two_origins_are_two() -> None:
    told = Told()
    told.fact(version=5)
    told.fact(origin=1, version=3, subject="d o")
    assert ids(told.tick("02 09:00")) == ["a", "a"]


def test_absences_are_those_of_all_origins_and_the_newest_of_each() -> None:
    told = Told()
    for origin, version, days in ((0, 5, ("02", "04")), (0, 4, ("02", "09")), (1, 2, ("04", "06"))):
        value = tagged(Away(version, [(us(days[0]), us(days[1]))]))
        assert told.desk.take(away_key("ann", origin), value, 0)
    told.fact()
    assert told.tick("04 10:00") == []
    for now in (told.restarted(), told):
        assert ids(now.tick("06 00:00")) == ["a"]


def test_a_record_of_something_else_is_none_of_its_own() -> None:
    desk = Desk(policy())
    assert not desk.take(b'["ann","m24314",0]', b"", 0)
    assert not desk.restore(b'["published","ann"]', b"")
    assert not desk.restore(b'["ann","profile",0]', b"")


def test_a_fact_that_was_deleted_unread_leaves_nothing_standing() -> None:
    told = Told()
    told.fact(version=5)
    assert ids(told.tick("02 09:00")) == ["a"]
    told.desk.gone(notice_key("ann", "a", 0), told.clock)
    assert told.tick("02 10:00") == []
    for now in (told.restarted(), told):
        (made,) = now.tick("03 09:00")
        assert ([one["reason"] for one in made["over"]], made["standing"]) == (["resolved"], [])


def test_of_what_is_over_or_was_never_heard_of_a_deletion_changes_nothing() -> None:
    told = Told()
    told.fact(version=5)
    told.fact(version=6, status="withdrawn")
    told.tick("02 08:00")
    for key in (notice_key("ann", "a", 0), notice_key("ann", "b", 0), notice_key("bob", "a", 0), b'["ann","d7",0]'):
        told.desk.gone(key, told.clock)
    assert told.desk.pending() == 0
