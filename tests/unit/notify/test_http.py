"""The HTTP edge against a real server on the loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from streams.notify import http
from streams.notify.answer import Answer, Outcome
from tests.unit.notify.alerts import NOON

SECRET = "hunter2"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/{SECRET}"
    finally:
        await runner.cleanup()


def ask(handler: Handler, *, quote: bool = False) -> Answer:
    async def scenario() -> Answer:
        async with serving(handler) as url, http.session() as client:
            return await http.post(client, url, b"[1]", {"Idempotency-Key": "k"}, lambda: NOON, quote=quote)

    return asyncio.run(scenario())


def answering(status: int, text: str = "", **headers: str) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    return handler


def test_the_body_goes_out_as_json_with_its_key() -> None:
    seen = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, request.content_type, request.headers["Idempotency-Key"], await request.read()))
        return web.Response(status=202)

    assert ask(handler) == Answer(Outcome.DELIVERED)
    assert seen == [("POST", "application/json", "k", b"[1]")]


@pytest.mark.parametrize(
    ("handler", "answer"),
    [
        (answering(429, **{"Retry-After": "7"}), Answer(Outcome.FAILED, "429 Too Many Requests", 7)),
        (answering(500), Answer(Outcome.FAILED, "500 Internal Server Error")),
        (answering(503, **{"Retry-After": "9"}), Answer(Outcome.FAILED, "503 Service Unavailable", 9)),
        (answering(400, SECRET), Answer(Outcome.REFUSED, "400 Bad Request")),
        (answering(302, Location="/login"), Answer(Outcome.REFUSED, "302 Found")),
    ],
)
def test_an_answer_is_taken_as_it_is_meant(handler: Handler, answer: Answer) -> None:
    assert ask(handler) == answer


def test_what_alertmanager_says_to_a_refusal_is_kept_on_one_line() -> None:
    answer = ask(answering(400, "bad\nlabels" + "x" * 1000), quote=True)
    assert answer.detail.startswith("400 Bad Request: bad labelsxxx")
    assert len(answer.detail) < 250


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can answer there meanwhile
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/{SECRET}"

        async def scenario() -> Answer:
            async with http.session() as client:
                return await http.post(client, url, b"", {}, lambda: NOON)

        assert asyncio.run(scenario()) == Answer(Outcome.FAILED, "no connection: Connection refused")


def test_one_that_hangs_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))

    async def hang(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    assert ask(hang) == Answer(Outcome.FAILED, "no answer in time")


def test_one_that_hangs_up_is_tried_again_and_its_address_is_not_told() -> None:
    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    answer = ask(hang_up)
    assert answer.outcome is Outcome.FAILED
    assert SECRET not in answer.detail


def test_what_cannot_be_sent_at_all_is_passed_over() -> None:
    async def scenario() -> Answer:
        async with serving(answering(200)) as url, http.session() as client:
            return await http.post(client, url, b"", {"Idempotency-Key": "a\nb"}, lambda: NOON)

    assert asyncio.run(scenario()) == Answer(Outcome.REFUSED, "it cannot be sent: ValueError")


def test_a_name_that_there_is_not() -> None:
    async def scenario() -> Answer:
        async with http.session() as client:
            return await http.post(client, f"http://nobody.invalid/{SECRET}", b"", {}, lambda: NOON)

    answer = asyncio.run(scenario())
    assert answer.outcome is Outcome.FAILED
    assert SECRET not in answer.detail
