"""Reading a page: its tags, its texts, and the numbers in each row of each part."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = ("meta", "br")
Number = float | int


class Page(HTMLParser):
    """`rows` by the id of a section: the numbers of each table row, exactly as a program reads them."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.rows: dict[str, list[list[Number]]] = {}
        self.head: list[Number] = []
        self.unclosed: list[str] = []
        self._section = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.add(tag)
        self.attributes |= known.keys()
        if tag not in VOID:
            self.unclosed.append(tag)
        if tag == "section":
            self._section = known.get("id") or ""
        elif tag == "tr":
            self.rows.setdefault(self._section, []).append([])
        elif tag == "data":
            value = known["value"]
            assert value is not None
            number = float(value) if "." in value or "e" in value else int(value)
            if self._section in self.rows:
                self.rows[self._section][-1].append(number)
            elif not self._section:
                self.head.append(number)

    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= dict(attrs).keys()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        """Every text of it."""
        return " ".join(self.texts)
