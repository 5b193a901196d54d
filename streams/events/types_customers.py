"""Events of customers, of the contacts with them, and of leads, who may become customers."""

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta

from streams.events.envelope import Data, Subjects
from streams.events.fields import (
    CampaignId,
    Clearable,
    Comment,
    CustomerId,
    EmployeeId,
    Id,
    LeadId,
    LeadSource,
    Moment,
    NextContact,
    NextStep,
    OpportunityId,
    OwnerId,
    Region,
    Text,
    Why,
    says,
)
from streams.events.rules import check_instant, require_customer_of, require_customer_or_lead


class _Customers(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.customers"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"),)

    customer_id: CustomerId


class CustomerUpserted(_Customers, frozen=True, kw_only=True):
    """A customer as the CRM knows it: only what is named changes, null clears."""

    TYPE: ClassVar[str] = "customer.upserted"

    owner_id: Clearable[OwnerId] = UNSET
    grade: Clearable[Annotated[Text, says("Decides how often to contact it.")]] = UNSET
    segment: Clearable[Annotated[Text, says("Its segment of the market.")]] = UNSET
    region: Clearable[Region] = UNSET
    status: Clearable[Annotated[Text, says("Where it stands: prospect, active, former and the like.")]] = UNSET
    name: Clearable[Annotated[Text, says("Its name.")]] = UNSET
    acquired_at: Clearable[Annotated[Moment, says("When it became a customer.")]] = UNSET
    match_keys: Clearable[
        Annotated[tuple[Text, ...] | dict[str, Text], says("What duplicates share: phone, mail, tax number.")]
    ] = UNSET


class CustomerOwnerChanged(_Customers, frozen=True, kw_only=True):
    """From now on somebody else looks after the customer."""

    TYPE: ClassVar[str] = "customer.owner_changed"

    to: Annotated[Id, says("The new owner.")]
    from_: Annotated[Id, says("The owner until then.")] | None = msgspec.field(default=None, name="from")


class CustomerMerged(_Customers, frozen=True, kw_only=True):
    """The customer turned out to be another one."""

    TYPE: ClassVar[str] = "customer.merged"

    into: Annotated[Id, says("The customer that remains.")]


class CustomerErased(_Customers, frozen=True, kw_only=True):
    """The customer asked to be forgotten."""

    TYPE: ClassVar[str] = "customer.erased"


class _Contacts(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.contacts"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"), ("lead", "lead_id"))

    employee_id: EmployeeId


class ContactLogged(_Contacts, frozen=True, kw_only=True):
    """An interaction with a customer, or with a lead while there is no customer."""

    TYPE: ClassVar[str] = "contact.logged"

    customer_id: CustomerId | None = None
    lead_id: LeadId | None = None
    channel: Annotated[
        Literal["call", "email", "meeting", "visit", "chat", "message", "other"], says("How they came into touch.")
    ]
    direction: Annotated[Literal["outbound", "inbound"], says("Outbound: the employee took the first step.")]
    connected: Annotated[bool, says("False: an attempt that reached nobody.")] = True
    duration_s: Annotated[float, Meta(ge=0, description="How long it took, in seconds.")] | None = None
    content: Comment | None = None
    opportunity_id: OpportunityId | None = None
    next_contact_at: Clearable[NextContact] = UNSET
    next_step: NextStep | None = None

    def __post_init__(self) -> None:
        require_customer_or_lead(self.customer_id, self.lead_id)
        require_customer_of(self.opportunity_id, self.customer_id)
        check_instant(self.next_contact_at, "next_contact_at")


class ContactPlanned(_Contacts, frozen=True, kw_only=True):
    """The next contact with a customer was planned, moved or cancelled."""

    TYPE: ClassVar[str] = "contact.planned"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"),)

    customer_id: CustomerId
    next_contact_at: NextContact | None
    next_step: NextStep | None = None

    def __post_init__(self) -> None:
        check_instant(self.next_contact_at, "next_contact_at")


class _Leads(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.leads"
    SUBJECTS: ClassVar[Subjects] = (("lead", "lead_id"),)

    lead_id: LeadId


class LeadCreated(_Leads, frozen=True, kw_only=True):
    """Somebody may become a customer."""

    TYPE: ClassVar[str] = "lead.created"

    lead_source: LeadSource | None = None
    owner_id: OwnerId | None = None
    campaign_id: CampaignId | None = None
    customer_id: CustomerId | None = None


class LeadAssigned(_Leads, frozen=True, kw_only=True):
    """The lead was given to an employee."""

    TYPE: ClassVar[str] = "lead.assigned"

    owner_id: OwnerId


class LeadConverted(_Leads, frozen=True, kw_only=True):
    """The lead became a customer."""

    TYPE: ClassVar[str] = "lead.converted"

    customer_id: CustomerId
    opportunity_id: OpportunityId | None = None


class LeadDisqualified(_Leads, frozen=True, kw_only=True):
    """Nothing will come of the lead."""

    TYPE: ClassVar[str] = "lead.disqualified"

    reason: Why | None = None
