"""The sums of a team, or of the whole company, by bucket, and what they come to in a period."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from streams.core import funnel
from streams.core.funnel import Nets, nets_of
from streams.core.ledger import Measures
from streams.core.periods import buckets_of, current, touched_by
from streams.policy.periods import ROLLING, days, months


class Pool:
    """Sums by bucket: `m<month>`, `d<day>`, `now`, and `target <period>`."""

    __slots__ = ("_nets", "due", "published", "sums")

    def __init__(self) -> None:
        self.sums: dict[str, Measures] = {}
        self._nets: dict[str, Nets] = {}
        self.due: set[str] = set()
        self.published: set[str] = set()

    def add(self, bucket: str, measures: Measures, today: int) -> None:
        """Add to each measure; what that changes is due."""
        sums = self.sums.setdefault(bucket, {})
        for measure, value in measures.items():
            total = sums.get(measure, 0) + value
            if total:
                sums[measure] = total
            else:
                sums.pop(measure, None)
        if not sums:
            del self.sums[bucket]
        if bucket.startswith("target "):
            self.due.add(bucket.removeprefix("target "))
            return
        self.due.update(touched_by(bucket, today))
        net = nets_of(sums) if bucket != "now" else {}
        if net != self._nets.get(bucket, {}):
            self._nets[bucket] = net
            self.due.update(period for period in self.published if _follows(period, bucket))

    def periods(self, today: int) -> set[str]:
        """Those that anything was added to, or that have been told of."""
        found = {p for bucket in self.sums if bucket[0] != "t" for p in touched_by(bucket, today)}
        return found | self.published

    def measures(self, period: str, today: int) -> Measures:
        """The sums of a period with the lines of its bridge; empty where nothing happened in it and nothing stands."""
        contains_now = period in current(today)
        flows: Measures = {}
        kept: Measures = {}
        for bucket in (*buckets_of(period, today), *(("now",) if contains_now else ())):
            for name, value in self.sums.get(bucket, {}).items():
                into = kept if funnel.flow_of(name) is None else flows
                into[name] = into.get(name, 0) + value
        if not any(flows.values()) and not any(kept.values()):
            return {}
        inside = _inside(period)
        unexplained = self._unexplained() if contains_now else ()
        lines = funnel.bridge(flows, self._earlier(period, today), unexplained, inside)
        if contains_now:
            _sum_standing(kept, inside)
            kept |= self.sums.get(f"target {period}", {})
        return kept | lines

    def _earlier(self, period: str, today: int) -> Iterator[Nets]:
        """What had flowed before a period began; of a rolling one: all that ever did, less what did since."""
        if period not in ROLLING:
            first = months(period).start
            yield from (net for bucket, net in self._nets.items() if bucket[0] == "m" and int(bucket[1:]) < first)
            return
        first = days(period, today).start
        for bucket, net in self._nets.items():
            if bucket[0] == "m":
                yield net
            elif int(bucket[1:]) >= first:
                yield {close: (-count, -amount) for close, (count, amount) in net.items()}

    def _unexplained(self) -> Iterable[Nets]:
        """What all flows of all time come to, less what stands at this moment."""
        yield from (net for bucket, net in self._nets.items() if bucket[0] == "m")
        standing: dict[str, list[int]] = {}
        for name, value in self.sums.get("now", {}).items():
            kind, _, close = name.partition(":")
            if kind in ("standing", "standing_amount"):
                standing.setdefault(close, [0, 0])[kind != "standing"] -= value
        yield {close: (count, amount) for close, (count, amount) in standing.items()}


def _sum_standing(measures: Measures, inside: Callable[[str], bool]) -> None:
    """Of what stands by its expected close leave `open`, `open_amount`, and `likely`: what is to close in the period,
    weighted by its probability."""
    kinds = {"standing": "open", "standing_amount": "open_amount", "standing_expected": "likely"}
    for name in [name for name in measures if name.startswith("standing")]:
        kind, _, close = name.partition(":")
        value, total = measures.pop(name), kinds[kind]
        if total != "likely" or inside(close):
            measures[total] = measures.get(total, 0) + value


def _inside(period: str) -> Callable[[str], bool]:
    """Which expected closes make the pipeline of a period."""
    if period in ROLLING:
        return lambda close: True
    span = months(period)
    return lambda close: close == funnel.UNDATED or int(close) in span


def _follows(period: str, bucket: str) -> bool:
    """Whether the opening of a period depends on what flowed in a bucket."""
    if bucket[0] == "d":
        return False  # its month says so too
    return period in ROLLING or months(period).start > int(bucket[1:])
