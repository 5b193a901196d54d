"""What stands behind `make bench`: its log, the recount, what peers take from an event, the order, the table."""

import sys
from collections import Counter
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.events import Rejected, decode, subject_of
from tests.bench import peers
from tests.bench.__main__ import ENGINES, Bench, EngineError, Order, Task, fill, order, run, verdict
from tests.bench.engines.job import Counts, Job
from tests.bench.log import DAYS, START, TOPICS, UNTIL, Line, Log
from tests.bench.recount import Recount, days_of, figures_of
from tests.bench.table import MB, Failed, Result, Results, Took, as_object, as_text

LOG = Log(20_000, 7)


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return list(LOG.lines())


def test_every_line_is_an_event_of_its_topic_and_key_within_the_quarter_and_none_comes_twice(lines: list[Line]) -> None:
    seen: set[tuple[str, str]] = set()
    for topic, key, value in (*LOG.organisation(), *lines):
        event = decode(value)
        assert not isinstance(event, Rejected), (event, value)
        assert (topic, key) == (event.data.TOPIC, subject_of(event).id)
        assert START <= event.time < UNTIL
        seen.add((key, event.id))
    assert len(seen) == LOG.events + 2 * LOG.employees


def test_the_same_seed_makes_the_same_log_and_another_one_another(lines: list[Line]) -> None:
    assert lines == list(LOG.lines()) != list(LOG._replace(seed=8).lines())


def test_the_log_is_as_large_as_it_says_and_some_are_busier_than_others(lines: list[Line]) -> None:
    assert {line.topic for line in lines} == set(TOPICS)
    assert 270 < sum(len(line.value) for line in lines) / len(lines) < 330
    customers = Counter(line.key for line in lines)
    busy = sum(count for _, count in customers.most_common(LOG.customers // 100))
    assert 0.15 < busy / LOG.events < 0.30
    assert len(customers) > 0.9 * LOG.customers
    times = [orjson.loads(line.value)["time"] for line in lines]
    assert all(before <= after for before, after in pairwise(times))
    assert (datetime.fromisoformat(times[-1]) - START).days == DAYS - 1


def line(kind: str, time: str, **data: Any) -> bytes:
    return orjson.dumps({"type": kind, "time": time, "data": data})


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


FEW = [
    line("contact.logged", "2025-01-31T23:59:59.999Z", employee_id="ann", customer_id="c"),
    line("contact.logged", "2025-02-01T00:00:00.000Z", employee_id="ann", customer_id="c"),
    line("contact.logged", "2025-02-01T09:00:00.000Z", employee_id="ann", customer_id="d"),
    line("opportunity.created", "2025-02-01T09:00:00.000Z", owner_id="ann", amount=money("9.00")),
    line("opportunity.won", "2025-02-02T09:00:00.000Z", owner_id="bob", amount=money("0.10")),
    line("opportunity.won", "2025-02-02T10:00:00.000Z", owner_id="bob", amount=money("0.20")),
    line("payment.received", "2025-03-31T10:00:00.000Z", employee_id="bob", amount=money("100.05")),
]
DAYS_OF_FEW = {
    "ann/2025-01-31/contact.logged": (1, Decimal(0)),
    "ann/2025-02-01/contact.logged": (2, Decimal(0)),
    "bob/2025-02-02/opportunity.won": (2, Decimal("0.30")),
    "bob/2025-03-31/payment.received": (1, Decimal("100.05")),
}


def recounted() -> Recount:
    recount = Recount()
    for one in FEW:
        recount.add(one)
    return recount


def test_the_recount_is_by_employee_day_and_type() -> None:
    recount = recounted()
    assert (recount.events, recount.counted, recount.days) == (7, 6, DAYS_OF_FEW)


def test_the_recount_knows_months_quarters_and_years_as_crm_pulse_publishes_them() -> None:
    def row(employee: str, period: str, **kpis: float) -> dict[str, Any]:
        named = [{"kpi": kpi, "value": value} for kpi, value in kpis.items()]
        return {"employee_id": employee, "period": period, "kpis": named}

    won = {"won_count": 2, "won_amount": 0.3}
    rows = [
        row("ann", "2025-01", contacts=1, contacts_connected=1), row("ann", "2025-02", contacts=2, won_count=0),
        row("ann", "2025-Q1", contacts=3), row("ann", "2025", contacts=3), row("ann", "30d", contacts=2),
        row("bob", "2025-02", **won), row("bob", "2025-03", collected_amount=100.05),
        row("bob", "2025-Q1", **won, collected_amount=100.05), row("bob", "2025", **won, collected_amount=100.05),
    ]  # fmt: skip
    published = {f"{row['employee_id']}/{row['period']}": row for row in rows}
    assert figures_of(published) == recounted().figures()
    published["bob/2025"]["kpis"][0]["value"] = 3
    assert figures_of(published) != recounted().figures()


def test_what_peers_take_from_events_is_what_the_recount_counts(lines: list[Line]) -> None:
    counts, recount = Counts(), Recount()
    rows: dict[str, Any] = {}
    for part in (lines[:7_000], lines[7_000:]):
        counts.add(one.value for one in part)
        rows |= {key.decode(): orjson.loads(value) for key, value in counts.changed()}
    for one in lines:
        recount.add(one.value)
    assert not list(counts.changed())
    assert days_of(rows) == recount.days


def test_a_job_is_read_as_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("127.0.0.1:9092", ["crm.contacts"], 4, "out", 10, 9, "/tmp")
    for name, value in job.given_as().items():
        monkeypatch.setenv(name, value)
    assert Job.given() == job


def test_an_order_has_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert order({}) == Order(Log(1_000_000, 1), ENGINES, 3, None)
    asked = {"EVENTS": "500", "SEED": "3", "ENGINES": "crm-pulse,faust", "PROCESSES": "2", "JSON": "a.json"}
    assert order(asked) == Order(Log(500, 3), ("crm-pulse", "faust"), 2, Path("a.json"))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"EVENTS": "99"}, "EVENTS must be a whole number, at least 100, not '99'."),
        ({"PROCESSES": "0"}, "PROCESSES must be a whole number, at least 1, not '0'."),
        ({"SEED": "-1"}, "SEED must be a whole number, not '-1'."),
        ({"ENGINES": "faust,spark"}, f"ENGINES must be of {', '.join(ENGINES)}, not spark."),
    ],
)
def test_a_wrong_order_is_told_in_one_sentence(asked: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match="must be") as error:
        order(asked)
    assert str(error.value) == told


START_UP = Took(1.0, 0.5, 20_000_000)
RESULTS: Results = {
    "crm-pulse": Result(Took(11.0, 9.0, 150_000_000), START_UP, True),
    "quixstreams": Result(Took(44.0, 40.0, 99_000_000), START_UP, True),
    "bytewax": Result(Took(5.5, 5.0, 60_000_000), START_UP, False),
    "pathway": Failed("no wheel for this Python"),
}


def test_speed_is_compared_only_of_results_that_are_right() -> None:
    found = as_object(RESULTS, 1_100_000)
    assert found["events"] == 1_100_000
    assert found["ratios"] == {"quixstreams": 4.0}
    assert found["engines"]["crm-pulse"] == {
        "events_per_s": 100_000.0, "cpu_s_per_million": 8.18, "peak_mb": 150.0, "equal": True,
        "seconds": 11.0, "start_s": 1.0, "start_cpu_s": 0.5,
    }  # fmt: skip
    assert found["engines"]["pathway"] == {"error": "no wheel for this Python", "equal": False}
    wrong = {**RESULTS, "crm-pulse": Result(START_UP, START_UP, False)}
    assert as_object(wrong, 1_100_000)["ratios"] == {}


@pytest.mark.parametrize(
    ("ours", "code"),
    [(Result(START_UP, START_UP, True), 0), (Result(START_UP, START_UP, False), 1), (Failed("exit code 1: ..."), 1)],
)
def test_only_a_fault_of_crm_pulse_fails_the_run(ours: Result | Failed, code: int) -> None:
    assert verdict({**RESULTS, "crm-pulse": ours}) == code
    assert verdict({"pathway": Failed("no wheel for this Python")}) == 0


def test_the_table_has_a_line_for_every_engine() -> None:
    _, _, ours, quix, bytewax, pathway = as_text(RESULTS, 1_100_000)
    assert ours.split() == ["crm-pulse", "100,000", "110,000", "1.0", "8.2", "150", "yes"]
    assert quix.split() == ["quixstreams", "25,000", "25,581", "1.0", "36.4", "99", "yes", "4.00", "×"]
    assert "NO" in bytewax.split()
    assert pathway.endswith("no wheel for this Python")


@pytest.mark.parametrize("engine", ["crm-pulse", "aiokafka"])
def test_an_engine_comes_to_the_recount(kafka: str, topic_prefix: str, tmp_path: Path, engine: str) -> None:
    log = Log(2_000, 5)
    took, equal = Bench(kafka, tmp_path, 1).run(engine, fill(kafka, log, topic_prefix, log.events))
    assert equal
    assert took.seconds > 0 < took.cpu
    assert 10 * MB < took.peak < 1_000 * MB


def test_a_result_that_lacks_an_event_is_not_equal(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    log = Log(300, 5)
    task = fill(kafka, log, topic_prefix, log.events)
    task.recount.add(next(log.lines()).value)
    task.recount.events -= 1  # the engine must not wait for it
    assert not Bench(kafka, tmp_path, 1).run("aiokafka", task)[1]


def test_an_engine_that_fails_or_hangs_is_told(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with pytest.raises(EngineError, match=r"^exit code 1: no such topic$"):
        run([sys.executable, "-c", "raise SystemExit('no such topic')"], {}, 60, said)
    with pytest.raises(EngineError, match=r"^not done after 1 s$"):
        run([sys.executable, "-c", "while True: pass"], {}, 1, said)


def test_a_peer_that_cannot_be_installed_is_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "HERE", tmp_path)
    monkeypatch.setattr(peers, "CACHE", tmp_path / "cache")
    (tmp_path / "bytewax.lock").write_text("./nowhere\n")
    small = Task("", Recount())
    result = Bench("nowhere", tmp_path, 1).result("bytewax", small, small)
    assert isinstance(result, Failed)
    assert result.reason.startswith("ERROR: ")
    assert "nowhere" in result.reason
    assert not list((tmp_path / "cache").iterdir())
