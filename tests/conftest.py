"""What tests share: a real Kafka, the public data sets, hypothesis profiles, and no ERROR line that nobody expected."""

import logging
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.kafka import Broker, missing

ROOT = Path(__file__).resolve().parent.parent
NEEDS_KAFKA = {"kafka", "own_kafka", "java"}
KAFKA_GROUPS = {"chaos": "crash"}
"""Folders of tests that are done after those of another, on the same broker; any other folder has one of its own."""

# On CI the examples are the same in every run, so that a change is judged by what it changes; elsewhere they are fresh.
settings.register_profile("default", max_examples=100, deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.register_profile("nightly", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile("default")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for a Kafka, and share it out between the workers of a parallel run, each with its own broker.

    Such tests wait more than they work, so there are more workers than cores. Tests of pages stay together, as one
    browser serves those of a module.
    """
    for item in items:
        browser = "browser" in getattr(item, "fixturenames", ())
        if browser:
            item.add_marker(pytest.mark.xdist_group("browser"))
        if NEEDS_KAFKA.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.kafka)
            if browser:
                continue
            folder = item.path.relative_to(ROOT / "tests").parts[0]
            item.add_marker(pytest.mark.xdist_group(f"kafka-{KAFKA_GROUPS.get(folder, folder)}"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a Kafka where none can run. Here rather than in a fixture, so that all of it is one line."""
    needs = NEEDS_KAFKA.intersection(getattr(item, "fixturenames", ()))
    if not needs or (needs == {"kafka"} and os.environ.get("CRMPULSE_KAFKA")):
        return
    reason = missing()
    if reason is None:
        return
    if os.environ.get("CRMPULSE_REQUIRE_KAFKA") == "1":
        pytest.fail(f"CRMPULSE_REQUIRE_KAFKA is set, but no real Kafka can run: {reason}", pytrace=False)
    pytest.skip(f"no real Kafka: {reason}")


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The bootstrap address of a real Kafka: that of CRMPULSE_KAFKA, else one of our own for this session."""
    given = os.environ.get("CRMPULSE_KAFKA")
    if given:
        yield given
        return
    with Broker() as broker:
        yield broker.bootstrap


@pytest.fixture(scope="session")
def java() -> None:
    """Asked for by tests that start brokers of their own."""


@pytest.fixture
def own_kafka(java: None) -> Iterator[Broker]:
    """A broker for one test alone, which may kill it."""
    with Broker() as broker:
        yield broker


@pytest.fixture
def app_id() -> str:
    """An application id that no other test has, so that tests can share a broker."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture(params=["memory", "rocksdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The variables of each store: a test that asks for it runs with every one."""
    return {
        "CRMPULSE_STORE": request.param,
        "CRMPULSE_STORE_DIR": str(tmp_path / "store"),
        "CRMPULSE_STORE_CACHE": "10",
    }


@pytest.fixture
def topic_prefix(app_id: str) -> str:
    return f"{app_id}."


@pytest.fixture(autouse=True)
def _no_unexpected_error(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    if request.node.get_closest_marker("logs_errors") is not None:
        return
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    errors = [f"{record.name}: {record.getMessage()}" for record in records if record.levelno >= logging.ERROR]
    if errors:
        pytest.fail("logged as ERROR, and no `logs_errors` mark expects it:\n" + "\n".join(errors), pytrace=False)


def _data(name: str) -> Path:
    folder = Path(os.environ.get("CRMPULSE_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / name).exists():
        pytest.skip(f"no data set {name} (CRMPULSE_DATA names the folder of data sets)")
    return folder / name


@pytest.fixture(scope="session")
def maven_zip() -> Path:
    """The Maven Analytics CRM sales opportunities, as published."""
    return _data("maven/crm-sales-opportunities.zip")


@pytest.fixture(scope="session")
def chinook_dir() -> Path:
    """The CSV files of the Chinook sample database."""
    return _data("chinook")


@pytest.fixture(scope="session")
def fuzz_inputs() -> int:
    """How many generated inputs a fuzz test throws: 20,000, or what CRMPULSE_FUZZ says."""
    return int(os.environ.get("CRMPULSE_FUZZ") or 20_000)
