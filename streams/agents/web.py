"""A process's own small web server: /metrics for Prometheus, /healthz and /readyz for whoever keeps it running."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST


class Exposing(Protocol):
    """Figures for Prometheus."""

    def text(self) -> bytes: ...


class Web:
    """Serves from `start` until `stop`. `unready` says why the process is not ready, one line each."""

    def __init__(self, host: str, port: int, metrics: Exposing, unready: Callable[[], list[str]]) -> None:
        self._host, self._port, self._metrics, self._unready = host, port, metrics, unready
        routes = web.Application()
        routes.router.add_get("/metrics", self._get_metrics)
        routes.router.add_get("/healthz", self._get_health)
        routes.router.add_get("/readyz", self._get_readiness)
        self._runner = web.AppRunner(routes, access_log=None)

    async def start(self) -> int:
        """The port that it listens on (which 0 leaves to the system). Raises OSError when the address cannot be had."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        address = self._runner.addresses[0]
        return int(address[1])

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _get_metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _get_health(self, request: web.Request) -> web.Response:
        """That it answers is the answer: the loop that does all the work is the one that serves this."""
        return web.Response(text="alive\n")

    async def _get_readiness(self, request: web.Request) -> web.Response:
        if why := self._unready():
            return web.Response(status=503, text="".join(f"{line}\n" for line in why))
        return web.Response(text="ready\n")
