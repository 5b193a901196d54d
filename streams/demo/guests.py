"""What others produced while we look on, and what was refused of it and of everything else."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import msgspec

from streams.events import Money, Rejected, decode, subject_of
from streams.events.outputs import DeadLetter

KEPT: Final = 50

Place = tuple[str | None, int | None, int | None]
"""Where a record stands: plain topic, partition, offset."""


class Guest(msgspec.Struct):
    """An event of somebody else's; `refused` says why it was not taken. Empty texts for what it does not name."""

    place: Place
    type: str
    subject: str = ""
    employee: str = ""
    amount: str = ""
    refused: str = ""


class Guests:
    """The events of others, the newest first, and the dead letters."""

    def __init__(self) -> None:
        self.events: deque[Guest] = deque(maxlen=KEPT)
        self.customers: set[str | None] = set()
        """Whom these events are about."""
        self.taken = 0
        """How many of these events there were."""
        self.refused = 0
        """How many records were refused, whoever produced them."""
        self.last_refused = ""
        self._reasons: dict[Place, str] = {}

    def take(self, place: Place, value: bytes | None) -> None:
        """A record of a crm topic, whatever it holds."""
        self.taken += 1
        event = decode(value or b"")
        if isinstance(event, Rejected):
            self.events.appendleft(Guest(place, "not an event", refused=_why(event.reason, event.detail)))
            return
        data: Any = event.data
        amount = getattr(data, "amount", None)
        guest = Guest(
            place,
            event.type,
            subject_of(event).id,
            getattr(data, "employee_id", None) or getattr(data, "owner_id", None) or "",
            f"{amount.amount:,} {amount.currency or ''}".strip() if isinstance(amount, Money) else "",
            self._reasons.get(place, ""),
        )
        self.customers.add(getattr(data, "customer_id", None) or guest.subject)
        self.events.appendleft(guest)

    def refuse(self, value: bytes | None) -> None:
        """A record of the dead letters, which may be read before or after what it is about.

        Raises msgspec.DecodeError for what is none.
        """
        letter = _DEAD_LETTER.decode(value or b"")
        place = (letter.topic, letter.partition, letter.offset)
        why = _why(letter.reason, letter.detail)
        self.refused += 1
        self.last_refused = why
        self._reasons[place] = why
        if len(self._reasons) > KEPT:
            del self._reasons[next(iter(self._reasons))]
        for guest in self.events:
            if guest.place == place:
                guest.refused = why


def _why(reason: str, detail: str) -> str:
    return f"{reason}: {detail}"


_DEAD_LETTER: Final = msgspec.json.Decoder(DeadLetter)
