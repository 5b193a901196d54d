"""Every type of event: the one list that decoding, schemas and tests go by."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from streams.events import types_customers as customers
from streams.events import types_deals as deals
from streams.events import types_people as people
from streams.events import types_service as service
from streams.events import types_work as work
from streams.events.envelope import Data

_CLASSES: Final[tuple[type[Data], ...]] = (
    customers.CustomerUpserted,
    customers.CustomerOwnerChanged,
    customers.CustomerMerged,
    customers.CustomerErased,
    customers.ContactLogged,
    customers.ContactPlanned,
    customers.LeadCreated,
    customers.LeadAssigned,
    customers.LeadConverted,
    customers.LeadDisqualified,
    deals.OpportunityCreated,
    deals.OpportunityStageChanged,
    deals.OpportunityUpdated,
    deals.OpportunityWon,
    deals.OpportunityLost,
    deals.OpportunityReopened,
    deals.ContractSigned,
    deals.InvoiceIssued,
    deals.PaymentReceived,
    deals.PaymentRefunded,
    deals.DebtWrittenOff,
    service.TicketOpened,
    service.TicketAssigned,
    service.TicketReplied,
    service.TicketPaused,
    service.TicketResumed,
    service.TicketResolved,
    service.TicketReopened,
    service.TicketClosed,
    service.FeedbackReceived,
    service.CampaignLaunched,
    service.CampaignSpent,
    service.CampaignJoined,
    work.TaskAssigned,
    work.TaskCompleted,
    work.TaskCancelled,
    work.ExpenseClaimed,
    work.ExpenseApproved,
    work.ExpenseRejected,
    work.TripRequested,
    work.TripApproved,
    work.TripRejected,
    work.UsageRecorded,
    people.AssessmentSubmitted,
    people.KeyResultUpdated,
    people.ImprovementPlanOpened,
    people.ImprovementPlanStepDone,
    people.ImprovementPlanClosed,
    people.RewardGranted,
    people.TrainingCompleted,
    people.ResponseSubmitted,
    people.EmployeeUpserted,
    people.EmployeeAbsent,
    people.EmployeeErased,
    people.MeasureRecorded,
    people.TargetSet,
    people.AlertAcknowledged,
    people.AlertSilenced,
    people.ReviewDecided,
    people.EventVoided,
)

EVENT_TYPES: Final[Mapping[str, type[Data]]] = MappingProxyType({data.TYPE: data for data in _CLASSES})
"""The class of the data of each event type."""

TOPICS: Final[tuple[str, ...]] = tuple(dict.fromkeys(data.TOPIC for data in _CLASSES))
"""The crm topics, without prefix, in the order of the contract."""

COMMANDS: Final = "crm.commands"
"""The topic of what people tell the engine: the one whose events cannot name their subject in their data."""
