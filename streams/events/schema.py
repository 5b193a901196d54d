"""JSON Schema of every event and output record, and the AsyncAPI document, all made from the types.

`python -m streams.events.schema` writes them; with `--check` it says which files differ, and exits 1 if any does.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from streams.events.asyncapi import document
from streams.events.catalogue import EVENT_TYPES
from streams.events.codec import ENVELOPES
from streams.events.envelope import Data
from streams.events.fields import DECIMAL_PATTERN, NUMBERS, WHOLE_DIGITS, Moment
from streams.events.outputs import RECORDS

FOLDER: Final = Path(__file__).resolve().parents[2] / "schemas"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
DATE_TIME: Final = {
    "format": "date-time",
    "pattern": r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})$(?!\n)",
}
DATE: Final = {"format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$(?!\n)"}
NULL: Final = {"type": "null"}


def event_schema(data: type[Data]) -> dict[str, Any]:
    """The schema of the whole CloudEvent of one type."""
    schema = _schema(ENVELOPES[data], f"event:{data.TYPE}")
    definitions = schema.pop("$defs")
    body = definitions.pop(data.__name__)
    del body["title"]
    schema |= {"title": data.TYPE, "description": body.pop("description")}
    schema["properties"]["data"] = body | _rules(data)
    return schema | ({"$defs": definitions} if definitions else {})


def record_schema(name: str) -> dict[str, Any]:
    """The schema of the value of an output record."""
    return _schema(RECORDS[name], f"record:{name}")


def files() -> dict[str, str]:
    """The content of every generated file, by its path below the folder of schemas."""
    schemas = {data.TYPE: event_schema(data) for data in EVENT_TYPES.values()}
    schemas |= {name: record_schema(name) for name in RECORDS}
    texts = {f"json/{name}.json": _text(schema) for name, schema in schemas.items()}
    return texts | {"asyncapi.json": _text(document())}


def differences(folder: Path = FOLDER) -> list[str]:
    """The generated files that are missing, differ, or are there without a type."""
    wanted = files()
    there = {path.relative_to(folder).as_posix() for path in [*folder.glob("json/*"), *folder.glob("asyncapi.*")]}
    stale = {name for name, text in wanted.items() if name in there and (folder / name).read_text("utf-8") != text}
    return sorted((wanted.keys() ^ there) | stale)


def _schema(struct: type[msgspec.Struct], name: str) -> dict[str, Any]:
    _, definitions = msgspec.json.schema_components([struct], schema_hook=_kind, ref_template="#/$defs/{name}")
    tidy: dict[str, Any] = _tidy(definitions)
    top: dict[str, Any] = tidy.pop(struct.__name__)
    head = {"$schema": DIALECT, "$id": f"urn:crm-pulse:{name}", "title": "", "description": ""}
    return head | top | ({"$defs": tidy} if tidy else {})


def _kind(kind: Any) -> dict[str, Any]:
    if kind is Moment:
        return {"type": "string", "anyOf": [DATE, DATE_TIME]}
    limits = NUMBERS[kind]
    number: dict[str, Any] = {"type": "number"}
    if limits.bounds:
        number |= {"minimum": limits.bounds[0], "maximum": limits.bounds[1]}
    else:
        number |= {"exclusiveMinimum": -(10**WHOLE_DIGITS), "exclusiveMaximum": 10**WHOLE_DIGITS}
    return {"anyOf": [{"type": "string", "pattern": DECIMAL_PATTERN}, number]}


def _tidy(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidy(value) for key, value in schema.items()}
    if tidy.get("format") == "date-time":
        tidy |= DATE_TIME
    enum = tidy.get("enum")
    if enum is not None and len(enum) == 1:
        tidy = {"const" if key == "enum" else key: enum[0] if key == "enum" else value for key, value in tidy.items()}
    choices = tidy.get("anyOf", [])
    return _optional(tidy, [choice for choice in choices if choice != NULL]) if NULL in choices else tidy


def _optional(schema: dict[str, Any], choices: list[dict[str, Any]]) -> dict[str, Any]:
    # The description belongs to the field; that null is the default says no more than that it may be left out.
    if schema.get("default", 0) is None:
        del schema["default"]
    descriptions = [choice.pop("description") for choice in choices if "description" in choice]
    head = {"description": " ".join(descriptions)} if descriptions else {}
    if len(choices) == 1 and isinstance(choices[0].get("type"), str):
        del schema["anyOf"]
        schema |= choices[0] | {"type": [choices[0]["type"], "null"]}
    return head | schema


def _rules(data: type[Data]) -> dict[str, Any]:
    """What a type refuses across its fields; see rules.py."""
    optional = {field.name for field in msgspec.structs.fields(data) if not field.required}
    given = {"type": "string"}
    customer = {"required": ["customer_id"], "properties": {"customer_id": given}}
    rules: dict[str, Any] = {}
    if {"lead_id", "customer_id"} <= optional:
        rules["anyOf"] = [customer, {"required": ["lead_id"], "properties": {"lead_id": given}}]
    if {"opportunity_id", "customer_id"} <= optional:
        rules["if"] = {"required": ["opportunity_id"], "properties": {"opportunity_id": given}}
        rules["then"] = customer
    return rules


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m streams.events.schema", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the folder of schemas")
    chosen = parser.parse_args(arguments)
    folder: Path = chosen.folder
    different = differences(folder)
    if chosen.check:
        sys.stdout.writelines(f"{name} differs from the types: run `make schemas`\n" for name in different)
        return 1 if different else 0
    wanted = files()
    for name in different:
        path = folder / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], "utf-8")
        else:
            path.unlink()
        sys.stdout.write(f"{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
