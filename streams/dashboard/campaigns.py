"""Campaigns and sources of leads by period."""

from __future__ import annotations

from typing import Final

import msgspec

from streams.events.outputs import CampaignRecord


class Campaigns:
    """Takes the records of `campaigns`. Raises msgspec.MsgspecError for what is none."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, CampaignRecord]] = {}  # period -> kind and id

    def __contains__(self, key: str) -> bool:
        name, _, period = key.rpartition("/")
        return name in self._records.get(period, {})

    def take(self, key: str, value: bytes | None) -> CampaignRecord | None:
        """A record; answers it, of a deletion the one before."""
        name, _, period = key.rpartition("/")
        if value is None:
            return self._records.get(period, {}).pop(name, None)
        record = self._records.setdefault(period, {})[name] = _decode(value)
        return record

    def ranked(self, period: str, limit: int) -> list[CampaignRecord]:
        """Those of a period, what won most first; of as much what cost less, then by name."""
        found = self._records.get(period, {})
        best = sorted(found, key=lambda name: (-found[name].won_amount, found[name].cost, name))
        return [found[name] for name in best[:limit]]


_decode: Final = msgspec.json.Decoder(CampaignRecord).decode
