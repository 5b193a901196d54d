"""Quix Streams: each topic grouped by the key of the count, a stateful update, the new row to the output.

The state belongs to a key, so grouping it takes: through a topic of its own, which holds no more than what is counted.
State and offsets are written every five seconds, the default; a row goes out with each event.
"""

from typing import Any

from quixstreams import Application, State

from tests.bench.engines.job import Job, count_of


def add(value: dict[str, Any], state: State) -> dict[str, int]:
    row = state.get("row") or {"count": 0, "cents": 0}
    row = {"count": row["count"] + 1, "cents": row["cents"] + value["cents"]}
    state.set("row", row)
    return row


def slim(line: bytes) -> dict[str, Any] | None:
    found = count_of(line)
    return found and {"key": found[0], "cents": found[1]}


def main() -> None:
    job = Job.given()
    app = Application(
        broker_address=job.kafka, consumer_group=job.output, auto_offset_reset="earliest", state_dir=job.folder,
        loglevel="WARNING", consumer_extra_config={"queued.min.messages": 200_000},
        producer_extra_config={"linger.ms": 50, "queue.buffering.max.messages": 1_000_000},
    )  # fmt: skip
    output = app.topic(job.output, value_serializer="json", key_serializer="str")
    for name in job.topics:
        frame = app.dataframe(app.topic(name, value_deserializer="bytes"))
        frame = frame.apply(slim)
        frame = frame.filter(lambda value: value is not None)
        frame = frame.group_by("key", key_serializer="str", key_deserializer="str")
        frame = frame.apply(add, stateful=True)
        frame.to_topic(output)
    app.run(count=job.counted, collect=False)


if __name__ == "__main__":
    main()
