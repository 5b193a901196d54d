"""The OpenAPI document: what it says is what is there, and what is answered is what it says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from streams.dashboard.access import Role
from streams.dashboard.openapi import document
from streams.dashboard.routes import API, ROUTES
from tests.unit.dashboard.house import bearer, serving

DOCUMENT = json.loads(document())
ASKED = {
    "me": "/me", "meta": "/meta", "company": "/company", "team": "/teams/north", "employees": "/employees",
    "employee": "/employees/bob", "explain": "/employees/bob/explain?kpi=contacts",
    "alerts": "/alerts?group=team", "alert": "/alerts/al-bob",
    "pipeline": "/pipeline", "customers": "/customers", "customer": "/customers/cus-bob", "health": "/health",
}  # fmt: skip


def test_every_route_is_described() -> None:
    described = {
        (method.upper(), path, operation["operationId"])
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }
    assert described == {(one.method, API + one.path, one.name) for one in ROUTES} | {
        ("GET", f"{API}/events", "events")
    }
    assert DOCUMENT["openapi"].startswith("3.1")


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    assert found <= {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


@pytest.mark.parametrize("name", [route.name for route in ROUTES if route.method == "GET"])
def test_answers_are_as_described(name: str) -> None:
    async def run() -> Any:
        async with serving() as (_, client):
            return await (await client.get(API + ASKED[name], headers=bearer(Role.ADMIN))).json()

    route = next(one for one in ROUTES if one.name == name)
    schema = DOCUMENT["paths"][API + route.path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(asyncio.run(run()), schema | {"components": DOCUMENT["components"]})
