"""What an alert is."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Alert(NamedTuple):
    """An episode that stands; `basis` is the instant that its clock runs from, `employee_id` who is to see to it."""

    rule: str
    customer_id: str
    opportunity_id: str | None
    basis: datetime
    started_at: datetime
    employee_id: str | None = None
    invoice_id: str | None = None
    case_id: str | None = None
    """Of a ticket, a lead or a task."""

    @property
    def subject(self) -> str:
        """What it is about: an invoice or a case, else an opportunity, else the customer."""
        return self.invoice_id or self.case_id or self.opportunity_id or self.customer_id

    @property
    def key(self) -> tuple[str, str, datetime]:
        """What makes it one episode and no other."""
        return self.rule, self.subject, self.basis
