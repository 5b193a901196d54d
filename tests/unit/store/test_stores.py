"""What every store keeps to, whichever it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.store import Identity, Mark, MemoryStore, RocksStore, Store

IDENTITY = Identity("app", "customers", "streams.customers.state", 2)


@pytest.fixture(params=["memory", "rocksdb"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """How to make a store of this kind, each time the same one."""
    return MemoryStore if request.param == "memory" else lambda: RocksStore(tmp_path, IDENTITY)


def test_a_new_store_holds_nothing(make: Callable[[], Store]) -> None:
    async def scenario() -> None:
        store = make()
        assert await store.open("id") is None
        assert dict(store.records()) == {}
        await store.close()

    asyncio.run(scenario())


def test_of_each_key_the_newest_value_is_live_once_and_what_was_deleted_is_not(make: Callable[[], Store]) -> None:
    async def scenario() -> None:
        store = make()
        await store.open("id")
        await store.put([(b"[1]", b"a"), (b"[2]", b"b"), (b"[3]", b"c")], Mark(7, b"{}"))
        await store.put([(b"[1]", b"A"), (b"[2]", None), (b"[4]", None)], None)
        assert sorted(store.records()) == [(b"[1]", b"A"), (b"[3]", b"c")]
        await store.close()

    asyncio.run(scenario())


def test_more_than_one_batch_is_put(make: Callable[[], Store]) -> None:
    async def scenario() -> None:
        store = make()
        await store.open("id")
        large = [(b'["customer","%d"]' % number, b"x" * 300_000) for number in range(7)]
        await store.put(large, Mark(7, b"{}"))
        assert sorted(store.records()) == large
        await store.close()

    asyncio.run(scenario())


def test_a_wiped_store_starts_from_nothing(make: Callable[[], Store]) -> None:
    async def scenario() -> None:
        store = make()
        await store.open("id")
        await store.put([(b"[1]", b"a")], Mark(7, b"{}"))
        await store.wipe("the test says so")
        assert await store.open("id") is None
        await store.put([(b"[2]", b"b")], Mark(9, b"{}"))
        assert dict(store.records()) == {b"[2]": b"b"}
        await store.close()

    asyncio.run(scenario())


def test_what_the_stage_cannot_have_back_it_is_not_offered(make: Callable[[], Store]) -> None:
    async def scenario() -> None:
        store = make()
        await store.open("id")
        await store.put([(b'["a",1]', b"1"), (b'["b",1]', b"2"), (b'["b",2]', b"3")], Mark(7, b"{}"))
        assert len(list(store.records())) == 3
        await store.put([(b'["b",1]', None), (b'["b",3]', b"4")], Mark(8, b"{}"))
        if store.shelf is None:
            assert list(store.records()) == []
        else:
            assert list(store.shelf.records(b'["b",')) == [(b'["b",2]', b"3"), (b'["b",3]', b"4")]
        await store.close()

    asyncio.run(scenario())
