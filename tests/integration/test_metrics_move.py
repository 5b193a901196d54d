"""A worker on a real Kafka, seen as Prometheus sees it: every metric is moved, and seen to move."""

import asyncio
import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams import __version__
from streams.core.kpis import NAMES
from streams.events import ContactLogged, ContactPlanned, CustomerUpserted, Data, EmployeeUpserted, encode, make_event
from streams.policy import default_policy, load
from tests.acceptance.installation import Installation

DEADLINE_S = 120.0
PARTITIONS = 2
POLICY = """\
pipeline: {stages: [{name: Engaging, stall_after: 90d}]}
scorecards: {sales: {kpis: [{kpi: contacts, perspective: customer, weight: 1, target: 10}]}}
"""

Samples = dict[str, float]
"""Sample name and labels, as in the exposition format, to value."""


class Seen:
    """A running worker and what can be seen of it from outside."""

    def __init__(self, place: Installation, worker: "subprocess.Popen[bytes]", port: int) -> None:
        self._place, self._worker = place, worker
        self._url = f"http://127.0.0.1:{port}"
        self._number = 0
        self.first: Samples = {}
        """The metrics of a worker that was not ready yet."""
        self.before_ready: list[tuple[int, str]] = []

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of an answer."""
        try:
            with urllib.request.urlopen(self._url + path, timeout=120) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self) -> Samples:
        status, text = self.get("/metrics")
        assert status == 200
        return {
            " ".join([sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))]): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def until(self, holds: Callable[[Samples], bool]) -> Samples:
        """The first metrics for which it holds."""
        deadline = time.monotonic() + DEADLINE_S
        while not holds(found := self.metrics()):
            assert self._worker.poll() is None, self._place.said(self._worker)
            assert time.monotonic() < deadline, {k: v for k, v in found.items() if k.startswith("crmpulse") and v}
            time.sleep(0.1)
        return found

    def join(self) -> None:
        """Until it is ready; what was seen meanwhile is kept."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            assert self._worker.poll() is None, self._place.said(self._worker)
            assert time.monotonic() < deadline, self.before_ready[-3:]
            with contextlib.suppress(urllib.error.URLError):
                status, text = self.get("/readyz")
                if status == 200:
                    return
                self.before_ready.append((status, text))
                self.first = self.first or self.metrics()
            time.sleep(0.02)

    def send(self, *events: Data, ago: timedelta = timedelta()) -> list[bytes]:
        """Produces events that happened some time ago, each with an id of its own; answers their bytes."""
        at = datetime.now(UTC) - ago
        lines = []
        for data in events:
            self._number += 1
            lines.append(encode(make_event(data, f"e-{self._number}", "/test", at)))
        self.produce(*lines)
        return lines

    def produce(self, *lines: bytes) -> None:
        asyncio.run(self._place.produce(lines))


@pytest.fixture(scope="module")
def seen(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    home = tmp_path_factory.mktemp("worker")
    (home / "policy.yaml").write_text(POLICY, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {
        "CRMPULSE_PARTITIONS": PARTITIONS,
        "CRMPULSE_POLICY": home / "policy.yaml",
        "CRMPULSE_WEB_PORT": port,
        "CRMPULSE_TICK_MS": 200,
        "CRMPULSE_FLUSH_MS": 100,
    }
    with Installation(kafka, f"test-{uuid.uuid4().hex[:12]}", home, **variables) as place:
        seen = Seen(place, place.start(), port)
        seen.join()
        yield seen


def contact(customer: str) -> ContactLogged:
    return ContactLogged(employee_id="emp-1", customer_id=customer, channel="call", direction="outbound")


def employee() -> EmployeeUpserted:
    return EmployeeUpserted(employee_id="emp-1", role="sales", team="north")


def test_it_is_alive_before_it_is_ready_and_says_why_it_is_not(seen: Seen) -> None:
    assert {status for status, _ in seen.before_ready} == {503}
    assert all(text.strip() for _, text in seen.before_ready)
    assert seen.get("/readyz") == (200, "ready\n")
    assert seen.get("/healthz") == (200, "alive\n")


def test_loading_a_partition_is_timed(seen: Seen) -> None:
    assert seen.first["crmpulse_recovery_duration_seconds_count"] < 2 * PARTITIONS + 1
    loaded = seen.metrics()
    assert loaded["crmpulse_recovery_duration_seconds_count"] == 2 * PARTITIONS + 1
    assert loaded["crmpulse_recovery_duration_seconds_sum"] > 0


def test_the_build_and_the_policy_are_named(seen: Seen, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    version = load(tmp_path / "policy.yaml", NAMES).version
    assert version != default_policy().version
    assert seen.metrics()[f"crmpulse_build_info policy_version={version} version={__version__}"] == 1


def test_events_are_counted_by_what_became_of_them(seen: Seen) -> None:
    before = seen.metrics()
    (line,) = seen.send(contact("cus-1"))
    seen.produce(
        line, line.replace(b'"call"', b'"visit"'), b"no event", line.replace(b"contact.logged", b"contact.felt")
    )

    def moved(name: str, now: Samples) -> float:
        return now.get(name, 0) - before.get(name, 0)

    wanted = {
        "crmpulse_events_total outcome=applied topic=crm.contacts type=contact.logged": 1,
        "crmpulse_events_total outcome=duplicate topic=crm.contacts type=contact.logged": 1,
        "crmpulse_events_total outcome=conflict topic=crm.contacts type=contact.logged": 1,
        "crmpulse_events_total outcome=malformed topic=crm.contacts type=unknown": 1,
        "crmpulse_events_total outcome=unknown_type topic=crm.contacts type=unknown": 1,
        "crmpulse_dead_letters_total reason=malformed": 1,
        "crmpulse_dead_letters_total reason=unknown_type": 1,
        "crmpulse_dead_letters_total reason=conflict": 1,
    }
    after = seen.until(lambda now: all(moved(name, now) >= count for name, count in wanted.items()))
    assert {name: moved(name, after) for name in wanted} == wanted


def test_flushes_are_timed_and_so_is_an_event_s_way_to_its_score(seen: Seen) -> None:
    names = ("crmpulse_flush_duration_seconds", "crmpulse_end_to_end_latency_seconds")
    before = seen.metrics()
    seen.send(employee())
    seen.send(contact("cus-2"))
    after = seen.until(lambda now: all(now[f"{name}_count"] > before[f"{name}_count"] for name in names))
    for name in names:
        assert after[f"{name}_sum"] > before[f"{name}_sum"]
    latency = after[f"{names[1]}_sum"] - before[f"{names[1]}_sum"]
    assert latency / (after[f"{names[1]}_count"] - before[f"{names[1]}_count"]) < DEADLINE_S


def test_a_source_lags_by_the_age_of_its_newest_event(seen: Seen) -> None:
    name = "crmpulse_source_lag_seconds topic=crm.customers"
    assert name not in seen.metrics()
    seen.send(CustomerUpserted(customer_id="cus-5"), ago=timedelta(hours=1))
    assert 3600 <= seen.until(lambda now: name in now)[name] < 3600 + DEADLINE_S
    seen.send(CustomerUpserted(customer_id="cus-5"), ago=timedelta(hours=2))
    seen.send(CustomerUpserted(customer_id="cus-5"))
    seen.until(lambda now: 0 <= now[name] < DEADLINE_S)


def test_an_alert_stands_until_it_is_resolved_and_each_change_counts(seen: Seen) -> None:
    standing = "crmpulse_alerts rule=contact.overdue severity=warning status=firing"
    fired = "crmpulse_alert_transitions_total reason=condition_met rule=contact.overdue status=firing"
    ended = "crmpulse_alert_transitions_total reason=contacted rule=contact.overdue status=resolved"
    before = seen.metrics()
    assert [before.get(name, 0) for name in (standing, fired, ended)] == [0, 0, 0]

    promised = datetime.now(UTC) - timedelta(days=3)
    plan = ContactPlanned(employee_id="emp-1", customer_id="cus-3", next_contact_at=promised)
    seen.send(plan, ago=timedelta(days=5))
    now = seen.until(lambda now: now.get(standing, 0) == 1 and fired in now)
    assert (now[fired], now.get(ended, 0)) == (1, 0)

    seen.send(contact("cus-3"))
    now = seen.until(lambda now: now.get(standing, 0) == 0 and ended in now)
    assert (now[fired], now[ended]) == (1, 1)


def test_state_is_counted_by_table(seen: Seen) -> None:
    name = "crmpulse_state_entries table=customers"
    before = seen.metrics().get(name, 0)
    seen.send(*(contact(f"cus-of-state-{number}") for number in range(5)))
    seen.until(lambda now: now[name] >= before + 5)


def test_faust_s_own_metrics_move_too(seen: Seen) -> None:
    before = seen.metrics()["faust_total_events_total"]
    seen.send(contact("cus-4"))
    seen.until(lambda now: now["faust_total_events_total"] > before)


def test_the_clock_of_each_stage_keeps_up_with_the_time(seen: Seen) -> None:
    names = [f"crmpulse_clock_lag_seconds stage={stage}" for stage in ("customers", "employees", "company")]
    now = seen.until(lambda now: all(now.get(name, DEADLINE_S) < 30 for name in names))
    assert all(now[name] >= 0 for name in names)
