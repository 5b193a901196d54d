"""Section 1 of the contract as a table, written down apart from the code: name* required, (values) or (default)."""

import re
from typing import NamedTuple

TABLE = """
crm.customers
customer.upserted customer_id* owner_id grade segment region status name acquired_at match_keys
customer.owner_changed customer_id* to* from
customer.merged customer_id* into*
customer.erased customer_id*
crm.contacts
contact.logged employee_id* customer_id lead_id channel*(call,email,meeting,visit,chat,message,other) \
    direction*(outbound,inbound) connected(true) duration_s content opportunity_id next_contact_at next_step
contact.planned employee_id* customer_id* next_contact_at* next_step
crm.leads
lead.created lead_id* lead_source owner_id campaign_id customer_id
lead.assigned lead_id* owner_id*
lead.converted lead_id* customer_id* opportunity_id
lead.disqualified lead_id* reason
crm.opportunities
opportunity.created opportunity_id* customer_id* owner_id* stage* amount expected_close_at campaign_id lead_source
opportunity.stage_changed opportunity_id* customer_id* to_stage* from_stage amount owner_id
opportunity.updated opportunity_id* customer_id* amount expected_close_at owner_id next_step
opportunity.won opportunity_id* customer_id* amount reason owner_id
opportunity.lost opportunity_id* customer_id* amount reason owner_id
opportunity.reopened opportunity_id* customer_id* to_stage*
crm.contracts
contract.signed contract_id* customer_id* employee_id* amount* opportunity_id lines
crm.payments
invoice.issued invoice_id* customer_id* employee_id* amount* due_at* contract_id opportunity_id
payment.received payment_id* customer_id* employee_id* amount* invoice_id contract_id opportunity_id
payment.refunded payment_id* customer_id* employee_id* amount* invoice_id contract_id opportunity_id
debt.written_off invoice_id* customer_id* employee_id* amount*
crm.tickets
ticket.opened ticket_id* customer_id* kind*(request,incident,complaint,consultation) priority employee_id
ticket.assigned ticket_id* employee_id* dispatch scheduled_at
ticket.replied ticket_id* employee_id* automatic(false)
ticket.paused ticket_id* employee_id
ticket.resumed ticket_id* employee_id
ticket.resolved ticket_id* employee_id
ticket.reopened ticket_id* employee_id
ticket.closed ticket_id* employee_id
crm.feedback
feedback.received employee_id* customer_id kind*(csat,nps,ces,praise,complaint,suggestion) score \
    aspect(product,service,after_sales) ticket_id product comment
crm.campaigns
campaign.launched campaign_id* employee_id* budget
campaign.spent campaign_id* amount*
campaign.joined campaign_id* customer_id lead_id status(invited,opened,clicked,attended)
crm.tasks
task.assigned task_id* employee_id* due_at* key(false) kind customer_id opportunity_id
task.completed task_id* employee_id*
task.cancelled task_id* employee_id*
crm.costs
expense.claimed expense_id* employee_id* amount* category*(entertainment,travel,gift,other) opportunity_id customer_id
expense.approved expense_id* employee_id*
expense.rejected expense_id* employee_id*
trip.requested trip_id* employee_id* opportunity_id customer_id days cost reason
trip.approved trip_id* employee_id* opportunity_id customer_id days cost reason
trip.rejected trip_id* employee_id* opportunity_id customer_id days cost reason
crm.usage
usage.recorded employee_id* action*(login,record_created,record_updated,export,report) feature valid(true) \
    missing_fields
crm.assessments
assessment.submitted employee_id* rater_id* relation*(superior,peer,subordinate,customer,self) competency* score* cycle
key_result.updated employee_id* objective* key_result* progress* parent due_at
improvement_plan.opened plan_id* employee_id* steps
improvement_plan.step_done plan_id* employee_id* step*
improvement_plan.closed plan_id* employee_id* outcome
reward.granted employee_id* kind* amount recommendation_id
training.completed employee_id* course* score
response.submitted by* about* ref comment*
crm.employees
employee.upserted employee_id* role* team* department manager_id name active level region hired_at base_salary
employee.absent employee_id* from* to* reason
employee.erased employee_id*
crm.measures
measure.recorded scope* scope_id* measure* value* method
crm.targets
target.set scope*(company,department,team,employee) scope_id* kpi* period* value* level(target,sprint,challenge) \
    basis reason
crm.commands
alert.acknowledged alert_id* by* until
alert.silenced matchers* until* by*
review.decided recommendation_id* by* decision*
event.voided source* event_id*
"""


class Field(NamedTuple):
    name: str
    required: bool
    values: frozenset[str]
    default: str | None


class Type(NamedTuple):
    name: str
    topic: str
    fields: dict[str, Field]


def _parse() -> dict[str, Type]:
    types: dict[str, Type] = {}
    topic = ""
    for line in TABLE.replace("\\\n", "").strip().splitlines():
        name, *words = line.split()
        if not words:
            topic = name
            continue
        fields = {}
        for word in words:
            match = re.fullmatch(r"(\w+)(\*?)(?:\((.*)\))?", word)
            assert match, word
            inside = match[3] or ""
            values = frozenset(inside.split(",")) if "," in inside else frozenset[str]()
            fields[match[1]] = Field(match[1], bool(match[2]), values, inside if inside and not values else None)
        types[name] = Type(name, topic, fields)
    return types


TYPES = _parse()
