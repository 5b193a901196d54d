"""The process: the feed, the sender of commands and the web server, until a signal."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Final

from aiohttp import web
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.agents.hush import hush
from streams.agents.leave import Exit, leave
from streams.clients import refusal
from streams.dashboard.access import Access
from streams.dashboard.asking import House
from streams.dashboard.assets import load
from streams.dashboard.commands import Audit, Commander
from streams.dashboard.explainer import Explainer
from streams.dashboard.feed import Feed
from streams.dashboard.figures import Figures
from streams.dashboard.hub import Hub
from streams.dashboard.model import ReadModel
from streams.dashboard.origin import is_loopback
from streams.dashboard.provider import ProviderKeys
from streams.dashboard.server import Desk, Server
from streams.dashboard.tokens import Provider, Tokens
from streams.policy import Policy
from streams.settings import Settings, SettingsError
from streams.topics import MissingTopic

log = logging.getLogger(__name__)

GRACE_S: Final = 5.0
"""Seconds that a stop leaves to requests under way."""
STOP_S: Final = 15.0

Now = Callable[[], int]
"""The wall clock, us."""


class DashboardError(Exception):
    """It could not start or go on; the message is one sentence."""


def run_dashboard(settings: Settings, policy: Policy, now: Now, say: Callable[[str], object]) -> None:
    """Serve until SIGTERM or SIGINT; `say` is told the address. Raises `DashboardError` and `SettingsError`."""
    asyncio.run(_until_signalled(settings, policy, now, say))


async def _until_signalled(settings: Settings, policy: Policy, now: Now, say: Callable[[str], object]) -> None:
    hush()
    stop = asyncio.Event()

    def told() -> None:
        limit = threading.Timer(STOP_S, leave, (Exit.STOP, f"a stop took more than {STOP_S} s", "crmpulse dashboard"))
        limit.daemon = True
        limit.start()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told)
    await dashboard(settings, policy, now, say, stop)


def tokens_of(settings: Settings) -> Tokens:
    """Whose tokens are taken. Raises `SettingsError` where everybody in reach would be an admin."""
    key, provider = settings.dashboard_key(), _provider(settings)
    if key is None and provider is None and not is_loopback(settings.dashboard_host):
        raise SettingsError(
            f"CRMPULSE_DASHBOARD_HOST is {settings.dashboard_host!r}, which others reach: set "
            "CRMPULSE_DASHBOARD_SECRET (and hand out tokens of `crmpulse token`) or "
            "CRMPULSE_DASHBOARD_OIDC_ISSUER, or listen on 127.0.0.1."
        )
    if provider is None:
        return Tokens(key, None, None)
    return Tokens(key, provider, ProviderKeys(provider.jwks_url, asyncio.get_running_loop().time).key)


def _provider(settings: Settings) -> Provider | None:
    issuer, audience, url = (
        settings.dashboard_oidc_issuer, settings.dashboard_oidc_audience, settings.dashboard_oidc_jwks_url
    )  # fmt: skip
    if not (issuer and audience and url):
        return None
    return Provider(issuer, audience, url, settings.dashboard_oidc_role_claim, settings.dashboard_oidc_employee_claim)


async def dashboard(
    settings: Settings, policy: Policy, now: Now, say: Callable[[str], object], stop: asyncio.Event
) -> None:
    """The process inside a running loop, until `stop`. Raises `DashboardError` and `SettingsError`."""
    tokens, audit = tokens_of(settings), Audit(settings.dashboard_audit_file)
    _check(audit, settings)
    model, hub = ReadModel(policy), Hub(f"{now():x}")
    commander, explainer = Commander(settings, now), Explainer(settings)
    feed = Feed(settings, model, hub, lambda: log.info("everything is read; ready"))
    house = House(model, Access(model.people), feed, commander.send, explainer)
    desk = Desk(house, hub, tokens, audit, Figures(model, hub, feed), load(), now, settings.dashboard_origin)
    runner = web.AppRunner(Server(desk).application(), access_log=None, shutdown_timeout=GRACE_S)
    feeding = asyncio.create_task(_feed(feed, commander))
    stopped = asyncio.create_task(stop.wait())
    try:
        say(await _listen(runner, settings))
        await asyncio.wait({feeding, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if feeding.done():
            await _why(feeding, settings)
    finally:
        hub.close()
        await runner.cleanup()
        for task in (feeding, stopped):
            task.cancel()
        await asyncio.gather(feeding, stopped, return_exceptions=True)
        await explainer.stop()
        await commander.stop()


def _check(audit: Audit, settings: Settings) -> None:
    try:
        audit.check()
    except OSError as error:
        raise SettingsError(
            f"CRMPULSE_DASHBOARD_AUDIT_FILE is {str(settings.dashboard_audit_file)!r}, which cannot be written: "
            f"{error.strerror}."
        ) from None


async def _feed(feed: Feed, commander: Commander) -> None:
    logger = logging.getLogger("aiokafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # what it says of a broker that is not there, our sentence says
    try:
        await commander.start()
    finally:
        logger.setLevel(level)
    await feed.run()


async def _listen(runner: web.AppRunner, settings: Settings) -> str:
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.dashboard_host, settings.dashboard_port).start()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else type(error).__name__
        where = f"{settings.dashboard_host}:{settings.dashboard_port}"
        raise DashboardError(f"CRMPULSE_DASHBOARD_PORT: {where} cannot be listened on: {why}.") from error
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def _why(feeding: asyncio.Task[None], settings: Settings) -> None:
    try:
        await feeding
    except MissingTopic as error:
        raise DashboardError(str(error)) from error
    except KafkaConnectionError as error:
        raise DashboardError(await refusal(settings)) from error
    except KafkaError as error:
        raise DashboardError(f"Kafka at {settings.kafka}: {error}") from error
