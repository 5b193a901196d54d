"""A bare loop on confluent-kafka: batches in, a dict, what changed out once a second."""

import time

from confluent_kafka import Consumer, Producer

from tests.bench.engines.job import FLUSH_S, Counts, Job

BATCH = 10_000


def main() -> None:
    job, counts, done = Job.given(), Counts(), 0
    consumer = Consumer(
        {
            "bootstrap.servers": job.kafka, "group.id": job.output, "auto.offset.reset": "earliest",
            "enable.auto.commit": False, "queued.min.messages": 200_000, "fetch.message.max.bytes": 4 << 20,
        }
    )  # fmt: skip
    producer = Producer({"bootstrap.servers": job.kafka, "linger.ms": 50, "queue.buffering.max.messages": 1_000_000})
    consumer.subscribe(job.topics)
    due = time.monotonic() + FLUSH_S
    while done < job.events:
        messages = consumer.consume(BATCH, 0.1)
        lines = [value for message in messages if message.error() is None and (value := message.value()) is not None]
        if len(lines) < len(messages):
            raise SystemExit(str(next(error for message in messages if (error := message.error()))))
        counts.add(lines)
        done += len(lines)
        if time.monotonic() >= due or done == job.events:
            for key, value in counts.changed():
                producer.produce(job.output, value, key)
            if producer.flush(60):
                raise SystemExit("the broker did not take all in 60 s")
            consumer.commit(asynchronous=False)
            due = time.monotonic() + FLUSH_S
    consumer.close()


if __name__ == "__main__":
    main()
