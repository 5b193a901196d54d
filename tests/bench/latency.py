"""How long what was sent took to come out: pure bookkeeping, instants in seconds."""

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import NamedTuple


class Latency(NamedTuple):
    """Of one event: when it was sent, and how much later it was counted."""

    sent: float
    seconds: float


class Waiting:
    """Events of a subject come out in the order in which they were sent, each counted once."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[float]] = defaultdict(deque)
        self._counted: defaultdict[str, int] = defaultdict(int)
        self.found: list[Latency] = []

    def __len__(self) -> int:
        """How many were sent and not counted yet."""
        return sum(map(len, self._waiting.values()))

    def sent(self, subject: str, at: float) -> None:
        """One more event of a subject."""
        self._waiting[subject].append(at)

    def counted(self, subject: str, count: int, at: float) -> None:
        """So many events of a subject have come out by now, of all that were ever sent. An older count says nothing."""
        waiting = self._waiting[subject]
        new = count - self._counted[subject]
        assert new <= len(waiting), (subject, count, "counted, which is more than was sent")
        for _ in range(new):
            sent = waiting.popleft()
            self.found.append(Latency(sent, at - sent))
        self._counted[subject] = max(self._counted[subject], count)

    def between(self, begin: float, end: float) -> list[float]:
        """The latencies of what was sent at `begin` or later and before `end`, the shortest first."""
        return sorted(latency.seconds for latency in self.found if begin <= latency.sent < end)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the values that so large a share of them, 0 to 1, does not exceed."""
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]
