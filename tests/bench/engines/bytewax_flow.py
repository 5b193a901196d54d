"""Bytewax: batches from Kafka, decoded as batches, counted by key as batches, one row out for each key of a batch."""

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.run import cli_main

from tests.bench.engines.job import Job, count_of, row_of

BATCH = 10_000


class Count(StatefulBatchLogic):
    """The count of one key."""

    def __init__(self, row: tuple[int, int] | None) -> None:
        self._count, self._cents = row or (0, 0)

    def on_batch(self, values: list[int]) -> tuple[list[bytes], bool]:
        self._count += len(values)
        self._cents += sum(values)
        return [row_of(self._count, self._cents)], self.RETAIN

    def snapshot(self) -> tuple[int, int]:
        return self._count, self._cents


def decoded(messages: list[KafkaSourceMessage]) -> list[tuple[str, int]]:
    return [found for message in messages if (found := count_of(message.value)) is not None]


def main() -> None:
    job = Job.given()
    flow = Dataflow("counts")
    lines = op.input("events", flow, KafkaSource([job.kafka], job.topics, tail=False, batch_size=BATCH))
    counted = op.stateful_batch("count", op.flat_map_batch("decode", lines, decoded), Count)
    rows = op.map("row", counted, lambda row: KafkaSinkMessage(row[0].encode(), row[1]))
    sink = {"linger.ms": "5", "queue.buffering.max.messages": "1000000"}
    op.output("rows", rows, KafkaSink([job.kafka], job.output, add_config=sink))
    cli_main(flow)


if __name__ == "__main__":
    main()
