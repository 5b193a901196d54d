"""The read model: every record that the view reads goes in here, and nothing else does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from streams.demo.alerts import Alerts
from streams.demo.board import Board
from streams.demo.guests import Guests, Place
from streams.topics import DEAD_LETTERS

log = logging.getLogger(__name__)

OUTPUTS: Final = ("alerts", "scores.employees", "scores.teams", DEAD_LETTERS)
"""The output topics that it knows, by their plain names."""


class Model:
    """Takes records in any order of topics."""

    def __init__(self) -> None:
        self.board = Board()
        self.alerts = Alerts()
        self.guests = Guests()
        self._takers: Mapping[str, Callable[[str, bytes | None], None]] = {
            "alerts": self.alerts.take,
            "scores.employees": self.board.score,
            "scores.teams": self.board.team,
            DEAD_LETTERS: lambda _, value: self.guests.refuse(value),
        }

    def take(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        """A record of one of OUTPUTS. One that is not what it should be is logged and left out."""
        try:
            self._takers[topic]((key or b"").decode(), value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("a record of %s cannot be read: %s", topic, error)

    def guest(self, place: Place, value: bytes | None) -> None:
        """A record of a crm topic that somebody else produced."""
        self.guests.take(place, value)
