"""The broker's side: the log onto its topics, once, and the newest rows of an output topic back."""

import json
import time
from collections.abc import Iterable
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.bench.log import Line

PATIENCE_S = 60.0
ERRORS = 3
"""What the client logs: neither that a broker is still making itself ready nor that an admin client ends."""
AHEAD = 50_000
"""Records that the producer may be ahead of the broker."""


def produce(kafka: str, lines: Iterable[Line], prefix: str = "") -> None:
    """Every line to its topic. Raises KafkaException for one that the broker did not take."""
    failed: list[KafkaError] = []

    def told(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    producer = Producer(
        {
            "bootstrap.servers": kafka, "log_level": ERRORS, "linger.ms": 50, "partitioner": "murmur2_random",
            "enable.idempotence": True, "queue.buffering.max.messages": 2 * AHEAD,
        }
    )  # fmt: skip
    for line in lines:
        producer.produce(prefix + line.topic, line.value, line.key, on_delivery=told)
        producer.poll(PATIENCE_S if len(producer) > AHEAD else 0)
    producer.flush(PATIENCE_S)
    if len(producer) or failed:
        raise KafkaException(failed[0] if failed else KafkaError(KafkaError._MSG_TIMED_OUT))


def create(kafka: str, topic: str, partitions: int) -> None:
    """A compacted topic."""
    admin = AdminClient({"bootstrap.servers": kafka, "log_level": ERRORS})
    made = admin.create_topics([NewTopic(topic, partitions, 1, config={"cleanup.policy": "compact"})])
    made[topic].result(PATIENCE_S)


def newest(kafka: str, topic: str) -> dict[str, dict[str, Any]]:
    """The newest committed row of each key. A row with "diff": -1 only takes back what its key had."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka, "group.id": "bench-reader", "enable.auto.commit": False,
            "enable.partition.eof": True, "isolation.level": "read_committed",
        }
    )  # fmt: skip
    rows: dict[str, dict[str, Any]] = {}
    try:
        open_ = set(consumer.list_topics(topic, PATIENCE_S).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in open_])
        deadline = time.monotonic() + PATIENCE_S
        while open_:
            messages = consumer.consume(10_000, 0.2)  # it waits for as many, or for so long
            if messages:
                deadline = time.monotonic() + PATIENCE_S
            elif time.monotonic() > deadline:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            for message in messages:
                error, key, value = message.error(), message.key(), message.value()
                if error is not None:
                    if error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    open_.discard(message.partition())
                elif key is not None and value is None:
                    rows.pop(key.decode(), None)
                elif key is not None and value is not None and (row := json.loads(value)).get("diff") != -1:
                    rows[key.decode()] = row
    finally:
        consumer.close()
    return rows
