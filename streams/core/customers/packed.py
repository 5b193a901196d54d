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
        changed: dict[bytes, list[tuple[Place, bytes | None]]] = {}
        others = []
        for key, value in records:
            if key.startswith(_BEGINNINGS):
                parts = parts_of(key)
                kind, name = parts[:2]
                place = (_NUMBERS[str(kind)], rest_of(parts))
                changed.setdefault(_home(str(kind), str(name)), []).append((place, value))
            else:
                others.append((key, value))
        for home, values in changed.items():
            packed = self._packed.get(home)
            pieces = {} if packed is None else _unpack(packed)
            for place, value in values:
                if value is None:
                    pieces.pop(place, None)
                else:
                    pieces[place] = value
            if pieces:
                _encoder.encode_into(pieces, _buffer)
                self._packed[home] = bytes(_buffer)  # what `encode` gives has room to spare, for as long as it lives
            else:
                self._packed.pop(home, None)
        return others

    def clear(self) -> None:
        """Nothing stays."""
        self._packed.clear()

    def pieces(self, kinds: Sequence[str], name: str) -> Iterator[Piece]:
        packed = self._packed.get(_home(kinds[0], name))
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


def _home(kind: str, name: str) -> bytes:
    """The name under which a record waits: the fingerprints of a customer beside its pieces."""
    return (name.removeprefix("customer") if kind in _NAMED else f":{name}").encode()


def _name(kind: str, home: bytes) -> str:
    name = home.decode()
    if kind not in _NAMED:
        return name[1:]
    return f"customer{name}" if name[0] == ":" else name
