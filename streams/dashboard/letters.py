"""What was refused, as far as the tail of the dead letters tells."""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

import msgspec

from streams.dashboard.shapes import Letter

KEPT: Final = 20_000
"""Letters whose reasons are counted."""
NEWEST: Final = 100


class LetterBox:
    """Takes the records of the dead letters. Raises msgspec.MsgspecError for what is none."""

    def __init__(self) -> None:
        self.total = 0
        """How many there are, those before the tail too."""
        self.by_reason: Counter[str] = Counter()
        self._reasons: deque[str] = deque()
        self._newest: deque[Letter] = deque(maxlen=NEWEST)

    def take(self, value: bytes | None) -> None:
        """A record of the topic."""
        if value is None:
            return
        letter = _decode(value)
        self.total += 1
        self._newest.appendleft(letter)
        self._reasons.append(letter.reason)
        self.by_reason[letter.reason] += 1
        if len(self._reasons) > KEPT:
            oldest = self._reasons.popleft()
            self.by_reason[oldest] -= 1
            if not self.by_reason[oldest]:
                del self.by_reason[oldest]

    def newest(self) -> list[Letter]:
        """The newest first."""
        return list(self._newest)


_decode: Final = msgspec.json.Decoder(Letter).decode
