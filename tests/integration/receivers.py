"""Who is told in tests of notifications: a webhook of our own, and a real Alertmanager."""

import asyncio
import contextlib
import json
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

ALERTMANAGER = "prometheus-alertmanager"
CONFIG = Path(__file__).parents[2] / "deploy/alertmanager/alertmanager.yml"


class Hook:
    """A webhook on the loopback, or what stands for an Alertmanager. `status` answers a body; `told` are the taken."""

    def __init__(self) -> None:
        self.status: Callable[[dict[str, Any]], int] = lambda body: 200
        self.told: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.attempts = 0
        self.url = ""

    @property
    def words(self) -> list[str]:
        """What it was told, as `fired a1`, `digest 12`, or of a recipient's digest `ann new a1 over a2`."""
        return [
            _digest(body["digest"])
            if "digest" in body
            else f"{body['change']} {body['alert']['id'] if 'alert' in body else body['total']}"
            for body in self.told
        ]

    async def take(self, request: web.Request) -> web.Response:
        self.attempts += 1
        body = json.loads(await request.read())
        status = self.status(body)
        if status == 200:
            self.told.append(body)
            self.keys.append(request.headers.get("Idempotency-Key", ""))
        return web.Response(status=status)

    @classmethod
    @asynccontextmanager
    async def listening(cls) -> AsyncIterator["Hook"]:
        hook, application = cls(), web.Application()
        for path in ("/hook", "/hook/api/v2/alerts"):
            application.router.add_post(path, hook.take)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
            yield hook
        finally:
            await runner.cleanup()


def _digest(digest: dict[str, Any]) -> str:
    alerts = [f"{alert['news']} {alert['id']}" for group in digest["standing"] for alert in group["alerts"]]
    return " ".join([digest["recipient"], *alerts, *(f"over {one['id']}" for one in digest["over"])])


class Alertmanager:
    """A running Alertmanager with the configuration that is deployed."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def alerts(self) -> list[dict[str, Any]]:
        """What it holds as standing."""
        async with aiohttp.ClientSession() as client, client.get(f"{self.url}/api/v2/alerts") as answer:
            answer.raise_for_status()
            found: list[dict[str, Any]] = await answer.json()
            return found

    async def labels(self) -> list[tuple[str, str]]:
        """(alert id, employee) of what stands, in order."""
        return sorted((one["labels"]["alert_id"], one["labels"].get("employee", "")) for one in await self.alerts())

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path) -> AsyncIterator["Alertmanager"]:
        """Skips the test where none is installed."""
        binary = shutil.which(ALERTMANAGER)
        if binary is None:
            pytest.skip(f"{ALERTMANAGER} is not on the PATH (Debian's package of that name has it)")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        with (folder / "alertmanager.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                binary, f"--config.file={CONFIG}", f"--storage.path={folder}", f"--web.listen-address={address}",
                "--cluster.listen-address=", stdout=log, stderr=log,
            )  # fmt: skip
        try:
            one = cls(f"http://{address}")
            async with asyncio.timeout(120):
                while True:
                    with contextlib.suppress(aiohttp.ClientError):
                        await one.alerts()
                        break
                    assert process.returncode is None, (folder / "alertmanager.log").read_text()
                    await asyncio.sleep(0.05)
            yield one
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
