"""An event to try it with: a file that holds, at any moment, a deal that the last of the sellers wins just then."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Final

from streams.demo.board import Row
from streams.events import Money, OpportunityWon, encode, instants, make_event
from streams.settings import Settings
from streams.simulate.hours import SECOND
from streams.topics import Topics

AMOUNT: Final = Decimal(60_000)
ANYBODY: Final = "emp-002"


def sample(rows: list[Row], at: int) -> bytes:
    """The event as JSON, new with every second of the simulated time `at` (us)."""
    second = at // SECOND
    sellers = [row.employee for row in rows if row.won is not None]
    won = OpportunityWon(
        opportunity_id=f"yours-{second}",
        customer_id="yours",
        owner_id=sellers[-1] if sellers else ANYBODY,
        amount=Money(AMOUNT, None),
    )
    return encode(make_event(won, f"yours-{second}", "/you", instants.from_us(second * SECOND)))


def write(path: Path, event: bytes) -> None:
    """Puts the event in the place of the last one, at one go: somebody may be reading it. Raises OSError."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(event)
    os.replace(fresh, path)


def command(settings: Settings, path: Path) -> str:
    """What to type to produce it."""
    return f"kcat -P -b {settings.kafka} -t {Topics(settings).full(OpportunityWon.TOPIC)} {path}"
