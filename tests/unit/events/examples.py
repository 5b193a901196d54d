"""The examples beside the schemas, and events made from them."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "schemas" / "examples"
VALID = sorted((FOLDER / "valid").iterdir())
INVALID = sorted((FOLDER / "invalid").iterdir())


def full(type_: str) -> dict[str, Any]:
    """A valid event of the type in which every field is given."""
    event: dict[str, Any] = json.loads((FOLDER / "valid" / f"{type_}.json").read_bytes())
    return event


def with_data(type_: str, **data: Any) -> dict[str, Any]:
    """The same with other data fields."""
    event = full(type_)
    return event | {"data": event["data"] | data}


def without(type_: str, *fields: str) -> dict[str, Any]:
    """The same without some data fields."""
    event = full(type_)
    return event | {"data": {name: value for name, value in event["data"].items() if name not in fields}}


def raw(event: Any) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()
