"""A short round of the chaos run: workers and broker are killed, stopped and paused, and nothing is lost or doubled."""

import logging
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.chaos.round import Order, play
from tests.kafka import Broker

SEED = 3
"""On CI every run plays the same round; elsewhere each a fresh one, printed with the failure."""


@pytest.fixture(autouse=True)
def _aiokafka_says_less() -> Iterator[None]:
    """To aiokafka a broker that is away is an ERROR, several times a second."""
    logger = logging.getLogger("aiokafka")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


def test_whatever_dies_and_whenever_the_end_is_that_of_an_undisturbed_run(own_kafka: Broker, tmp_path: Path) -> None:
    seed = SEED if "CI" in os.environ else random.SystemRandom().randrange(1, 1_000_000)
    order = Order(seed, events=5_000, day=datetime.now(UTC).date(), acts=5, rate=300)
    print(f"chaos: {order}")  # noqa: T201
    result = play(order, own_kafka, tmp_path, print)
    assert {check: wrong for check, wrong in result.wrong.items() if wrong} == {}, order
    assert result.kpis > 1_000
    assert result.alerts > 50
    assert result.acts.total() == order.acts
