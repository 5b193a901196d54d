import msgspec
import pytest

from streams import events
from streams.settings import Settings
from streams.topics import (
    BY_NAME,
    COMMANDS,
    CUSTOMERS_STATE,
    DEAD_LETTERS,
    FACTS,
    GENERATION,
    INBOX,
    MIB,
    OUTPUTS,
    REFERENCE,
    ROLLUP,
    SOURCES,
    TOPICS,
    Cleanup,
    Found,
    Status,
    Topics,
    generation_of,
    judge,
)
from streams.topics.registry import STREAMS


def topics(**environ: str) -> Topics:
    return Topics(Settings.from_env({f"CRMPULSE_{name.upper()}": value for name, value in environ.items()}))


def generation(number: int, *, shadow: bool = False) -> Topics:
    return Topics(msgspec.structs.replace(topics(topic_prefix="acme.").settings, generation=number, shadow=shadow))


def test_the_sources_are_the_topics_of_the_event_types() -> None:
    assert {topic.name for topic in SOURCES} == set(events.TOPICS)
    assert {COMMANDS, *REFERENCE} <= set(BY_NAME)


def test_no_two_topics_share_a_name() -> None:
    assert len(BY_NAME) == len(TOPICS)


def test_the_outputs_are_compacted_but_for_the_logs() -> None:
    assert {topic.name for topic in OUTPUTS if topic.cleanup is Cleanup.DELETE} == {"alerts.log", DEAD_LETTERS}


def test_a_prefix_stands_before_every_name_and_comes_off_again() -> None:
    named = topics(topic_prefix="acme.")

    for topic in TOPICS:
        assert named.full(topic.name) == f"acme.{topic.name}"
        assert named.plain(f"acme.{topic.name}") == topic.name
    assert named.sources[0] == "acme.crm.customers"


def test_a_later_generation_has_inner_topics_of_its_own_and_shares_all_others() -> None:
    first, second = topics(topic_prefix="acme."), generation(2)

    assert {name for name in BY_NAME if first.full(name) != second.full(name)} == {topic.name for topic in STREAMS}
    assert second.full(INBOX) == "acme.streams.inbox.g2"
    assert second.plain("acme.streams.inbox.g2") == INBOX


def test_a_generation_that_does_not_serve_yet_has_outputs_of_its_own_too() -> None:
    shadow = generation(2, shadow=True)

    assert shadow.full("kpis.employees") == "acme.streams.g2.kpis.employees"
    assert shadow.full(DEAD_LETTERS) == "acme.streams.g2.dead-letters"
    assert shadow.full("crm.contacts") == "acme.crm.contacts"
    assert shadow.full(GENERATION) == "acme.streams.generation"


def test_a_topic_tells_which_generation_it_belongs_to() -> None:
    second = generation(2, shadow=True)
    for topic in TOPICS:
        first = 1 if topic in STREAMS else None
        assert generation_of(f"acme.{topic.name}", second.settings) == first
        own = 2 if topic in (*STREAMS, *OUTPUTS) else None
        assert generation_of(second.full(topic.name), second.settings) == own
    for foreign in ("streams.inbox", "acme.streams.inbox.g1", "acme.streams.g2.more", "acme.streams.more.g2", "more"):
        assert generation_of(foreign, second.settings) is None


def test_outputs_are_written_into_the_partitions_that_they_have() -> None:
    named = Topics(msgspec.structs.replace(topics(partitions="12").settings, output_partitions={"alerts": 3}))

    assert [named.used(name) for name in ("alerts", "customers", INBOX)] == [3, 12, 12]


def test_a_topic_that_nobody_registered_has_no_name() -> None:
    with pytest.raises(KeyError):
        topics().full("crm.unheard_of")


def test_the_last_stage_has_one_partition_and_the_others_as_many_as_set() -> None:
    named = topics(partitions="12")

    assert [named.used(name) for name in (INBOX, FACTS, CUSTOMERS_STATE, "crm.contacts", ROLLUP)] == [12, 12, 12, 12, 1]
    assert named.partitions(ROLLUP) == 1


def test_on_the_embedded_broker_every_topic_has_four_and_the_last_stage_uses_one() -> None:
    named = topics(embedded="1")

    assert {named.partitions(topic.name) for topic in TOPICS} == {4}
    assert (named.used(INBOX), named.used(ROLLUP)) == (4, 1)


def test_sources_are_kept_for_ever_and_take_what_is_too_large_so_that_it_can_be_refused() -> None:
    for topic in SOURCES:
        config = topics().config(topic.name)
        assert (config["cleanup.policy"], config["retention.ms"], config["retention.bytes"]) == ("delete", "-1", "-1")
        assert int(config["max.message.bytes"]) > events.MAX_BYTES


def test_copies_that_must_have_a_write_follow_from_the_number_of_copies() -> None:
    assert "min.insync.replicas" not in topics().config("alerts")
    for copies, least in (("1", "1"), ("2", "1"), ("3", "2")):
        assert topics(replication=copies).config("alerts")["min.insync.replicas"] == least


FINE = {
    "cleanup.policy": "delete", "max.message.bytes": str(2 * MIB), "retention.ms": "-1", "min.insync.replicas": "2",
}  # fmt: skip
"""Of a topic with three copies."""


@pytest.mark.parametrize(
    ("name", "partitions", "change", "status", "says"),
    [
        ("crm.contacts", 8, {}, None, ""),
        ("crm.contacts", 3, {}, Status.NOTE, "which is fine"),
        ("crm.contacts", 8, {"retention.ms": "86400000"}, Status.NOTE, "keeps 1 d"),
        ("crm.contacts", 8, {"cleanup.policy": "compact"}, Status.WRONG, "cleanup.policy=delete"),
        ("crm.contacts", 8, {"cleanup.policy": "compact,delete"}, Status.WRONG, "cleanup.policy=delete"),
        ("crm.contacts", 8, {"max.message.bytes": "1048588"}, None, ""),
        ("crm.contacts", 8, {"max.message.bytes": "100000"}, Status.WRONG, "100000 bytes"),
        (INBOX, 8, {"retention.ms": "604800000"}, None, ""),
        (INBOX, 8, {"retention.ms": "604799999"}, Status.NOTE, "retention.ms=604800000"),
        (INBOX, 4, {}, Status.WRONG, "4 partitions instead of 8"),
        (INBOX, 8, {"max.message.bytes": "1048588"}, Status.WRONG, "max.message.bytes=2097152"),
        (FACTS, 8, {"cleanup.policy": "compact"}, None, ""),
        (FACTS, 8, {"cleanup.policy": "delete"}, Status.WRONG, "cleanup.policy=compact"),
        (ROLLUP, 8, {"cleanup.policy": "compact"}, Status.WRONG, "8 partitions instead of 1"),
        ("alerts", 1, {"cleanup.policy": "compact"}, Status.NOTE, "which is fine"),
        (DEAD_LETTERS, 1, {"max.message.bytes": str(16 * MIB)}, Status.NOTE, "which is fine"),
        (DEAD_LETTERS, 8, {}, Status.WRONG, "max.message.bytes=16777216"),
        ("crm.contacts", 8, {"min.insync.replicas": "4"}, Status.WRONG, "min.insync.replicas=2"),
        ("crm.contacts", 8, {"min.insync.replicas": "3"}, None, ""),
        ("crm.contacts", 8, {"min.insync.replicas": "1"}, Status.NOTE, "min.insync.replicas=2"),
        (GENERATION, 8, {"cleanup.policy": "compact"}, Status.WRONG, "delete it, make it with `crmpulse topics`"),
    ],
)
def test_an_existing_topic_is_judged(
    name: str, partitions: int, change: dict[str, str], status: Status | None, says: str
) -> None:
    named = topics(topic_prefix="p.")

    found = judge(BY_NAME[name], named.full(name), named, Found(partitions, 3, FINE | change))

    assert (found.status if found else None) == status
    if found:
        assert found.topic == f"p.{name}"
        assert f"p.{name}" in found.advice
        assert says in found.advice


def test_the_description_names_every_topic() -> None:
    rows = topics(topic_prefix="p.").describe()

    assert [row[0] for row in rows] == [f"p.{topic.name}" for topic in TOPICS]
    assert ("p.alerts.log", "employee id", "8", "delete", "3650 d") in rows
    assert ("p.crm.payments", "subject", "8", "delete", "for ever") in rows
    assert ("p.streams.rollup", "team|bucket|origin", "1", "compact", "newest per key") in rows
