"""A request as the pure part sees it, and what may be wrong with one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from streams.dashboard.access import Access, Reader, Scope
from streams.dashboard.behind import Outcome
from streams.dashboard.commands import Order
from streams.dashboard.model import ReadModel
from streams.dashboard.queries import Query


class Missing(Exception):
    """There is no such thing; the message is one sentence."""


class State(Protocol):
    """How far the topics are read."""

    ready: bool

    @property
    def rate(self) -> float: ...

    def behind(self) -> Mapping[str, int]: ...


class Explains(Protocol):
    """What is behind each of an employee's figures of a period at an instant, us; None while that is being found."""

    async def ask(self, employee: str, period: str, now: int, /) -> Outcome | None: ...


class House(NamedTuple):
    """What answers are made of. `send` gives an order to the broker."""

    model: ReadModel
    access: Access
    state: State
    send: Callable[[Order], Awaitable[str]]
    explainer: Explains


class Ask(NamedTuple):
    """A request that was understood. `scope` is whose things the answer may hold, as its guard found."""

    reader: Reader
    path: Mapping[str, str]
    query: Any
    body: Any
    now: int
    scope: Scope = None


Guard = Callable[[House, Ask], Scope]
"""Decides whether a request may be answered. Raises `Forbidden`, and `Missing` for what it would be about."""
Answer = Callable[[House, Ask], Coroutine[Any, Any, Any]]
"""Answers a request that its guard let pass. Raises `Missing`, `Unanswerable`, `BadCursor` and `Unsent`."""


class Route(NamedTuple):
    """A request that is answered: how it is written, who may, what it takes and gives."""

    method: str
    path: str
    name: str
    summary: str
    guard: Guard
    answer: Answer
    gives: type[msgspec.Struct]
    query: type[Query] = Query
    body: type[msgspec.Struct] | None = None
    status: int = 200
    early: bool = False
    """Whether it is answered while the topics are still being read."""


class Place(NamedTuple):
    """A page: its path, and who may open it."""

    path: str
    name: str
    guard: Guard
