"""The OpenAPI 3.1 document of the API, made of its routes and types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import msgspec

from streams import __version__
from streams.dashboard.asking import Route
from streams.dashboard.queries import EventsQuery, Query
from streams.dashboard.routes import API, EVENTS, ROUTES
from streams.dashboard.shapes import Failure

FAILURES: Final = {
    400: "The request is not understood.",
    401: "Nobody has signed in, or the token is not taken.",
    403: "The reader may not.",
    404: "There is no such thing.",
    503: "The topics are still being read, or the broker is away.",
}
STREAM: Final = (
    'Changes as they come: `event` is a topic, `data` is {"key", "value"} with the record, null for a deletion. '
    "`reset` says that what came before can no longer be told: load anew. `ping` says nothing but the newest id."
)
REF: Final = "#/components/schemas/{name}"


@cache
def document() -> bytes:
    """The document as JSON."""
    return msgspec.json.format(msgspec.json.encode(_document()), indent=1)


def _document() -> dict[str, Any]:
    structs = sorted({*_structs()}, key=lambda struct: struct.__name__)
    schemas, components = msgspec.json.schema_components(structs, ref_template=REF)
    known = dict(zip(structs, schemas, strict=True))
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(API + route.path, {})[route.method.lower()] = _operation(route, known)
    paths[EVENTS.path] = {"get": _stream()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "crm-pulse dashboard",
            "version": __version__,
            "description": "What the output topics say, for pages and programs. Every request is answered as far as "
            "the role of the token allows.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "crmpulse"},
            },
        },
        "security": [{"bearer": []}, {"cookie": []}],
    }


def _structs() -> Iterator[type[msgspec.Struct]]:
    yield Failure
    for route in ROUTES:
        yield route.gives
        if route.body is not None:
            yield route.body


def _operation(route: Route, known: dict[type[msgspec.Struct], Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [*_in_path(route.path), *_in_query(route.query)],
        "responses": {str(route.status): _content("What was asked for.", known[route.gives])}
        | {str(code): _content(why, known[Failure]) for code, why in FAILURES.items()},
    }
    if route.body is not None:
        operation["requestBody"] = {"required": True} | _content("", known[route.body], described=False)
        operation["parameters"].append(
            {
                "name": "X-Requested-With",
                "in": "header",
                "required": True,
                "schema": {"const": "crmpulse"},
                "description": "With an Origin that is the dashboard's own: what other sites cannot send.",
            }
        )
    return operation


def _stream() -> dict[str, Any]:
    return {
        "operationId": EVENTS.name,
        "summary": "Server-sent events.",
        "parameters": _in_query(EventsQuery),
        "responses": {"200": {"description": STREAM, "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    }


def _content(description: str, schema: Any, *, described: bool = True) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": schema}}}
    return {"description": description, **content} if described else content


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]


def _in_query(query: type[Query]) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([query])
    properties = components[query.__name__]["properties"]
    found = []
    for name, schema in properties.items():
        kept = {key: value for key, value in schema.items() if key != "description"}
        parameter = {"name": name, "in": "query", "required": False, "schema": kept}
        if "description" in schema:
            parameter["description"] = schema["description"]
        found.append(parameter)
    return found
