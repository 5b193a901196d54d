"""The pieces of a page: numbers that a program can read too, tables, and the frame. Every text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import NamedTuple

from streams.core.kpis import Unit
from streams.explain.numbers import NONE, written
from streams.report.texts import Language


class Cell(NamedTuple):
    """A cell of a table: markup, and the classes that it has."""

    markup: str
    classes: str = ""


class Column(NamedTuple):
    """The head of a column; with `numbers` it is set to the right."""

    title: str
    numbers: bool = False


def data(value: float | None, text: str) -> str:
    """A number as a person reads it, with what it is exactly for whoever reads the page with a program."""
    return f'<data value="{value!r}">{escape(text)}</data>' if value is not None else escape(text or NONE)


def figure(value: float | None, unit: Unit, currency: str | None, language: Language) -> str:
    """A figure of a unit."""
    return data(value, written(value, unit, currency, language.words))


def table(
    columns: Sequence[Column], rows: Iterable[tuple[str, Sequence[Cell]]], foot: Sequence[Cell] = (), fold: bool = True
) -> str:
    """Rows of (classes of the row, cells); with `fold` each row is a block on a narrow screen, its cells named by their
    columns."""
    kinds = (" class=n" * head.numbers or " class=away" * (not head.title) for head in columns)
    heads = "".join(
        f'<th scope="col"{kind}>{escape(head.title)}</th>' for kind, head in zip(kinds, columns, strict=True)
    )
    body = "".join(f"<tr{_classes(classes)}>{_cells(columns, cells)}</tr>" for classes, cells in rows)
    last = f"<tfoot><tr>{_cells(columns, foot)}</tr></tfoot>" if foot else ""
    return (
        f"<table{_classes('fold' if fold else '')}><thead><tr>{heads}</tr></thead><tbody>{body}</tbody>{last}</table>"
    )


def _cells(columns: Sequence[Column], cells: Sequence[Cell]) -> str:
    found = []
    for place, (head, cell) in enumerate(zip(columns, cells, strict=True)):
        classes = " ".join(filter(None, ["n" if head.numbers else "", cell.classes]))
        label = "" if place == 0 or not head.title else f' data-label="{escape(head.title)}"'
        found.append(f"<td{_classes(classes)}{label}>{cell.markup}</td>")
    return "".join(found)


def _classes(classes: str) -> str:
    return f' class="{classes}"' if classes else ""


def section(title: str, markup: str, name: str = "") -> str:
    """A part of the page with a heading."""
    return f"<section{f' id={name}' if name else ''}><h2>{escape(title)}</h2>{markup}</section>"


def pair(*sections: str) -> str:
    """Parts that stand beside each other where there is room."""
    return f'<div class="pair">{"".join(sections)}</div>'


def soft(text: str) -> str:
    """A note."""
    return f'<p class="note">{escape(text)}</p>'


def page(title: str, language: Language, body: Iterable[str]) -> str:
    """The whole page: nothing in it comes from elsewhere, and nothing in it runs."""
    return (
        f'<!doctype html><html lang="{"zh-CN" if language.code == "zh" else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="referrer" content="no-referrer"><title>{escape(title)}</title><style>{_style()}</style></head>'
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


@cache
def _style() -> str:
    return files("streams.report").joinpath("style.css").read_text(encoding="utf-8")
