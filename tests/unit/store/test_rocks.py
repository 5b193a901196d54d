"""The store on a disk: what of it is trusted, and that everything else is made anew with a word about why."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from rocksdict import Options, Rdict

from streams.core.stage import ShelfError
from streams.store import Identity, Mark, RocksStore, rocks

MINE = Identity("app", "customers", "streams.customers.state", 2)
HOME = Path("app") / "customers-2"
AT = Mark(41, b'{"offset":7}')
RECORDS = [(b'["customer","%05d"]' % number, b"%d" % number * 50) for number in range(2_000)]


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rocks, "LOCK_S", 0.3)


def play(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 30))


async def fill(folder: Path, identity: Identity = MINE, topic_id: str = "id") -> None:
    """Leave a store behind with everything in it."""
    store = RocksStore(folder, identity)
    assert await store.open(topic_id) is None
    await store.put(RECORDS, AT)
    await store.close()


def test_what_was_put_is_there_again_with_its_mark(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        await fill(tmp_path)
        again = RocksStore(tmp_path, MINE)
        assert await again.open("id") == AT
        assert list(again.records()) == RECORDS
        await again.close()
        assert caplog.messages == []

    play(scenario)


def test_what_came_after_the_mark_moves_it_only_with_the_next(tmp_path: Path) -> None:
    async def scenario() -> None:
        await fill(tmp_path)
        store = RocksStore(tmp_path, MINE)
        await store.open("id")
        await store.put([(b"[1]", b"x")], None)
        await store.close()
        again = RocksStore(tmp_path, MINE)
        assert await again.open("id") == AT
        await again.put([], Mark(50, b"{}"))
        await again.close()
        third = RocksStore(tmp_path, MINE)
        assert await third.open("id") == Mark(50, b"{}")
        await third.close()

    play(scenario)


@pytest.mark.parametrize(
    ("other", "topic_id", "said"),
    [
        (MINE._replace(app="other"), "id", "it is that of other/customers/streams.customers.state/2"),
        (MINE._replace(stage="employees"), "id", "it is that of app/employees/"),
        (MINE._replace(topic="x.streams.customers.state"), "id", "it is that of app/customers/x.streams"),
        (MINE._replace(partition=3), "id", "it is that of app/customers/streams.customers.state/3"),
        (MINE, "another", "a topic that cannot be told to be the one of now"),
        (MINE, "", "a topic that cannot be told to be the one of now"),
    ],
    ids=["application", "stage", "topic", "partition", "topic id", "no topic id"],
)
def test_a_foreign_store_is_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, other: Identity, topic_id: str, said: str
) -> None:
    async def scenario() -> None:
        await fill(tmp_path / "theirs", other, topic_id)
        (theirs,) = (tmp_path / "theirs").glob("*/*")
        shutil.copytree(theirs, tmp_path / HOME)
        store = RocksStore(tmp_path, MINE)
        assert await store.open("id" if topic_id else "") is None
        assert list(store.records()) == []
        await store.close()
        (line,) = caplog.messages
        assert "the store is made anew from the state topic" in line
        assert said in line

    play(scenario)


def test_a_store_that_was_never_filled_to_a_mark_is_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        store = RocksStore(tmp_path, MINE)
        await store.open("id")
        await store.put(RECORDS, None)
        await store.close()
        again = RocksStore(tmp_path, MINE)
        assert await again.open("id") is None
        assert list(again.records()) == []
        await again.close()
        assert ["it was never filled" in line for line in caplog.messages] == [True]

    play(scenario)


@pytest.mark.parametrize("mark", [b"", b"\xc1", b"\x95\x02", b"\x90"])
def test_a_mark_that_cannot_be_read_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture, mark: bytes) -> None:
    async def scenario() -> None:
        await fill(tmp_path)
        db = Rdict(str(tmp_path / HOME), Options(raw_mode=True))
        db[rocks.MARK] = mark
        db.close()
        store = RocksStore(tmp_path, MINE)
        assert await store.open("id") is None
        await store.close()
        assert "its mark cannot be read" in caplog.messages[0]

    play(scenario)


@pytest.mark.parametrize("pattern", ["MANIFEST-*", "CURRENT", "*.sst"])
def test_overwritten_bytes_are_noticed_and_cost_a_rebuild(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, pattern: str
) -> None:
    async def scenario() -> None:
        await fill(tmp_path)
        db = Rdict(str(tmp_path / HOME), Options(raw_mode=True))
        db.flush()
        db.close()
        for file in (tmp_path / HOME).glob(pattern):
            overwrite(file)
        store = RocksStore(tmp_path, MINE)
        if await store.open("id") is not None:
            with pytest.raises(ShelfError, match="cannot be read: Corruption"):
                list(store.records())
            await store.wipe("cannot be read")
            assert await store.open("id") is None
        assert list(store.records()) == []
        await store.put(RECORDS, AT)
        await store.close()
        again = RocksStore(tmp_path, MINE)
        assert await again.open("id") == AT
        await again.close()
        assert len(caplog.messages) == 1

    play(scenario)


def overwrite(file: Path) -> None:
    """The middle of a file says something else now."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle - 8 : middle + 8] = b"?" * 16
    file.write_bytes(content)


def test_a_store_that_somebody_holds_is_left_to_him(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        await fill(tmp_path)
        zombie = RocksStore(tmp_path, MINE)
        await zombie.open("id")
        store = RocksStore(tmp_path, MINE)
        assert await store.open("id") is None
        await store.put([(b"[1]", b"x")], AT)
        assert "held by another process" in caplog.messages[0]
        assert list(zombie.records()) == RECORDS
        await store.close()
        await zombie.close()
        assert [path.name for path in (tmp_path / "app").iterdir()] == ["customers-2"]

    play(scenario)


def test_it_waits_for_a_store_that_is_about_to_be_let_go(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        await fill(tmp_path)
        former = RocksStore(tmp_path, MINE)
        await former.open("id")
        store = RocksStore(tmp_path, MINE)
        opening = asyncio.create_task(store.open("id"))
        await asyncio.sleep(rocks.LOOK_S)
        await former.close()
        assert await opening == AT
        await store.close()
        assert caplog.messages == []

    play(scenario)


def test_what_a_killed_process_left_in_a_spare_place_is_removed(tmp_path: Path) -> None:
    async def scenario() -> None:
        await fill(tmp_path)
        (tmp_path / "app" / "customers-2.spare-xyz").mkdir()
        store = RocksStore(tmp_path, MINE)
        assert await store.open("id") == AT
        await store.close()
        assert [path.name for path in (tmp_path / "app").iterdir()] == ["customers-2"]

    play(scenario)


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    async def scenario() -> None:
        (tmp_path / "app").write_text("a file")
        with pytest.raises(ShelfError, match=r"customers-2 cannot be .*") as error:
            await RocksStore(tmp_path, MINE).open("id")
        assert "\n" not in str(error.value)

    play(scenario)
