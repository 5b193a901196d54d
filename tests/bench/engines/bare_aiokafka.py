"""A bare loop on aiokafka: batches in, a dict, what changed out once a second."""

import asyncio
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.bench.engines.job import FLUSH_S, Counts, Job


async def main() -> None:
    job, counts, done = Job.given(), Counts(), 0
    consumer = AIOKafkaConsumer(
        *job.topics, bootstrap_servers=job.kafka, group_id=job.output, auto_offset_reset="earliest",
        enable_auto_commit=False, max_partition_fetch_bytes=4 << 20,
    )  # fmt: skip
    producer = AIOKafkaProducer(bootstrap_servers=job.kafka, linger_ms=50, max_batch_size=1 << 18)
    await consumer.start()
    await producer.start()
    due = time.monotonic() + FLUSH_S
    while done < job.events:
        for records in (await consumer.getmany(timeout_ms=100)).values():
            counts.add(record.value for record in records)
            done += len(records)
        if time.monotonic() >= due or done == job.events:
            sent = [await producer.send(job.output, value, key) for key, value in counts.changed()]
            await producer.flush()
            for one in sent:
                one.result()
            await consumer.commit()
            due = time.monotonic() + FLUSH_S
    await producer.stop()
    await consumer.stop()


if __name__ == "__main__":
    asyncio.run(main())
