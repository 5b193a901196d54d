"""What the producers are relied upon for, held by their names; the rest of a log needs a broker."""

import asyncio
import inspect

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError
from aiokafka.producer.sender import Sender
from aiokafka.producer.transaction_manager import TransactionManager

from streams.agents.log import TransactionalLog
from streams.settings import Settings

SETTINGS = Settings.from_env({"CRMPULSE_APP": "acme", "CRMPULSE_TRANSACTION_MS": "45000"})


def test_the_transactional_id_is_that_of_the_partition_and_its_stage() -> None:
    async def scenario() -> None:
        log = TransactionalLog(SETTINGS, "customers", TopicPartition("in", 3), TopicPartition("state", 3))
        manager = log._producer._txn_manager
        assert (manager.transactional_id, manager.transaction_timeout_ms) == ("acme-customers-3", 45_000)
        await log.close()

    asyncio.run(scenario())


def test_a_connection_that_breaks_while_a_coordinator_is_looked_for_is_looked_for_again() -> None:
    async def scenario() -> None:
        log = TransactionalLog(SETTINGS, "customers", TopicPartition("in", 3), TopicPartition("state", 3))
        client = log._producer.client
        client.get_random_node = lambda: 1

        async def broken(node: int, request: object) -> None:
            raise KafkaConnectionError("closed")

        client.send = broken
        with pytest.raises(NodeNotReadyError):
            await client.coordinator_lookup(1, "acme-customers-3")
        await log.close()

    asyncio.run(scenario())
    source = inspect.getsource(Sender._find_coordinator)
    assert "self.client.coordinator_lookup" in source
    assert "NodeNotReadyError" in source
    assert "KafkaConnectionError" not in source, "the producer looks again by itself now, and we need not help it"


def test_a_transaction_still_takes_one_group_only() -> None:
    """The day this fails, a group of its own may hold the clocks."""

    async def scenario() -> None:
        manager = TransactionManager("id", 1_000)
        manager.consumer_group_added("first")
        manager._pending_txn_offsets.append(("second", {}, None))
        assert manager.consumer_group_to_add() is None

    asyncio.run(scenario())
