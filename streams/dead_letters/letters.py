"""A dead letter as a value: read from its JSON, chosen by what it says, turned back into the record's bytes."""

from __future__ import annotations

import base64
import binascii
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from streams.events import Reason, Rejected
from streams.events.outputs import DeadLetter
from streams.topics import BY_NAME, DEAD_LETTERS

LONGEST: Final = BY_NAME[DEAD_LETTERS].max_message
"""Bytes of a line; no letter is longer."""

_decoder: Final = msgspec.json.Decoder(DeadLetter)


class UnreadableLetters(Exception):
    """A file of letters cannot be read; the message is one sentence."""


class Chosen(NamedTuple):
    """Which letters are meant: of a reason, from a source topic (plain name), written at `since` (us) or later."""

    reason: Reason | None = None
    topic: str | None = None
    since: int | None = None

    def takes(self, letter: DeadLetter, written: int) -> bool:
        """Whether the letter is one of them; `written` (us) is when it came into its topic."""
        return (
            (self.reason is None or letter.reason is self.reason)
            and (self.topic is None or letter.topic == self.topic)
            and (self.since is None or written >= self.since)
        )


def read_letter(value: bytes) -> DeadLetter | Rejected:
    """The letter in a record's value or in a line, or what is wrong with it."""
    try:
        return _decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        text = str(error)
        return Rejected(Reason.malformed, f"this is no dead letter: {text[:1].lower()}{text[1:]}")


def original(letter: DeadLetter) -> bytes | Rejected:
    """The bytes that were refused, or why they cannot be told."""
    if letter.encoding != "base64":
        return letter.original.encode()
    try:
        return base64.b64decode(letter.original, validate=True)
    except (binascii.Error, ValueError):
        return Rejected(Reason.malformed, "original: is no base64, as encoding says it were")


def place_of(letter: DeadLetter) -> str:
    """Where the record stood, as a person writes it."""
    return f"{letter.topic}[{letter.partition}]@{letter.offset}"


def lines(file: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file (`-`: standard input) with their numbers, without empty ones. Raises `UnreadableLetters`."""
    try:
        with ExitStack() as stack:
            stream = sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
            number = 0
            while line := stream.readline(LONGEST):
                number += 1
                if len(line) == LONGEST and not line.endswith(b"\n"):
                    raise UnreadableLetters(f"{file}: line {number} is longer than any dead letter.")
                if not line.isspace():
                    yield number, line
    except OSError as error:
        raise UnreadableLetters(f"{file}: cannot be read: {error.strerror}.") from error
