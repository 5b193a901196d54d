"""Figures explained down to their events: what is asked, what is read, and what is kept of it."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from streams.dashboard import explainer
from streams.dashboard.access import Role
from streams.dashboard.asking import Missing
from streams.dashboard.behind import MOST, Order, Outcome, find
from streams.dashboard.explainer import KEPT, WAITING, Explainer, Unexplained, in_process
from streams.dashboard.routes import API
from streams.explain import Mistyped
from streams.settings import Settings
from tests.unit.core.kit import contact
from tests.unit.dashboard.house import NOW, bearer, serving
from tests.unit.explain.small import company, read

SETTINGS = Settings.from_env({"CRMPULSE_KAFKA": "nowhere:1"})
FOUND = Outcome(as_of="2026-03-10T12:00:00Z")


class Finder:
    """Finds what it is told to, once it is let."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.orders: list[Order] = []
        self.let = asyncio.Event()
        self.at_once = self.most_at_once = 0
        self._outcomes = list(outcomes)

    async def __call__(self, order: Order) -> Outcome:
        self.orders.append(order)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.let.wait()
        finally:
            self.at_once -= 1
        return self._outcomes.pop(0) if self._outcomes else FOUND


def test_who_asks_meanwhile_is_told_that_it_is_being_read_and_it_is_read_once() -> None:
    async def run() -> None:
        finder = Finder()
        explains = Explainer(SETTINGS, finder)
        assert await explains.ask("ann", "2026-03", NOW, 0) is None
        assert await explains.ask("ann", "2026-03", NOW + 1, 0) is None
        finder.let.set()
        assert await explains.ask("ann", "2026-03", NOW + 2) == FOUND
        assert await explains.ask("ann", "2026-03", NOW + 3) == FOUND
        assert finder.orders == [Order(SETTINGS, "ann", "2026-03", NOW)]

    asyncio.run(run())


def test_one_reading_at_a_time_and_not_too_many_that_wait() -> None:
    async def run() -> None:
        finder = Finder()
        explains = Explainer(SETTINGS, finder)
        for number in range(WAITING):
            assert await explains.ask(f"e-{number}", "2026", NOW, 0) is None
        with pytest.raises(Unexplained, match="20 readings of the log wait already"):
            await explains.ask("one-more", "2026", NOW, 0)
        finder.let.set()
        assert await explains.ask(f"e-{WAITING - 1}", "2026", NOW) == FOUND
        assert (len(finder.orders), finder.most_at_once) == (WAITING, 1)

    asyncio.run(run())


def test_what_was_found_is_kept_for_a_while_and_not_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        finder = Finder()
        finder.let.set()
        explains = Explainer(SETTINGS, finder)
        for number in range(KEPT + 1):
            await explains.ask(f"e-{number}", "2026", NOW)
        await explains.ask(f"e-{KEPT}", "2026", NOW)
        assert len(finder.orders) == KEPT + 1
        await explains.ask("e-0", "2026", NOW)
        assert len(finder.orders) == KEPT + 2
        monkeypatch.setattr(explainer, "FRESH_S", -1.0)
        await explains.ask("new", "2026", NOW)
        await explains.ask("new", "2026", NOW + 1)
        assert [order.as_of for order in finder.orders[-2:]] == [NOW, NOW + 1]

    asyncio.run(run())


def test_what_failed_is_said_and_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        finder = Finder(Outcome(failed="There is no broker."), Outcome(missing="ann has no figures in 2026."))
        finder.let.set()
        explains = Explainer(SETTINGS, finder)
        for _ in range(2):
            with pytest.raises(Unexplained, match="There is no broker"):
                await explains.ask("ann", "2026", NOW)
        assert len(finder.orders) == 1
        monkeypatch.setattr(explainer, "AGAIN_S", -1.0)
        with pytest.raises(Missing, match="no figures in 2026"):
            await explains.ask("bob", "2026", NOW)
        assert await explains.ask("bob", "2026", NOW) == FOUND

    asyncio.run(run())


def test_a_stop_ends_what_is_under_way() -> None:
    async def run() -> None:
        finder = Finder()
        explains = Explainer(SETTINGS, finder)
        await explains.ask("ann", "2026", NOW, 0)
        await explains.stop()
        assert finder.at_once == 0

    asyncio.run(run())


def test_a_process_that_dies_or_takes_too_long_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    order = Order(SETTINGS, "ann", "2026", NOW)
    monkeypatch.setattr(
        explainer, "COMMAND", (sys.executable, "-c", "import sys; sys.stdin.buffer.read(); sys.exit(3)")
    )
    assert asyncio.run(in_process(order)).failed == "The log could not be read; the dashboard's log says why."
    assert "exit code 3" in caplog.text
    monkeypatch.setattr(explainer, "COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    monkeypatch.setattr(explainer, "LIMIT_S", 0.0)
    assert "It takes more than 0 minutes" in str(asyncio.run(in_process(order)).failed)
    caplog.clear()


def test_without_a_broker_the_process_says_so() -> None:
    settings = Settings.from_env({"CRMPULSE_KAFKA": "127.0.0.1:1"})
    outcome = asyncio.run(in_process(Order(settings, "ann", "2026", NOW)))
    assert "127.0.0.1:1" in str(outcome.failed)


def test_events_of_each_figure_come_to_it_the_newest_first() -> None:
    found = find(read(company()), "ann", "2026-03")
    contacts, won, rate = (found.kpis[name] for name in ("contacts", "won_amount", "win_rate"))
    assert [event.id for event in contacts.events] == ["e-call-3", "e-call-2", "e-call-1"]
    assert (contacts.traced, contacts.total) == (True, 3)
    assert sum(event.adds for event in won.events) == 120
    assert rate.traced
    assert found.as_of == "2026-03-31T00:00:00Z"


def test_of_very_many_events_the_newest_are_told() -> None:
    more = [contact(f"15 {n // 60:02d}:{n % 60:02d}", id=f"more-{n}", customer_id="c") for n in range(MOST + 10)]
    contacts = find(read([*company(), *more]), "ann", "2026-03").kpis["contacts"]
    assert (contacts.total, len(contacts.events), contacts.events[0].id) == (MOST + 13, MOST, f"more-{MOST + 9}")


def test_somebody_without_figures_is_a_sentence() -> None:
    with pytest.raises(Mistyped, match="ann has no figures in 2025-01"):
        find(read(company()), "ann", "2025-01")


def answers(path: str, answer: Outcome | Exception | None = FOUND) -> tuple[int, Any, list[tuple[str, str, int]]]:
    async def run() -> tuple[int, Any, list[tuple[str, str, int]]]:
        async with serving() as (board, client):
            if answer is not FOUND:
                board.explained.answer = answer
            given = await client.get(API + path, headers=bearer(Role.HR))
            return given.status, await given.json(), board.explained.asked

    return asyncio.run(run())


def test_the_route_answers_so_many_events_of_the_newest_month() -> None:
    status, told, asked = answers("/employees/bob/explain?kpi=contacts&limit=2")
    assert (status, told["status"], told["total"], told["traced"]) == (200, "ready", 3, True)
    assert [event["id"] for event in told["events"]] == ["c-3", "c-2"]
    assert asked == [("bob", "2026-03", NOW)]


def test_the_route_says_that_the_log_is_being_read() -> None:
    status, told, _ = answers("/employees/bob/explain?kpi=contacts&period=2026", None)
    assert (status, told["status"], told["period"], told["events"]) == (200, "reading", "2026", [])


@pytest.mark.parametrize(
    ("path", "answer", "status", "says"),
    [
        ("kpi=contract", FOUND, 400, "'contract' is no KPI. Did you mean contacts?"),
        ("period=2026-3&kpi=contacts", FOUND, 400, "period"),
        ("period=2026", FOUND, 400, "kpi"),
        ("kpi=win_rate", FOUND, 404, "bob has no win_rate in 2026-03."),
        ("kpi=contacts", Unexplained("There is no broker."), 503, "There is no broker."),
    ],
)
def test_what_cannot_be_explained_is_a_sentence(
    path: str, answer: Outcome | Exception, status: int, says: str
) -> None:  # fmt: skip
    found, told, _ = answers(f"/employees/bob/explain?{path}", answer)
    assert found == status
    assert says in told["error"]
