"""The kinds of value that events are made of: ids, texts, exact numbers, money and moments, with their limits."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, UnsetType

from streams.events import instants
from streams.events.rejected import FieldError, Reason

T = TypeVar("T")

Clearable: TypeAlias = T | UnsetType | None
"""A field whose null means "clear it", and which says nothing when it is left out (UNSET)."""

if TYPE_CHECKING:
    Amount: TypeAlias = Decimal
    Quantity: TypeAlias = Decimal
    Percent: TypeAlias = Decimal
    Share: TypeAlias = Decimal
    Moment: TypeAlias = datetime | date
else:

    class _Kind(type):
        # To the decoder each kind is a class of its own, which makes it ask `read`; the values are plain Decimals
        # and dates. (An ABC would do as well, at three times the cost per value.)
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, cls.values)

    Amount = _Kind("Amount", (), {"values": Decimal})
    Quantity = _Kind("Quantity", (), {"values": Decimal})
    Percent = _Kind("Percent", (), {"values": Decimal})
    Share = _Kind("Share", (), {"values": Decimal})
    Moment = _Kind("Moment", (), {"values": date})


class Range(msgspec.Struct, frozen=True):
    """What a number may be: how many decimals as written, and the bounds (inclusive)."""

    decimals: int
    bounds: tuple[int, int] | None = None


NUMBERS: Final[dict[Any, Range]] = {
    Amount: Range(18),
    Quantity: Range(18),
    Percent: Range(18, (0, 100)),
    Share: Range(18, (0, 1)),
}
WHOLE_DIGITS: Final = 18
DECIMAL_PATTERN: Final = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?$(?!\n)"
PERIOD_PATTERN: Final = r"^(?!0000)[0-9]{4}(-(Q[1-4]|0[1-9]|1[0-2]))?$(?!\n)"
PERIOD_WORDS: Final = "a year, quarter or month: 2026, 2026-Q1, 2026-03"
_is_decimal: Final = re.compile(DECIMAL_PATTERN).search
_is_date: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII).fullmatch


def read(kind: Any, value: Any) -> Any:
    """A value of one of the kinds above, from what JSON holds (floats as their text); FieldError when it is none."""
    return _READERS[kind](value)


def _number_reader(limits: Range) -> Callable[[Any], Decimal]:
    # Nearly every number is written like this, and then nothing but its bounds is left to check.
    is_plain = re.compile(rf"-?[0-9]{{1,{WHOLE_DIGITS}}}(\.[0-9]{{1,{limits.decimals}}})?").fullmatch
    bounds = limits.bounds

    def number(value: Any) -> Decimal:
        exact = Decimal(value) if type(value) is str and is_plain(value) else _unusual(value, limits.decimals)
        if bounds and not bounds[0] <= exact <= bounds[1]:
            raise FieldError(Reason.invalid_value, f"expected a number from {bounds[0]} to {bounds[1]}")
        return exact

    return number


def _unusual(value: Any, decimals: int) -> Decimal:
    if type(value) is str:
        if not _is_decimal(value):
            raise FieldError(Reason.invalid_value, "expected a decimal")
    elif type(value) is not int:
        raise FieldError(Reason.wrong_type, "expected a number or a decimal string")
    exact = Decimal(value)
    exponent = exact.as_tuple().exponent
    assert isinstance(exponent, int)
    if exponent < -decimals:
        raise FieldError(Reason.invalid_value, f"expected at most {decimals} decimals")
    if exact and exact.adjusted() >= WHOLE_DIGITS:
        raise FieldError(Reason.invalid_value, f"expected a number below 10^{WHOLE_DIGITS}")
    # 0E+9999 is a zero with a thousand digits to come: written out, nothing that follows can trip over it.
    return exact if exponent <= 0 else Decimal(int(exact))


def _moment(value: Any) -> datetime | date:
    if type(value) is not str:
        raise FieldError(Reason.wrong_type, "expected a date or date-time")
    try:
        return date.fromisoformat(value) if _is_date(value) else instants.parse_datetime(value)
    except ValueError as error:
        problem = "expected a date or an RFC 3339 date-time with an offset"
        raise FieldError(Reason.invalid_value, problem) from error


_READERS: Final[dict[Any, Callable[[Any], Any]]] = {
    **{kind: _number_reader(limits) for kind, limits in NUMBERS.items()},
    Moment: _moment,
}


def says(description: str) -> Meta:
    """What a field means, for the schema."""
    return Meta(description=description)


Instant = Annotated[datetime, Meta(tz=True)]
Id = Annotated[str, Meta(min_length=1, max_length=256)]
Name = Annotated[str, Meta(min_length=1, max_length=256)]
Text = str
EmployeeId = Annotated[Id, says("The employee who acted, or to whom it is credited.")]
CustomerId = Annotated[Id, says("The customer.")]
LeadId = Annotated[Id, says("The lead.")]
OpportunityId = Annotated[Id, says("The opportunity; its customer must be named too.")]
OwnerId = Annotated[Id, says("The employee who looks after it.")]
CampaignId = Annotated[Id, says("The campaign.")]
TicketId = Annotated[Id, says("The ticket.")]
ContractId = Annotated[Id, says("The contract.")]
InvoiceId = Annotated[Id, says("The invoice.")]
LeadSource = Annotated[Text, says("Where the lead came from.")]
Stage = Annotated[Name, says("A stage of the pipeline; one that the policy does not know is kept.")]
NextContact = Annotated[Instant, says("When the next contact is planned; null cancels the plan.")]
NextStep = Annotated[Text, says("What is to be done next, in words.")]
Why = Annotated[Text, says("The reason, in words.")]
Period = Annotated[str, Meta(pattern=PERIOD_PATTERN, description=f"{PERIOD_WORDS[:1].upper()}{PERIOD_WORDS[1:]}.")]
Comment = Annotated[Text, says("What was said, in words.")]
Region = Annotated[Text, says("A region of the market.")]


class Money(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An exact amount of money; without a currency it is the reporting currency."""

    amount: Annotated[Amount, says("A decimal string; a JSON number is read exactly as written. At most 18 decimals.")]
    currency: Annotated[Name, says("ISO 4217 code; left out, the reporting currency.")] | None = None
