"""A shelf in memory: the records of each customer, and of each other subject, as one string of bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from streams.core.customers.directory import KIND as CASE
from streams.core.customers.storage import CLAIM, KINDS, SEEN, UNREAD
from streams.core.records import key_of, parts_of, rest_of
from streams.core.stage import Piece, Rest

Place = tuple[int, Rest]
"""Which of the records of one name: the place of its kind in `KINDS`, and the rest of its key."""

_encoder = msgspec.msgpack.Encoder()
_buffer = bytearray()
_unpack = msgspec.msgpack.Decoder(dict[Place, bytes]).decode
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
_NAMED = (SEEN, CASE, CLAIM)
"""The kinds whose names say of what kind the named is."""
_BEGINNINGS = tuple(key_of(kind)[:-1] + b"," for kind in KINDS)


class PackedShelf:
    """Records of customers, fingerprints, whose a case is, and who claims what. One that waits costs little more than
    its bytes."""

    def __init__(self) -> None:
        self._packed: dict[bytes, bytes] = {}

    def put(self, records: Iterable[tuple[bytes, bytes | None]]) -> list[tuple[bytes, bytes | None]]:
        """Take records, None deletes; those that are of no kind that is kept here, as they came."""
        changed: dict[str, dict[Place, bytes]] = {}
        others = []
        for key, value in records:
            parts = parts_of(key)
            number = _NUMBERS.get(str(parts[0])) if len(parts) > 1 else None
            if number is None:
                others.append((key, value))
                continue
            home = _home(KINDS[number], str(parts[1]))
            pieces = changed.get(home)
            if pieces is None:
                packed = self._packed.get(home.encode())
                pieces = changed[home] = {} if packed is None else _unpack(packed)
            place = (number, None if len(parts) == 2 else rest_of(parts))
            if value is None:
                pieces.pop(place, None)
            else:
                pieces[place] = value
        for home, pieces in changed.items():
            if pieces:
                _encoder.encode_into(pieces, _buffer)
                self._packed[home.encode()] = bytes(_buffer)  # what `encode` gives has room to spare while it lives
            else:
                self._packed.pop(home.encode(), None)
        return others

    def clear(self) -> None:
        """Nothing stays."""
        self._packed.clear()

    def pieces(self, kinds: Sequence[str], name: str) -> Iterator[Piece]:
        packed = self._packed.get(_home(kinds[0], name).encode())
        if packed is not None:
            for (number, rest), value in _unpack(packed).items():
                if KINDS[number] in kinds:
                    yield KINDS[number], rest, value

    def names(self, kind: str) -> Iterator[str]:
        wanted = _NUMBERS[kind]
        for home in list(self._packed):
            packed = self._packed.get(home)
            if packed is not None and any(number == wanted for number, _ in _unpack(packed)):
                yield _name(kind, home)

    def values(self, kind: str) -> Iterator[tuple[str, bytes]]:
        wanted = _NUMBERS[kind]
        for home, packed in self._packed.items():
            for (number, _), value in _unpack(packed).items():
                if number == wanted:
                    yield _name(kind, home), value

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        """Those that a stage reads as it is restored, with their keys, those of one name one after another."""
        for home, packed in self._packed.items():
            names = [key_of(_name(kind, home))[1:-1] for kind in (KINDS[0], SEEN)]
            for (number, rest), value in _unpack(packed).items():
                kind = KINDS[number]
                if kind not in UNREAD:
                    more = () if rest is None else rest if isinstance(rest, tuple) else (rest,)
                    end = b"," + key_of(*more)[1:] if more else b"]"
                    yield _BEGINNINGS[number] + names[kind in _NAMED] + end, value


def _home(kind: str, name: str) -> str:
    """The name under which a record waits: the fingerprints of a customer beside its pieces."""
    return name.removeprefix("customer") if kind in _NAMED else ":" + name


def _name(kind: str, home: bytes) -> str:
    name = home.decode()
    if kind not in _NAMED:
        return name[1:]
    return f"customer{name}" if name[0] == ":" else name
