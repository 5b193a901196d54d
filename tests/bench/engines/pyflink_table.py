"""PyFlink: SQL on Flink's own runtime in a process of its own, no Python per event.

Its connector reads to the end of the topics and ends the job; small batches of a second are aggregated before they are
written.
"""

import sys
from pathlib import Path

from pyflink.table import EnvironmentSettings, TableEnvironment

from tests.bench.engines.job import WHO, Job

SOURCE = """
CREATE TABLE `{topic}` (
  `type` STRING, `time` STRING, `data` ROW<`{field}` STRING, `amount` ROW<`amount` DECIMAL(18, 2)>>
) WITH (
  'connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{kafka}',
  'properties.group.id' = '{group}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset',
  'format' = 'json'
)"""
SINK = """
CREATE TABLE counts (`key` STRING, `count` BIGINT, `cents` BIGINT, PRIMARY KEY (`key`) NOT ENFORCED) WITH (
  'connector' = 'upsert-kafka', 'topic' = '{output}', 'properties.bootstrap.servers' = '{kafka}',
  'key.format' = 'raw', 'value.format' = 'json'
)"""
ROWS = """
SELECT `data`.`{field}` || '/' || SUBSTRING(`time`, 1, 10) || '/' || `type` AS `key`,
  CAST(COALESCE(`data`.`amount`.`amount`, 0) * 100 AS BIGINT) AS `cents` FROM `{topic}` WHERE `type` = '{kind}'"""
COUNT = "INSERT INTO counts SELECT `key`, COUNT(*), SUM(`cents`) FROM ({rows}) GROUP BY `key`"


def main() -> None:
    job = Job.given()
    (jar,) = Path(sys.prefix, "jars").iterdir()
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    for name, value in {
        "pipeline.jars": jar.as_uri(), "parallelism.default": "1",
        "table.exec.mini-batch.enabled": "true", "table.exec.mini-batch.allow-latency": "1 s",
        "table.exec.mini-batch.size": "100000", "table.optimizer.agg-phase-strategy": "TWO_PHASE",
    }.items():  # fmt: skip
        tables.get_config().set(name, value)
    rows = []
    for topic, (kind, field) in zip(job.topics, WHO.items(), strict=True):
        tables.execute_sql(SOURCE.format(topic=topic, field=field, kafka=job.kafka, group=job.output))
        rows.append(ROWS.format(topic=topic, kind=kind, field=field))
    tables.execute_sql(SINK.format(output=job.output, kafka=job.kafka))
    tables.execute_sql(COUNT.format(rows=" UNION ALL ".join(rows))).wait()


if __name__ == "__main__":
    main()
