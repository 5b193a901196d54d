"""Charts as inline SVG: texts and lines in the colours of the page, so that they follow light, dark and print."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil
from typing import Final

WIDTH, HEIGHT = 420, 180
LEFT, RIGHT, TOP, BOTTOM = 42, 48, 22, 26
SPARK_WIDTH, SPARK_HEIGHT = 84, 24
ROW: Final = 34
"""Height of a row of bars."""


def number(value: float) -> str:
    """A coordinate."""
    return f"{value:.1f}".removesuffix(".0")


def trend(points: Sequence[tuple[str, float, str]], bands: Sequence[tuple[str, float]], label: str) -> str:
    """A line through (label, score, text) over the bands of the ratings, (name, from)."""
    top = max(100.0, *(ceil(score / 20) * 20.0 for _, score, _ in points))
    inner = WIDTH - LEFT - RIGHT
    step = inner / max(len(points) - 1, 1)

    def x(place: int) -> float:
        return LEFT + (inner / 2 if len(points) == 1 else place * step)

    def y(score: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - score / top)

    parts = [_open(WIDTH, HEIGHT, label, "trend")]
    edge = top
    for place, (name, least) in enumerate(bands):
        if least < edge:
            parts.append(
                f'<rect class="band band{place % 2}" x="{LEFT - 8}" y="{number(y(edge))}" width="{inner + 16}" '
                f'height="{number(y(least) - y(edge))}"/>'
            )
            parts.append(
                f'<text class="faint" x="{WIDTH - RIGHT + 30}" y="{number((y(edge) + y(least)) / 2 + 4)}">'
                f"{escape(name)}</text>"
            )
        edge = min(edge, least)
    for tick in range(0, int(top) + 1, 20 if top <= 120 else 40):
        at = number(y(tick))
        parts.append(f'<line class="grid" x1="{LEFT - 8}" x2="{WIDTH - RIGHT + 8}" y1="{at}" y2="{at}"/>')
        parts.append(f'<text class="faint" x="{LEFT - 14}" y="{number(y(tick) + 3.5)}" text-anchor="end">{tick}</text>')
    line = " ".join(f"{number(x(place))},{number(y(score))}" for place, (_, score, _) in enumerate(points))
    if len(points) > 1:
        floor = number(y(0))
        parts.append(
            f'<polygon class="area" points="{number(x(0))},{floor} {line} {number(x(len(points) - 1))},{floor}"/>'
        )
        parts.append(f'<polyline class="line" points="{line}"/>')
    for place, (name, score, text) in enumerate(points):
        last = place == len(points) - 1
        anchor = "middle"
        parts.append(
            f'<circle class="dot{" last" if last else ""}" cx="{number(x(place))}" cy="{number(y(score))}" r="4"/>'
        )
        parts.append(
            f'<text class="mark" x="{number(x(place))}" y="{number(y(score) - 9)}" text-anchor="{anchor}">'
            f"{escape(text)}</text>"
        )
        parts.append(
            f'<text class="faint" x="{number(x(place))}" y="{HEIGHT - 8}" text-anchor="{anchor}">{escape(name)}</text>'
        )
    return "".join([*parts, "</svg>"])


def bar(share: float, label: str, full: float | None = None) -> str:
    """A bar of what was reached, 1 being the target: its colour tells how near that is, and a mark stands at it. With
    `full` it is plain, and as long as the share is of that."""
    top = full or (1.5 if share > 1 else 1.0)
    width, height = 120, 10
    length = max(0.0, min(share / top, 1.0)) * width
    tone = "fill" if full else "good" if share >= 1 else "fair" if share >= 0.7 else "poor"
    parts = [_open(width, height, label, "bar"), f'<rect class="rail" width="{width}" height="{height}" rx="3"/>']
    if length > 0:
        parts.append(f'<rect class="{tone}" width="{number(max(length, 2))}" height="{height}" rx="3"/>')
    if not full and top > 1:
        at = number(width / top)
        parts.append(f'<line class="goal" x1="{at}" x2="{at}" y2="{height}"/>')
    return "".join([*parts, "</svg>"])


def bars(rows: Sequence[tuple[str, float, str]], label: str, most: float | None = None) -> str:
    """Bars one under the other: (name, value, text), each with its name above it."""
    width, height = 360, ROW * len(rows) + 2
    top = most or max((value for _, value, _ in rows), default=0) or 1
    parts = [_open(width, height, label, "bars")]
    for place, (name, value, text) in enumerate(rows):
        at = ROW * place
        length = max(0.0, min(value / top, 1.0)) * width
        parts.append(f'<text x="0" y="{at + 13}">{escape(name)}</text>')
        parts.append(f'<text class="mark" x="{width}" y="{at + 13}" text-anchor="end">{escape(text)}</text>')
        parts.append(f'<rect class="rail" y="{at + 19}" width="{width}" height="9" rx="3"/>')
        if length > 0:
            parts.append(f'<rect class="fill" y="{at + 19}" width="{number(max(length, 2))}" height="9" rx="3"/>')
    return "".join([*parts, "</svg>"])


def funnel(rows: Sequence[tuple[str, int, str, str]], label: str) -> str:
    """Stages one under the other, each as wide as the opportunities that entered it: (name, entered, text, note); the
    note, such as the conversion, stands between a stage and the next."""
    width, row, gap = 440, 26, 21
    height = len(rows) * row + max(len(rows) - 1, 0) * gap
    top = max((entered for _, entered, _, _ in rows), default=0) or 1
    widest = 185.0
    middle = 98 + widest / 2
    parts = [_open(width, height, label, "funnel")]
    for place, (name, entered, text, note) in enumerate(rows):
        at = place * (row + gap)
        length = max(3.0, widest * entered / top)
        parts.append(f'<text x="0" y="{at + 17}">{escape(name)}</text>')
        parts.append(
            f'<rect class="fill" x="{number(middle - length / 2)}" y="{at}" width="{number(length)}" '
            f'height="{row}" rx="4"/>'
        )
        inside = length > 30
        tone = "inside" if inside else "mark"
        parts.append(
            f'<text class="{tone}" x="{number(middle if inside else middle + length / 2 + 8)}" y="{at + 17}" '
            f'text-anchor="{"middle" if inside else "start"}">{entered:,}</text>'
        )
        parts.append(f'<text class="faint" x="{width}" y="{at + 17}" text-anchor="end">{escape(text)}</text>')
        if place < len(rows) - 1:
            parts.append(
                f'<text class="faint" x="{number(middle)}" y="{at + row + 14}" text-anchor="middle">'
                f"↓ {escape(note)}</text>"
            )
    return "".join([*parts, "</svg>"])


def spark(values: Sequence[float | None], label: str) -> str:
    """A small line through values; gaps are left out. Nothing for fewer than two."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    least, most = min(value for _, value in known), max(value for _, value in known)
    spread = (most - least) or 1.0
    points = [
        (
            3 + place * (SPARK_WIDTH - 6) / (len(values) - 1),
            SPARK_HEIGHT - 4 - (value - least) / spread * (SPARK_HEIGHT - 8) if most > least else SPARK_HEIGHT / 2,
        )
        for place, value in known
    ]
    line = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    x, y = points[-1]
    dot = f'<circle class="dot last" cx="{number(x)}" cy="{number(y)}" r="2.6"/>'
    return f'{_open(SPARK_WIDTH, SPARK_HEIGHT, label, "spark")}<polyline class="line" points="{line}"/>{dot}</svg>'


def _open(width: int, height: int, label: str, kind: str) -> str:
    return f'<svg class="{kind}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
