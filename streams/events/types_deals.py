"""Events of opportunities, contracts and payments."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET

from streams.events.envelope import Data, Subjects
from streams.events.fields import (
    CampaignId,
    Clearable,
    ContractId,
    CustomerId,
    EmployeeId,
    Id,
    InvoiceId,
    LeadSource,
    Moment,
    Money,
    NextStep,
    OpportunityId,
    OwnerId,
    Quantity,
    Stage,
    Text,
    Why,
    says,
)

CloseDate = Annotated[Moment, says("When the deal is expected to be made.")]


class _Opportunities(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.opportunities"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"),)

    opportunity_id: Annotated[Id, says("The opportunity.")]
    customer_id: CustomerId


class OpportunityCreated(_Opportunities, frozen=True, kw_only=True):
    """A chance of a deal came up."""

    TYPE: ClassVar[str] = "opportunity.created"

    owner_id: OwnerId
    stage: Stage
    amount: Money | None = None
    expected_close_at: CloseDate | None = None
    campaign_id: CampaignId | None = None
    lead_source: LeadSource | None = None


class OpportunityStageChanged(_Opportunities, frozen=True, kw_only=True):
    """The opportunity entered a stage of the pipeline."""

    TYPE: ClassVar[str] = "opportunity.stage_changed"

    to_stage: Stage
    from_stage: Stage | None = None
    amount: Money | None = None
    owner_id: OwnerId | None = None


class OpportunityUpdated(_Opportunities, frozen=True, kw_only=True):
    """Something about the opportunity changed: only what is named, null clears."""

    TYPE: ClassVar[str] = "opportunity.updated"

    amount: Clearable[Money] = UNSET
    expected_close_at: Clearable[CloseDate] = UNSET
    owner_id: Clearable[OwnerId] = UNSET
    next_step: Clearable[NextStep] = UNSET


class _Outcome(_Opportunities, frozen=True, kw_only=True):
    amount: Money | None = None
    reason: Why | None = None
    owner_id: OwnerId | None = None


class OpportunityWon(_Outcome, frozen=True, kw_only=True):
    """The deal was made."""

    TYPE: ClassVar[str] = "opportunity.won"


class OpportunityLost(_Outcome, frozen=True, kw_only=True):
    """The deal will not be made."""

    TYPE: ClassVar[str] = "opportunity.lost"


class OpportunityReopened(_Opportunities, frozen=True, kw_only=True):
    """The outcome is taken back: the opportunity is open again."""

    TYPE: ClassVar[str] = "opportunity.reopened"

    to_stage: Stage


class ContractLine(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One product of a contract, with the price paid and the price of the list, each for one unit."""

    product: Annotated[Text, says("What was sold.")] | None = None
    quantity: Annotated[Quantity, says("How many units; at most 18 decimals.")] | None = None
    unit_price: Annotated[Money, says("Price paid for one unit.")] | None = None
    list_price: Annotated[Money, says("Price of the list for one unit.")] | None = None


class ContractSigned(Data, frozen=True, kw_only=True):
    """A contract was signed with a customer."""

    TYPE: ClassVar[str] = "contract.signed"
    TOPIC: ClassVar[str] = "crm.contracts"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"),)

    contract_id: ContractId
    customer_id: CustomerId
    employee_id: EmployeeId
    amount: Money
    opportunity_id: OpportunityId | None = None
    lines: Annotated[tuple[ContractLine, ...], says("What was sold, product by product.")] | None = None


class _Payments(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.payments"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"),)

    customer_id: CustomerId
    employee_id: EmployeeId
    amount: Money


class InvoiceIssued(_Payments, frozen=True, kw_only=True):
    """Money was asked for."""

    TYPE: ClassVar[str] = "invoice.issued"

    invoice_id: InvoiceId
    due_at: Annotated[Moment, says("When it is to be paid.")]
    contract_id: ContractId | None = None
    opportunity_id: OpportunityId | None = None


class _Receipt(_Payments, frozen=True, kw_only=True):
    payment_id: Annotated[Id, says("The receipt.")]
    invoice_id: InvoiceId | None = None
    contract_id: ContractId | None = None
    opportunity_id: OpportunityId | None = None


class PaymentReceived(_Receipt, frozen=True, kw_only=True):
    """Money came in."""

    TYPE: ClassVar[str] = "payment.received"


class PaymentRefunded(_Receipt, frozen=True, kw_only=True):
    """Money of a receipt was given back; payment_id names that receipt."""

    TYPE: ClassVar[str] = "payment.refunded"


class DebtWrittenOff(_Payments, frozen=True, kw_only=True):
    """Money that was asked for will not come."""

    TYPE: ClassVar[str] = "debt.written_off"

    invoice_id: InvoiceId
