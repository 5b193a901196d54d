"""Where an output record goes."""

import orjson
import pytest
from aiokafka.partitioner import DefaultPartitioner

from streams.agents.records import place
from streams.core.stage import ALL, Send, partition_of
from streams.settings import Settings
from streams.topics import Topics

TOPICS = Topics(Settings.from_env({"CRMPULSE_PARTITIONS": "8", "CRMPULSE_TOPIC_PREFIX": "acme."}))


def test_a_subject_goes_to_its_own_partition_whatever_the_key() -> None:
    placed = place([Send("streams.facts", b"e|2026-03|1", b"v", "emp-007")], TOPICS)
    assert placed == {("acme.streams.facts", partition_of("emp-007", 8)): [(b"e|2026-03|1", b"v")]}


def test_a_number_is_a_partition_and_all_is_every_one() -> None:
    placed = place([Send("streams.facts", b"k", None, 5), Send("streams.facts", b"t", b"", ALL)], TOPICS)
    assert {partition for _, partition in placed} == set(range(8))
    assert placed["acme.streams.facts", 5] == [(b"k", None), (b"t", b"")]


def test_a_topic_of_one_partition_takes_everything_there() -> None:
    placed = place([Send("streams.rollup", b"k", b"", "x"), Send("streams.rollup", b"t", b"", ALL)], TOPICS)
    assert list(placed) == [("acme.streams.rollup", 0)]


@pytest.mark.parametrize("key", [b"emp-007/2026-03", b"", "客户".encode()])
def test_a_key_goes_where_every_kafka_client_looks_for_it(key: bytes) -> None:
    (there,) = place([Send("alerts", key, b"v")], TOPICS)
    assert there == ("acme.alerts", DefaultPartitioner()(key, list(range(8)), list(range(8))))


def test_a_mapping_is_written_as_json() -> None:
    ((record,),) = place([Send("alerts", b"k", {"id": "客户", "n": 1.5})], TOPICS).values()
    assert orjson.loads(record.value or b"") == {"id": "客户", "n": 1.5}


def test_a_topic_that_the_registry_does_not_know_is_an_error() -> None:
    with pytest.raises(KeyError):
        place([Send("nowhere", b"k", b"v")], TOPICS)
