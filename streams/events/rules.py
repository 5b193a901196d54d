"""Rules across the fields of one event that a type alone cannot say; each refuses with a FieldError."""

from datetime import datetime

from msgspec import UnsetType

from streams.events import instants
from streams.events.rejected import FieldError, Reason


def require_customer_or_lead(customer_id: str | None, lead_id: str | None) -> None:
    """Somebody must be named."""
    if customer_id is None and lead_id is None:
        raise FieldError(Reason.missing_field, "required, unless lead_id is given", "customer_id")


def require_customer_of(opportunity_id: str | None, customer_id: str | None) -> None:
    """An opportunity is known by its customer."""
    if opportunity_id is not None and customer_id is None:
        raise FieldError(Reason.missing_field, "required, as opportunity_id is given", "customer_id")


def check_instant(moment: datetime | UnsetType | None, field: str) -> None:
    """An offset must not push a date-time out of the calendar; years in between cost one comparison."""
    if moment and not 1 < moment.year < 9999 and not instants.holds(moment):
        raise FieldError(Reason.invalid_value, "lies outside the years 1 to 9999 in UTC", field)
