"""A record of the topic `alerts` as a value, and whether it is something to tell of."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from streams.events.outputs import AlertRecord
from streams.notify.selection import Selection

ACTIVE: Final = ("firing", "acknowledged")

_decoder: Final = msgspec.json.Decoder(AlertRecord)


class Seen(NamedTuple):
    """What a record says of the alert `id`: its state, or None where it was deleted.

    `raw` are the record's own bytes, with fields that we do not know; `at` (us) is when it came into the topic.
    """

    id: str
    record: AlertRecord | None
    raw: bytes
    at: int


def read_alert(key: bytes | None, value: bytes | None, at: int) -> Seen | None:
    """The record with this key, value and time (us); None for one that is no alert."""
    try:
        name = (key or b"").decode()
        if not name:
            return None
        return Seen(name, None if value is None else _decoder.decode(value), value or b"", at)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def shown(record: AlertRecord, selection: Selection) -> bool:
    """Whether the alert is one that the target is to know as standing."""
    return record.status in ACTIVE and record.suppressed_by is None and selection.takes(record)
