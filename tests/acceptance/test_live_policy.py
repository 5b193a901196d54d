"""A worker at work whose policy file is changed, spoilt and changed again: what its readers see."""

import asyncio
import socket
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams.events import ContactLogged, encode, make_event
from streams.policy import load
from tests.acceptance.commands import PATIENCE_S
from tests.acceptance.installation import Installation

CUSTOMERS = 40
SILENT_D = 10


def interval(days: int) -> str:
    return f"pipeline:\n  stages: [{{name: A}}]\ncontact: {{intervals: {{default: {days}d}}}}\n"


def test_a_file_that_changes_under_a_running_worker(kafka: str, app_id: str, tmp_path: Path) -> None:
    file, port = tmp_path / "policy.yaml", _free_port()
    file.write_text(interval(30), encoding="utf-8")
    ago = datetime.now(UTC) - timedelta(days=SILENT_D)

    with Installation(kafka, app_id, tmp_path, CRMPULSE_POLICY=file, CRMPULSE_WEB_PORT=port) as place:
        contacts = (
            ContactLogged(employee_id="emp-1", customer_id=f"cus-{n}", channel="call", direction="outbound")
            for n in range(CUSTOMERS)
        )
        asyncio.run(place.produce(encode(make_event(data, f"c-{n}", "/crm", ago)) for n, data in enumerate(contacts)))
        worker = place.start()

        def alerts() -> list[tuple[str, str, str]]:
            found = asyncio.run(place.newest("alerts")).values()
            return [(one["status"], one["reason"], one["policy_version"]) for one in found]

        def until(holds: Callable[[], bool]) -> None:
            deadline = time.monotonic() + PATIENCE_S
            while not holds():
                assert worker.poll() is None, place.said(worker)
                assert time.monotonic() < deadline, (alerts(), place.said(worker))
                time.sleep(0.2)

        until(lambda: asyncio.run(place.newest("kpis.employees")) != {})
        assert alerts() == []

        file.write_text(interval(7), encoding="utf-8")
        strict = load(file).version
        until(lambda: alerts() == [("firing", "condition_met", strict)] * CUSTOMERS)

        file.write_text(interval(7) + "ratings: {A: many}\n", encoding="utf-8")
        until(lambda: f"the policy in force stays, as the file is faulty: {file}: line 4: " in place.said(worker))

        file.write_text(interval(60), encoding="utf-8")
        lax = load(file).version
        until(lambda: alerts() == [("resolved", "policy_changed", lax)] * CUSTOMERS)
        until(lambda: f'policy_version="{lax}"' in _metrics(port))
        until(lambda: _scored_by(place) == {lax})


def _scored_by(place: Installation) -> set[str]:
    """The policies that the figures follow from."""
    return {record["policy_version"] for record in asyncio.run(place.newest("kpis.employees")).values()}


def _metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as answer:
        return str(answer.read().decode())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
