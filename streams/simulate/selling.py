"""How deals go: through the stages of the pipeline to a contract, invoices and their payment, or to nothing."""

from decimal import Decimal
from typing import Final

from streams.events import (
    ContractLine,
    ContractSigned,
    DebtWrittenOff,
    InvoiceIssued,
    OpportunityCreated,
    OpportunityLost,
    OpportunityReopened,
    OpportunityStageChanged,
    OpportunityUpdated,
    OpportunityWon,
    PaymentReceived,
    PaymentRefunded,
)
from streams.simulate.contacts import log
from streams.simulate.people import Customer, Person
from streams.simulate.world import LIVELIEST, Story, World

PRICES: Final = {
    "Pump S": 18_000, "Pump L": 95_000, "Valve set": 6_500, "Control unit": 240_000, "Sensor kit": 32_000,
    "Maintenance year": 120_000, "Training day": 90_000, "Spare parts": 2_400,
}  # fmt: skip
"""List prices in hundredths."""
AMOUNTS: Final = {"A": 2_400_000.0, "B": 900_000.0, "C": 350_000.0}
"""Median amount of a deal in hundredths, by the customer's grade."""
DEALS: Final = 1.6
"""Opportunities of a customer in a year, in the liveliest month's pace."""
_REASONS_WON: Final = ("price", "quality", "relationship", "delivery time")
_REASONS_LOST: Final = ("price", "competitor", "no budget", "no decision", "missing feature")
_SOURCES: Final = ("referral", "web", "fair", "existing customer")
_PRODUCTS: Final = tuple(PRICES)


def chances(world: World) -> Story:
    """New opportunities with customers that are there already; season by season."""
    while True:
        yield world.soon(365 / (DEALS * LIVELIEST * len(world.customers)))
        if world.in_season():
            world.begin(deal(world, world.somebody(), world.number("opp"), lead_source=world.dice.pick(_SOURCES)))


def deal(
    world: World,
    customer: Customer,
    opportunity: str,
    campaign: str | None = None,
    lead_source: str | None = None,
) -> Story:
    """One opportunity, from its creation to its outcome; some are forgotten on the way."""
    dice, stages, owner = world.dice, world.stages, customer.owner
    cents = int(dice.lognormal(AMOUNTS[customer.grade], 0.8))
    place = 1 if len(stages) > 2 and dice.chance(0.15) else 0
    world.emit(
        OpportunityCreated(
            opportunity_id=opportunity,
            customer_id=customer.id,
            owner_id=owner.id,
            stage=stages[place],
            amount=world.money(cents) if dice.chance(0.85) else None,
            expected_close_at=world.day(dice.between(30, 90)) if dice.chance(0.7) else None,
            campaign_id=campaign,
            lead_source=lead_source,
        )
    )
    forgotten = dice.below(len(stages)) if dice.chance(0.04 + 0.4 * (1 - owner.diligence)) else -1
    while True:
        yield world.after(dice.between(60, 200) if place == forgotten else dice.lognormal(7, 0.6) / owner.pace)
        forgotten = -1
        if customer.gone:
            return
        if dice.chance(0.5):
            log(world, customer, owner, opportunity=opportunity)
        if dice.chance(min(0.12 / owner.skill, 0.6)):
            break
        if place == len(stages) - 1:
            if dice.chance(min(0.68 * owner.skill, 0.95)):
                yield from _win(world, customer, owner, opportunity, cents)
                return
            break
        if dice.chance(0.15):
            _update(world, customer, opportunity)
        before = place
        place = (
            place - 1 if place and dice.chance(0.05) else min(place + (2 if dice.chance(0.08) else 1), len(stages) - 1)
        )
        news = dice.chance(0.25)
        if news:
            cents = int(cents * dice.between(0.7, 1.25))
        world.emit(
            OpportunityStageChanged(
                opportunity_id=opportunity,
                customer_id=customer.id,
                to_stage=stages[place],
                from_stage=stages[before],
                amount=world.money(cents) if news else None,
            )
        )
    yield from _lose(world, customer, owner, opportunity, cents)


def _update(world: World, customer: Customer, opportunity: str) -> None:
    if world.dice.chance(0.6):
        later = world.day(world.dice.between(20, 80))
        world.emit(OpportunityUpdated(opportunity_id=opportunity, customer_id=customer.id, expected_close_at=later))
    else:
        world.emit(
            OpportunityUpdated(
                opportunity_id=opportunity, customer_id=customer.id, next_step="Clear the last questions"
            )
        )


def _lose(world: World, customer: Customer, owner: Person, opportunity: str, cents: int) -> Story:
    dice = world.dice
    world.emit(
        OpportunityLost(
            opportunity_id=opportunity,
            customer_id=customer.id,
            reason=dice.pick(_REASONS_LOST),
            owner_id=owner.id if dice.chance(0.5) else None,
        )
    )
    if not dice.chance(0.03):
        return
    yield world.after(dice.between(5, 40))
    if customer.gone:
        return
    world.emit(OpportunityReopened(opportunity_id=opportunity, customer_id=customer.id, to_stage=world.stages[-1]))
    yield world.after(dice.between(5, 30))
    if not customer.gone:
        yield from _win(world, customer, owner, opportunity, cents)


def _win(world: World, customer: Customer, owner: Person, opportunity: str, cents: int) -> Story:
    dice = world.dice
    lines, total = _basket(world, cents)
    world.emit(
        OpportunityWon(
            opportunity_id=opportunity,
            customer_id=customer.id,
            amount=world.money(total) if dice.chance(0.97) else None,
            reason=dice.pick(_REASONS_WON) if dice.chance(0.5) else None,
            owner_id=owner.id if dice.chance(0.5) else None,
        )
    )
    yield world.after(dice.between(0, 5))
    if customer.gone:
        return
    contract = world.number("con")
    world.emit(
        ContractSigned(
            contract_id=contract,
            customer_id=customer.id,
            employee_id=owner.id,
            amount=world.money(total),
            opportunity_id=opportunity,
            lines=lines,
        )
    )
    # Small matters are collected by the support team.
    collector = owner if dice.chance(0.7) else dice.pick(world.staff.of("support"))
    instalments = 1 + dice.below(3)
    for index in range(instalments):
        yield world.after(dice.between(1, 6) if index == 0 else 30)
        part = total // instalments + (total % instalments if index == 0 else 0)
        world.begin(_invoice(world, customer, collector, contract, opportunity, part))


def _basket(world: World, cents: int) -> tuple[tuple[ContractLine, ...], int]:
    """Products worth about so much, at a discount, and what they come to in hundredths."""
    dice, total, lines = world.dice, 0, []
    for _ in range(1 + dice.below(3)):
        product = dice.pick(_PRODUCTS)
        listed = PRICES[product]
        paid = int(listed * dice.between(0.8, 1.0))
        quantity = max(1, round(cents * dice.between(0.3, 0.6) / listed))
        total += quantity * paid
        lines.append(
            ContractLine(
                product=product,
                quantity=Decimal(quantity),
                unit_price=world.money(paid),
                list_price=world.money(listed),
            )
        )
    return tuple(lines), total


def _invoice(world: World, customer: Customer, who: Person, contract: str, opportunity: str, cents: int) -> Story:
    """An invoice due in 30 days: most are paid by then, some late, some in part or never; a little is given back."""
    dice, invoice = world.dice, world.number("inv")
    due = world.day(30)
    world.emit(
        InvoiceIssued(
            invoice_id=invoice,
            customer_id=customer.id,
            employee_id=who.id,
            amount=world.money(cents),
            due_at=due,
            contract_id=contract,
            opportunity_id=opportunity,
        )
    )
    never, parts = dice.chance(0.025), 2 if dice.chance(0.06) else 1
    for index in range(parts):
        late = dice.between(30, 90) if dice.chance(0.13) else 0.0
        yield world.after(dice.lognormal(21, 0.3) / parts + late)
        if never and index == parts - 1:
            yield world.after(dice.between(60, 100))
            world.emit(
                DebtWrittenOff(
                    invoice_id=invoice, customer_id=customer.id, employee_id=who.id, amount=world.money(cents)
                )
            )
            return
        part = cents // (parts - index)
        cents -= part
        payment = world.number("pay")
        world.emit(
            PaymentReceived(
                payment_id=payment,
                customer_id=customer.id,
                employee_id=who.id,
                amount=world.money(part),
                invoice_id=invoice,
            )
        )
    if dice.chance(0.03):
        yield world.after(dice.between(3, 30))
        world.emit(
            PaymentRefunded(
                payment_id=payment,
                customer_id=customer.id,
                employee_id=who.id,
                amount=world.money(max(part // 4, 1)),
                invoice_id=invoice,
            )
        )
