"""A few totals of an event file, counted plainly from its JSON: what a replay must come to."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

TOTALS = (
    "contacts", "won_count", "won_amount", "contract_count", "contract_amount", "invoiced_amount", "collected_amount",
)  # fmt: skip
SIGN = {"payment.received": 1, "payment.refunded": -1}


def recount(lines: Iterable[bytes]) -> tuple[int, dict[str, Decimal]]:
    """How many lines there are, and the totals. The lines are in the order of time, each once, in one currency."""
    totals = dict.fromkeys(TOTALS, Decimal(0))
    worth: dict[str, Decimal] = {}
    won: dict[str, Decimal] = {}
    count = 0
    for line in lines:
        count += 1
        event = json.loads(line)
        kind, data = event["type"], event["data"]
        amount = _amount(data)
        if kind.startswith("opportunity."):
            opportunity = data["opportunity_id"]
            if amount is not None:
                worth[opportunity] = amount
            if kind == "opportunity.won":
                won[opportunity] = worth.get(opportunity, Decimal(0))
            elif kind in ("opportunity.lost", "opportunity.reopened"):
                won.pop(opportunity, None)
        elif kind == "contact.logged":
            totals["contacts"] += 1
        elif kind == "contract.signed" and amount is not None:
            totals["contract_count"] += 1
            totals["contract_amount"] += amount
        elif kind == "invoice.issued" and amount is not None:
            totals["invoiced_amount"] += amount
        elif kind in SIGN and amount is not None:
            totals["collected_amount"] += SIGN[kind] * amount
    return count, totals | {"won_count": Decimal(len(won)), "won_amount": sum(won.values(), Decimal(0))}


def _amount(data: dict[str, Any]) -> Decimal | None:
    money = data.get("amount")
    return Decimal(money["amount"]) if money else None
