"""Pathway: three tables read as JSON by its own reader, grouped and reduced by its own engine, no Python per event.

Mode "static" reads to the end of the topics and ends; every row goes out once.
"""

import pathway as pw

from tests.bench.engines.job import WHO, Job

AMOUNT = "/data/amount/amount"


class Event(pw.Schema):
    type: str
    time: str
    who: str


class Money(Event):
    amount: str


def main() -> None:
    job = Job.given()
    kafka = {"bootstrap.servers": job.kafka}
    reader = kafka | {"group.id": job.output, "auto.offset.reset": "earliest", "enable.auto.commit": "false"}
    tables = []
    for topic, (kind, field) in zip(job.topics, WHO.items(), strict=True):
        money = kind != "contact.logged"
        paths = {"who": f"/data/{field}"} | ({"amount": AMOUNT} if money else {})
        events = pw.io.kafka.read(
            reader | {"group.id": f"{job.output}-{topic}"}, topic, schema=Money if money else Event, format="json",
            mode="static", json_field_paths=paths, autocommit_duration_ms=1_000,
        )  # fmt: skip
        events = events.filter(events.type == kind)
        cents = events.amount.str.replace(".", "").str.parse_int() if money else 0
        tables.append(
            events.select(key=events.who + "/" + events.time.str.slice(0, 10) + "/" + events.type, cents=cents)
        )
    every = pw.Table.concat_reindex(*tables)
    rows = every.groupby(every.key).reduce(every.key, count=pw.reducers.count(), cents=pw.reducers.sum(every.cents))
    pw.io.kafka.write(rows, kafka, job.output, format="json", key=rows.key)
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)


if __name__ == "__main__":
    main()
