"""The voids of a log, found before the log is processed: an event may stand in it long before what takes it back."""

from __future__ import annotations

from collections.abc import Iterator

from streams.events import EventVoided, Rejected, decode, subject_of
from streams.events.instants import to_us

_SIGNS = (b"voided", b"\\u")


def looks_like_void(raw: bytes) -> bool:
    """Whether a line may be a void, however it is written; a cheap look."""
    return any(sign in raw for sign in _SIGNS)


class Foresight:
    """Looks for the voids up to an instant (us); None: for all."""

    def __init__(self, as_of: int | None) -> None:
        self._as_of = as_of
        self._seen: set[tuple[str, str, str]] = set()

    def look(self, raw: bytes) -> Iterator[tuple[str, EventVoided]]:
        """The subject and the void that a line is, if it is one. Of those under one id the first stands."""
        if not looks_like_void(raw):
            return
        event = decode(raw)
        if isinstance(event, Rejected) or not isinstance(event.data, EventVoided):
            return
        subject = subject_of(event).id
        identity = subject, event.source, event.id
        if identity in self._seen or (self._as_of is not None and to_us(event.time) > self._as_of):
            return
        self._seen.add(identity)
        yield subject, event.data
