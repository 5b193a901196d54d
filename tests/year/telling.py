"""The events of a log told to the subjects that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.year.cases import Lead, Task, Ticket
from tests.year.reading import Event
from tests.year.states import Customer
from tests.year.subject import Subject, World


class Telling:
    """All subjects there are."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.customers: dict[str, Customer] = {}
        self.tickets: dict[str, Ticket] = {}
        self.leads: dict[str, Lead] = {}
        self.tasks: dict[str, Task] = {}
        self._interested: dict[str, list[Lead]] = {}
        """The leads that are a customer already."""

    def tell(self, events: Iterable[Event]) -> None:
        """Everything that happened, in order; then every state is over."""
        for event in events:
            self._tell(event)
        for subject in self._subjects():
            subject.turn(self._world.hours.at(self._world.hours.count) - 500_000)

    def _subjects(self) -> Iterator[Subject]:
        for customer in self.customers.values():
            yield customer
            yield from customer.opportunities.values()
            yield from customer.invoices.values()
        yield from (*self.tickets.values(), *self.leads.values(), *self.tasks.values())

    def _tell(self, event: Event) -> None:
        data, thing = event.data, event.type.partition(".")[0]
        customer_id = data.get("customer_id")
        if thing == "lead" or (event.type == "contact.logged" and customer_id is None):
            lead = self.leads.setdefault(data["lead_id"], Lead(self._world, data["lead_id"], event.time))
            lead.take(event)
            if event.type == "lead.created" and customer_id is not None:
                self._interested.setdefault(customer_id, []).append(lead)
            return
        if thing == "ticket":
            if event.type == "ticket.opened":
                self.tickets.setdefault(data["ticket_id"], Ticket(self._world, event))
            elif data["ticket_id"] in self.tickets:
                self.tickets[data["ticket_id"]].take(event)
        elif thing == "task":
            self.tasks.setdefault(data["task_id"], Task(self._world, data["task_id"], event.time)).take(event)
        if customer_id is not None:
            self._of_customer(thing, customer_id, event)

    def _of_customer(self, thing: str, customer_id: str, event: Event) -> None:
        if customer_id not in self.customers:
            self.customers[customer_id] = Customer(self._world, customer_id, event.time)
        customer = self.customers[customer_id]
        customer.take(event)
        if thing == "opportunity":
            customer.opportunity(event.data["opportunity_id"], event.time).take(event)
        elif thing in ("invoice", "payment", "debt") and event.data.get("invoice_id") is not None:
            customer.invoice(event.data["invoice_id"], event.time).take(event)
        elif event.type == "contact.logged":
            for lead in self._interested.get(customer_id, ()):
                lead.take(event)
