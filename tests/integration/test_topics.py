"""Topics on a real Kafka: made as they should be, and found out when they are not."""

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError

from streams.settings import Settings
from streams.topics import BY_NAME, FACTS, INBOX, ROLLUP, TOPICS, Report, Status, Topics, check, create


@pytest.fixture
def settings(kafka: str, app_id: str, topic_prefix: str) -> Settings:
    return Settings.from_env(
        {
            "CRMPULSE_KAFKA": kafka,
            "CRMPULSE_APP": app_id,
            "CRMPULSE_TOPIC_PREFIX": topic_prefix,
            "CRMPULSE_PARTITIONS": "2",
            "CRMPULSE_REPLICATION": "1",
        }
    )


def statuses(report: Report) -> dict[str, Status]:
    return {finding.topic: finding.status for finding in report.findings}


async def made(settings: Settings, *topics: NewTopic) -> None:
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    answer = await admin.create_topics(list(topics))
    await admin.close()
    assert all(error[1] == 0 for error in answer.topic_errors), answer


async def configured(settings: Settings, names: list[str]) -> dict[str, dict[str, str]]:
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    await admin.close()
    return {name: {entry[0]: entry[1] for entry in entries} for _, _, _, name, entries in answer.resources}


def test_all_are_made_as_declared_and_found_well_the_second_time(settings: Settings) -> None:
    first = asyncio.run(create(settings))
    second = asyncio.run(create(settings))

    names = Topics(settings)
    assert statuses(first) == {names.full(topic.name): Status.CREATED for topic in TOPICS}
    assert set(statuses(second).values()) == {Status.OK}
    assert asyncio.run(check(settings)) == second
    configs = asyncio.run(configured(settings, [names.full(topic.name) for topic in TOPICS]))
    for topic in TOPICS:
        assert configs[names.full(topic.name)].items() >= names.config(topic.name).items()


def test_two_workers_may_make_them_at_the_same_time(settings: Settings) -> None:
    async def both() -> list[Report]:
        return list(await asyncio.gather(create(settings), create(settings)))

    for report in asyncio.run(both()):
        assert not report.wrong
        assert len(report.findings) == len(TOPICS)


def test_checking_makes_nothing(settings: Settings) -> None:
    report = asyncio.run(check(settings))

    assert set(statuses(report).values()) == {Status.WRONG}
    assert "`crmpulse topics` creates it" in report.findings[0].advice
    assert asyncio.run(check(settings)) == report


def test_the_number_of_copies_may_be_left_to_the_broker(settings: Settings, kafka: str, topic_prefix: str) -> None:
    settings = Settings.from_env({"CRMPULSE_KAFKA": kafka, "CRMPULSE_TOPIC_PREFIX": topic_prefix})

    assert set(statuses(asyncio.run(create(settings))).values()) == {Status.CREATED}


def test_what_somebody_made_differently_is_named_with_what_to_do(settings: Settings) -> None:
    names = Topics(settings)
    compact = {"cleanup.policy": "compact"}
    contacts, employees = names.full("crm.contacts"), names.full("crm.employees")
    asyncio.run(
        made(
            settings,
            NewTopic(names.full(INBOX), 5, 1, topic_configs=names.config(INBOX)),
            NewTopic(names.full(FACTS), 2, 1),
            NewTopic(names.full(ROLLUP), 1, 1, topic_configs=compact | {"max.message.bytes": "1000"}),
            NewTopic(contacts, 7, 1, topic_configs=names.config("crm.contacts")),
            NewTopic(employees, 2, 1, topic_configs=compact),
        )
    )

    found = {finding.topic: finding for finding in asyncio.run(create(settings)).findings}

    assert found[names.full(INBOX)].status is Status.WRONG
    assert "5 partitions instead of 2" in found[names.full(INBOX)].advice
    assert f"--entity-name {names.full(FACTS)} --add-config cleanup.policy=compact" in found[names.full(FACTS)].advice
    assert "max.message.bytes=2097152" in found[names.full(ROLLUP)].advice
    assert found[contacts].status is Status.NOTE
    assert found[employees].status is Status.WRONG
    assert {finding.topic for finding in found.values() if finding.status is Status.CREATED} == {
        names.full(name) for name in set(BY_NAME) - {INBOX, FACTS, ROLLUP, "crm.contacts", "crm.employees"}
    }


def test_a_changed_number_of_partitions_is_found_out(settings: Settings, kafka: str, topic_prefix: str) -> None:
    asyncio.run(create(settings))

    other = Settings.from_env(
        {"CRMPULSE_KAFKA": kafka, "CRMPULSE_TOPIC_PREFIX": topic_prefix, "CRMPULSE_PARTITIONS": "3"}
    )
    wrong = {finding.topic.removeprefix(topic_prefix) for finding in asyncio.run(check(other)).wrong}

    assert wrong == {"streams.inbox", "streams.facts", "streams.customers.state", "streams.employees.state"}


@pytest.mark.logs_errors
def test_a_broker_that_is_not_there_is_an_error_of_kafka(kafka: str) -> None:
    settings = Settings.from_env({"CRMPULSE_KAFKA": "127.0.0.1:1"})

    with pytest.raises(KafkaConnectionError):
        asyncio.run(create(settings))
