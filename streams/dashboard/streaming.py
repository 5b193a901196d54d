"""One event stream: what a subscriber asked for, from its place in the ring on, at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web

from streams.dashboard.hub import Asked, Gone, Hub

PING_S: Final = 15.0
"""Seconds of silence after which a stream says that it is there."""
STUCK_S: Final = 60.0
"""Seconds in which a subscriber has to take what it was sent; then its connection ends, and it may come again."""
RETRY_MS: Final = 2_000
PORTION: Final = 64 * 1024
"""Bytes that are handed to a connection at once; one change more at most. That is what a slow subscriber holds."""
HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


class Stream:
    """A subscriber's. `over` says when it must sign in anew."""

    def __init__(self, hub: Hub, asked: Asked, over: Callable[[], bool]) -> None:
        self._hub, self._asked, self._over = hub, asked, over
        self._place = hub.last
        self._reset = False

    def resume(self, last_id: str | None) -> None:
        """Go on after the event of an id; what can no longer be told becomes a reset."""
        if last_id:
            try:
                self._place = self._hub.place(last_id)
            except Gone:
                self._reset = True

    async def run(self, request: web.Request) -> web.StreamResponse:
        """Until the subscriber goes, must sign in anew, or the hub closes."""
        response = web.StreamResponse(headers=HEADERS)
        await response.prepare(request)
        self._hub.subscribers += 1
        try:
            await self._send(response, f"retry: {RETRY_MS}\n\n".encode())
            while not self._hub.closed and not self._over():
                await self._step(response)
        except (ConnectionError, TimeoutError):
            pass  # it is gone, or takes nothing: it comes again with the id of what it had
        finally:
            self._hub.subscribers -= 1
        return response

    async def _step(self, response: web.StreamResponse) -> None:
        if self._reset:
            self._reset, self._place = False, self._hub.last
            self._hub.resets += 1
            await self._send(response, self._said("reset"))
            return
        before = self._place
        try:
            portion = self._portion()
        except Gone:
            self._reset = True
            return
        if portion:
            await self._send(response, portion)
        elif self._place > before:
            await asyncio.sleep(0)
        elif not await self._hub.wait(self._place, PING_S):
            await self._send(response, self._said("ping"))

    def _portion(self) -> bytes:
        """What comes next of what is wanted; empty where there is none of it. Nothing else of the ring is held while a
        subscriber takes it, so that what leaves the ring leaves memory. Raises `Gone`."""
        portion = bytearray()
        for one in self._hub.read(self._place):
            if self._asked.wants(one):
                portion += one.frame
            self._place = one.number
            if len(portion) > PORTION:
                break
        return bytes(portion)

    def _said(self, event: str) -> bytes:
        """Not about a change: but its id says up to where all was told."""
        return f"id: {self._hub.id(self._place)}\nevent: {event}\ndata: {{}}\n\n".encode()

    @staticmethod
    async def _send(response: web.StreamResponse, data: bytes) -> None:
        """Waits where the subscriber is slow; nobody else does."""
        async with asyncio.timeout(STUCK_S):
            await response.write(data)
