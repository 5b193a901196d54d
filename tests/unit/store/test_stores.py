"""What every store keeps to, whichever it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.core.customers.packed import PackedShelf
from streams.core.customers.storage import KINDS
from streams.core.records import key_of
from streams.store import Identity, Mark, MemoryStore, RocksStore, Store

IDENTITY = Identity("app", "customers", "streams.customers.state", 2)


@pytest.fixture(params=["memory", "packed", "rocksdb"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """How to make a store of this kind, each time the same one."""
    makes: dict[str, Callable[[], Store]] = {
        "memory": MemoryStore,
        "packed": lambda: MemoryStore(PackedShelf()),
        "rocksdb": lambda: RocksStore(tmp_path, IDENTITY),
    }
    return makes[request.param]


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


NAMES = ("c", 'a"b\\ [",', "customer:c", ":c", "seen", "中文", "lead:c", "lead")
"""Of customers, each of which is the beginning, the subject, or a quotation of another's."""


def test_a_shelf_has_the_pieces_of_each_name_as_they_were_put_last(make: Callable[[], Store]) -> None:
    async def scenario() -> None:
        store = make()
        await store.open("id")
        put = [record for name in NAMES for record in _records(name, "old")]
        await store.put(put, Mark(7, b"{}"))
        await store.put([(key_of("clock"), b"now")], None)
        restored = list(store.records())
        unread = b'["contacts",' if isinstance(store.shelf, PackedShelf) else b"none"
        put = [(key, value) for key, value in put if not key.startswith(unread)]
        assert sorted(restored) == sorted([*put, (key_of("clock"), b"now")])
        for name in NAMES[1:]:
            gone = [(key_of("contacts", name, 1), None), (key_of("seen", f"customer:{name}", 0), None)]
            await store.put([*_records(name, "new"), *gone], Mark(8, b"{}"))
        if store.shelf is None:
            assert list(store.records()) == []
            return
        for name in NAMES:
            value = b"old " if name == "c" else b"new "
            own = [("customer", None, value), ("contacts", 2, value), ("opportunity", "o", value)]
            block = ("seen", 0, value)
            if name == "c":
                own.append(("contacts", 1, value))
            found = [(kind, rest, value[:4]) for kind, rest, value in store.shelf.pieces(KINDS[:4], name)]
            assert sorted(found, key=repr) == sorted(own, key=repr)
            assert list(store.shelf.pieces(("customer", "seen"), "nobody")) == []
            assert [one[:2] for one in store.shelf.pieces(("seen",), f"customer:{name}")] == [block[:2]] * (name == "c")
            assert [*store.shelf.pieces(("seen",), f"task:{name}")] == [("seen", 0, value + f"task:{name}".encode())]
        assert sorted(name for name, _ in store.shelf.values("customer")) == sorted(NAMES)
        assert ("task:c", b"old task:c") in list(store.shelf.values("seen"))
        await store.close()

    asyncio.run(scenario())


def _records(name: str, age: str) -> list[tuple[bytes, bytes]]:
    """Those of a customer, and of a subject of another kind that is called so too."""
    keys = [("customer", name), ("contacts", name, 1), ("contacts", name, 2), ("opportunity", name, "o")]
    keys += [("seen", f"customer:{name}", 0), ("seen", f"task:{name}", 0)]
    return [(key_of(*key), f"{age} {key[1]}".encode()) for key in keys]


@pytest.mark.parametrize("kind", ["memory", "packed"])
def test_what_no_stage_has_back_stays_in_no_memory(kind: str) -> None:
    async def scenario() -> None:
        store = MemoryStore(PackedShelf() if kind == "packed" else None)
        await store.open("id")
        await store.put([(key_of("clock"), b"1")], Mark(7, b"{}"))
        assert len(list(store.records())) == 1
        await store.put([(key_of("clock"), b"2")], Mark(8, b"{}"))
        assert list(store.records()) == []
        await store.close()

    asyncio.run(scenario())


def test_names_are_told_one_by_one_while_records_are_put(
    make: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.store.rocks.NAMES", 3)

    async def scenario() -> None:
        store = make()
        await store.open("id")
        await store.put([record for name in NAMES for record in _records(name, "old")], Mark(7, b"{}"))
        if store.shelf is not None:
            for kind in ("customer", "contacts"):
                names = store.shelf.names(kind)
                found = [next(names)]
                await store.put(_records("another", "new"), None)
                found += names
                assert sorted(name for name in found if name != "another") == sorted(NAMES)
        await store.close()

    asyncio.run(scenario())
