"""Events onto a broker: every one, to its topic, under its key, no faster than wanted."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError, RecordListTooLargeError
from msgspec.structs import replace

from streams.embedded import Embedded
from streams.events import CustomerUpserted, Event, encode, make_event
from streams.settings import Settings
from streams.simulate import Scale, produce, simulate

SCALE = Scale(seed=1, employees=10, customers=50, events=1500)


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    with Embedded() as broker:
        yield Settings.from_env(
            {"CRMPULSE_KAFKA": broker.bootstrap, "CRMPULSE_TOPIC_PREFIX": "acme.", "CRMPULSE_EMBEDDED": "1"}
        )


def _ticking(step: float) -> Callable[[], float]:
    times = iter(range(10**9))
    return lambda: next(times) * step


async def _read(settings: Settings, topics: set[str], count: int) -> list[tuple[str, bytes, bytes, int]]:
    consumer = AIOKafkaConsumer(*topics, auto_offset_reset="earliest", **settings.client_options())
    await consumer.start()
    try:
        found: list[tuple[str, bytes, bytes, int]] = []
        async with asyncio.timeout(120):
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += [(record.topic, record.key, record.value, record.timestamp) for record in records]
        return found
    finally:
        await consumer.stop()


def test_every_event_arrives_on_its_topic_under_its_subject(settings: Settings) -> None:
    events = list(simulate(SCALE))
    steps: list[int] = []

    async def run() -> list[tuple[str, bytes, bytes, int]]:
        assert await produce(settings, events, None, _ticking(1.0), steps.append) == len(events)
        return await _read(settings, {f"acme.{event.data.TOPIC}" for event in events}, len(events))

    expected = sorted((f"acme.{event.data.TOPIC}", str(event.subject).encode(), encode(event)) for event in events)
    assert sorted(record[:3] for record in asyncio.run(run())) == expected
    assert steps == [1000, 500]


def test_a_rate_is_kept_by_the_clock(settings: Settings) -> None:
    readings: list[float] = []

    def now() -> float:
        # Whoever asks for the time makes it pass: a hundredth of a second.
        readings.append(len(readings) / 100)
        return readings[-1]

    events = list(simulate(SCALE))[:40]
    asyncio.run(produce(replace(settings, topic_prefix="paced."), events, 100, now))
    # 40 events at 100 a second, looked after every 5 events.
    assert readings[-1] - readings[0] == pytest.approx(0.40, abs=0.011)


@pytest.mark.parametrize("rate", [0.0, -5.0])
def test_a_rate_that_makes_no_sense_says_so(settings: Settings, rate: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        asyncio.run(produce(settings, [], rate, _ticking(1.0)))


@pytest.mark.logs_errors
def test_a_broker_that_is_not_there_is_an_error() -> None:
    nobody = Settings.from_env({"CRMPULSE_KAFKA": "127.0.0.1:1"})
    with pytest.raises(KafkaConnectionError):
        asyncio.run(produce(nobody, [], None, _ticking(1.0)))


def test_a_record_that_is_too_large_is_an_error(settings: Settings) -> None:
    def events() -> Iterator[Event]:
        data = CustomerUpserted(customer_id="c", name="x" * 2_000_000)
        yield make_event(data, "1", "/test", SCALE.start)

    with pytest.raises(MessageSizeTooLargeError):
        asyncio.run(produce(settings, events(), None, _ticking(1.0)))


class _Refusing:
    """A producer that takes a record and learns only later that the broker does not."""

    def __init__(self, **_: object) -> None:
        self.sent = 0

    async def start(self) -> None: ...

    async def stop(self) -> None:
        await asyncio.sleep(0)

    async def send(self, *_: object, **__: object) -> "asyncio.Future[None]":
        self.sent += 1
        refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        refused.get_loop().call_soon(refused.set_exception, RecordListTooLargeError())
        return refused


@pytest.mark.parametrize("count", [1, 5000], ids=["at the end", "on the way"])
def test_a_record_that_the_broker_refuses_is_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    producers: list[_Refusing] = []

    def producer(**options: object) -> _Refusing:
        producers.append(_Refusing(**options))
        return producers[-1]

    monkeypatch.setattr("streams.simulate.kafka.AIOKafkaProducer", producer)
    with pytest.raises(RecordListTooLargeError):
        asyncio.run(produce(settings, [next(simulate(SCALE))] * count, None, _ticking(1.0)))
    assert producers[0].sent <= 2000
