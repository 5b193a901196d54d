"""Whatever a worker was doing when it was killed: its successor ends where an undisturbed one would have.

Every point of `streams.points` is one SIGKILL at least: on a real Kafka, but for those of the embedded broker's way.
`pytest -s tests/crash` prints the list of them.
"""

import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from streams.embedded import Embedded
from streams.points import Point
from tests.crash.chain import Chain, chains

pytestmark = pytest.mark.logs_errors

AT_ONCE = 3
"""Chains that run at the same time, as most of their time is waiting for sessions to end."""
CHAINS = chains()
EMBEDDED = "embedded"
"""The chain that runs on the embedded broker, which outlives its workers here; `EmbeddedLog` says what it promises."""
APACHE = {"CRMPULSE_PARTITIONS": 2, "CRMPULSE_SESSION_MS": 1_500}
MOCK = {"CRMPULSE_EMBEDDED": 1, "CRMPULSE_SESSION_MS": 6_000}  # a join takes 3 s there


@pytest.fixture(scope="module")
def running(
    kafka: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Chain, Future[None]]]]:
    """The chains that were asked for."""
    asked = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    with Embedded() as embedded, ThreadPoolExecutor(AT_ONCE) as pool:
        started = {}
        for seed, (name, steps) in enumerate(CHAINS.items(), 1):
            if name not in asked:
                continue
            home = tmp_path_factory.mktemp(name)
            broker, variables = (kafka, APACHE) if name != EMBEDDED else (embedded.bootstrap, MOCK)
            chain = Chain(broker, f"crash-{uuid.uuid4().hex[:12]}", home, name, steps, seed, **variables)
            started[name] = chain, pool.submit(chain.run)
        yield started
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", CHAINS)
def test_a_worker_that_dies_at_any_point_loses_nothing_and_counts_nothing_twice(
    running: dict[str, tuple[Chain, Future[None]]], name: str
) -> None:
    chain, done = running[name]
    done.result()
    print(f"\n{name}\n  " + "\n  ".join(chain.told))
    assert len(chain.told) == len(CHAINS[name])


def test_no_point_is_left_out() -> None:
    died_at = {(step.point, step.place) for steps in CHAINS.values() for step in steps}
    assert died_at == {(point, place) for point in Point for place in point.places}
