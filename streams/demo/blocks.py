"""Blocks of lines with a width of their own, framed and put together.

rich could lay out panels and tables as well, but takes five times as long for it, and the loop that draws here is the
one in which everything else works.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions
from rich.segment import Segment

Part = tuple[str, str]
"""A text and its style."""
Line = list[Part]
Block = list[Line]

BORDER: Final = "grey50"
DIM: Final = "grey62"
FRAME: Final = 2
"""Rows of a frame."""
MARGIN: Final = 4
"""Columns of a frame and its padding."""


class Column(NamedTuple):
    """A column of so many characters, 0 for what the others leave; left out in a table narrower than `least`."""

    head: str
    width: int
    justify: Literal["left", "right"] = "left"
    least: int = 0


class Picture:
    """A block as something that rich can show."""

    def __init__(self, block: Block) -> None:
        self.block = block

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for number, line in enumerate(self.block):
            if number:
                yield Segment.line()
            for text, style in line:
                yield Segment(text, console.get_style(style) if style else None)


def fitted(line: Iterable[Part], width: int) -> Line:
    """The line at exactly `width` columns: filled, or cut with an ellipsis."""
    parts = list(line)
    room = width - sum(cell_len(text) for text, _ in parts)
    if room >= 0:
        return [*parts, (" " * room, "")]
    cut: Line = []
    room = max(width - 1, 0)
    for text, style in parts:
        size = min(cell_len(text), room)
        cut.append((set_cell_size(text, size), style))
        room -= size
    return [*cut, ("…" if width else "", DIM)]


def framed(title: str, lines: Sequence[Line], width: int, height: int) -> Block:
    """The lines in a frame of exactly that size; those that find no room are left out."""
    inside = width - MARGIN
    side = ("│", BORDER)
    head = fitted([("╭─ ", BORDER), (title, "bold"), (" ", ""), ("─" * width, BORDER)], width)
    block: Block = [[*head[:-1], ("╮", BORDER)]]
    for row in range(height - FRAME):
        line = fitted(lines[row] if row < len(lines) else [], inside)
        block.append([side, (" ", ""), *line, (" ", ""), side])
    return [*block, [(f"╰{'─' * (width - 2)}╯", BORDER)]]


def beside(left: Block, right: Block) -> Block:
    """Two blocks of the same height, next to each other."""
    return [[*one, *other] for one, other in zip(left, right, strict=True)]


def table(columns: Sequence[Column], rows: Sequence[Sequence[Part]], width: int) -> Block:
    """Rows under their heads, in columns that keep their widths, so that nothing jumps when figures change."""
    shown = [at for at, column in enumerate(columns) if width >= column.least]
    rest = max(width - sum(columns[at].width for at in shown) - len(shown) + 1, 4)
    block: Block = []
    for row in ([(column.head, DIM) for column in columns], *rows):
        line: Line = []
        for at in shown:
            text, style = row[at]
            line += [(cell(text, columns[at].width or rest, columns[at].justify), style), (" ", "")]
        block.append(line[:-1])
    return block


def folded(text: str, width: int, most: int) -> list[str]:
    """The text in at most so many lines; only the last may be wider than `width`."""
    lines = [""]
    for word in text.split():
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) > width and len(lines) < most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def cell(text: str, width: int, justify: str = "left") -> str:
    """The text at exactly `width` columns: filled, or cut with an ellipsis."""
    if cell_len(text) > width:
        return f"{set_cell_size(text, width - 1)}…"
    fill = " " * (width - cell_len(text))
    return fill + text if justify == "right" else text + fill
