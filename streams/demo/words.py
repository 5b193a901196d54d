"""How figures and texts are written, so that they keep their width and nobody has to count digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streams.events import instants

BARS: Final = "▁▂▃▄▅▆▇█"


def spark(values: Sequence[float], width: int, least_span: float) -> str:
    """The last `width` values as bars, flush right. A span below `least_span` does not fill the height."""
    shown = list(values)[-width:] if width > 0 else []
    if not shown:
        return " " * width
    low, high = min(shown), max(shown)
    span = max(high - low, least_span)
    floor = max((low + high - span) / 2, 0.0)
    top = len(BARS) - 1
    return "".join(BARS[min(top, int((value - floor) / span * top + 0.5))] for value in shown).rjust(width)


def short(amount: float) -> str:
    """An amount in at most five characters, with a sign in six: 940, 12.3k, 152k, 1.2M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= size * 0.9995:
            value = amount / size
            return f"{value:.1f}{unit}" if abs(value) < 99.95 else f"{value:.0f}{unit}"
    return f"{amount:.0f}"


def moved(places: int | None) -> tuple[str, str]:
    """Places gained, and the style to write them in."""
    if not places:
        return ("·" if places == 0 else ""), "grey62"
    return (f"▲{places}", "green") if places > 0 else (f"▼{-places}", "red")


def when(us: int) -> str:
    """A simulated instant: Mon 10 Mar 2025 14:20."""
    return f"{instants.from_us(us):%a %d %b %Y %H:%M}"


def clean(text: str) -> str:
    """A text of somebody else's, without what a terminal would take for a command."""
    return "".join(one if one.isprintable() else "·" for one in text)
