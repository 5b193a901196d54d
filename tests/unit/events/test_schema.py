"""The schemas: made from the types, equal to the tree, and as strict as a schema can be."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from streams.events import EVENT_TYPES
from streams.events.outputs import OUTPUTS, RECORDS
from streams.events.schema import FOLDER, differences, files, main
from streams.topics import OUTPUTS as OUTPUT_TOPICS
from streams.topics import SOURCES
from tests.unit.events.examples import INVALID, VALID

FILES = {name: json.loads(text) for name, text in files().items()}
ASYNCAPI = FILES["asyncapi.json"]
BEYOND_A_SCHEMA = {
    # What an offset does to the ends of the calendar, how many digits a text has, that half a second is lacking.
    "invalid_value--before-year-1",
    "invalid_value--after-year-9999",
    "invalid_value--entered-after-year-9999",
    "invalid_value--amount-too-large",
    "invalid_value--amount-too-fine",
}
checker = FormatChecker(formats=())


@checker.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value.upper()).tzinfo is not None


@checker.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or date.fromisoformat(value).isoformat() == value


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(FILES[f"json/{name}.json"], format_checker=checker)


def parsed(path: Path) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(path.read_bytes().decode("utf-8"), parse_constant=refuse)


def test_the_tree_holds_what_the_types_say() -> None:
    assert differences() == []
    assert main(["--check"]) == 0


def test_a_change_a_gap_and_a_leftover_are_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path)]) == 0
    assert differences(tmp_path) == []
    (tmp_path / "json" / "contact.logged.json").write_text("{}")
    (tmp_path / "json" / "deal.won.json").write_text("{}")
    (tmp_path / "asyncapi.json").unlink()
    changed = ["asyncapi.json", "json/contact.logged.json", "json/deal.won.json"]
    assert differences(tmp_path) == changed
    capsys.readouterr()
    assert main(["--check", "--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{name} differs from the types: run `make schemas`" for name in changed
    ]
    assert main(["--folder", str(tmp_path)]) == 0
    assert differences(tmp_path) == []


def test_the_readme_names_every_record() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if line.endswith("| the value of an output record |")]
    named = re.findall(r"`(?:json/)?([a-z-]+)\.json`", row)
    assert named == list(RECORDS)


def test_every_record_of_an_output_has_a_name() -> None:
    assert {output.record for output in OUTPUTS} - {None} == set(RECORDS.values())


def test_every_event_and_record_has_a_schema() -> None:
    assert {name for name in FILES if name != "asyncapi.json"} == {
        f"json/{name}.json" for name in [*EVENT_TYPES, *RECORDS]
    }


@pytest.mark.parametrize("name", [*EVENT_TYPES, *RECORDS])
def test_a_schema_is_one(name: str) -> None:
    schema = FILES[f"json/{name}.json"]
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", [*EVENT_TYPES, *RECORDS])
def test_every_field_is_described(name: str) -> None:
    schema = FILES[f"json/{name}.json"]
    undescribed = {place for place, field in _fields(schema, schema, name) if not _described(field, schema)}
    assert undescribed - {f"{name}.type", f"{name}.data"} == set()


def _fields(schema: dict[str, Any], root: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, field in schema.get("properties", {}).items():
        yield f"{place}.{key}", field
        if key == "data":
            yield from _fields(field, root, f"{place}.data")
    if schema is root:
        for name, definition in root.get("$defs", {}).items():
            yield from _fields(definition, root, f"{place}/{name}")


def _described(field: dict[str, Any], root: dict[str, Any]) -> bool:
    choices = [field, *field.get("anyOf", [])]
    named = [root["$defs"][choice["$ref"].rsplit("/", 1)[1]] for choice in choices if "$ref" in choice]
    return any("description" in choice for choice in [*choices, *named])


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_example_follows_its_schema(path: Path) -> None:
    event = parsed(path)
    assert list(validator(event["type"]).iter_errors(event)) == []


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_example_breaks_its_schema(path: Path) -> None:
    if path.stem.startswith("malformed"):
        try:
            event = parsed(path)
        except ValueError:
            return
        # What is JSON all the same is no object, or no text that UTF-8 could carry.
        assert not isinstance(event, dict) or "surrogate" in path.stem or "nested" in path.stem
        return
    event = parsed(path)
    type_ = event.get("type")
    if path.stem.startswith("unknown_type"):
        assert type_ not in EVENT_TYPES
        return
    fits = validator(type_ if isinstance(type_, str) else "contact.logged").is_valid(event)
    assert fits == (path.stem in BEYOND_A_SCHEMA)


def test_the_examples_show_every_type_in_full_and_bare() -> None:
    names = {path.stem for path in VALID}
    assert names >= set(EVENT_TYPES)
    for name in EVENT_TYPES:
        fields = set(FILES[f"json/{name}.json"]["properties"]["data"]["properties"])
        event = parsed(FOLDER / "examples" / "valid" / f"{name}.json")
        assert set(event["data"]) == fields
        assert event["subject"]
        required = set(FILES[f"json/{name}.json"]["properties"]["data"]["required"])
        assert required == fields or f"{name}--minimal" in names


@pytest.mark.parametrize("name", ["alert", "score", "team-score", "kpi", "dead-letter"])
def test_a_record_needs_its_names(name: str) -> None:
    assert not validator(name).is_valid({})


def test_the_channels_are_the_topics_in_and_out() -> None:
    assert list(ASYNCAPI["channels"]) == [topic.name for topic in (*SOURCES, *OUTPUT_TOPICS)]
    assert {output.topic: output.key for output in OUTPUTS} == {topic.name: topic.key for topic in OUTPUT_TOPICS}


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    references = list(_references(ASYNCAPI))
    assert len(references) > 200
    for reference in references:
        file, _, path = reference.partition("#/")
        if file:
            assert file.removeprefix("./") in FILES
        else:
            place = ASYNCAPI
            for step in path.split("/"):
                place = place[step]


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def test_every_event_is_received_on_its_topic_and_every_record_is_sent() -> None:
    received = {}
    for operation in ASYNCAPI["operations"].values():
        topic = operation["channel"]["$ref"].removeprefix("#/channels/")
        for message in operation["messages"]:
            received[message["$ref"].rsplit("/", 1)[1], operation["action"]] = topic
    assert {name: topic for (name, action), topic in received.items() if action == "receive"} == {
        name: data.TOPIC for name, data in EVENT_TYPES.items()
    }
    assert {name for name, action in received if action == "send"} == set(RECORDS)
