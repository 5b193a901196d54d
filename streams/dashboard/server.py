"""The web server. Every request but those for figures and assets passes one gate, which asks who it is and whether
that may: see `_admit`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from streams.dashboard.access import TOPICS, Forbidden, Reader, Role
from streams.dashboard.asking import Ask, Guard, House, Missing, Place, Route
from streams.dashboard.assets import INDEX, Asset
from streams.dashboard.commands import Audit, Unsent
from streams.dashboard.explainer import Unexplained
from streams.dashboard.figures import Figures
from streams.dashboard.hub import Asked, Hub
from streams.dashboard.index import BadCursor
from streams.dashboard.openapi import document
from streams.dashboard.origin import check_command, check_host
from streams.dashboard.queries import EventsQuery, Query, SignInQuery
from streams.dashboard.routes import API, EVENTS, PAGES, ROUTES
from streams.dashboard.shapes import Accepted, Failure
from streams.dashboard.streaming import Stream
from streams.dashboard.tokens import Tokens, Unauthenticated
from streams.dashboard.views.alerts import Unanswerable

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

COOKIE: Final = "crmpulse"
OPEN: Final = Reader(Role.ADMIN, None, "admin")
"""Who everybody is on loopback, where nobody has to sign in."""
MOST: Final = 64 * 1024
"""Bytes of a command."""
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS: Final = {
    "Server": "crmpulse",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FORWARDED: Final = ("Forwarded", "X-Forwarded-For")
STATUSES: Final[Mapping[type[Exception], int]] = {
    Unauthenticated: 401,
    Forbidden: 403,
    Missing: 404,
    Unanswerable: 400,
    BadCursor: 400,
    Unsent: 503,
    Unexplained: 503,
}


class Unready(Exception):
    """The topics are still being read."""


class Desk(NamedTuple):
    """What the server works with. `now` is the wall clock, us; `origin` where browsers find it, None: as they ask."""

    house: House
    hub: Hub
    tokens: Tokens
    audit: Audit
    figures: Figures
    assets: Mapping[str, Asset]
    now: Callable[[], int]
    origin: str | None


class Server:
    """Answers requests; `application` is for aiohttp."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def application(self) -> web.Application:
        """Every route of the dashboard."""
        application = web.Application(client_max_size=MOST, middlewares=[self._outcome])
        application.on_response_prepare.append(_secure)
        router = application.router
        for route in ROUTES:
            router.add_route(route.method, API + route.path, self._api(route), name=route.name)
        for page in PAGES:
            router.add_get(page.path, self._page(page), name=page.name, allow_head=False)
        router.add_get(EVENTS.path, self._events, name=EVENTS.name, allow_head=False)
        router.add_get(f"{API}/openapi.json", self._openapi, name="openapi", allow_head=False)
        router.add_get("/sign-in", self._sign_in, name="sign_in", allow_head=False)
        router.add_get("/assets/{path:.+}", self._asset, name="assets", allow_head=False)
        router.add_get("/metrics", self._metrics, name="metrics", allow_head=False)
        router.add_get("/healthz", self._alive, name="healthz", allow_head=False)
        router.add_get("/readyz", self._ready, name="readyz", allow_head=False)
        return application

    async def _admit(
        self, request: web.Request, guard: Guard, query: type[Query] = Query, body: type[msgspec.Struct] | None = None,
        *, early: bool = False,
    ) -> Ask:  # fmt: skip
        """The one gate: who it is, what is asked, and whether that may be. Raises what `STATUSES` lists, and
        msgspec.ValidationError."""
        desk = self._desk
        reader = await self._reader(request)
        if request.method != "GET":
            check_command(request.headers, request.scheme, request.host, desk.origin)
        if not early and not desk.house.state.ready:
            raise Unready
        asked = msgspec.convert(dict(request.query), query, strict=False)
        given = None if body is None else msgspec.json.decode(await request.read(), type=body)
        ask = Ask(reader, dict(request.match_info), asked, given, desk.now())
        return ask._replace(scope=guard(desk.house, ask))

    async def _reader(self, request: web.Request) -> Reader:
        tokens = self._desk.tokens
        if not tokens.demanded:
            check_host(request.host)
            if any(header in request.headers for header in FORWARDED):
                raise Forbidden("The dashboard is open on this machine alone, and a proxy asks: demand tokens first.")
            return OPEN
        kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
        token = bearer.strip() if kind.lower() == "bearer" else request.cookies.get(COOKIE)
        if not token:
            raise Unauthenticated("Nobody has signed in: open /sign-in?token=… with a token, or send it as a bearer's.")
        return await tokens.read(token)

    def _api(self, route: Route) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            ask = await self._admit(request, route.guard, route.query, route.body, early=route.early)
            given = await route.answer(self._desk.house, ask)
            hub, as_of = self._desk.hub, self._desk.house.model.as_of
            about = {"X-Crmpulse-Event-Id": hub.id(hub.last)} | ({"X-Crmpulse-As-Of": as_of} if as_of else {})
            return _json(given, route.status, about)

        async def audited(request: web.Request) -> web.StreamResponse:
            note: dict[str, Any] = {"about": dict(request.match_info), "body": None, "event_id": None}
            who: Reader | None = None
            outcome = "failed"
            try:
                who = await self._reader(request)
                note["body"] = (await request.read()).decode(errors="replace")
                response = await handle(request)
                assert isinstance(response, web.Response)
                note["event_id"], outcome = msgspec.json.decode(response.text or "", type=Accepted).event_id, "sent"
            except Exception as error:
                outcome = f"refused: {error}"
                raise
            finally:
                self._desk.audit.note(self._desk.now(), who, request.remote, route.name, outcome, **note)
            return response

        return handle if route.body is None else audited

    def _page(self, page: Place) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            status = 200
            try:
                await self._admit(request, page.guard)
            except (Unauthenticated, Forbidden, Missing) as error:
                status = STATUSES[type(error)]
            except Unready:
                pass  # the page says so, and asks again
            return self._document(request, status)

        return handle

    def _document(self, request: web.Request, status: int) -> web.Response:
        """The pages' document, in which there is nothing but them: also for who may not, to be told so."""
        return _file(request, self._desk.assets[INDEX], status)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        ask = await self._admit(request, EVENTS.guard, EventsQuery)
        query, hub, access = ask.query, self._desk.hub, self._desk.house.access
        topics = frozenset(query.topics.split(",")) if query.topics else frozenset(TOPICS)
        if not topics <= TOPICS.keys():
            raise Unanswerable(f"topics is {query.topics!r}; it may name {', '.join(TOPICS)}.")
        reader = ask.reader
        asked = Asked(
            topics, query.team, query.employee, query.rule, lambda topic, facts: access.hears(reader, topic, facts)
        )
        stream = Stream(hub, asked, lambda: reader.expires is not None and self._desk.now() >= reader.expires)
        stream.resume(request.headers.get("Last-Event-ID") or query.last_event_id)
        return await stream.run(request)

    async def _openapi(self, request: web.Request) -> web.Response:
        await self._reader(request)
        return web.Response(body=document(), content_type="application/json", headers={"Cache-Control": "no-cache"})

    async def _sign_in(self, request: web.Request) -> web.Response:
        response = web.Response(status=303, headers={"Location": "/", "Cache-Control": "no-store"})
        if not self._desk.tokens.demanded:
            return response
        token = msgspec.convert(dict(request.query), SignInQuery, strict=False).token
        reader = await self._desk.tokens.read(token)
        left = None if reader.expires is None else max(0, (reader.expires - self._desk.now()) // 1_000_000)
        secure = (self._desk.origin or f"{request.scheme}://").startswith("https://")
        response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="Strict", secure=secure, max_age=left)
        return response

    async def _asset(self, request: web.Request) -> web.Response:
        asset = self._desk.assets.get(f"assets/{request.match_info['path']}")
        if asset is None:
            raise Missing(f"There is no {request.path}.")
        return _file(request, asset, 200)

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=self._desk.figures.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _alive(self, request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _ready(self, request: web.Request) -> web.Response:
        if not self._desk.house.state.ready:
            return web.Response(status=503, text="reading the topics\n")
        return web.Response(text="ready\n")

    @web.middleware
    async def _outcome(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Failures as one sentence of JSON, and a count of everything."""
        status = 500
        try:
            response = await self._outcome_of(request, handler)
            status = response.status
            return response
        finally:
            name = request.match_info.route.name or "none"
            self._desk.figures.requests[name, str(status)] += 1

    async def _outcome_of(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except tuple(STATUSES) as error:
            status = STATUSES[type(error)]
            headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
            return _json(Failure(error=str(error)), status, headers)
        except msgspec.MsgspecError as error:
            return _json(Failure(error=f"The request is not understood: {error}."), 400)
        except Unready:
            sentence = "The topics are still being read; try again in a moment."
            return _json(Failure(error=sentence), 503, {"Retry-After": "1"})
        except web.HTTPException as error:
            return _json(Failure(error=f"{request.method} {request.path}: {error.reason}."), error.status)
        except Exception:
            log.exception("%s %s", request.method, request.path)
            return _json(Failure(error="The dashboard made a mistake; its log says which."), 500)


def _json(given: Any, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(given),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"} | dict(headers or {}),
    )


def _file(request: web.Request, asset: Asset, status: int) -> web.Response:
    headers = {"ETag": asset.tag, "Cache-Control": asset.cache, "Vary": "Accept-Encoding", "Content-Type": asset.type}
    if status == 200 and asset.tag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    body = asset.body
    if asset.squeezed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"], body = "gzip", asset.squeezed
    return web.Response(body=body, status=status, headers=headers)


async def _secure(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
