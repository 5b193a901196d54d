"""Odd opportunities, contracts, payments and campaigns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.appraisal.cast import Cast, Step
from tests.year.oddities import STAGES


def of_opportunity(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    known = {"opportunity_id": data["opportunity_id"], "customer_id": data["customer_id"]}
    deal = known | {"opportunity_id": cast.new("opp")}
    created = deal | {"owner_id": cast.who(), "stage": cast.chance.choice(STAGES), "amount": cast.money()}
    day = cast.day(0, 20)
    match cast.chance.randrange(9):
        case 0:  # won before it was created
            yield day, "opportunity.won", deal | {"amount": cast.money()}
            yield day + 3, "opportunity.created", created
        case 1:  # never created, and won for nobody knows how much
            yield day, "opportunity.stage_changed", deal | {"to_stage": STAGES[2], "from_stage": STAGES[0]}
            yield day + 2, "opportunity.won", deal
        case 2:  # nobody's when it is won
            yield day, "opportunity.created", created
            yield day + 1, "opportunity.updated", deal | {"owner_id": None}
            yield day + 2, "opportunity.won", deal
        case 3:  # all at once
            yield day, "opportunity.won", deal
            yield day, "opportunity.stage_changed", deal | {"to_stage": STAGES[3]}
            yield day, "opportunity.stage_changed", deal | {"to_stage": STAGES[1], "amount": cast.money()}
            yield day, "opportunity.created", created
        case 4:  # created twice, for a campaign
            yield day, "opportunity.created", created | {"campaign_id": cast.campaign()}
            yield day + 1, "opportunity.created", created | {"owner_id": cast.who(), "stage": STAGES[3]}
            yield day + 9, "opportunity.won", deal
        case 5:  # won, lost, and won again
            yield day, "opportunity.won", known | {"amount": cast.money()}
            yield day + 2, "opportunity.updated", known | {"amount": cast.money()}
            yield day + 3, "opportunity.lost", known
            yield day + 4, "opportunity.won", known | {"owner_id": cast.who()}
        case 6:  # its amount is taken back
            yield day, "opportunity.created", created
            yield day + 1, "opportunity.updated", deal | {"amount": None}
            yield day + 4, "opportunity.won", deal
        case 7:  # for a campaign, and still open, or not
            yield day, "opportunity.created", created | {"campaign_id": cast.campaign()}
            yield day + 5, cast.chance.choice(["opportunity.won", "opportunity.lost", "opportunity.updated"]), deal
        case _:  # reopened though it is open, and then where it was closed
            yield day, "opportunity.reopened", known | {"to_stage": STAGES[2]}
            yield day + 1, "opportunity.lost", known
            yield day + 2, "opportunity.reopened", known | {"to_stage": STAGES[2]}
            yield day + 3, "opportunity.stage_changed", known | {"to_stage": "Limbo: 1~2@"}
            yield day + 4, "opportunity.stage_changed", known | {"to_stage": STAGES[3], "owner_id": cast.who()}
            if cast.chance.random() < 0.5:
                yield day + 5, "opportunity.lost", known
                yield day + 5, "opportunity.reopened", known | {"to_stage": STAGES[0]}


def of_contract(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    contract = {
        "contract_id": cast.new("con"), "customer_id": data["customer_id"], "employee_id": cast.who(),
        "amount": cast.money(),
    }  # fmt: skip
    price = {"product": "Pump S", "quantity": "2.5", "unit_price": cast.money(), "list_price": cast.money()}
    day = cast.day(0, 40)
    match cast.chance.randrange(6):
        case 0:  # when a month begins or ends, perhaps at the instant of another purchase
            instant, deal = cast.edge(), {"customer_id": data["customer_id"], "opportunity_id": cast.new("opp")}
            yield instant, "contract.signed", contract
            if cast.chance.random() < 0.5:
                yield instant, "opportunity.won", deal | {"owner_id": cast.who(), "amount": cast.money()}
        case 5:  # without an opportunity
            yield day, "contract.signed", contract
        case 1:  # prices that are not all there
            bare = [{"product": "Pump L", "quantity": 3}, price | {"list_price": None}, price | {"unit_price": None}]
            yield day, "contract.signed", contract | {"lines": [price, *bare, {"product": "Valve set"}]}
        case 2:  # of an opportunity that nobody knows
            yield day, "contract.signed", contract | {"opportunity_id": "opp-unknown", "lines": []}
        case 3:  # of one that is lost later
            deal = {"customer_id": data["customer_id"], "opportunity_id": cast.new("opp")}
            yield day, "opportunity.won", deal
            yield day + 0.5, "contract.signed", contract | {"opportunity_id": deal["opportunity_id"], "lines": [price]}
            if cast.chance.random() < 0.5:
                yield day + 5, "opportunity.lost", deal
        case _:  # a second one of the same opportunity
            yield day, "contract.signed", contract | {"opportunity_id": data.get("opportunity_id")}


def of_invoice(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    """To be paid in another year, or at a time of a day; in another currency; given up, by somebody else."""
    named = {"customer_id": data["customer_id"], "employee_id": cast.who(), "invoice_id": cast.new("inv")}
    due = cast.moment(cast.chance.choice([2026, 2027]))
    day = cast.day(0, 9)
    yield day, "invoice.issued", named | {"amount": cast.money(), "due_at": due}
    if cast.chance.random() < 0.4:
        yield day + 3, "debt.written_off", named | {"amount": cast.money(), "employee_id": cast.who()}


def of_payment(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    payment = {
        "payment_id": cast.new("pay"), "customer_id": data["customer_id"], "employee_id": cast.who(),
        "amount": cast.money(),
    }  # fmt: skip
    day = cast.day(0, 20)
    if cast.chance.random() < 0.4:
        payment["opportunity_id"] = "opp-unknown"
    yield day, "payment.received", payment
    if cast.chance.random() < 0.4:  # more comes back than came in
        yield day + 2, "payment.refunded", payment | {"amount": {"amount": "12345.67"}}


def of_campaign(cast: Cast, data: Mapping[str, Any]) -> Iterator[Step]:
    campaign, late = {"campaign_id": data["campaign_id"]}, {"campaign_id": cast.new("cam")}
    yield cast.day(1, 20), "campaign.spent", {"campaign_id": "cam-silent", "amount": cast.money()}
    match cast.chance.randrange(3):
        case 0:  # handed over
            yield cast.day(1, 30), "campaign.launched", campaign | {"employee_id": cast.who()}
        case 1:  # launched after it began, by two at once
            for day in (0.0, 1.0, 12.0):
                yield day, "campaign.spent", late | {"amount": cast.money()}
            yield 3.0, "campaign.launched", late | {"employee_id": cast.who(), "budget": cast.money()}
            yield 3.0, "campaign.launched", late | {"employee_id": cast.who()}
            lead, customer = {"lead_id": cast.new("lead")}, {"customer_id": cast.customer()}
            for day in (1.0, 2.0, 9.0):
                yield day, "campaign.joined", late | customer | {"status": "invited"}
                yield day, "campaign.joined", late | lead
            yield 9.0, "lead.created", lead | {"campaign_id": late["campaign_id"], "lead_source": "fair"}
            deal = customer | {"opportunity_id": cast.new("opp")}
            yield 2.0, "opportunity.created", deal | late | {"owner_id": cast.who(), "stage": STAGES[0]}
            yield 10.0, "opportunity.won", deal | {"amount": cast.money()}
        case _:  # nobody spends anything
            yield 0.0, "campaign.launched", late | {"employee_id": cast.who()}
            yield cast.day(0, 60), "campaign.joined", late | {"customer_id": cast.customer()}
