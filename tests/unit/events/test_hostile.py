"""Records that are made to hurt: each is answered at once, in little memory, whatever it holds."""

import time
import tracemalloc

import pytest

from streams.events import MAX_BYTES, ContactLogged, Event, Reason, Rejected, decode
from tests.unit.events.examples import full, raw, with_data

CPU_S = 1.0
"""Of a slow machine; here none takes a tenth of it. What grows with the square of a MiB takes minutes."""
MEMORY = 64 << 20


def filled(start: bytes, piece: bytes, end: bytes = b"") -> bytes:
    """As many pieces as a record may hold."""
    return start + piece * ((MAX_BYTES - len(start) - len(end)) // len(piece)) + end


HEAD, TAIL = raw(with_data("contact.logged", content="CONTENT")).split(b'"CONTENT"')
PAID, END = raw(with_data("payment.received", amount={"amount": "AMOUNT"})).split(b'"AMOUNT"')
CASES = {
    "brackets": (filled(b"", b"["), Reason.malformed),
    "braces": (filled(b"", b'{"a":'), Reason.malformed),
    "ten thousand levels": (HEAD + b'"","x":' + b"[" * 10_000 + b"]" * 10_000 + TAIL, Reason.malformed),
    "a text without an end, full of quotes": (filled(b'"', b'\\"', b"[" * 200), Reason.malformed),
    "a text without an end, full of brackets": (filled(b'"', b"["), Reason.malformed),
    "texts without anything in them": (filled(b"", b'"', b"[" * 200), Reason.malformed),
    "texts of one bracket": (filled(b"[" * 200, b'"[",'), Reason.malformed),
    "backslashes": (filled(b"[" * 200, b"\\"), Reason.malformed),
    "empty lists beside each other": (filled(HEAD + b'"","x":[[]', b",[]", b"]" + TAIL), None),
    "a number of a million digits": (filled(PAID, b"9", END), Reason.invalid_value),
    "the same as a text": (filled(PAID + b'"', b"9", b'"' + END), Reason.invalid_value),
    "a million decimals": (filled(PAID + b"0.", b"1", END), Reason.invalid_value),
    "an exponent of a million digits": (filled(PAID + b"1e", b"9", END), Reason.invalid_value),
    "1e999999": (PAID + b"1e999999" + END, Reason.invalid_value),
    "not a number": (PAID + b"NaN" + END, Reason.malformed),
    "infinity": (PAID + b"-Infinity" + END, Reason.malformed),
    "a million digits that nobody reads": (filled(HEAD + b'"","x":', b"9", TAIL), None),
    "one key for ever": (filled(HEAD + b'"x"', b',"content":""', TAIL), None),
    "a type of a million characters": (filled(b'{"type":"', b"x", b'"}'), Reason.unknown_type),
    "numbers, and then a mistake": (filled(HEAD + b'7,"x":[0', b",1.5", b"]" + TAIL), Reason.wrong_type),
    "null bytes": (filled(b"", b"\0"), Reason.malformed),
    "a byte order mark": (b"\xef\xbb\xbf" + raw(full("contact.logged")), Reason.malformed),
}


@pytest.mark.parametrize("case", CASES)
def test_a_record_that_is_made_to_hurt_is_answered_at_once(case: str) -> None:
    record, reason = CASES[case]
    assert len(record) <= MAX_BYTES
    began = time.process_time()
    answer = decode(record)
    assert time.process_time() - began < CPU_S
    assert (answer.reason if isinstance(answer, Rejected) else None) == reason, answer
    if isinstance(answer, Rejected):
        assert len(answer.detail) < 1_000


@pytest.mark.parametrize("case", CASES)
def test_it_takes_no_more_than_some_times_its_own_size_of_memory(case: str) -> None:
    tracemalloc.start()
    decode(CASES[case][0])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY


def test_of_a_field_that_stands_there_twice_the_last_counts() -> None:
    record = HEAD + b'"first","content":"last"' + TAIL
    event = decode(record)
    assert isinstance(event, Event)
    assert isinstance(event.data, ContactLogged)
    assert event.data.content == "last"


def test_two_types_that_differ_are_refused_for_that() -> None:
    twice = raw(full("contact.logged")).replace(b"{", b'{"type":"task.cancelled",', 1)
    assert decode(twice) == Rejected(Reason.malformed, "type: stands there twice, with different values")
    same = raw(full("contact.logged")).replace(b"{", b'{"type":"contact.logged",', 1)
    assert isinstance(decode(same), Event)
