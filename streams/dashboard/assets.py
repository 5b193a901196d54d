"""The pages as they were built: read once from the package, served with a tag so that browsers ask but load once."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple

INDEX: Final = "index.html"
TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "webmanifest": "application/manifest+json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
}
"""Files of other kinds are not served."""
SQUEEZED: Final = frozenset(("html", "js", "mjs", "css", "json", "map", "svg", "webmanifest", "txt"))
ONCE: Final = "public, max-age=31536000, immutable"
ASK: Final = "no-cache"
_HASHED: Final = re.compile(r"[.-][0-9a-f]{8,}\.[a-z0-9]+$")


class Asset(NamedTuple):
    """A file: its bytes, plain and squeezed (None where that saves nothing), and how browsers may keep it."""

    body: bytes
    squeezed: bytes | None
    type: str
    tag: str
    cache: str


def load(folder: Traversable | None = None) -> dict[str, Asset]:
    """Every file of the pages by its path below their folder, the package's unless another is given."""
    root = files("streams.dashboard") / "pages" if folder is None else folder
    return {path: _asset(path, body) for path, body in _walk(root, "")}


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for item in sorted(folder.iterdir(), key=lambda one: one.name):
        if item.is_dir():
            yield from _walk(item, f"{prefix}{item.name}/")
        elif item.name.rpartition(".")[2] in TYPES:
            yield prefix + item.name, item.read_bytes()


def _asset(path: str, body: bytes) -> Asset:
    kind = path.rpartition(".")[2]
    squeezed = gzip.compress(body, mtime=0) if kind in SQUEEZED else None
    if squeezed is not None and len(squeezed) >= len(body):
        squeezed = None
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    return Asset(body, squeezed, TYPES[kind], tag, ONCE if _HASHED.search(path) else ASK)
