"""The public keys of an OpenID provider, fetched from where it publishes them and kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import jwt

from streams.dashboard.tokens import Unauthenticated

TIMEOUT: Final = aiohttp.ClientTimeout(total=5)
KEPT_S: Final = 600.0
SOON_S: Final = 30.0
"""A key that is not known is looked for no more often than this."""
MOST: Final = 1 << 20


class ProviderKeys:
    """Keys by id. A provider that is away leaves those that are known in force."""

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        self._url, self._clock = url, clock
        self._keys: dict[str | None, Any] = {}
        self._asked = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, id: str | None) -> Any:
        """The key of an id; without one, the only key there is. Raises `Unauthenticated`."""
        async with self._lock:
            since = self._clock() - self._asked
            if since > KEPT_S or (self._find(id) is None and since > SOON_S):
                self._asked = self._clock()
                await self._fetch()
        found = self._find(id)
        if found is None:
            raise Unauthenticated("The token is signed with a key that its provider does not publish.")
        return found

    def _find(self, id: str | None) -> Any:
        if id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(id)

    async def _fetch(self) -> None:
        try:
            async with aiohttp.ClientSession(timeout=TIMEOUT) as client, client.get(self._url) as answer:
                answer.raise_for_status()
                found = jwt.PyJWKSet.from_json((await answer.content.read(MOST)).decode())
        except (aiohttp.ClientError, TimeoutError, jwt.PyJWTError, ValueError) as error:
            if not self._keys:
                raise Unauthenticated(f"The keys of the provider cannot be had: {type(error).__name__}.") from error
            return
        self._keys = {key.key_id: key.key for key in found.keys}
