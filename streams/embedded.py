"""The embedded broker: a Kafka that needs nothing but Python, for the demo and for quick tests.

It is the mock cluster inside librdkafka, which any Kafka client can talk to as long as this process lives.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Final, Self

from confluent_kafka import KafkaException, Producer

LIMITS: Final = (
    "This is the embedded broker (librdkafka's mock cluster), for trying things out. It lives in memory and ends with"
    " this process; it keeps 5 MiB or 100,000 batches of a partition; every topic has 4 partitions and appears when it"
    " is first asked for; one member to a group, which takes 3 s to join; no transactions, no compaction, no topic"
    " settings, no offsets by time, no TLS. For anything that matters use Apache Kafka."
)

START_S: Final = 10.0

_log = logging.getLogger(__name__)


class EmbeddedError(RuntimeError):
    """It could not be started; the message is one sentence."""


class Embedded:
    """A running embedded broker at `bootstrap`, on loopback. Use it as a context manager, or call stop()."""

    def __init__(self) -> None:
        quiet = logging.getLogger(f"{__name__}.librdkafka")
        quiet.setLevel(logging.ERROR)  # it warns that it is a mock, which LIMITS says better
        self._owner: Producer | None = Producer({"test.mock.num.brokers": 1, "log_level": 3}, logger=quiet)
        try:
            brokers = self._owner.list_topics(timeout=START_S).brokers.values()
        except KafkaException as error:
            self._owner = None
            raise EmbeddedError(f"The embedded broker did not start: {error}.") from error
        self.bootstrap = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)

    def stop(self) -> None:
        """The broker ends and with it everything that it held."""
        self._owner = None  # librdkafka destroys the cluster with the client that owns it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()
