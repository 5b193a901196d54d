"""Bad input as a value: why an event was not taken, in one code and one sentence."""

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why a record went to the dead letters: return value, message field and metric label alike."""

    malformed = "malformed"
    unknown_type = "unknown_type"
    missing_field = "missing_field"
    wrong_type = "wrong_type"
    invalid_value = "invalid_value"
    future = "future"
    too_old = "too_old"
    no_rate = "no_rate"
    too_large = "too_large"
    conflict = "conflict"
    bug = "bug"


class Rejected(msgspec.Struct, frozen=True):
    """A record that is not taken: the reason code, and a sentence that names the field."""

    reason: Reason
    detail: str


class FieldError(ValueError):
    """What a reader of one value, or a rule across the fields of one struct, has against it.

    `field` is the name below the struct that was being read; empty where the value itself is meant.
    """

    def __init__(self, reason: Reason, problem: str, field: str = "") -> None:
        super().__init__(problem)
        self.reason = reason
        self.problem = problem
        self.field = field
