"""What must hold of the decoder's answer, whatever the record."""

import json

import msgspec

from streams.events import Event, Reason, Rejected, decode, encode, instants, subject_of

ALONE = {
    Reason.malformed,
    Reason.unknown_type,
    Reason.missing_field,
    Reason.wrong_type,
    Reason.invalid_value,
    Reason.too_large,
}
_packed = msgspec.json.Decoder(list[msgspec.Raw])


def check(record: bytes) -> Event | Rejected:
    """Decodes, and holds the answer against every promise made of it."""
    result = decode(record)
    if isinstance(result, Rejected):
        assert result.reason in ALONE, result
        assert 0 < len(result.detail) < 1_500, result
        assert "Traceback" not in result.detail
        result.detail.encode()
        return result
    assert instants.MIN_US <= instants.to_us(result.time) <= instants.MAX_US
    subject = subject_of(result)
    assert subject.kind
    assert subject.id.encode()
    # It travels on as it is, beside others in one JSON array, and is JSON to every reader.
    assert [bytes(part) for part in _packed.decode(b"[" + record + b",0]")] == [record.strip(b" \t\r\n"), b"0"]
    json.loads(record, parse_constant=_refuse)
    assert decode(encode(result)) == result
    return result


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")
