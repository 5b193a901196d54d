"""From the decoder's complaint to a reason and a sentence that names the field. Only bad input comes here."""

import re
from typing import Any, Final

import msgspec

from streams.events.catalogue import EVENT_TYPES
from streams.events.fields import PERIOD_WORDS
from streams.events.rejected import FieldError, Reason, Rejected

_LOCATED: Final = re.compile(r"(?s)(?P<problem>.*?)(?: - at `(?P<path>[^`]*)`)?")
_MISSING: Final = re.compile(r"Object missing required field `(?P<field>[^`]*)`")
_MISTYPED: Final = re.compile(r"Expected `(?P<wanted>[^`]*)`(?:, got `(?P<got>[^`]*)`)?")
_BOUND: Final = re.compile(r"Expected `(?P<kind>\w+)`(?P<length> of length)? (?P<sign>[<>]=) (?P<limit>\S+)")
_SIGNS: Final = {">=": "at least", "<=": "at most"}
_WORDS: Final = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "datetime": "a date-time",
}
_SHOWN: Final = 60
# Numbers are kept as they are written, to be shown so, and because some that are written no float can hold.
_documents: Final = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode()))


def diagnose(raw: bytes, error: Exception) -> Rejected:
    """Why the decoder did not take `raw`."""
    if not isinstance(error, msgspec.ValidationError):
        return Rejected(Reason.malformed, _broken(error))
    try:
        document = _documents.decode(raw)
    except msgspec.ValidationError:
        document = {}  # it holds a number that Python cannot; the fault that was found may lie elsewhere
    except msgspec.MsgspecError as broken:
        return Rejected(Reason.malformed, _broken(broken))
    located = _LOCATED.fullmatch(str(error))
    problem, path = (located["problem"], located["path"] or "$") if located else (str(error), "$")
    where = path.removeprefix("$").removeprefix(".")
    if missing := _MISSING.fullmatch(problem):
        place = f"{where}.{missing['field']}" if where else missing["field"]
        return Rejected(Reason.missing_field, f"{place}: required, but missing")
    if not where:
        return Rejected(Reason.malformed, "the record is JSON, but not an object")
    cause = error.__cause__
    if isinstance(cause, FieldError):
        place = f"{where}.{cause.field}" if cause.field else where
        return Rejected(cause.reason, f"{place}: {cause.problem}{'' if cause.field else _got(document, where)}")
    if where == "type" and problem.startswith("Invalid value"):
        if document.get("type") in EVENT_TYPES:  # the decoder compared them, and this is the last one
            return Rejected(Reason.malformed, "type: stands there twice, with different values")
        return Rejected(Reason.unknown_type, f"type: no such type of event{_got(document, where)}")
    if mistyped := _MISTYPED.fullmatch(problem):
        wanted = " or ".join(_WORDS.get(kind, kind) for kind in mistyped["wanted"].split(" | "))
        return Rejected(Reason.wrong_type, f"{where}: expected {wanted}{_got(document, where)}")
    return Rejected(Reason.invalid_value, f"{where}: {_plain(problem)}{_got(document, where)}")


def _broken(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"the record is not UTF-8 (byte {error.start})"
    text = str(error).removeprefix("JSON is malformed: ")
    return f"the record is not JSON: {text[:1].lower()}{text[1:]}"


def _plain(problem: str) -> str:
    if problem.startswith("Invalid enum value"):
        return "not one of the values allowed"
    if "datetime" in problem:
        return "expected an RFC 3339 date-time with an offset"
    if "matching regex" in problem:  # Period alone has a pattern
        return f"expected {PERIOD_WORDS}"
    if bound := _BOUND.fullmatch(problem):
        if bound["length"] and bound["limit"] == "1":
            return "must not be empty"
        kind = _WORDS.get(bound["kind"], bound["kind"])
        unit = " characters" if bound["kind"] == "str" else " entries"
        return f"expected {kind} of {_SIGNS[bound['sign']]} {bound['limit']}{unit if bound['length'] else ''}"
    text = problem.replace("`", "")
    return f"{text[:1].lower()}{text[1:]}"


def _got(document: Any, where: str) -> str:
    value = document
    for step in re.findall(r"[^.\[\]]+", where):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, TypeError, ValueError):
            return ""
    text = msgspec.json.encode(value).decode()
    return f", got {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"
