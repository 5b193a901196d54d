"""Events of service: tickets, feedback and campaigns."""

from typing import Annotated, ClassVar, Literal

from streams.events.envelope import Data, Subjects
from streams.events.fields import (
    CampaignId,
    Comment,
    CustomerId,
    EmployeeId,
    LeadId,
    Moment,
    Money,
    Quantity,
    Text,
    TicketId,
    says,
)
from streams.events.rules import require_customer_or_lead


class _Tickets(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.tickets"
    SUBJECTS: ClassVar[Subjects] = (("employee", "employee_id"), ("other", "ticket_id"))
    CASE: ClassVar[tuple[str, str] | None] = ("ticket", "ticket_id")

    ticket_id: TicketId


class TicketOpened(_Tickets, frozen=True, kw_only=True):
    """A customer wants something."""

    TYPE: ClassVar[str] = "ticket.opened"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"),)

    customer_id: CustomerId
    kind: Annotated[
        Literal["request", "incident", "complaint", "consultation"], says("What kind of wish; complaints are counted.")
    ]
    priority: Annotated[Text | int, says("How urgent, in the words of the CRM.")] | None = None
    employee_id: EmployeeId | None = None


class TicketAssigned(_Tickets, frozen=True, kw_only=True):
    """The ticket was given to an employee."""

    TYPE: ClassVar[str] = "ticket.assigned"

    employee_id: EmployeeId
    dispatch: Annotated[Text | bool, says("Whether, or as what, somebody is sent out.")] | None = None
    scheduled_at: Annotated[Moment, says("When the work is to be done.")] | None = None


class TicketReplied(_Tickets, frozen=True, kw_only=True):
    """The customer got an answer."""

    TYPE: ClassVar[str] = "ticket.replied"

    employee_id: EmployeeId
    automatic: Annotated[bool, says("True: a machine answered.")] = False


class _TicketStep(_Tickets, frozen=True, kw_only=True):
    employee_id: EmployeeId | None = None


class TicketPaused(_TicketStep, frozen=True, kw_only=True):
    """The clock stands, waiting for the customer."""

    TYPE: ClassVar[str] = "ticket.paused"


class TicketResumed(_TicketStep, frozen=True, kw_only=True):
    """The clock runs again."""

    TYPE: ClassVar[str] = "ticket.resumed"


class TicketResolved(_TicketStep, frozen=True, kw_only=True):
    """The customer has what was wanted."""

    TYPE: ClassVar[str] = "ticket.resolved"


class TicketReopened(_TicketStep, frozen=True, kw_only=True):
    """It was not resolved after all."""

    TYPE: ClassVar[str] = "ticket.reopened"


class TicketClosed(_TicketStep, frozen=True, kw_only=True):
    """Nothing more will be done."""

    TYPE: ClassVar[str] = "ticket.closed"


class FeedbackReceived(Data, frozen=True, kw_only=True):
    """A customer said what it thinks of an employee's work."""

    TYPE: ClassVar[str] = "feedback.received"
    TOPIC: ClassVar[str] = "crm.feedback"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"), ("employee", "employee_id"))

    employee_id: EmployeeId
    customer_id: CustomerId | None = None
    kind: Annotated[
        Literal["csat", "nps", "ces", "praise", "complaint", "suggestion"], says("What was asked for or offered.")
    ]
    score: Annotated[Quantity, says("csat: 1 to 5; nps: 0 to 10; ces: 1 to 7.")] | None = None
    aspect: Annotated[Literal["product", "service", "after_sales"], says("What it is about.")] | None = None
    ticket_id: TicketId | None = None
    product: Annotated[Text, says("The product that it is about.")] | None = None
    comment: Comment | None = None


class _Campaigns(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.campaigns"
    SUBJECTS: ClassVar[Subjects] = (("campaign", "campaign_id"),)

    campaign_id: CampaignId


class CampaignLaunched(_Campaigns, frozen=True, kw_only=True):
    """A campaign began."""

    TYPE: ClassVar[str] = "campaign.launched"

    employee_id: EmployeeId
    budget: Annotated[Money, says("What may be spent.")] | None = None


class CampaignSpent(_Campaigns, frozen=True, kw_only=True):
    """Money went into the campaign."""

    TYPE: ClassVar[str] = "campaign.spent"

    amount: Money


class CampaignJoined(_Campaigns, frozen=True, kw_only=True):
    """A customer or a lead came into touch with the campaign."""

    TYPE: ClassVar[str] = "campaign.joined"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"), ("lead", "lead_id"))

    customer_id: CustomerId | None = None
    lead_id: LeadId | None = None
    status: (
        Annotated[Literal["invited", "opened", "clicked", "attended"], says("How far the customer or lead went along.")]
        | None
    ) = None

    def __post_init__(self) -> None:
        require_customer_or_lead(self.customer_id, self.lead_id)
