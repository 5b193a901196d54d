"""aiokafka's clients where they need help."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, whatever it is doing.

    aiokafka's own `stop` cancels the fetches under way and waits for them. One that sits out a broker that is away ends
    as cancelled, and so would whoever called `stop`: a task that nobody had cancelled, ending without a word.
    """
    stopping = asyncio.ensure_future(consumer.stop())
    try:
        await asyncio.wait({stopping})
    except asyncio.CancelledError:
        stopping.cancel()
        raise
    if stopping.cancelled():
        await consumer._client.close()  # the step of `stop` that was left out
    else:
        stopping.result()
