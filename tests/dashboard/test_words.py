"""The words of the pages: the same in every language, all of them used, and none missing. Needs no browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "streams" / "dashboard" / "pages"
ASSETS = PAGES / "assets"
LINE = re.compile(r'^  "([^"]+)": "((?:[^"\\]|\\.)*)",$', re.MULTILINE)
SOURCES = [path for path in sorted(ASSETS.rglob("*.js")) if not path.name.startswith("words.")]
TEXT = "\n".join(path.read_text() for path in SOURCES)
PLURALS = (".one", ".other")
DYNAMIC = re.compile(r"\bt\(`([a-z_.]+)\$\{")
KINDS = re.compile(r'\bword\("([a-z_.]+)"')


def words(language: str) -> dict[str, str]:
    text = (ASSETS / f"words.{language}.js").read_text()
    found = LINE.findall(text)
    assert len(found) == text.count('": "'), "a line of the dictionary is written in another way"
    assert len(dict(found)) == len(found), "a key is there twice"
    return dict(found)


def test_every_language_has_the_same_keys() -> None:
    assert words("en").keys() == words("zh").keys()


def test_a_text_names_the_same_values_in_every_language() -> None:
    english, chinese = words("en"), words("zh")
    counted = {key for key in english if key.endswith(PLURALS)}
    for key in english.keys() - counted:
        names = [sorted(set(re.findall(r"\{(\w+)\}", text[key]))) for text in (english, chinese)]
        assert names[0] == names[1], key


def test_no_text_of_one_language_was_left_in_the_other() -> None:
    chinese = words("zh")
    plain = [key for key, text in chinese.items() if re.search("[A-Za-z]{4,}", re.sub(r"\{\w+\}", "", text))]
    assert plain == []


def used() -> tuple[set[str], tuple[str, ...]]:
    """The keys that the sources name in full, and the beginnings of those that they put together."""
    return set(re.findall(r'"([a-z_]+(?:\.[a-z_0-9]+)*)"', TEXT)), (
        *DYNAMIC.findall(TEXT),
        *(f"{kind}." for kind in KINDS.findall(TEXT)),
    )


@pytest.mark.parametrize("key", sorted(set(re.findall(r'\bt\("([^"]+)"', TEXT))))
def test_a_text_that_is_asked_for_is_there(key: str) -> None:
    known = words("en")
    assert key in known or f"{key}.other" in known


def test_no_text_is_there_for_nothing() -> None:
    named, beginnings = used()
    keys = {key.removesuffix(".one").removesuffix(".other") if key.endswith(PLURALS) else key for key in words("en")}
    assert {key for key in keys if key not in named and not key.startswith(beginnings)} == set()


def test_nothing_comes_from_another_host() -> None:
    text = TEXT + "".join(path.read_text() for path in [*ASSETS.rglob("*.css"), PAGES / "index.html"])
    assert set(re.findall(r"https?://[^\"')\s]+", text)) == {"http://www.w3.org/2000/svg"}


def test_the_page_has_no_inline_script_or_style() -> None:
    html = (PAGES / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html) == []


def test_text_is_never_taken_for_markup() -> None:
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", TEXT) == []


def test_what_is_preloaded_is_what_is_imported_at_first() -> None:
    html = (PAGES / "index.html").read_text()
    for path in re.findall(r'(?:href|src)="/assets/([^"]+)"', html):
        assert (ASSETS / path).is_file(), path
