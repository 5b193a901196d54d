"""The search over alerts: what it finds, and that others have their turn while it looks."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import patch

import pytest

from streams.dashboard import index as indexing
from streams.dashboard.access import Role
from streams.dashboard.routes import API
from tests.unit.dashboard.house import Client, bearer, serving
from tests.unit.dashboard.records import TREE, alert, employee

PEOPLE = [employee(id, manager, team) for id, (manager, team) in TREE.items()]
ALERTS = [
    alert("a1", summary="Call STRASSE 7 now.", rule="contact.due", customer_id="cus-1", opportunity_id="Opp-9"),
    alert("a2", "cid", summary="Visit Straße 8.", customer_id="cus-2", started_at="2026-03-08T09:00:00Z"),
    alert("a3", "eve", "south", summary="客户需要跟进", customer_id=None, started_at="2026-03-07T09:00:00Z"),
    alert("a4", None, None, summary="call", customer_id=None, status="resolved", started_at="2026-03-06T09:00:00Z"),
]


async def ask(client: Client, query: dict[str, str], role: Role = Role.ADMIN) -> dict[str, Any]:
    async with client.get(f"{API}/alerts", params=query, headers=bearer(role)) as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"search": "call"}, ["a1", "a4"]),
        ({"search": "straße"}, ["a1", "a2"]),
        ({"search": "strasse"}, ["a1", "a2"]),
        ({"search": "contact.DUE"}, ["a1"]),
        ({"search": "opp-9"}, ["a1"]),
        ({"search": "客户"}, ["a3"]),
        ({"search": "eve"}, ["a3"]),
        ({"search": "cus-"}, ["a1", "a2"]),
        ({"search": "now.contact"}, []),  # the end of one word and the beginning of the next
        ({"search": "warning"}, []),  # not among what is searched
        ({"search": "call", "status": "standing"}, ["a1"]),
        ({"search": "contact", "employee": "bob,cid,bob"}, ["a1", "a2"]),
        ({"employee": "bob,bob"}, ["a1"]),
        ({"search": "contact", "team": "north", "limit": "1", "offset": "1"}, ["a2"]),
    ],
)
def test_a_search_finds_what_names_the_text_whatever_its_case_the_newest_first(
    query: dict[str, str], ids: list[str]
) -> None:
    async def run() -> dict[str, Any]:
        async with serving([*PEOPLE, *ALERTS]) as (_, client):
            return await ask(client, query)

    found = asyncio.run(run())
    assert [one["id"] for one in found["items"]] == ids
    assert found["total"] == (2 if "offset" in query else len(ids))


def test_a_search_counts_by_groups_and_only_what_the_reader_sees() -> None:
    async def run() -> dict[str, Any]:
        async with serving([*PEOPLE, *ALERTS]) as (_, client):
            return await ask(client, {"search": "a", "group": "employee"}, Role.MANAGER)

    assert asyncio.run(run())["groups"] == [{"key": "bob", "count": 1}, {"key": "cid", "count": 1}]


def test_an_alert_that_changed_is_found_by_what_it_says_now_and_one_that_is_gone_by_nothing() -> None:
    async def run() -> tuple[list[str], list[str]]:
        async with serving([*PEOPLE, *ALERTS]) as (board, client):
            board.tell(alert("a1", summary="Write a letter."), ("alerts", "a4", None))
            calls, letters = await ask(client, {"search": "call"}), await ask(client, {"search": "letter"})
            return [one["id"] for one in calls["items"]], [one["id"] for one in letters["items"]]

    assert asyncio.run(run()) == ([], ["a1"])


@pytest.mark.parametrize("query", [{"search": "contact"}, {"group": "rule", "team": "north"}])
def test_others_have_their_turn_at_each_step_of_a_long_search(query: dict[str, str]) -> None:
    """Turns of the event loop are counted from its beginning to its end: at least one for each step."""
    many = 400

    async def run() -> int:
        turns = 0
        async with serving([alert(f"a{number}") for number in range(many)]) as (_, client):
            with patch.object(indexing, "STRIDE", 1):
                search = asyncio.create_task(ask(client, query))
                while not search.done():
                    await asyncio.sleep(0)
                    turns += 1
            assert (await search)["total"] == many
        return turns

    assert asyncio.run(run()) >= many


def test_another_request_is_answered_while_a_search_looks() -> None:
    """A request of its own is asked and answered before one with very many steps is over."""

    async def run() -> list[str]:
        over: list[str] = []

        async def noted(name: str, path: str) -> None:
            async with client.get(API + path, headers=bearer(Role.ADMIN)) as answer:
                assert answer.status == 200
                await answer.read()
            over.append(name)

        async with serving([alert(f"a{number}") for number in range(3_000)]) as (_, client):
            with patch.object(indexing, "STRIDE", 1):
                await asyncio.gather(noted("search", "/alerts?search=contact"), noted("me", "/me"))
        return over

    assert asyncio.run(run()) == ["me", "search"]
