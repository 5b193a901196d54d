"""The measured runs, as a table for people and as an object for programs."""

from collections.abc import Mapping
from typing import Any, NamedTuple

OURS = "crm-pulse"
MB = 1_000_000


class Took(NamedTuple):
    """What an engine took from its start to its end."""

    seconds: float
    cpu: float
    """Seconds, those of processes that it started among them."""
    peak: int
    """Bytes, of the largest of them."""


class Result(NamedTuple):
    """An engine that came to its end, with the log and with next to nothing."""

    took: Took
    start: Took
    equal: bool


class Failed(NamedTuple):
    """An engine that did not."""

    reason: str


Results = Mapping[str, Result | Failed]


def speed(result: Result, events: int) -> float:
    """Events a second, its start and its end included."""
    return events / result.took.seconds


def ratios(results: Results, events: int) -> dict[str, float]:
    """How many times as fast as each other engine crm-pulse is; of results that are not right, none."""
    right = {name: speed(one, events) for name, one in results.items() if isinstance(one, Result) and one.equal}
    return {name: right[OURS] / other for name, other in right.items() if name != OURS} if OURS in right else {}


def as_object(results: Results, events: int) -> dict[str, Any]:
    """What JSON=path holds; an engine that failed has its reason as "error"."""
    engines: dict[str, dict[str, Any]] = {}
    for name, one in results.items():
        if isinstance(one, Failed):
            engines[name] = {"error": one.reason, "equal": False}
            continue
        engines[name] = {
            "events_per_s": round(speed(one, events), 1),
            "cpu_s_per_million": round(one.took.cpu / events * 1e6, 2),
            "peak_mb": round(one.took.peak / MB, 1),
            "equal": one.equal,
            "seconds": round(one.took.seconds, 2),
            "start_s": round(one.start.seconds, 2),
            "start_cpu_s": round(one.start.cpu, 2),
        }
    return {
        "events": events,
        "engines": engines,
        "ratios": {name: round(ratio, 3) for name, ratio in ratios(results, events).items()},
    }


def as_text(results: Results, events: int) -> list[str]:
    """The lines of the table."""
    compared = ratios(results, events)
    lines = [
        f"{'':<16}{'events/s':>10}{'without':>10}{'start':>8}{'CPU s per':>11}{'peak':>7}  {'equal to':<9}"
        f"{'crm-pulse':>12}",
        f"{'':<16}{'':>10}{'start':>10}{'s':>8}{'million':>11}{'MB':>7}  {'recount':<9}{'as fast':>12}",
    ]
    for name, one in results.items():
        if isinstance(one, Failed):
            lines.append(f"{name:<16}{'–':>10}  {one.reason}")
            continue
        (seconds, cpu, peak), start = one.took, one.start
        ratio = f"{compared[name]:.2f} ×" if name in compared else ""
        # With few events the two runs may differ by less than their noise.
        without = f"{events / (seconds - start.seconds):,.0f}" if seconds > 1.2 * start.seconds else "–"
        lines.append(
            f"{name:<16}{speed(one, events):>10,.0f}{without:>10}{start.seconds:>8.1f}{cpu / events * 1e6:>11.1f}"
            f"{peak / MB:>7,.0f}  {'yes' if one.equal else 'NO':<9}{ratio:>12}"
        )
    return lines
