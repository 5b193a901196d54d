"""Events of everyday work: tasks, costs and the use of the CRM."""

from typing import Annotated, ClassVar, Literal

from streams.events.envelope import Data, Subjects
from streams.events.fields import CustomerId, EmployeeId, Id, Moment, Money, OpportunityId, Quantity, Text, Why, says
from streams.events.rules import require_customer_of


class _Tasks(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.tasks"
    SUBJECTS: ClassVar[Subjects] = (("employee", "employee_id"),)
    CASE: ClassVar[tuple[str, str] | None] = ("task", "task_id")

    task_id: Annotated[Id, says("The task.")]
    employee_id: EmployeeId


class TaskAssigned(_Tasks, frozen=True, kw_only=True):
    """An employee has something to do until a moment."""

    TYPE: ClassVar[str] = "task.assigned"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"), ("employee", "employee_id"))

    due_at: Annotated[Moment, says("When it is to be done.")]
    key: Annotated[bool, says("True: a key task.")] = False
    kind: Annotated[Text, says("What kind of task.")] | None = None
    customer_id: CustomerId | None = None
    opportunity_id: OpportunityId | None = None

    def __post_init__(self) -> None:
        require_customer_of(self.opportunity_id, self.customer_id)


class TaskCompleted(_Tasks, frozen=True, kw_only=True):
    """The task is done."""

    TYPE: ClassVar[str] = "task.completed"


class TaskCancelled(_Tasks, frozen=True, kw_only=True):
    """The task need not be done."""

    TYPE: ClassVar[str] = "task.cancelled"


class _Expenses(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.costs"
    SUBJECTS: ClassVar[Subjects] = (("employee", "employee_id"),)

    expense_id: Annotated[Id, says("The expense.")]
    employee_id: EmployeeId


class ExpenseClaimed(_Expenses, frozen=True, kw_only=True):
    """An employee wants money back."""

    TYPE: ClassVar[str] = "expense.claimed"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"), ("employee", "employee_id"))

    amount: Money
    category: Annotated[Literal["entertainment", "travel", "gift", "other"], says("What it was spent on.")]
    opportunity_id: OpportunityId | None = None
    customer_id: CustomerId | None = None

    def __post_init__(self) -> None:
        require_customer_of(self.opportunity_id, self.customer_id)


class ExpenseApproved(_Expenses, frozen=True, kw_only=True):
    """The expense is accepted."""

    TYPE: ClassVar[str] = "expense.approved"


class ExpenseRejected(_Expenses, frozen=True, kw_only=True):
    """The expense is not accepted."""

    TYPE: ClassVar[str] = "expense.rejected"


class _Trips(Data, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "crm.costs"
    SUBJECTS: ClassVar[Subjects] = (("customer", "customer_id"), ("employee", "employee_id"))

    trip_id: Annotated[Id, says("The trip.")]
    employee_id: EmployeeId
    opportunity_id: OpportunityId | None = None
    customer_id: CustomerId | None = None
    days: Annotated[Quantity, says("Length in days.")] | None = None
    cost: Annotated[Money, says("What the trip costs.")] | None = None
    reason: Why | None = None

    def __post_init__(self) -> None:
        require_customer_of(self.opportunity_id, self.customer_id)


class TripRequested(_Trips, frozen=True, kw_only=True):
    """An employee wants to travel."""

    TYPE: ClassVar[str] = "trip.requested"


class TripApproved(_Trips, frozen=True, kw_only=True):
    """The trip may be made."""

    TYPE: ClassVar[str] = "trip.approved"


class TripRejected(_Trips, frozen=True, kw_only=True):
    """The trip may not be made."""

    TYPE: ClassVar[str] = "trip.rejected"


class UsageRecorded(Data, frozen=True, kw_only=True):
    """An employee did something in the CRM itself."""

    TYPE: ClassVar[str] = "usage.recorded"
    TOPIC: ClassVar[str] = "crm.usage"
    SUBJECTS: ClassVar[Subjects] = (("employee", "employee_id"),)

    employee_id: EmployeeId
    action: Annotated[Literal["login", "record_created", "record_updated", "export", "report"], says("What was done.")]
    feature: Annotated[Text, says("The part of the CRM that was used.")] | None = None
    valid: Annotated[bool, says("False: the record that was touched lacks something.")] = True
    missing_fields: Annotated[tuple[Text, ...] | int, says("What it lacks, or how much.")] | None = None
