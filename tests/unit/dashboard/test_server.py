"""The server around the answers: headers, origins, commands with their records, files, and what goes wrong."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from streams.dashboard.access import Role
from streams.dashboard.assets import ASK, ONCE, load
from streams.dashboard.commands import Order
from streams.dashboard.routes import API
from streams.dashboard.server import HEADERS, POLICY
from streams.events import AlertAcknowledged, AlertSilenced, ResponseSubmitted, ReviewDecided
from streams.events.instants import parse_datetime
from tests.unit.dashboard.house import Client, bearer, command, serving
from tests.unit.dashboard.records import alert, company

UNTIL = "2026-04-01T00:00:00Z"
ACK = f"{API}/alerts/al-bob/acknowledge"


async def status_and_error(client: Client, path: str, **more: Any) -> tuple[int, str]:
    answer = await client.request(more.pop("method", "GET"), path, **more)
    return answer.status, (await answer.json())["error"]


def test_every_answer_has_the_headers_that_keep_a_browser_safe() -> None:
    async def run() -> None:
        async with serving() as (_, client):
            for path in (
                "/",
                f"{API}/me",
                f"{API}/company",
                "/assets/none.js",
                "/metrics",
                "/nowhere",
                f"{API}/events",
            ):
                answer = await client.get(path, headers=bearer(Role.EMPLOYEE))
                assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
                answer.close()
        assert "unsafe" not in POLICY
        assert "default-src 'none'" in POLICY

    asyncio.run(run())


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:1", 200), ("localhost", 200), ("[::1]:80", 200), ("evil.example", 403), ("10.0.0.1", 403), ("", 403)],
)
def test_open_on_loopback_means_asked_for_by_a_name_of_this_machine(host: str, status: int) -> None:
    async def run() -> int:
        async with serving(key=None) as (_, client):
            return (await client.get(f"{API}/company", headers={"Host": host})).status

    assert asyncio.run(run()) == status


def test_open_on_loopback_is_not_open_through_a_proxy() -> None:
    async def run() -> None:
        async with serving(key=None) as (_, client):
            for header in ("X-Forwarded-For", "Forwarded"):
                status, error = await status_and_error(client, f"{API}/me", headers={header: "10.0.0.1"})
                assert (status, "proxy" in error) == (403, True)

    asyncio.run(run())


def test_signing_in_gives_a_cookie_that_no_script_reads_and_no_other_site_sends() -> None:
    async def run(origin: str | None) -> str:
        async with serving(origin=origin) as (_, client):
            token = bearer(Role.MANAGER)["Authorization"].removeprefix("Bearer ")
            answer = await client.get(f"/sign-in?token={token}", allow_redirects=False)
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            cookie = answer.headers["Set-Cookie"]
            me = await (await client.get(f"{API}/me", headers={"Cookie": f"crmpulse={token}"})).json()
            assert me["employee_id"] == "ann"
            assert (await client.get("/sign-in?token=nonsense", allow_redirects=False)).status == 401
            return cookie

    plain = asyncio.run(run(None))
    assert all(word in plain for word in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="))
    assert "Secure" not in plain
    assert "Secure" in asyncio.run(run("https://crm.example"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"X-Requested-With": None}, "X-Requested-With"),
        ({"X-Requested-With": "XMLHttpRequest"}, "X-Requested-With"),
        ({"Origin": None}, "Origin"),
        ({"Origin": "https://evil.example"}, "Origin"),
        ({"Origin": "null"}, "Origin"),
    ],
)
def test_a_command_from_elsewhere_is_refused_and_written_down(
    change: dict[str, str | None], why: str, tmp_path: Path
) -> None:
    async def run() -> tuple[int, str]:
        async with serving(audit=tmp_path / "audit") as (board, client):
            headers = {k: v for k, v in (command(client, Role.ADMIN) | change).items() if v is not None}
            found = await status_and_error(client, ACK, method="POST", json={}, headers=headers)
            assert board.sent == []
            return found

    status, error = asyncio.run(run())
    assert (status, why in error) == (403, True)
    (line,) = (tmp_path / "audit").read_text().splitlines()
    assert json.loads(line)["outcome"] == f"refused: {error}"


def test_behind_a_proxy_the_origin_is_the_one_that_is_set() -> None:
    async def run() -> tuple[int, int]:
        async with serving(origin="https://crm.example") as (_, client):
            own = command(client, Role.ADMIN)
            given = own | {"Origin": "https://crm.example"}
            return (
                (await client.post(ACK, json={}, headers=own)).status,
                (await client.post(ACK, json={}, headers=given)).status,
            )

    assert asyncio.run(run()) == (403, 202)


def test_commands_become_events_of_what_they_are_about_and_are_written_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    until = parse_datetime(UNTIL)
    orders = [
        (Role.EMPLOYEE, ACK, {"until": UNTIL},
         Order(AlertAcknowledged(alert_id="al-bob", by="bob", until=until), "cus-bob")),
        (Role.OPERATIONS, f"{API}/alerts/al-none/acknowledge", {},
         Order(AlertAcknowledged(alert_id="al-none", by="operations"), "crm.usage")),
        (Role.OPERATIONS, f"{API}/alerts/lead/acknowledge", {},
         Order(AlertAcknowledged(alert_id="lead", by="operations"), "lead-7")),
        (Role.OPERATIONS, f"{API}/alerts/desk/acknowledge", {},
         Order(AlertAcknowledged(alert_id="desk", by="operations"), "bob")),
        (Role.MANAGER, f"{API}/silences", {"matchers": {"employee_id": "bob", "rule": "opp.*"}, "until": UNTIL},
         Order(AlertSilenced(matchers={"employee_id": "bob", "rule": "opp.*"}, until=until, by="ann"), "ann")),
        (Role.EMPLOYEE, f"{API}/employees/bob/response", {"about": "2026-03", "ref": "won", "comment": "<b>No</b>"},
         Order(ResponseSubmitted(by="bob", about="2026-03", ref="won", comment="<b>No</b>"), None)),
        (Role.HR, f"{API}/recommendations/rec-bob/decision", {"decision": "rejected", "comment": "Too early."},
         Order(ReviewDecided(recommendation_id="rec-bob", by="hr", decision="rejected"), "rec-bob")),
    ]  # fmt: skip
    records = [
        *company(), alert("lead", customer_id=None, values={"lead_id": "lead-7"}),
        alert("desk", customer_id=None, values={}),
    ]  # fmt: skip

    async def run() -> list[Order]:
        async with serving(records, audit=tmp_path / "audit") as (board, client):
            for number, (role, path, body, _) in enumerate(orders, 1):
                answer = await client.post(path, json=body, headers=command(client, role))
                assert (answer.status, await answer.json()) == (202, {"event_id": f"event-{number}"})
            return board.sent

    with caplog.at_level(logging.INFO, "streams.dashboard.audit"):
        assert asyncio.run(run()) == [order for *_, order in orders]
    lines = [json.loads(line) for line in (tmp_path / "audit").read_text().splitlines()]
    assert [(one["command"], one["by"], one["outcome"], one["event_id"]) for one in lines][-1] == (
        "decide", "hr", "sent", "event-7",
    )  # fmt: skip
    assert "Too early." in lines[-1]["body"]
    assert lines[0] | {"body": None} == {
        "at": "2026-03-10T12:00:00Z", "by": "bob", "role": "employee", "address": "127.0.0.1",
        "command": "acknowledge", "outcome": "sent", "about": {"id": "al-bob"}, "body": None, "event_id": "event-1",
    }  # fmt: skip
    assert [json.loads(record.getMessage()) for record in caplog.records if record.name.endswith("audit")] == lines


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ACK, b"no json"),
        (ACK, b'{"until":"soon"}'),
        (ACK, b'{"until":"2026-03-10T11:00:00Z"}'),
        (ACK, b'{"other":1}'),
        (f"{API}/silences", b'{"until":"2026-04-01T00:00:00Z"}'),
        (f"{API}/silences", b'{"matchers":{},"until":"2026-04-01T00:00:00Z"}'),
        (f"{API}/silences", b'{"matchers":{"salary":"1"},"until":"2026-04-01T00:00:00Z"}'),
        (f"{API}/silences", b'{"matchers":{"rule":"x"},"until":"2026-03-01T00:00:00Z"}'),
        (f"{API}/employees/bob/response", b'{"about":"a","comment":""}'),
        (f"{API}/recommendations/rec-bob/decision", b'{"decision":"perhaps"}'),
    ],
)
def test_a_command_that_is_not_understood_is_refused_in_one_sentence(path: str, body: bytes) -> None:
    async def run() -> None:
        async with serving() as (board, client):
            headers = command(client, Role.ADMIN)
            status, error = await status_and_error(client, path, method="POST", data=body, headers=headers)
            assert status == 400, error
            assert board.sent == []

    asyncio.run(run())


@pytest.mark.parametrize(
    "path",
    [
        "/alerts?limit=0", "/alerts?limit=501", "/alerts?limit=many", "/alerts?status=odd", "/alerts?group=severity",
        "/alerts?cursor=x", "/company?period=march", "/pipeline?cursor=1", "/company?period=2026-13",
    ],
)  # fmt: skip
def test_a_question_that_is_not_understood_is_refused_in_one_sentence(path: str) -> None:
    async def run() -> int:
        async with serving() as (_, client):
            return (await status_and_error(client, API + path, headers=bearer(Role.ADMIN)))[0]

    assert asyncio.run(run()) == 400


def test_what_is_not_there_is_said_to_be_missing() -> None:
    async def run() -> set[int]:
        async with serving() as (_, client):
            found = set()
            for path in ("/alerts/x", "/customers/x", "/employees/x", "/teams/x", "/nowhere"):
                found.add((await status_and_error(client, API + path, headers=bearer(Role.ADMIN)))[0])
            return found

    assert asyncio.run(run()) == {404}


def test_a_broker_that_takes_nothing_and_a_body_that_is_too_long() -> None:
    async def run() -> None:
        async with serving() as (board, client):
            board.broken = True
            headers = command(client, Role.ADMIN)
            assert (await status_and_error(client, ACK, method="POST", json={}, headers=headers))[0] == 503
            long = {"about": "a", "comment": "x" * 100_000}
            path = f"{API}/employees/bob/response"
            assert (await status_and_error(client, path, method="POST", json=long, headers=headers))[0] == 413

    asyncio.run(run())


def test_until_all_is_read_only_what_needs_none_of_it_is_answered() -> None:
    async def run() -> dict[str, int]:
        async with serving([]) as (board, client):
            board.state.ready = False
            paths = (
                f"{API}/me",
                f"{API}/health",
                f"{API}/company",
                f"{API}/events",
                "/",
                "/company",
                "/readyz",
                "/healthz",
            )
            found = {path: (await client.get(path, headers=bearer(Role.ADMIN))).status for path in paths}
            assert (await client.get(f"{API}/company", headers=bearer(Role.ADMIN))).headers["Retry-After"] == "1"
            assert (await client.get("/company")).status == 401
            return found

    assert asyncio.run(run()) == {
        f"{API}/me": 200, f"{API}/health": 200, f"{API}/company": 503, f"{API}/events": 503, "/": 200, "/company": 200,
        "/readyz": 503, "/healthz": 200,
    }  # fmt: skip


@pytest.mark.logs_errors
def test_a_mistake_of_our_own_is_logged_and_told_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> tuple[int, str]:
        async with serving() as (board, client):
            monkeypatch.setattr(board.model, "period", None)
            return await status_and_error(client, f"{API}/company", headers=bearer(Role.ADMIN))

    status, error = asyncio.run(run())
    assert (status, "TypeError" in error) == (500, False)


def test_the_document_of_the_pages_comes_with_a_tag_and_is_loaded_once() -> None:
    async def run() -> None:
        async with serving() as (board, client):
            asset = board.desk.assets["index.html"]
            first = await client.get("/", headers=bearer(Role.ADMIN))
            assert (await first.read(), first.headers["ETag"]) == (asset.body, asset.tag)
            assert first.headers["Content-Type"] == "text/html; charset=utf-8"
            again = await client.get("/", headers=bearer(Role.ADMIN) | {"If-None-Match": asset.tag})
            assert (again.status, await again.read()) == (304, b"")
            refused = await client.get("/company", headers=bearer(Role.EMPLOYEE) | {"If-None-Match": asset.tag})
            assert refused.status == 403
            for path in ("/assets/../index.html", "/assets/%2e%2e/server.py", "/assets/none.js"):
                assert (await client.get(path)).status in (401, 404), path

    asyncio.run(run())


def test_files_are_served_by_their_kind_and_kept_by_their_name(tmp_path: Path) -> None:
    for name in ("index.html", "assets/app.js", "assets/app.1a2b3c4d.js", "assets/fast-shortcuts.js", "assets/x.exe"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("abc" * 1000)
    assets = load(tmp_path)
    assert sorted(assets) == ["assets/app.1a2b3c4d.js", "assets/app.js", "assets/fast-shortcuts.js", "index.html"]
    assert assets["assets/app.1a2b3c4d.js"].cache == ONCE
    assert {assets[name].cache for name in ("assets/app.js", "assets/fast-shortcuts.js", "index.html")} == {ASK}
    squeezed = assets["assets/app.js"].squeezed
    assert squeezed is not None
    assert gzip.decompress(squeezed) == assets["assets/app.js"].body
    assert assets["assets/app.js"].type == "text/javascript; charset=utf-8"


def test_metrics_name_routes_and_topics_and_nobody() -> None:
    async def run() -> str:
        async with serving() as (_, client):
            await client.get(f"{API}/employees/bob", headers=bearer(Role.ADMIN))
            await client.get(f"{API}/company", headers=bearer(Role.EMPLOYEE))
            return await (await client.get("/metrics")).text()

    text = asyncio.run(run())
    assert 'crmpulse_dashboard_requests_total{route="employee",status="200"} 1.0' in text
    assert 'crmpulse_dashboard_requests_total{route="company",status="403"} 1.0' in text
    assert 'crmpulse_dashboard_entries{table="customers"} 6.0' in text
    assert "bob" not in text
