import base64

import orjson
import pytest

from streams.events import Reason, Rejected
from streams.events.instants import parse_iso
from streams.intake.dead_letters import WHOLE, dead_letter
from streams.topics import BY_NAME, DEAD_LETTERS

REFUSED = Rejected(Reason.wrong_type, "data.amount: expected an amount")
WHERE = {"topic": "crm.payments", "partition": 2, "offset": 71}


def test_a_dead_letter_says_why_where_when_and_what() -> None:
    letter = dead_letter(REFUSED, WHERE, parse_iso("2026-03-02T09:30:00Z"), '{"ä": 1}'.encode())

    assert letter == {
        "reason": "wrong_type",
        "detail": "data.amount: expected an amount",
        "topic": "crm.payments",
        "partition": 2,
        "offset": 71,
        "time": "2026-03-02T09:30:00Z",
        "original": '{"ä": 1}',
    }


def test_the_line_of_a_file_may_stand_for_the_offset() -> None:
    letter = dead_letter(REFUSED, {"file": "a.jsonl", "line": 3}, None, b"x")

    assert (letter["file"], letter["line"], letter["time"]) == ("a.jsonl", 3, None)


@pytest.mark.parametrize("raw", [b"\xff\xfe{}", b"\xed\xa0\x80", b"\x80"])
def test_what_is_not_utf8_stands_as_base64_and_says_so(raw: bytes) -> None:
    letter = dead_letter(REFUSED, WHERE, 0, raw)

    assert letter["encoding"] == "base64"
    assert base64.b64decode(letter["original"]) == raw


@pytest.mark.parametrize("raw", [b"", None])
def test_a_record_without_a_value_has_an_empty_original(raw: bytes | None) -> None:
    assert dead_letter(REFUSED, WHERE, 0, raw)["original"] == ""


def test_of_what_is_longer_than_we_take_the_beginning_is_kept() -> None:
    letter = dead_letter(REFUSED, WHERE, 0, b"x" * (WHOLE + 5))

    assert len(letter["original"]) == WHOLE
    assert letter["original_bytes"] == WHOLE + 5


@pytest.mark.parametrize("byte", [b"\x00", b"\xff", b'"', b"x"])
def test_the_longest_letter_fits_its_topic(byte: bytes) -> None:
    letter = dead_letter(REFUSED, WHERE, 0, byte * (WHOLE + 1))

    assert len(orjson.dumps(letter)) < BY_NAME[DEAD_LETTERS].max_message - 1024
