"""The state of a partition in a RocksDB of its own, for a state that is larger than memory and for a quick restart.

It is trusted up to its mark and no further, and only where the mark says that it is ours: same application, stage,
partition, topic, and topic id. Nothing is flushed to the disk on purpose: a machine that crashes leaves an older store,
with an older mark. RocksDB's calls hold the interpreter up, so writes go in small batches with a turn for others after
each; a thread would gain nothing.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import cast

import msgspec
from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch

from streams.core.records import key_of, parts_of, rest_of
from streams.core.stage import Piece, Shelf, ShelfError
from streams.store.kept import Identity, Mark, Records

log = logging.getLogger(__name__)

FORMAT = 1
MARK = b"\x00mark"
"""Its key. Those of states are JSON arrays."""
BATCH = 512 * 1024
"""Bytes of one write."""
BUFFER, CACHE = 8 << 20, 16 << 20
"""Bytes of memory of one partition: for what was written last (twice that at most), and for what was read."""
NAMES = 500
"""So many records are read at once where only names are asked for."""
LOCK_S, LOOK_S = 5.0, 0.1
"""How long to wait for a store that another process has open, and how often to look, s."""


class _Mark(msgspec.Struct, array_like=True, frozen=True):
    """The mark as it is stored."""

    format: int
    identity: Identity
    topic_id: str
    offset: int
    checkpoint: bytes


class _Locked(Exception):
    """Another process, or another store in this one, has it open."""


class RocksStore:
    """The store in `folder` / application / stage-partition, made where it is not there."""

    def __init__(self, folder: Path, identity: Identity) -> None:
        self._home = folder / identity.app / f"{identity.stage}-{identity.partition}"
        self._path = self._home
        self._identity = identity
        self._topic_id = ""
        self._db: Rdict | None = None

    @property
    def shelf(self) -> Shelf:
        return self

    async def open(self, topic_id: str) -> Mark | None:
        self._topic_id = topic_id
        patience = time.monotonic() + LOCK_S
        while self._db is None:
            try:
                self._db = self._opened()
            except _Locked:
                if time.monotonic() > patience:
                    self._move()
                else:
                    await asyncio.sleep(LOOK_S)
            except ShelfError as error:
                await self.wipe(str(error))
                return None
        if self._path == self._home:
            for spare in self._home.parent.glob(f"{self._home.name}.spare-*"):
                shutil.rmtree(spare, ignore_errors=True)  # of a process that was killed
        found = self._read_mark()
        if isinstance(found, Mark):
            return found
        if found:
            await self.wipe(found)
        return None

    def _move(self) -> None:
        """To a place of our own: whoever has the store open is no longer the partition's owner, but may be alive."""
        self._path = Path(tempfile.mkdtemp(prefix=f"{self._home.name}.spare-", dir=self._home.parent))
        log.warning("%s: the store is held by another process; using %s instead", self._home, self._path.name)

    def _opened(self) -> Rdict:
        """Raises `_Locked`, and `ShelfError` for everything else."""
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_paranoid_checks(True)
        options.set_write_buffer_size(BUFFER)
        options.set_keep_log_file_num(1)
        blocks = BlockBasedOptions()
        blocks.set_block_cache(Cache(CACHE))
        options.set_block_based_table_factory(blocks)
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            return Rdict(str(self._path), options)
        except Exception as error:  # RocksDB raises nothing more particular
            if "/LOCK:" in str(error):
                raise _Locked from error
            raise ShelfError(f"it cannot be opened: {error}") from error

    def _read_mark(self) -> Mark | str:
        """The mark, or why what is there is not to be trusted; nothing to say of a new one."""
        try:
            raw = self._open_db().get(MARK)
            if raw is None:
                return "it was never filled" if any(True for _ in self.records()) else ""
            mark = msgspec.msgpack.decode(raw, type=_Mark)
        except Exception as error:
            return f"its mark cannot be read: {error}"
        if mark.format != FORMAT:
            return f"it has format {mark.format}, this release uses {FORMAT}"
        if mark.identity != self._identity:
            return f"it is that of {'/'.join(map(str, mark.identity))}"
        if not self._topic_id or mark.topic_id != self._topic_id:
            return "it was made from a topic that cannot be told to be the one of now"
        return Mark(mark.offset, mark.checkpoint)

    def _open_db(self) -> Rdict:
        if self._db is None:
            raise ShelfError("it is closed")
        return self._db

    async def wipe(self, why: str) -> None:
        log.warning("%s: the store is made anew from the state topic: %s", self._path, " ".join(why.split()))
        self._close()
        try:
            shutil.rmtree(self._path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise ShelfError(f"the store {self._path} cannot be removed: {error.strerror}") from error
        try:
            self._db = self._opened()
        except _Locked as error:
            raise ShelfError(f"the store {self._path} is held by another process") from error
        except ShelfError as error:
            raise ShelfError(f"the store {self._path} cannot be used, {error}; see CRMPULSE_STORE_DIR") from error

    async def put(self, records: Records, mark: Mark | None) -> None:
        batch, size = WriteBatch(raw_mode=True), 0
        for key, value in records:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
                size += len(value)
            size += len(key)
            if size > BATCH:
                self._write(batch)
                batch, size = WriteBatch(raw_mode=True), 0
                await asyncio.sleep(0)
        if mark is not None:
            stored = _Mark(FORMAT, self._identity, self._topic_id, mark.offset, mark.checkpoint)
            batch.put(MARK, msgspec.msgpack.encode(stored))
        self._write(batch)

    def _write(self, batch: WriteBatch) -> None:
        try:
            self._open_db().write(batch)
        except Exception as error:
            raise ShelfError(f"the store {self._path} cannot be written: {error}") from error

    def pieces(self, kinds: Sequence[str], name: str) -> Iterator[Piece]:
        for kind in kinds:
            found = False
            for key, value in self.records(key_of(kind, name)[:-1]):
                found = True
                yield kind, rest_of(parts_of(key)), value
            if not found and kind == kinds[0]:
                return

    def names(self, kind: str) -> Iterator[str]:
        prefix, last, name = key_of(kind)[:-1] + b",", b"", None
        while found := [key for key, _ in islice(self.records(prefix, last), NAMES)]:  # none of it is held in between
            last = found[-1]
            for key in found:
                former, name = name, str(parts_of(key)[1])
                if name != former:
                    yield name

    def values(self, kind: str) -> Iterator[tuple[str, bytes]]:
        for key, value in self.records(key_of(kind)[:-1] + b","):
            yield str(parts_of(key)[1]), value

    def records(self, prefix: bytes = b"", after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Those whose keys begin so and come after one, in the order of their keys."""
        first = after + b"\x00" if after else prefix
        last, db = first, self._open_db()
        found = cast(Iterator[tuple[bytes, bytes]], db.items(from_key=first))
        try:
            for key, value in found:
                if not key.startswith(prefix):
                    return
                if key != MARK:
                    yield key, value
                last = key
            self._end_at(db, last)
        except Exception as error:
            raise ShelfError(f"the store {self._path} cannot be read: {error}") from error
        finally:
            del found  # while it lives, the database cannot be closed

    @staticmethod
    def _end_at(db: Rdict, last: bytes) -> None:
        """Raises where `items` has ended without a word at something that cannot be read."""
        look = db.iter()
        look.seek(last)
        if look.valid():
            look.next()
        look.status()

    async def close(self) -> None:
        self._close()
        if self._path != self._home:
            shutil.rmtree(self._path, ignore_errors=True)

    def _close(self) -> None:
        if self._db is not None:
            with suppress(Exception):  # an error of the past, told again
                self._db.close()
            self._db = None
