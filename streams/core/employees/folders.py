"""What events of personnel say of employees, kept by whose they are: plans, rewards, trainings, answers, decisions.

An event that comes twice changes nothing, and the order of their arrival does not either.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from typing import Any, NamedTuple

from streams.core.personnel import place_of, read
from streams.core.records import key_of
from streams.events import (
    Event,
    ImprovementPlanClosed,
    ImprovementPlanOpened,
    ImprovementPlanStepDone,
    PlanStep,
    ResponseSubmitted,
    ReviewDecided,
    RewardGranted,
    TrainingCompleted,
)
from streams.events.instants import iso, to_us

ANSWERS = 10
"""So many answers about one thing are kept, the newest."""

Stamp = tuple[int, str, str]
"""When an event happened (us), its source and its id."""


class Decision(NamedTuple):
    """What a person decided about a recommendation."""

    stamp: Stamp
    by: str
    decision: str


class Answer(NamedTuple):
    """What an employee says to something; `key` is that of its state record."""

    stamp: Stamp
    key: bytes
    by: str
    comment: str

    def told(self) -> dict[str, Any]:
        """As records have it."""
        return {"at": iso(self.stamp[0]), "by": self.by, "comment": self.comment}


class Plan:
    """The events of one improvement plan, of each kind in the order of time."""

    __slots__ = ("closed", "done", "id", "opened")

    def __init__(self, id: str) -> None:
        self.id = id
        self.opened: list[tuple[Stamp, tuple[PlanStep, ...]]] = []
        self.done: list[tuple[Stamp, str]] = []
        self.closed: list[tuple[Stamp, str | None]] = []

    @property
    def steps(self) -> tuple[PlanStep, ...]:
        """As the newest opening has them."""
        return self.opened[-1][1] if self.opened else ()

    @property
    def over(self) -> tuple[Stamp, str | None] | None:
        """When and how it was closed, first, since it was opened last."""
        return next((one for one in self.closed if one[0][0] >= self.opened[-1][0][0]), None)

    def done_at(self, number: int) -> int | None:
        """When the step of a number, from 1 on, was first said to be done, by its number or by its text."""
        names = (str(number), self.steps[number - 1].step)
        return next((stamp[0] for stamp, step in self.done if step in names), None)


class Folder:
    """What is known of one employee."""

    __slots__ = ("_known", "answers", "plans", "rewards", "trainings")

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()
        self.plans: dict[str, Plan] = {}
        self.rewards: dict[str, list[Stamp]] = {}
        """By the recommendation that they follow."""
        self.trainings: dict[str, list[Stamp]] = {}
        """By course."""
        self.answers: dict[str, list[Answer]] = {}
        """By what they refer to."""

    def add(self, event: Event, key: bytes) -> bool:
        """Take in an event; False for one that is known."""
        if (event.source, event.id) in self._known:
            return False
        self._known.add((event.source, event.id))
        data, stamp = event.data, (to_us(event.time), event.source, event.id)
        if isinstance(data, ImprovementPlanOpened):
            insort(self._plan(data.plan_id).opened, (stamp, data.steps or ()), key=_stamp)
        elif isinstance(data, ImprovementPlanStepDone):
            insort(self._plan(data.plan_id).done, (stamp, data.step))
        elif isinstance(data, ImprovementPlanClosed):
            insort(self._plan(data.plan_id).closed, (stamp, data.outcome), key=_stamp)
        elif isinstance(data, RewardGranted) and data.recommendation_id is not None:
            insort(self.rewards.setdefault(data.recommendation_id, []), stamp)
        elif isinstance(data, TrainingCompleted):
            insort(self.trainings.setdefault(data.course, []), stamp)
        elif isinstance(data, ResponseSubmitted):
            answer = Answer(stamp, key, data.by, data.comment)
            insort(self.answers.setdefault(data.ref or data.about, []), answer)
        return True

    def keys(self, name: str, home: int) -> list[bytes]:
        """The keys of the facts that it is made of, of an employee whose events a partition tells of."""
        return [key_of(name, place_of(source, id), home) for source, id in sorted(self._known)]

    def surplus(self, ref: str) -> Iterator[Answer]:
        """Let go of the oldest answers to something where there are too many."""
        answers = self.answers.get(ref, [])
        while len(answers) > ANSWERS:
            yield answers.pop(0)

    def openings(self) -> Iterator[Stamp]:
        """When plans were opened."""
        return (stamp for plan in self.plans.values() for stamp, _ in plan.opened)

    def _plan(self, id: str) -> Plan:
        return self.plans.setdefault(id, Plan(id))


class Folders:
    """The folders of one partition's employees, and what was decided, whosever recommendation it is."""

    def __init__(self) -> None:
        self._folders: dict[str, Folder] = {}
        self.decisions: dict[str, Decision] = {}
        """The newest by recommendation."""
        self._let_go: list[bytes] = []

    def take(self, name: str, key: bytes, value: bytes) -> tuple[int, Event, bool]:
        """Take in a fact: its clock, its event, and whether it is news."""
        clock, event = read(value)
        data = event.data
        if isinstance(data, ReviewDecided):
            stamp = (to_us(event.time), event.source, event.id)
            known = self.decisions.get(data.recommendation_id)
            news = known is None or stamp > known.stamp
            if news:
                self.decisions[data.recommendation_id] = Decision(stamp, data.by, data.decision)
            return clock, event, news
        folder = self._folders.setdefault(name, Folder())
        news = folder.add(event, key)
        if isinstance(data, ResponseSubmitted):
            self._let_go += (answer.key for answer in folder.surplus(data.ref or data.about))
        return clock, event, news

    def depart(self, name: str, home: int) -> list[bytes]:
        """Forget an employee; the keys of what it was made of."""
        folder = self._folders.pop(name, None)
        keys = [] if folder is None else folder.keys(name, home)
        self._let_go += keys
        return keys

    def of(self, name: str) -> Folder:
        """What is known of an employee; not to be changed."""
        return self._folders.get(name) or Folder()

    def names(self) -> Iterator[str]:
        """Everybody of whom anything is known."""
        return iter(self._folders)

    def answers(self, name: str, ref: str) -> list[dict[str, Any]]:
        """What somebody answered to something, the oldest first."""
        return [answer.told() for answer in self.of(name).answers.get(ref, ())]

    def take_let_go(self) -> list[bytes]:
        """The keys of states that are needed no more, since the last time."""
        keys, self._let_go = self._let_go, []
        return keys


def _stamp(item: tuple[Stamp, Any]) -> Stamp:
    return item[0]
