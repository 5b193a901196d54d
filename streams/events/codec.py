"""Bytes to events and back. `decode` never raises: what is wrong with a record is a value."""

from array import array
from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate
from typing import Final, Union, cast

import msgspec

from streams.events import instants
from streams.events.catalogue import COMMANDS, EVENT_TYPES
from streams.events.diagnosis import diagnose
from streams.events.envelope import Data, Event, Subject
from streams.events.fields import read
from streams.events.rejected import Reason, Rejected

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 100
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_STEPLESS: Final = bytes(set(range(256)) - set(b'[{]}"'))


def _envelope(data: type[Data]) -> type[Event]:
    struct = msgspec.defstruct(
        f"{data.__name__}Event",
        [("data", data)],
        bases=(Event,),
        module=__name__,
        tag_field="type",
        tag=data.TYPE,
        frozen=True,
        kw_only=True,
        gc=False,
        omit_defaults=True,
    )
    return cast(type[Event], struct)


# One struct per type, told apart by the envelope's `type`: that is what makes decoding a single pass.
ENVELOPES: Final[Mapping[type[Data], type[Event]]] = {data: _envelope(data) for data in EVENT_TYPES.values()}
# Floats come as their text, so that a number is read exactly as it was written.
_decoder: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(
    Union[tuple(ENVELOPES.values())],  # noqa: UP007
    dec_hook=read,
    float_hook=str,
)
_encoder: Final = msgspec.json.Encoder()


def decode(raw: bytes | None, received: int | None = None, max_future: int | None = None) -> Event | Rejected:
    """The event in a record's value, or why it is not taken. Never raises.

    `received` is the record's own timestamp and `max_future` how far ahead of it an event may lie, both in
    microseconds; without either there is no such bound.
    """
    if not raw:
        return Rejected(Reason.malformed, "the record is empty")
    if len(raw) > MAX_BYTES:
        return Rejected(Reason.too_large, f"the record has {len(raw)} bytes, more than the {MAX_BYTES} allowed")
    # How deep a decoder can go depends on the interpreter and on who calls it: what is taken here must pass everywhere.
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _too_deep(raw):
        return Rejected(Reason.malformed, f"the record is nested too deeply, more than {MAX_DEPTH} levels")
    try:
        if not raw.isascii():
            # Fields that are skipped are not read, yet the record travels on as it is.
            raw.decode()
        event = _decoder.decode(raw)
    except (msgspec.MsgspecError, ValueError) as error:
        return diagnose(raw, error)
    time = event.time
    if not 1 < time.year < 9999 and not instants.holds(time):
        return Rejected(Reason.invalid_value, "time: lies outside the years 1 to 9999 in UTC")
    entered = event.enteredtime
    if entered is not None and not 1 < entered.year < 9999 and not instants.holds(entered):
        return Rejected(Reason.invalid_value, "enteredtime: lies outside the years 1 to 9999 in UTC")
    if received is not None and max_future is not None and instants.to_us(latest_of(event)) > received + max_future:
        limit = f"{max_future / 1_000_000:g} s"
        field, time = ("time", time) if entered is None or time >= entered else ("enteredtime", entered)
        return Rejected(Reason.future, f"{field}: {time.isoformat()} lies more than {limit} ahead of the record")
    return event


def latest_of(event: Event) -> datetime:
    """The later of when it happened and when it was entered."""
    return event.time if event.enteredtime is None else max(event.time, event.enteredtime)


def _too_deep(raw: bytes) -> bool:
    """Whether it is nested deeper than is taken; over in some 50 ms, whatever the bytes."""
    # Without escapes every quote begins or ends a string; of what is left each byte is a step of +1 or -1.
    marks = raw.replace(rb"\\", b"").replace(rb"\"", b"").translate(_STEPS, _STEPLESS)
    return any(map(MAX_DEPTH.__lt__, accumulate(array("b", b"".join(marks.split(b'"')[::2])))))


def subject_of(event: Event) -> Subject:
    """What the event follows. A command follows the subject that its envelope names, as its data cannot tell."""
    return _subject(event.data, event.subject)


def _subject(data: Data, given: str | None) -> Subject:
    if given and data.TOPIC == COMMANDS:
        return Subject("other", given)
    for kind, field in data.SUBJECTS:
        name = getattr(data, field)
        if name is not None:
            return Subject(kind, name)
    raise LookupError(f"{data.TYPE} names no subject")


def make_event(
    data: Data, id: str, source: str, time: datetime, subject: str | None = None, enteredtime: datetime | None = None
) -> Event:
    """An event around its data. A command needs the `subject` of what it names; for others it is worked out."""
    return ENVELOPES[type(data)](
        specversion="1.0",
        id=id,
        source=source,
        time=time,
        subject=_subject(data, subject).id,
        enteredtime=enteredtime,
        data=data,
    )


def encode(event: Event) -> bytes:
    """The event as a CloudEvent in JSON, its type first, without fields that have their default."""
    return _encoder.encode(event)
