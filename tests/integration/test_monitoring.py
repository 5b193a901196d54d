"""Debian's Prometheus over real workers: every rule is evaluated, every panel of the dashboard has something to show,
and what goes wrong reaches Debian's Alertmanager."""

import asyncio
import contextlib
import math
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from streams.events import ContactLogged, ContactPlanned, Data, EmployeeUpserted, encode, make_event
from tests.acceptance.installation import Installation
from tests.integration.receivers import Alertmanager
from tests.unit.deploy.test_monitoring import PROMETHEUS, RULES, alerting_rules, panel_expressions

PATIENCE_S = 400.0
WINDOW = "20s"
"""What Grafana would put for $__rate_interval at this pace of scraping."""
DAY = timedelta(days=1)


class Scene:
    """Two workers, of which one is left alone after a while, and the Prometheus that looks at them."""

    def __init__(self, place: Installation, address: str) -> None:
        self.place, self.address = place, address
        self._number = 0

    async def ask(self, path: str, **query: str) -> Any:
        """The data of an answer of Prometheus' API."""
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://{self.address}/api/v1/{path}", params=query) as answer,
        ):
            body = await answer.json()
        assert body["status"] == "success", body
        return body["data"]

    async def value(self, expression: str) -> list[float]:
        """The value of each series that an expression has now, but for those that are no number."""
        found = (await self.ask("query", query=expression.replace("$__rate_interval", WINDOW)))["result"]
        return [number for series in found if not math.isnan(number := float(series["value"][1]))]

    async def until(self, expression: str, at_least: float) -> None:
        """Until the sum of an expression's values is that."""
        async with asyncio.timeout(PATIENCE_S):
            while sum(await self.value(expression)) < at_least:
                await asyncio.sleep(0.5)

    async def send(self, *events: Data, ago: timedelta = timedelta()) -> None:
        at, lines = datetime.now(UTC) - ago, []
        for data in events:
            self._number += 1
            lines.append(encode(make_event(data, f"e-{self._number}", "/crm", at)))
        await self.place.produce(lines)

    async def day(self) -> None:
        """A contact that is overdue, and one that was."""
        plans = [
            ContactPlanned(employee_id="emp-1", customer_id=f"cus-{n}", next_contact_at=datetime.now(UTC) - 3 * DAY)
            for n in range(6)
        ]
        await self.send(EmployeeUpserted(employee_id="emp-1", role="sales", team="north"), *plans, ago=5 * DAY)
        await self.until('crmpulse_alerts{rule="contact.overdue", status="firing"}', 6)
        await self.call("cus-0")

    async def call(self, customer: str) -> None:
        await self.send(ContactLogged(employee_id="emp-1", customer_id=customer, channel="call", direction="outbound"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configured(home: Path, ports: list[int], alertmanager: str) -> Path:
    """deploy/prometheus/prometheus.yml, with the addresses and at the pace of this test."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "2s", "evaluation_interval": "2s"}
    config["rule_files"] = [str(path) for path in RULES]
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [alertmanager]
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    worker, notify = jobs["crmpulse"], jobs["crmpulse-notify"]
    del worker["dns_sd_configs"]
    worker["static_configs"] = [{"targets": [f"127.0.0.1:{port}" for port in ports[:2]]}]
    notify["static_configs"] = [{"targets": [f"127.0.0.1:{ports[2]}"]}]
    config["scrape_configs"] = [worker, notify]
    path = home / "prometheus.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


@contextlib.asynccontextmanager
async def prometheus(home: Path, config: Path) -> AsyncIterator[str]:
    """A running Prometheus; its address."""
    binary = shutil.which("prometheus")
    if binary is None:
        pytest.skip("prometheus is not on the PATH")
    address = f"127.0.0.1:{free_port()}"
    options = [f"--config.file={config}", f"--storage.tsdb.path={home / 'data'}", f"--web.listen-address={address}"]
    with (home / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([binary, *options], stdout=log, stderr=subprocess.STDOUT)
    try:
        async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as http:
            while True:
                assert process.poll() is None, (home / "prometheus.log").read_text()
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"http://{address}/-/ready") as answer:
                        if answer.status == 200:
                            break
                await asyncio.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


@contextlib.asynccontextmanager
async def notifying(place: Installation, alertmanager: Alertmanager, port: int) -> AsyncIterator[None]:
    """`crmpulse notify`, which tells the same Alertmanager of the alerts about customers."""
    command = [sys.executable, "-m", "streams", "notify", "--alertmanager", alertmanager.url, "--port", str(port)]
    notify = subprocess.Popen(command, env=os.environ | place.environ, stderr=subprocess.DEVNULL)
    try:
        yield
        assert notify.poll() is None
    finally:
        notify.terminate()
        notify.wait()


def test_rules_and_panels_hold_over_real_workers(kafka: str, app_id: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        ports = [free_port(), free_port(), free_port()]
        variables = {
            "CRMPULSE_PARTITIONS": 2, "CRMPULSE_TICK_MS": 500, "CRMPULSE_FLUSH_MS": 100, "CRMPULSE_SCORE_GAUGE": 1,
        }  # fmt: skip
        with Installation(kafka, app_id, tmp_path, **variables) as place:
            async with Alertmanager.running(tmp_path) as alertmanager:
                config = configured(tmp_path, ports, alertmanager.url.removeprefix("http://"))
                async with prometheus(tmp_path, config) as address, notifying(place, alertmanager, ports[-1]):
                    await watched(Scene(place, address), ports[:2], alertmanager)

    asyncio.run(scenario())


async def watched(scene: Scene, ports: list[int], alertmanager: Alertmanager) -> None:
    workers = []
    for port in ports:
        scene.place.environ["CRMPULSE_WEB_PORT"] = str(port)
        workers.append(scene.place.start())
    await scene.until("sum(crmpulse_recovery_duration_seconds_count)", 5)
    await scene.until('sum(up{job="crmpulse"})', 2)
    await scene.day()
    workers[0].terminate()
    await asyncio.to_thread(workers[0].wait)
    await scene.until('sum by (alertname) (ALERTS{alertname="CrmPulseWorkerDown", alertstate="firing"})', 1)
    missing, end = set(panel_expressions()), time.monotonic() + PATIENCE_S
    while missing:
        assert time.monotonic() < end, f"nothing to be seen of {sorted(missing)}"
        await scene.call("cus-1")
        await scene.place.produce([b"no event"])  # each lap, as what the worker that left had of them went with it
        await asyncio.sleep(1)
        missing = {expression for expression in missing if not await scene.value(expression)}
        assert workers[1].poll() is None, scene.place.said(workers[1])
    rules = [rule for group in (await scene.ask("rules"))["groups"] for rule in group["rules"]]
    assert {rule["name"]: rule["health"] for rule in rules} == {rule["alert"]: "ok" for rule in alerting_rules()}
    await scene.until('up{job="crmpulse-notify"}', 1)
    async with asyncio.timeout(PATIENCE_S):
        told = {"CrmPulseWorkerDown", "contact.overdue"}
        while not told <= {alert["labels"]["alertname"] for alert in await alertmanager.alerts()}:
            await asyncio.sleep(0.5)
