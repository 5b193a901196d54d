"""What the stage of customers tells the partition of a recipient: of an alert, and when somebody is away."""

from __future__ import annotations

import msgspec

from streams.core.records import key_of

NOTICE, AWAY = "notice", "away"
"""The kinds of these facts: how the second part of their key begins."""
PASSED_ON, WITHDRAWN, RESOLVED = "passed_on", "withdrawn", "resolved"
"""How an alert comes to concern a recipient no more: others hear of it, it proved false, or it is over."""


class Notice(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An alert as it concerns one recipient: the whole of it, never a difference. Instants in microseconds.

    `version` is the inbox offset that it is as of: an older one that arrives late changes nothing.
    """

    version: int
    status: str
    """`firing` and `acknowledged` as in its record, else how it came to concern the recipient no more."""
    rule: str
    severity: str
    level: int
    subject: str
    """What it is about, the same for every episode of its rule: an opportunity, invoice, ticket, ..., or customer."""
    since: int
    """Since when it concerns the recipient: when it fired, or when the step of its ladder was taken."""
    fired: int
    ended: int | None
    employee: str | None
    customer: str | None
    opportunity: str | None
    suppressed: str | None
    summary: str

    @property
    def stands(self) -> bool:
        """Whether it still concerns the recipient."""
        return self.status not in (PASSED_ON, WITHDRAWN, RESOLVED)


class Away(msgspec.Struct, frozen=True, array_like=True):
    """Every absence of somebody that is known: from each first instant to before the second."""

    version: int
    absences: list[tuple[int, int]]


class Effaced(msgspec.Struct, frozen=True, array_like=True):
    """Alerts that recipients are to know nothing of any more. The digests that name the `customer` go; of the
    `subject`, where there is one, nothing may be known at all."""

    customer: str | None
    subject: str | None
    alerts: list[str]


_pack, read_effaced = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Effaced).decode


def write_effaced(customer: str | None, subject: str | None, alerts: list[str]) -> bytes:
    """What every partition of recipients is told."""
    return _pack(Effaced(customer, subject, alerts))


def write_departed(employee: str, origin: int) -> bytes:
    """That an employee was erased, as the partition says that had the record."""
    return msgspec.msgpack.encode((employee, origin))


def read_departed(value: bytes) -> tuple[str, int]:
    """The employee and the partition that `write_departed` was given."""
    return msgspec.msgpack.decode(value, type=tuple[str, int])


def notice_key(recipient: str, alert: str, origin: int) -> bytes:
    """The key of what an inbox partition says of an alert to a recipient."""
    return key_of(recipient, f"{NOTICE} {alert}", origin)


def away_key(employee: str, origin: int) -> bytes:
    """The key of somebody's absences."""
    return key_of(employee, AWAY, origin)
