"""Five hundred subscribers, some of whom sleep: the others hear everything, and memory is that of the ring."""

from __future__ import annotations

import asyncio
import gc

import pytest

from streams.dashboard import streaming
from streams.dashboard.hub import Hub, Told
from tests.unit.dashboard.following import change, subscribed, waiting
from tests.unit.dashboard.house import Board, Client, serving
from tests.unit.dashboard.records import alert

MANY, ASLEEP = 500, 3
KEPT = 4_000_000
"""Bytes of the ring."""
SIZE, BATCH = 200_000, 5
"""Bytes of a change, and changes of a round: a million bytes, a quarter of the ring."""
END = "end"


class Crowd:
    """Subscribers who read. `heard` is how many have heard of an alert."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._news = asyncio.Condition()
        self.heard: dict[str, int] = {}

    async def follow(self) -> list[str]:
        """The alerts that one hears of, up to the last."""
        keys: list[str] = []
        async with subscribed(self._client, "/api/v1/events?topics=alerts") as reading:
            while END not in keys:
                _, name, data = await reading.next()
                assert name == "alerts", f"after {keys}: {name}"
                keys.append(data["key"])
                async with self._news:
                    self.heard[data["key"]] = self.heard.get(data["key"], 0) + 1
                    self._news.notify_all()
        return keys

    async def all_heard(self, key: str, count: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self.heard.get(key, 0) == count)


async def rounds(board: Board, client: Client, crowd: Crowd) -> list[str]:
    """Far more than sleepers take, and after each part of it an alert, which all others hear before the next comes."""
    told: list[str] = []
    stuck = 0
    while len(told) < stuck + 2 * KEPT // (SIZE * BATCH) or not stuck:
        board.hub.publish(change(number, SIZE) for number in range(BATCH))
        told.append(f"a{len(told)}")
        board.tell(alert(told[-1]))
        await crowd.all_heard(told[-1], MANY - ASLEEP)
        if not stuck and sum(1 for size in waiting(client) if size) == ASLEEP:
            stuck = len(told)  # nothing more goes to them; and now twice what the ring holds
    board.tell(alert(END))
    return [*told, END]


def test_sleepers_delay_nobody_hold_a_portion_each_and_are_told_to_load_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "STUCK_S", 3_600.0)  # the test decides for how long they sleep

    async def run() -> None:
        async with (
            serving([], hub=Hub("e", kept=1_000, kept_bytes=KEPT)) as (board, client),
            subscribed(client) as slow,
            subscribed(client) as slower,
            subscribed(client),
        ):
            crowd = Crowd(client)
            others = [asyncio.create_task(crowd.follow()) for _ in range(MANY - ASLEEP)]
            while board.hub.subscribers < MANY:
                await asyncio.sleep(0)
            told = await rounds(board, client, crowd)
            assert await asyncio.gather(*others) == [told] * (MANY - ASLEEP)
            held = sorted(waiting(client))[-ASLEEP:]
            assert held[0] > 0
            assert held[-1] <= streaming.PORTION + SIZE + 1_000
            alive = sum(1 for one in gc.get_objects() if isinstance(one, Told))
            assert alive <= KEPT // SIZE + len(told), "what left the ring is held by somebody"
            for reading in (slow, slower):
                while (await reading.next())[1] != "reset":
                    pass
                board.hub.publish([change(999_999)])
                while (await reading.next())[2].get("key") != "k999999":
                    pass  # it goes on from there
            assert board.hub.resets == 2

    asyncio.run(run())
