"""The AsyncAPI 3 document: every topic in and out, its key, and the messages in it."""

from typing import Any, Final

from msgspec import Struct

from streams import __version__
from streams.events.catalogue import COMMANDS, EVENT_TYPES, TOPICS
from streams.events.envelope import Data
from streams.events.outputs import OUTPUTS, RECORDS

JSON_SCHEMA: Final = "application/schema+json;version=draft-2020-12"
BINDING: Final = "0.5.0"
SUBJECT: Final = "the subject of the event; any will do, as it is worked out again from the data"


def document() -> dict[str, Any]:
    """The document as plain dictionaries; its schemas are the files beside it."""
    record_names = {record: name for name, record in RECORDS.items()}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for topic in TOPICS:
        names = [name for name, data in EVENT_TYPES.items() if topic == data.TOPIC]
        channels[topic] = _channel(topic, "Events in.", SUBJECT, names)
        operations[f"receive.{topic}"] = _operation("receive", topic, names)
    for output in OUTPUTS:
        names = [record_names[output.record]] if output.record else []
        channels[output.topic] = _channel(output.topic, output.description, output.key, names)
        operations[f"send.{output.topic}"] = _operation("send", output.topic, names)
    messages = {
        name: _message(name, data, "application/cloudevents+json", _key(data)) for name, data in EVENT_TYPES.items()
    }
    messages |= {name: _message(name, record, "application/json") for name, record in RECORDS.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "crm-pulse",
            "version": __version__,
            "description": (
                "CRM events in, KPIs, scores and alerts out. CRMPULSE_TOPIC_PREFIX stands before every address.\n"
                "An output without a message is named by the contract and not written yet."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _channel(topic: str, description: str, key: str, messages: list[str]) -> dict[str, Any]:
    return {
        "address": topic,
        "description": f"{description} Key: {key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": {"topic": topic, "bindingVersion": BINDING}},
    }


def _operation(action: str, topic: str, messages: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic}"},
        "messages": [{"$ref": f"#/channels/{topic}/messages/{name}"} for name in messages],
    }


def _message(name: str, struct: type[Struct], content_type: str, key: str = "See the channel.") -> dict[str, Any]:
    return {
        "name": name,
        "summary": (struct.__doc__ or "").splitlines()[0],
        "contentType": content_type,
        "payload": {"schemaFormat": JSON_SCHEMA, "schema": {"$ref": f"./json/{name}.json"}},
        "bindings": {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": BINDING}},
    }


def _key(data: type[Data]) -> str:
    if data.TOPIC == COMMANDS:
        return "The subject of what the command names."
    return f"{', else '.join(field for _, field in data.SUBJECTS)}."
