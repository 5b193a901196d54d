"""Faust as its introduction has it: for every event a table is written and the new row sent."""

import signal

import faust
from faust.types import StreamT

from tests.bench.engines.job import Job, count_of, row_of

job = Job.given()
app = faust.App(
    job.output, broker=f"kafka://{job.kafka}", store="memory://", topic_partitions=job.partitions,
    topic_replication_factor=1, consumer_auto_offset_reset="earliest", value_serializer="raw", web_enabled=False,
    datadir=job.folder,
)  # fmt: skip
counts = app.Table("counts", key_type=str, value_type=list, partitions=job.partitions)
output = app.topic(job.output, partitions=job.partitions)


@app.agent(app.topic(*job.topics))
async def count(events: StreamT[bytes]) -> None:
    done = 0
    async for line in events:
        if (found := count_of(line)) is not None:
            key, cents = found
            before = counts.get(key) or [0, 0]
            counts[key] = row = [before[0] + 1, before[1] + cents]
            await output.send(key=key.encode(), value=row_of(*row))
        done += 1
        if done == job.events:
            await app.producer.flush()
            signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    faust.Worker(app, loglevel="WARN").execute_from_commandline()
