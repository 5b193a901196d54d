"""Every request in every role: what is answered, and what is refused. A route without a line here fails."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import pytest

from streams.dashboard.access import Role
from streams.dashboard.routes import API, EVENTS, PAGES, ROUTES
from streams.dashboard.server import Server
from streams.dashboard.tokens import Tokens
from tests.unit.dashboard.house import Board, bearer, command, serving
from tests.unit.dashboard.records import employee, team

E, M, H, A = Role.EMPLOYEE, Role.MANAGER, Role.HR, Role.ADMIN
OK, NO = 200, 403
PUBLIC = frozenset(("metrics", "healthz", "readyz", "sign_in", "assets"))
"""What holds nothing of anybody, and asks for no token."""


class Line(NamedTuple):
    """A request, by the employee bob, his manager ann and the others; `may` are those that are answered."""

    name: str
    path: str
    may: frozenset[Role]
    body: dict[str, Any] | None = None


def line(name: str, path: str, may: str, body: dict[str, Any] | None = None) -> Line:
    roles = dict(zip("EMOHA", (E, M, Role.OPERATIONS, H, A), strict=True))
    return Line(name, path, frozenset(roles[letter] for letter in may), body)


UNTIL = "2026-04-01T00:00:00Z"
TABLE = (
    line("me", "/me", "EMOHA"),
    line("meta", "/meta", "EMOHA"),
    line("company", "/company", "HA"),
    line("team", "/teams/north", "MHA"),
    line("team", "/teams/south", "HA"),
    line("team", "/teams/board", ""),  # it has no members with scores: not there, for whoever may look
    line("employees", "/employees", "EMOHA"),
    line("employee", "/employees/bob", "EMHA"),
    line("employee", "/employees/cid", "MHA"),
    line("employee", "/employees/ann", "MHA"),
    line("employee", "/employees/eve", "HA"),
    line("explain", "/employees/bob/explain?kpi=contacts", "EMHA"),
    line("explain", "/employees/cid/explain?kpi=contacts", "MHA"),
    line("explain", "/employees/eve/explain?kpi=contacts", "HA"),
    line("alerts", "/alerts", "EMOA"),
    line("alerts", "/alerts?employee=bob", "EMOA"),
    line("alerts", "/alerts?employee=cid", "MOA"),
    line("alerts", "/alerts?employee=eve", "OA"),
    line("alerts", "/alerts?employee=bob,eve", "OA"),
    line("alerts", "/alerts?team=north", "MOA"),
    line("alerts", "/alerts?team=south", "OA"),
    line("alert", "/alerts/al-bob", "EMOA"),
    line("alert", "/alerts/al-cid", "MOA"),
    line("alert", "/alerts/al-eve", "OA"),
    line("alert", "/alerts/al-none", "OA"),
    line("acknowledge", "/alerts/al-bob/acknowledge", "EMOA", {"until": UNTIL}),
    line("acknowledge", "/alerts/al-eve/acknowledge", "OA", {}),
    line("silence", "/silences", "OA", {"matchers": {"rule": "opp.*"}, "until": UNTIL}),
    line("silence", "/silences", "MOA", {"matchers": {"employee_id": "bob"}, "until": UNTIL}),
    line("silence", "/silences", "OA", {"matchers": {"employee_id": "*"}, "until": UNTIL}),
    line("silence", "/silences", "OA", {"matchers": {"employee_id": "eve"}, "until": UNTIL}),
    line("silence", "/silences", "MOA", {"matchers": {"team": "north"}, "until": UNTIL}),
    line("silence", "/silences", "OA", {"matchers": {"team": "n*"}, "until": UNTIL}),
    line("silence", "/silences", "OA", {"matchers": {"team": "south"}, "until": UNTIL}),
    line("respond", "/employees/bob/response", "EA", {"about": "2026-03", "comment": "No."}),
    line("respond", "/employees/ann/response", "MA", {"about": "2026-03", "comment": "No."}),
    line("decide", "/recommendations/rec-bob/decision", "MHA", {"decision": "accepted"}),
    line("decide", "/recommendations/rec-ann/decision", "HA", {"decision": "accepted"}),
    line("decide", "/recommendations/rec-eve/decision", "HA", {"decision": "rejected", "comment": "Not yet."}),
    line("pipeline", "/pipeline", "EMOA"),
    line("pipeline", "/pipeline?team=north", "MOA"),
    line("pipeline", "/pipeline?employee=eve", "OA"),
    line("customers", "/customers", "EMOA"),
    line("customer", "/customers/cus-bob", "EMOA"),
    line("customer", "/customers/cus-eve", "OA"),
    line("customer", "/customers/once-bob", "EMOA"),
    line("customer", "/customers/once-eve", "OA"),
    line("health", "/health", "OA"),
)  # fmt: skip

PAGE_TABLE = (
    line("start", "/", "EMOHA"),
    line("company-page", "/company", "HA"),
    line("team-page", "/team/north", "MHA"),
    line("team-page", "/team/south", "HA"),
    line("person-page", "/person/bob", "EMHA"),
    line("person-page", "/person/cid", "MHA"),
    line("person-page", "/person/eve", "HA"),
    line("alerts-page", "/alerts", "EMOA"),
    line("pipeline-page", "/pipeline", "EMOA"),
    line("customer-page", "/customer/cus-bob", "EMOA"),
    line("customer-page", "/customer/cus-eve", "OA"),
    line("customer-page", "/customer/once-bob", "EMOA"),
    line("customer-page", "/customer/once-eve", "OA"),
    line("health-page", "/health", "OA"),
)
EVENTS_TABLE = (
    line("events", "/events", "EMOHA"),
    line("events", "/events?topics=alerts", "EMOA"),
    line("events", "/events?topics=scores,kpis", "EMHA"),
    line("events", "/events?topics=alerts&employee=bob", "EMOA"),
    line("events", "/events?topics=alerts&employee=cid", "MOA"),
    line("events", "/events?topics=alerts&employee=eve", "OA"),
    line("events", "/events?topics=scores&team=north", "MHA"),
    line("events", "/events?topics=scores&team=south", "HA"),
)


def statuses(role: Role) -> dict[str, int]:
    """What each line comes to."""

    async def ask() -> dict[str, int]:
        found = {}
        async with serving() as (_, client):
            for one in (*TABLE, *PAGE_TABLE, *EVENTS_TABLE):
                path = one.path if one in PAGE_TABLE else API + one.path
                if one.body is not None:
                    answer = await client.post(path, json=one.body, headers=command(client, role))
                else:
                    answer = await client.get(path, headers=bearer(role))
                found[f"{path} {one.body or ''}"] = answer.status
                answer.close()
        return found

    return asyncio.run(ask())


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_answered_what_it_may_ask_and_nothing_else(role: Role) -> None:
    found = statuses(role)
    for one in (*TABLE, *PAGE_TABLE, *EVENTS_TABLE):
        path = one.path if one in PAGE_TABLE else API + one.path
        wanted = (202 if one.body is not None else OK) if role in one.may else NO
        if path.endswith("/teams/board") and role in (H, A, M):
            wanted = 404 if role is not M else NO
        assert found[f"{path} {one.body or ''}"] == wanted, f"{role}: {path} {one.body or ''}"


def test_every_route_has_a_line() -> None:
    routes = {route.name for route in ROUTES}
    assert {one.name for one in TABLE} == routes
    assert {one.name for one in PAGE_TABLE} == {page.name for page in PAGES}
    assert {one.name for one in EVENTS_TABLE} == {EVENTS.name}
    board = Board([], Tokens(None, None, None))
    served = {route.name for route in Server(board.desk).application().router.routes()}
    assert served == routes | {page.name for page in PAGES} | {EVENTS.name, "openapi"} | PUBLIC


def test_without_a_token_nothing_is_answered_but_what_holds_nothing() -> None:
    async def ask() -> dict[str, int]:
        found = {}
        async with serving() as (_, client):
            for one in (*TABLE, *PAGE_TABLE, *EVENTS_TABLE):
                path = one.path if one in PAGE_TABLE else API + one.path
                method = "POST" if one.body is not None else "GET"
                found[path] = (await client.request(method, path, json=one.body)).status
            found[f"{API}/openapi.json"] = (await client.get(f"{API}/openapi.json")).status
            for path in ("/metrics", "/healthz", "/readyz"):
                assert (await client.get(path)).status == OK
        return found

    assert set(asyncio.run(ask()).values()) == {401}


def test_lists_hold_only_what_the_reader_may_see() -> None:
    async def ask(role: Role) -> tuple[Any, ...]:
        async with serving() as (_, client):

            async def get(path: str) -> Any:
                return await (await client.get(API + path, headers=bearer(role))).json()

            alerts, deals, customers = await get("/alerts"), await get("/pipeline"), await get("/customers")
            people, me, meta = await get("/employees"), await get("/me"), await get("/meta")
            return (
                sorted(one["id"] for one in alerts["items"]), alerts["total"],
                sorted(one["opportunity_id"] for one in deals["opportunities"]["items"]),
                sum(stage["count"] for stage in deals["stages"]), deals["bridge"] is not None,
                [one["customer_id"] for one in customers["items"]], customers["total"],
                [one["employee_id"] for one in people["items"]], [one["employee_id"] for one in meta["employees"]],
                me["sees"]["alerts"],
            )  # fmt: skip

    bob = (["al-bob"], 1, ["opp-bob"], 1, False, ["cus-bob"], 1, ["bob"], ["bob"], 1)
    assert asyncio.run(ask(E)) == bob
    three = ["ann", "bob", "cid"]
    ann = (
        [f"al-{one}" for one in three], 3, [f"opp-{one}" for one in three], 3, False,
        [f"cus-{one}" for one in three], 3, three, three, 3,
    )  # fmt: skip
    assert asyncio.run(ask(M)) == ann
    everybody = sorted(("zoe", "ann", "bob", "cid", "dan", "eve"))
    every = (
        sorted(["al-none", *(f"al-{one}" for one in everybody)]), 7, [f"opp-{one}" for one in everybody], 6, True,
        [f"cus-{one}" for one in everybody], 6, everybody, everybody, "all",
    )  # fmt: skip
    assert asyncio.run(ask(A)) == every


def test_a_person_is_told_as_far_as_the_reader_sees() -> None:
    async def ask(role: Role) -> tuple[int, int, int, int, bool]:
        async with serving() as (_, client):
            answer = await client.get(f"{API}/employees/bob", headers=bearer(role))
            person = await answer.json()
            today = person["today"]
            return (
                len(person["alerts"]), len(today["contacts"]), len(today["next_steps"]),
                len(person["recommendations"]), person["score"] is not None,
            )  # fmt: skip

    assert asyncio.run(ask(E)) == asyncio.run(ask(M)) == asyncio.run(ask(A)) == (1, 1, 1, 1, True)
    assert asyncio.run(ask(H)) == (0, 0, 0, 1, True)  # nothing of what bob is to do


def test_of_a_team_a_manager_sees_the_members_that_report_to_the_manager() -> None:
    async def ask() -> tuple[list[str], list[str]]:
        async with serving() as (board, client):
            board.tell(employee("fay", "zoe", "north"), team("north", ["fay", "bob", "ann", "cid"]))
            found = await (await client.get(f"{API}/teams/north", headers=bearer(M))).json()
            return (
                [one["employee_id"] for one in found["team"]["ranking"]],
                [one["employee_id"] for one in found["members"]],
            )

    assert asyncio.run(ask()) == (["bob", "ann", "cid"], ["bob", "ann", "cid"])
