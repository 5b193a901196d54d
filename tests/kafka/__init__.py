"""A real Apache Kafka for tests and development: one KRaft node as a plain Java process."""

from tests.kafka.broker import Broker, BrokerError, missing

__all__ = ["Broker", "BrokerError", "missing"]
