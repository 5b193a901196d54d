"""What is asked again while a broker is away, and what is not."""

import asyncio
import logging

import pytest
from aiokafka.errors import (
    CoordinatorLoadInProgressError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    ProducerFenced,
    TopicAuthorizationFailedError,
)

from streams.agents.persistence import persistently


class Broker:
    """Answers after so many failures."""

    def __init__(self, error: Exception, failures: int) -> None:
        self.error, self.failures, self.asked = error, failures, 0

    async def ask(self) -> str:
        self.asked += 1
        if self.asked <= self.failures:
            raise self.error
        return "here"


@pytest.mark.parametrize(
    "error",
    [
        KafkaConnectionError("closed"),
        KafkaTimeoutError("slow"),
        CoordinatorLoadInProgressError(),
        TimeoutError(),
        KafkaError("Unable to get cluster metadata over all known brokers"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_broker_that_is_away_is_asked_until_it_answers(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    broker = Broker(error, 3)
    with caplog.at_level(logging.WARNING, "streams.agents.persistence"):
        assert asyncio.run(persistently("customers[0]", broker.ask, pause=0.0)) == "here"
    assert broker.asked == 4
    assert [record.getMessage() for record in caplog.records] == [f"customers[0] waits for Kafka: {error!r}"]


@pytest.mark.parametrize(
    "error",
    [ProducerFenced(), TopicAuthorizationFailedError("alerts"), ValueError("a mistake")],
    ids=lambda error: type(error).__name__,
)
def test_what_would_not_pass_by_itself_is_raised_at_once(error: Exception) -> None:
    broker = Broker(error, 1)
    with pytest.raises(type(error)):
        asyncio.run(persistently("customers[0]", broker.ask, pause=0.0))
    assert broker.asked == 1


def test_patience_has_an_end() -> None:
    broker = Broker(KafkaConnectionError("closed"), 1_000_000)
    with pytest.raises(KafkaConnectionError):
        asyncio.run(persistently("customers[0]", broker.ask, patience=0.05, pause=0.001))
    assert broker.asked > 1
