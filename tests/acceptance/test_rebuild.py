"""`crmpulse rebuild` on a real Kafka: the old generation serves until the new one does, whatever is killed meanwhile,
and what the new one leaves is what a replay with the new policy leaves."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from streams.agents.leave import Exit
from streams.events import ContactLogged, EmployeeUpserted, Event, encode, make_event
from streams.generations import read
from streams.simulate import Scale, messy, simulate
from streams.topics import generation_of
from streams.topics.registry import STREAMS
from tests.acceptance.commands import PATIENCE_S
from tests.acceptance.comparing import compare, letters, lines, outputs, replayed
from tests.acceptance.installation import TOMORROW, Installation

OLD = """\
timezone: America/New_York
currency: {reporting: EUR, rates: {USD: 0.92}}
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 14d}
    - {name: Engaging, probability: 0.4, stall_after: 21d}
    - {name: Proposal, probability: 0.7, stall_after: 10d}
scorecards:
  sales: {kpis: [{kpi: won_amount, weight: 40, target: 40000}, {kpi: contacts, weight: 20, target: 60}]}
"""
NEW = OLD.replace("America/New_York", "Asia/Shanghai").replace("EUR, rates: {USD: 0.92}", "CNY, rates: {USD: 7.1}")
HOURS = datetime(2024, 3, 29, 12, tzinfo=UTC)
KILLED: list[tuple[str, int]] = [
    ("events read", 1),
    ("former generations shut out", 0),
    ("outputs handed over", 1),
    ("outputs handed over", 12),
]


def _events() -> list[Event]:
    return list(
        simulate(
            Scale(
                seed=7, teams=2, employees=8, customers=120, events=4_000, timezone="America/New_York",
                start=datetime(2024, 1, 1, tzinfo=UTC), end=datetime(2024, 4, 1, tzinfo=UTC),
                stages=("Prospecting", "Engaging", "Proposal"), currency="USD",
            )
        )
    )  # fmt: skip


def _mess(events: list[Event]) -> list[bytes]:
    """With duplicates, late events and lines that are none; employees come first, as a worker reads them."""
    staff = [encode(event) for event in events if isinstance(event.data, EmployeeUpserted)]
    others = (encode(event) for event in events if not isinstance(event.data, EmployeeUpserted))
    return list(chain(staff, messy(others, 7, duplicates=0.05, late=0.05, window=50, malformed=0.02)))


def _contact(employee: str, number: int) -> bytes:
    data = ContactLogged(employee_id=employee, customer_id="cus-extra", channel="call", direction="outbound")
    return encode(make_event(data, f"extra-{number}", "/test", HOURS))


def _until(holds: Callable[[], object], why: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, why()
        time.sleep(0.1)


def _contacts(place: Installation, employee: str) -> tuple[int, str]:
    """How many contacts the public topic tells of a year, and by which policy."""
    record = asyncio.run(place.newest("kpis.employees"))[f"{employee}/2024"]
    return next(kpi["value"] for kpi in record["kpis"] if kpi["kpi"] == "contacts"), record["policy_version"]


def _command(place: Installation, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env=os.environ | place.environ, capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip


def _killed(place: Installation, what: str, done: int) -> None:
    """A rebuild that is killed at that point, until which the first generation is the one on record."""
    killed = _command(place, "tests.acceptance.killed_rebuild", what, str(done))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    control = asyncio.run(read(place.settings))
    assert control.current is not None
    assert control.next is not None
    assert (control.current.number, control.next.generation.number) == (1, 2)


async def _own(place: Installation) -> list[str]:
    """The topics that belong to one generation alone."""
    admin = AIOKafkaAdminClient(**place.settings.client_options())
    await admin.start()
    try:
        return [name for name in await admin.list_topics() if generation_of(name, place.settings)]
    finally:
        await admin.close()


def test_a_rebuild_that_is_killed_again_and_again(kafka: str, app_id: str, tmp_path: Path) -> None:
    events = _events()
    employee = next(event.data.employee_id for event in events if isinstance(event.data, EmployeeUpserted))
    mess, extra = _mess(events), [_contact(employee, number) for number in range(3)]
    (tmp_path / "events.jsonl").write_bytes(b"".join(line + b"\n" for line in [*mess, *extra]))
    (tmp_path / "old.yaml").write_text(OLD, encoding="utf-8")
    log = replayed(tmp_path, NEW, TOMORROW)
    old_policy: dict[str, Any] = {"CRMPULSE_POLICY": tmp_path / "old.yaml", "CRMPULSE_SESSION_MS": 6_000}
    new = {"CRMPULSE_POLICY": str(log.policy), "CRMPULSE_PARTITIONS": "6"}
    homes = [tmp_path / "first", tmp_path / "second"]
    for home in homes:
        home.mkdir()

    with Installation(kafka, app_id, homes[0], **old_policy) as first, contextlib.ExitStack() as ends:
        second = Installation(kafka, app_id, homes[1], **(old_policy | new))
        ends.push(second)
        asyncio.run(first.produce(mess))
        worker = first.start()
        first.until_judged()

        _killed(second, *KILLED[0])
        before, policy = _contacts(first, employee)
        asyncio.run(first.produce(extra))
        _until(lambda: _contacts(first, employee) == (before + 3, policy), lambda: first.said(worker))
        assert worker.poll() is None, first.said(worker)

        for what, done in KILLED[1:]:
            _killed(second, what, done)
        worker.wait(PATIENCE_S)
        assert worker.returncode == Exit.GENERATION, first.said(worker)
        assert "generation 2 takes over from generation 1; leaving" in first.said(worker)

        successor = second.start("--clock", "events", "--until", TOMORROW)
        _until(lambda: "generation 2 is taking over" in second.said(successor), lambda: second.said(successor))
        done_now = _command(second, "streams", "rebuild")
        assert done_now.returncode == 0, done_now.stderr
        assert "Generation 2 serves: 6 partitions, Asia/Shanghai, CNY." in done_now.stdout
        successor.wait(PATIENCE_S)
        assert successor.returncode == 0, second.said(successor)

        left = asyncio.run(outputs(first))
        compare(left, log.replayed, log.until)
        assert letters(left["streams.dead-letters"].values()) == letters(lines(log.replayed / "dead-letters.jsonl"))

        refused = first.start()
        refused.wait(PATIENCE_S)
        assert refused.returncode == 1
        assert "CRMPULSE_PARTITIONS is 4, but generation 2 has 6 partitions" in first.said(refused)

        deleted = _command(second, "streams", "rebuild", "--delete-old")
        assert deleted.returncode == 0, deleted.stderr
        assert f"{app_id}.streams.inbox," in deleted.stdout
        assert f"{app_id}.streams.g2.alerts," in deleted.stdout
        assert "streams.inbox.g2" not in deleted.stdout
        _until(lambda: len(asyncio.run(_own(first))) == len(STREAMS), lambda: "topics are left")
