"""The record of an event that was refused: why, where it stood, and the bytes themselves."""

from __future__ import annotations

import base64
from typing import Any, Final

from streams.events import Rejected
from streams.events.instants import iso

WHOLE: Final = 2 * 1024 * 1024
"""Bytes of an original that are kept; crm topics of ours take no longer record."""


def dead_letter(rejected: Rejected, where: dict[str, Any], time: int | None, original: bytes | None) -> dict[str, Any]:
    """The dead letter's value.

    `where` is topic, partition and offset, or file and line; `time` (us) is when the record came in. The original
    stands as text, or as base64 with `"encoding": "base64"` where it is no UTF-8; of one longer than `WHOLE` only
    the beginning, beside `original_bytes`.
    """
    raw = original or b""
    letter = {
        "reason": rejected.reason.value,
        "detail": rejected.detail,
        **where,
        "time": None if time is None else iso(time),
    }
    if len(raw) > WHOLE:
        letter["original_bytes"] = len(raw)
        raw = raw[:WHOLE]
    try:
        letter["original"] = raw.decode()
    except UnicodeDecodeError:
        letter["original"], letter["encoding"] = base64.b64encode(raw).decode(), "base64"
    return letter
