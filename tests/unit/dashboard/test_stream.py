"""The event stream: nothing is lost, and everybody hears only what is theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from streams.dashboard.access import Role
from streams.dashboard.hub import Gone, Hub
from tests.unit.dashboard.following import change, subscribed
from tests.unit.dashboard.house import serving
from tests.unit.dashboard.records import Told, advice, alert, funnel, kpis, score, team


def test_a_subscriber_that_comes_again_misses_nothing_and_hears_nothing_twice() -> None:
    async def run() -> None:
        async with serving() as (board, client):
            async with subscribed(client) as reading:
                board.tell(alert("n1"), alert("n2"))
                first, _ = await reading.next(), await reading.next()
            board.tell(alert("n3"), alert("n4", status="resolved"), ("alerts", "n1", None))
            async with subscribed(client, last=first[0]) as reading:
                heard = [await reading.next() for _ in range(4)]
                assert [data["key"] for _, _, data in heard] == ["n2", "n3", "n4", "n1"]
                assert heard[2][2]["value"]["status"] == "resolved"
                assert heard[2][2]["value"]["summary_zh"]
                assert heard[3][2]["value"] is None
            async with subscribed(client, f"/api/v1/events?last_event_id={heard[3][0]}") as reading:
                board.tell(alert("n5"))
                assert await reading.keys(1) == ["n5"]

    asyncio.run(run())


@pytest.mark.parametrize("last", ["other-1", "e-99", "e-x", "e--1", "nonsense"])
def test_whose_place_is_not_known_is_told_to_load_anew_and_goes_on_from_there(last: str) -> None:
    async def run() -> None:
        async with serving() as (board, client):
            board.tell(alert("n1"))
            async with subscribed(client, last=last) as reading:
                assert await reading.next() == ("e-1", "reset", {})
                board.tell(alert("n2"))
                assert await reading.keys(1) == ["n2"]

    asyncio.run(run())


def test_the_ring_holds_so_many_changes_and_bytes_and_says_what_is_gone() -> None:
    hub = Hub("e", kept=10, kept_bytes=10_000)
    hub.publish(change(number) for number in range(25))
    assert [told.number for told in hub.read(15)] == list(range(16, 26))
    with pytest.raises(Gone):
        hub.read(14)
    with pytest.raises(Gone):
        hub.place("e-14")
    assert hub.place("e-25") == 25
    assert hub.read(25) == []
    hub.publish([change(25, 6_000), change(26, 6_000)])
    assert [told.number for told in hub.read(26)] == [27]
    with pytest.raises(Gone):
        hub.read(25)


def test_what_was_not_told_before_the_first_change_is_gone_too() -> None:
    hub = Hub("e")
    assert hub.place("e-0") == 0
    hub.publish([change(1)])
    assert len(hub.read(0)) == 1


OF_BOB, OF_EVE = score("bob", "north", "7d"), score("eve", "south", "7d")
OF_CID = alert("end", "cid", rule="opp.stalled")
CASES: Sequence[tuple[Role, str, Told, list[str]]] = (
    (Role.EMPLOYEE, "/api/v1/events", OF_BOB, ["a-bob", "bob/2026-03", "bob/2026-03", "rec-bob"]),
    (Role.MANAGER, "/api/v1/events", OF_BOB, ["a-bob", "a-cid", "bob/2026-03", "bob/2026-03", "north/2026-03",
                                       "north/2026-03", "rec-bob"]),
    (Role.OPERATIONS, "/api/v1/events", OF_CID, ["a-bob", "a-cid", "a-eve", "a-none", "north/2026-03", "/2026-03"]),
    (Role.HR, "/api/v1/events", OF_BOB, ["bob/2026-03", "bob/2026-03", "eve/2026-03", "north/2026-03", "south/2026-03",
                                  "rec-bob"]),
    (Role.MANAGER, "/api/v1/events?topics=alerts", OF_CID, ["a-bob", "a-cid"]),
    (Role.MANAGER, "/api/v1/events?topics=alerts&employee=cid", OF_CID, ["a-cid"]),
    (Role.ADMIN, "/api/v1/events?team=south", OF_EVE, ["a-eve", "eve/2026-03", "south/2026-03"]),
    (Role.ADMIN, "/api/v1/events?rule=opp.stalled", OF_CID, ["a-eve"]),
    (Role.ADMIN, "/api/v1/events?topics=scores,teams", OF_BOB, ["bob/2026-03", "eve/2026-03", "north/2026-03",
                                                         "south/2026-03"]),
)  # fmt: skip
"""Who asks for what, a record that is heard last of all, and the keys that are heard before."""


@pytest.mark.parametrize(("role", "path", "end", "keys"), CASES)
def test_everybody_hears_what_is_asked_for_of_what_may_be_seen(
    role: Role, path: str, end: Told, keys: list[str]
) -> None:
    changes: list[Told] = [
        alert("a-bob"), alert("a-cid", "cid"), alert("a-eve", "eve", "south", rule="opp.stalled"),
        alert("a-none", None, None), score("bob", "north"), kpis("bob"), score("eve", "south"),
        team("north", ["bob"]), team("south", ["eve"]), funnel("north"), funnel(""), advice("rec-bob"),
    ]  # fmt: skip

    async def run() -> list[str]:
        async with serving() as (board, client), subscribed(client, path, role) as reading:
            board.tell(*changes, end)
            found = await reading.keys(1)
            while found[-1] != end[1]:
                found += await reading.keys(1)
            return found[:-1]

    assert asyncio.run(run()) == keys


def test_whose_token_is_over_has_to_sign_in_again() -> None:
    async def run() -> None:
        async with serving() as (board, client), subscribed(client, role=Role.ADMIN) as reading:
            board.tell(alert("n1"))
            assert await reading.keys(1) == ["n1"]
            board.time += 4_000_000_000 * 1_000_000
            board.tell(alert("n2"), alert("n3"))
            with pytest.raises(EOFError):
                await reading.keys(3)

    asyncio.run(run())
