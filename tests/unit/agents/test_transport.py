"""What of Faust and aiokafka is not public and is relied upon: a name that went, or does something else, shows here."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import IllegalStateError
from faust.serializers.codecs import get_codec
from faust.transport import consumer as base
from faust.transport.conductor import Conductor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.agents.app import App
from streams.agents.transport import LOOK_S, Consumer, ConsumerThread, Transport
from streams.settings import Settings

SETTINGS = Settings.from_env({"CRMPULSE_SESSION_MS": "6000"})


def arguments(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_what_is_overridden_is_there_with_the_same_arguments() -> None:
    for ours, theirs, name in [
        (ConsumerThread, driver.AIOKafkaConsumerThread, "_create_worker_consumer"),
        (Consumer, driver.Consumer, "_new_consumer_thread"),
        (Consumer, base.ThreadDelegateConsumer, "_getmany"),
        (Consumer, base.Consumer, "getmany"),
        (Consumer, base.Consumer, "on_buffer_full"),
        (Consumer, base.Consumer, "on_buffer_drop"),
        (Consumer, driver.Consumer, "_to_message"),
    ]:
        assert arguments(getattr(ours, name)) == arguments(getattr(theirs, name)), name


def test_the_thread_makes_its_consumer_by_the_overridden_method() -> None:
    assert "self._create_worker_consumer(transport)" in inspect.getsource(
        driver.AIOKafkaConsumerThread._create_consumer
    )


def test_the_drain_takes_messages_from_getmany_and_asks_for_acks_by_topic() -> None:
    source = inspect.getsource(base.Consumer._drain_messages)
    assert "getmany(timeout=1.0)" in source
    assert "acks_enabled_for(message.topic)" in source
    assert "if channel.acks:" in inspect.getsource(Conductor._update_indices)


def test_streams_drop_messages_of_an_older_generation() -> None:
    from faust.streams import Stream

    assert "message.generation_id != self.app.consumer_generation_id" in inspect.getsource(Stream._py_aiter)


def test_after_every_assignment_partitions_are_read_from_their_committed_offsets() -> None:
    from faust.tables.recovery import Recovery

    assert "consumer.perform_seek()" in inspect.getsource(Recovery._resume_streams)


def test_the_raw_codec_passes_on_what_it_is_given() -> None:
    chunk = [object()]
    assert get_codec("raw").loads(chunk) is chunk  # type: ignore[arg-type]


def test_a_consumer_knows_the_position_of_a_partition_where_we_look_for_it() -> None:
    async def scenario() -> None:
        consumer = AIOKafkaConsumer()
        assert isinstance(consumer._subscription, SubscriptionState)
        tp = TopicPartition("t", 0)
        consumer._subscription.assign_from_user([tp])
        state = consumer._subscription.subscription.assignment.state_value(tp)
        assert state._position is None
        state.seek(7)
        assert state._position == 7
        await consumer.stop()

    asyncio.run(scenario())


class Rig:
    """A consumer of ours that was never started, with scripted fetches."""

    def __init__(self, tmp_path: Any) -> None:
        self.app = App("rig", broker="kafka://localhost:9", datadir=str(tmp_path))
        self.asked: list[set[TP]] = []
        self.loaded = {TP("t", 0)}
        self.app.transport = Transport(self.app, SETTINGS, self._loaded)
        consumer = self.app.consumer
        assert isinstance(consumer, Consumer)
        self.consumer = consumer
        self.app.consumer_generation_id = 3

    async def _loaded(self, wanted: set[TP], timeout: float) -> dict[TP, int]:
        return dict.fromkeys(wanted & self.loaded, 4)


class Fetched:
    """A record as aiokafka gives it."""

    headers, timestamp, timestamp_type, checksum = (), 5_000, 0, None
    serialized_key_size = serialized_value_size = 1

    def __init__(self, offset: int) -> None:
        self.topic, self.partition, self.offset, self.key, self.value = "t", 0, offset, b"k", b"v"


def test_what_was_fetched_of_a_partition_is_one_message(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        rig = Rig(tmp_path)
        chunk = [Fetched(4), Fetched(5), Fetched(9)]

        async def fetched(timeout: float) -> tuple[dict[TopicPartition, list[Fetched]], set[TP]]:
            return {TopicPartition("t", 0): chunk}, set()

        monkeypatch.setattr(rig.consumer, "_wait_next_records", fetched)
        monkeypatch.setattr(rig.consumer, "highwater", lambda tp: 10)
        ((tp, message),) = [pair async for pair in rig.consumer.getmany(1.0)]
        assert (tp, message.offset, message.key, message.generation_id) == (TP("t", 0), 9, None, 3)
        assert message.value is cast(Any, chunk)
        assert rig.app.transport.handed == {TP("t", 0): 9}  # type: ignore[attr-defined]

        rig.consumer.stop_flow()
        assert [pair async for pair in rig.consumer.getmany(1.0)] == []

    asyncio.run(scenario())


def test_a_rebalance_ends_what_was_fetched_before_it(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        rig = Rig(tmp_path)

        async def fetched(timeout: float) -> tuple[dict[TopicPartition, list[Fetched]], set[TP]]:
            return {TopicPartition("t", n): [Fetched(4)] for n in range(3)}, set()

        monkeypatch.setattr(rig.consumer, "_wait_next_records", fetched)
        monkeypatch.setattr(rig.consumer, "highwater", lambda tp: 10)
        messages: AsyncIterator[Any] = rig.consumer.getmany(1.0)
        await anext(messages)
        rig.app.consumer_generation_id = 4
        assert [pair async for pair in messages] == []

    asyncio.run(scenario())


def test_what_is_fetched_while_the_flow_is_held_up_is_fetched_again(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        rig = Rig(tmp_path)
        gone, sought = {TP("t", 0)}, []

        async def fetched(active: set[TP], timeout: float) -> dict[TopicPartition, list[Fetched]]:
            return {TopicPartition("t", 0): [Fetched(4)]}

        async def seek(offsets: dict[TP, int]) -> None:
            if gone:
                gone.clear()
                raise IllegalStateError("not assigned")
            sought.append(offsets)

        monkeypatch.setattr(rig.consumer._thread, "getmany", fetched)
        monkeypatch.setattr(rig.consumer._thread, "seek_wait", seek)
        monkeypatch.setattr(rig.consumer, "highwater", lambda tp: 10)
        monkeypatch.setattr(rig.consumer, "_get_active_partitions", lambda: {TP("t", 0), TP("t", 1)})
        fetching = rig.consumer._wait_next_records

        async def stopping(timeout: float) -> Any:
            found = await fetching(timeout)
            rig.consumer.stop_flow()
            return found

        with monkeypatch.context() as patch:
            patch.setattr(rig.consumer, "_wait_next_records", stopping)
            assert [pair async for pair in rig.consumer.getmany(1.0)] == []
        rig.consumer.resume_flow()
        assert [pair async for pair in rig.consumer.getmany(1.0)] == [], "it was just taken away"
        assert [message.offset async for _, message in rig.consumer.getmany(1.0)] == [4]
        assert [message.offset async for _, message in rig.consumer.getmany(1.0)] == [4]
        assert sought == [{TP("t", 0): 4}], "once is enough"

    asyncio.run(scenario())


def test_only_partitions_that_are_loaded_are_read(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        rig = Rig(tmp_path)
        asked, waits = [], []

        async def getmany(active: set[TP], timeout: float) -> dict[TP, Any]:
            asked.append(active)
            waits.append(timeout)
            return {}

        monkeypatch.setattr(rig.consumer._thread, "getmany", getmany)
        await rig.consumer._getmany({TP("t", 0), TP("t", 1)}, 1.0)
        await rig.consumer._getmany({TP("t", 0)}, 1.0)
        rig.loaded.clear()
        assert await rig.consumer._getmany({TP("t", 0)}, 0.01) == {}
        assert asked == [{TP("t", 0)}] * 2, "an empty set would mean every partition to aiokafka"
        assert waits == [LOOK_S, 1.0], "one that has no records must not hold up those that are about to be loaded"

    asyncio.run(scenario())
