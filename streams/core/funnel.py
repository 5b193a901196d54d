"""The arithmetic of the funnel, apart from where its sums are kept: lengths of stays, and what flows in a period.

The pipeline of a calendar period is what is open and expected to close in it; what has no expected close belongs to
every period while it is open. So `pulled in` and `pushed` are changes of the expected close across the period's bounds,
a date that is set or taken away included where it does so; what stays undated is neither. The pipeline of the last N
days is all that is open: those periods end today, and nothing is to close in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from streams.core.ledger import Measures
from streams.core.units import DAY

UNDATED: Final = "-"
"""The month of the expected close of what has none."""

COMPANY: Final = ""
"""The team part of the key of the whole: no team has an empty name. It holds those without a team too."""

Nets = dict[str, tuple[int, int]]
"""By expected close, what flows have changed: (count, amount in atoms)."""

LINES: Final = (
    "opening", "new", "pulled_in", "increased", "decreased", "pushed", "won", "lost", "reassigned", "closing",
    "residual",
)  # fmt: skip
"""The lines of a bridge: opening + new + pulled_in + increased + reassigned - decreased - pushed - won - lost is its
closing. `reassigned` is what came from other employees less what went to others. `residual` is what all flows of all
time leave unexplained of what stands at this moment: 0, or something is wrong."""


def binned(stay: int) -> int:
    """The length of a stay (us) in whole days, rounded down; of 100 days and more the first two digits count alone."""
    days = stay // DAY
    step = 1
    while days // step >= 100:
        step *= 10
    return days // step * step


class Flow(NamedTuple):
    """A measure of flows by its name."""

    amount: bool
    kind: str
    former: str | None
    """The expected close that it was moved from."""
    close: str


@lru_cache(1 << 14)
def flow_of(measure: str) -> Flow | None:
    """What a measure says of flows; None for one of anything else."""
    if not measure.startswith(("flow:", "flow_amount:")):
        return None
    head, kind, *closes = measure.split(":")
    return Flow(head == "flow_amount", kind, closes[0] if len(closes) == 2 else None, closes[-1])


def nets_of(measures: Measures) -> Nets:
    """What the flows among some measures change, by expected close."""
    found: dict[str, list[int]] = {}
    for measure, value in measures.items():
        flow = flow_of(measure)
        if flow is None:
            continue
        sign = -1 if flow.kind in ("won", "lost", "less") else 1
        found.setdefault(flow.close, [0, 0])[flow.amount] += sign * value
        if flow.former is not None:
            found.setdefault(flow.former, [0, 0])[flow.amount] -= value
    return {close: (count, amount) for close, (count, amount) in found.items() if count or amount}


_NAMES: Final = {"more": "increased", "less": "decreased", "owner": "reassigned"}


def bridge(
    measures: Measures, earlier: Iterable[Nets], unexplained: Iterable[Nets], inside: Callable[[str], bool]
) -> Measures:
    """The lines of the bridge of a period as measures, `bridge:<line>` and `bridge_amount:<line>`, those of 0 left out.

    `measures` are the period's, `earlier` what had flowed before it, `unexplained` what all flows leave over; `inside`
    says which expected closes make the pipeline of the period.
    """
    counts, amounts = dict.fromkeys(LINES, 0), dict.fromkeys(LINES, 0)
    for line, nets in (("opening", earlier), ("residual", unexplained)):
        for net in nets:
            for close, (count, amount) in net.items():
                if inside(close):
                    counts[line] += count
                    amounts[line] += amount
    for measure, value in measures.items():
        flow = flow_of(measure)
        if flow is None:
            continue
        lines = amounts if flow.amount else counts
        if flow.former is not None:
            came, went = inside(flow.close), inside(flow.former)
            if came != went:
                lines["pulled_in" if came else "pushed"] += value
        elif inside(flow.close):
            lines[_NAMES.get(flow.kind, flow.kind)] += value
    found: Measures = {}
    for prefix, lines in (("bridge:", counts), ("bridge_amount:", amounts)):
        gained = lines["opening"] + lines["new"] + lines["pulled_in"] + lines["increased"] + lines["reassigned"]
        lines["closing"] = gained - lines["decreased"] - lines["pushed"] - lines["won"] - lines["lost"]
        found.update((prefix + line, value) for line, value in lines.items() if value)
    return found
