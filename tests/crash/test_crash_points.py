"""Whatever a worker was doing when it was killed: its successor ends where an undisturbed one would have.

Every point of `streams.points` is one test's death at least, on a real Kafka by SIGKILL. `pytest -s tests/crash` prints
the list of them.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from streams.points import Point
from tests.crash.chain import Chain, chains

pytestmark = pytest.mark.logs_errors

AT_ONCE = 3
"""Chains that run at the same time, as most of their time is waiting for sessions to end."""
CHAINS = chains()


@pytest.fixture(scope="module")
def running(
    kafka: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Chain, Future[None]]]]:
    """The chains that were asked for."""
    asked = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = {}
        for seed, (name, steps) in enumerate(CHAINS.items(), 1):
            if name not in asked:
                continue
            home = tmp_path_factory.mktemp(name)
            chain = Chain(kafka, home.name + "-" + home.parent.name, home, name, steps, seed)
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
    assert died_at == {(point, place) for point in Point for place in point.places if not point.startswith("embedded.")}
