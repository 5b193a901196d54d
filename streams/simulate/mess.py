"""What befalls events on their way: they come twice, late, in another order, among lines that are no events at all."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, cycle
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from streams.events import EVENT_TYPES, MAX_BYTES, Reason
from streams.simulate.dice import Dice

Document: TypeAlias = dict[str, Any]
HELD: Final = 16 << 20
"""Bytes of late lines held in memory; what is more waits in a temporary file."""


class Malformation(NamedTuple):
    """One way to spoil an event: why it must be rejected, and its line afterwards."""

    reason: Reason
    spoil: Callable[[Document], bytes]
    bulky: bool = False


def _without(field: str) -> Callable[[Document], bytes]:
    return lambda event: _line({key: value for key, value in event.items() if key != field})


def _with(**fields: Any) -> Callable[[Document], bytes]:
    return lambda event: _line(event | fields)


def _payment(amount: Any, currency: str | None = None) -> Callable[[Document], bytes]:
    data = {"payment_id": "pay-x", "customer_id": "cus-x", "employee_id": "emp-x"}
    money = {"amount": amount} | ({"currency": currency} if currency else {})
    return _with(type="payment.received", subject="cus-x", data=data | {"amount": money})


def _contact(**fields: Any) -> Callable[[Document], bytes]:
    data = {"employee_id": "emp-x", "customer_id": "cus-x", "channel": "call", "direction": "outbound"}
    return _with(type="contact.logged", subject="cus-x", data=data | fields)


def _incomplete(event: Document) -> bytes:
    required = next(one for one in msgspec.structs.fields(EVENT_TYPES[event["type"]]) if one.required)
    return _line(event | {"data": {key: value for key, value in event["data"].items() if key != required.encode_name}})


_line = msgspec.json.encode

MALFORMATIONS: Final[Mapping[str, Malformation]] = MappingProxyType(
    {
        "cut off": Malformation(Reason.malformed, lambda event: _line(event)[:-20]),
        "two in one line": Malformation(Reason.malformed, lambda event: _line(event) * 2),
        "no JSON": Malformation(Reason.malformed, lambda event: f"{event['id']};{event['time']}".encode()),
        "no object": Malformation(Reason.malformed, lambda event: _line([event])),
        "not UTF-8": Malformation(
            Reason.malformed, lambda event: _line(event).replace(b'"source":"', b'"source":"\xff')
        ),
        "nested too deeply": Malformation(Reason.malformed, lambda event: b"[" * 100_000, bulky=True),
        "unknown type": Malformation(Reason.unknown_type, _with(type="contact.phoned")),
        "no type": Malformation(Reason.missing_field, _without("type")),
        "no id": Malformation(Reason.missing_field, _without("id")),
        "no source": Malformation(Reason.missing_field, _without("source")),
        "no time": Malformation(Reason.missing_field, _without("time")),
        "no data": Malformation(Reason.missing_field, _without("data")),
        "incomplete data": Malformation(Reason.missing_field, _incomplete),
        "id is a number": Malformation(Reason.wrong_type, _with(id=17)),
        "data is a text": Malformation(Reason.wrong_type, _with(data="call")),
        "connected is a text": Malformation(Reason.wrong_type, _contact(connected="yes")),
        "amount is a list": Malformation(Reason.wrong_type, _payment([5])),
        "employee is null": Malformation(Reason.wrong_type, _contact(employee_id=None)),
        "empty id": Malformation(Reason.invalid_value, _with(id="")),
        "time without offset": Malformation(Reason.invalid_value, _with(time="2026-03-02T09:30:00")),
        "no such day": Malformation(Reason.invalid_value, _with(time="2026-02-30T09:30:00Z")),
        "other version": Malformation(Reason.invalid_value, _with(specversion="0.3")),
        "unknown channel": Malformation(Reason.invalid_value, _contact(channel="fax")),
        "amount in words": Malformation(Reason.invalid_value, _payment("a lot")),
        "amount is no number": Malformation(Reason.invalid_value, _payment("NaN")),
        "too many decimals": Malformation(Reason.invalid_value, _payment("0.1234567890123456789")),
        "unknown currency": Malformation(Reason.no_rate, _payment("5", "XTS")),
        "too large": Malformation(Reason.too_large, _contact(content="x" * MAX_BYTES), bulky=True),
    }
)
"""Every kind of line that must be rejected, whatever the policy and the clock. XTS is the currency code for tests."""


def messy(
    lines: Iterable[bytes],
    seed: int,
    *,
    duplicates: float = 0.0,
    late: float = 0.0,
    window: int = 1,
    malformed: float = 0.0,
) -> Iterator[bytes]:
    """The lines of an event file as they might arrive; the same for a seed.

    Shares are from 0 to below 1. `duplicates` of the lines come twice; `late` of them come after everything else;
    lines change places within a `window` of so many; `malformed` of what comes out are lines that must be rejected,
    each kind in turn (a bulky one only once), put in between and not instead. ValueError for another share.
    """
    for name, share in (("duplicates", duplicates), ("late", late), ("malformed", malformed)):
        if not 0 <= share < 1:
            raise ValueError(f"The share of {name} must be from 0 to below 1, not {share}.")
    if window < 1:
        raise ValueError(f"The window must hold at least one line, not {window}.")
    dice = Dice(f"mess:{seed}")
    with tempfile.SpooledTemporaryFile(HELD) as held:

        def arriving() -> Iterator[bytes]:
            kinds = enumerate(_kinds(), 1)
            for line in lines:
                for _ in range(2 if dice.chance(duplicates) else 1):
                    if dice.chance(late):
                        held.write(line + b"\n")
                    else:
                        yield line
                while dice.chance(malformed):
                    number, kind = next(kinds)
                    yield kind.spoil(msgspec.json.decode(line) | {"id": f"spoilt-{number}"})

        yield from _shuffled(arriving(), window, dice)
        held.seek(0)
        yield from _shuffled((line.rstrip(b"\n") for line in held), window, dice)


def _kinds() -> Iterator[Malformation]:
    light = [kind for kind in MALFORMATIONS.values() if not kind.bulky]
    return chain(MALFORMATIONS.values(), cycle(light))


def _shuffled(lines: Iterable[bytes], window: int, dice: Dice) -> Iterator[bytes]:
    buffer: list[bytes] = []
    for line in lines:
        buffer.append(line)
        if len(buffer) >= window:
            yield _drawn(buffer, dice)
    while buffer:
        yield _drawn(buffer, dice)


def _drawn(buffer: list[bytes], dice: Dice) -> bytes:
    place = dice.below(len(buffer))
    buffer[place], buffer[-1] = buffer[-1], buffer[place]
    return buffer.pop()
