"""How employees work, as events tell of it that no case is made of: what customers say of them, what they spend and
use, how others rate them, how far their key results are, and figures from elsewhere.

What must be known again stands at the employee's desk, in files of its own.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

import msgspec

from streams.core import personnel
from streams.core.customers import answers, costs, crediting
from streams.core.customers.casework import local_day
from streams.core.customers.costs import ChargeStep, CostStep
from streams.core.customers.files import (
    Charge,
    Charged,
    Cost,
    CostEntry,
    KeyResult,
    Progress,
    Rated,
    Raters,
    Usage,
    Used,
)
from streams.core.customers.host import Host
from streams.core.customers.logbook import holds
from streams.core.customers.state import DESK, Customer
from streams.core.ledger import Ledger, Measures
from streams.core.stage import CHARGE, COST, Send, partition_of
from streams.core.units import QUANTITY_DIGITS
from streams.events import (
    AssessmentSubmitted,
    Event,
    ExpenseClaimed,
    FeedbackReceived,
    KeyResultUpdated,
    MeasureRecorded,
    TripRequested,
    UsageRecorded,
)
from streams.policy import Policy
from streams.policy.assessments import PREFIX, RELATIONS, SUPERIOR, kpi_of_competency
from streams.policy.currency import whole

CONDUCT = (COST, CHARGE)
"""The kinds of records in an inbox that partitions tell each other by."""
_TAKEN = frozenset(
    (*costs.KINDS, FeedbackReceived, UsageRecorded, AssessmentSubmitted, KeyResultUpdated, MeasureRecorded)
)
_TOUCHES = ("record_created", "record_updated")
_SIZES = (("month", 1), ("quarter", 3), ("year", 12))
_pack = msgspec.msgpack.Encoder().encode
_read_cost, _read_charge = msgspec.msgpack.Decoder(CostStep).decode, msgspec.msgpack.Decoder(ChargeStep).decode


class Conduct:
    """One partition's part of it."""

    def __init__(self, policy: Policy, origin: int, partitions: int, ledger: Ledger, host: Host) -> None:
        self._origin, self._partitions, self._ledger, self._host = origin, partitions, ledger, host
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Reckon by another policy from now on."""
        self._policy = policy

    def take(self, event: Event, time: int, raw: bytes) -> bool:
        """Take an event, of whichever kind, that is new; whether it tells of any of this."""
        if isinstance(event.data, personnel.TAKEN):
            self._host.say(personnel.tell(event, raw, self._origin, self._host.reach(time)))
            return True
        if type(event.data) not in _TAKEN:
            return False
        data, day = event.data, self._policy.zone.day(time)
        if isinstance(data, FeedbackReceived):
            post_feedback(data, self._ledger.page(data.employee_id, day))
        elif isinstance(data, costs.Step):
            self._cost(event, data, time, day)
        elif isinstance(data, UsageRecorded):
            self._usage(data, day)
        elif isinstance(data, AssessmentSubmitted):
            self._assessment(data, day)
        elif isinstance(data, KeyResultUpdated):
            self._key_result(event, data, time)
        elif isinstance(data, MeasureRecorded) and data.scope == "employee":
            post_measure(data, self._ledger.page(data.scope_id, day))
        else:
            return False
        return True

    def hear(self, key: bytes, value: bytes) -> None:
        """Take a record of another partition, with one of the keys `CONDUCT`. What comes twice changes nothing."""
        if key == COST:
            self._decide(_read_cost(value))
        else:
            self._charge(_read_charge(value))

    def _cost(self, event: Event, data: costs.Step, time: int, day: int) -> None:
        """An event of a cost: to the desk of its employee, its amount at the rate of this partition and day."""
        entry = CostEntry(
            time, costs.KINDS[type(data)], (event.source, event.id), getattr(data, "customer_id", None) or ""
        )
        if isinstance(data, ExpenseClaimed | TripRequested):
            money = data.amount if isinstance(data, ExpenseClaimed) else data.cost
            amount = None if money is None else str(crediting.atoms(money, day, self._policy))
            entry = entry._replace(amount=amount, opportunity=data.opportunity_id)
        step = CostStep(data.employee_id, costs.cost_of(data), entry)
        if entry.customer:
            self._note(entry.customer, step)
        if self._is_here(step.employee):
            self._decide(step)
        else:
            self._host.say(Send("streams.inbox", COST, _pack(step), step.employee))

    def forget(self, employee: str, cost: str, customer: str) -> None:
        """Let a cost at an employee's desk name a customer no more; for the employee it stays what it is."""
        desk = self._host.dossier(DESK + employee)
        known = desk.files.get(Cost.KIND + cost)
        if known is not None:
            known.log = costs.without(known.log, customer)
            for block in known.blocks:
                block.count = -1  # so that it is written, though it holds as many as before
            desk.refile(known)

    def _note(self, customer_id: str, step: CostStep) -> None:
        """Let a customer know at whose desk it is named, before anything is decided there."""
        self._charge(ChargeStep(customer_id, step.employee, step.cost, Charged(0, None, None)))

    def _decide(self, step: CostStep) -> None:
        self._host.reach(step.entry.time)
        if self._host.is_erased(DESK + step.employee):
            return
        desk = self._host.dossier(DESK + step.employee)
        cost = desk.files.get(Cost.KIND + step.cost) or Cost(step.cost)
        assert isinstance(cost, Cost)
        if holds(cost.log, step.entry):
            return
        before = costs.approved(cost.log)
        insort(cost.log, step.entry, key=lambda entry: entry[:4])
        now = costs.approved(cost.log)
        costs.post(cost, before, step.employee, self._policy.zone, self._ledger, -1)
        costs.post(cost, now, step.employee, self._policy.zone, self._ledger, 1)
        desk.refile(cost)
        for customer in costs.concerned(before, now):
            charged = costs.charged(now, customer, len(cost.log))
            self._tell_customer(ChargeStep(customer, step.employee, step.cost, charged))

    def _tell_customer(self, told: ChargeStep) -> None:
        if self._is_here(told.customer):
            self._charge(told)
        else:
            self._host.say(Send("streams.inbox", CHARGE, _pack(told), told.customer))

    def _charge(self, step: ChargeStep) -> None:
        """A cost comes to something else for a customer of this partition."""
        if self._host.is_erased(step.customer):
            return
        customer = self._host.dossier(step.customer)
        if customer.merged is not None:
            part = step.part or customer.id
            self._tell_customer(msgspec.structs.replace(step, customer=customer.merged.into, part=part))
            return
        part = "" if step.part == customer.id else step.part
        charge = Charge(costs.charge_id(step.employee, step.cost, part))
        known = customer.files.get(charge.name)
        former = known.log[-1] if isinstance(known, Charge) else None
        if former is not None and former.version >= step.charged.version:
            return
        charge.log = [step.charged]
        customer.refile(charge)
        for charged in (former, step.charged):
            if charged is not None and charged.opportunity in customer.opportunities:
                customer.touch(customer.opportunities[charged.opportunity])  # what is told of it may be other

    def _usage(self, data: UsageRecorded, day: int) -> None:
        page = self._ledger.page(data.employee_id, day)
        if data.action in _TOUCHES:
            page["records"] += 1
            page["records_valid"] += data.valid
        desk = self._host.dossier(DESK + data.employee_id)
        month = str(self._policy.zone.month(day))
        usage = desk.files.get(Usage.KIND + month) or Usage(month)
        if Used(day) not in usage.log:
            insort(usage.log, Used(day))
            desk.refile(usage)
            page["usage_days"] += 1

    def _assessment(self, data: AssessmentSubmitted, day: int) -> None:
        if data.relation not in RELATIONS:
            return
        name = kpi_of_competency(data.competency).removeprefix(PREFIX)
        page = self._ledger.page(data.employee_id, day)
        page[f"{data.relation}_scores:{name}"] += 1
        page[f"{data.relation}_scored:{name}"] += whole(data.score, QUANTITY_DIGITS)
        if data.relation == SUPERIOR:
            return  # one is enough, whoever it is
        desk = self._host.dossier(DESK + data.employee_id)
        id = f"{data.relation}:{name}"
        raters = desk.files.get(Raters.KIND + id) or Raters(id)
        assert isinstance(raters, Raters)
        self._rated(desk, raters, data.employee_id, Rated(day, data.rater_id))

    def _rated(self, desk: Customer, raters: Raters, employee: str, rated: Rated) -> None:
        """Count a rater once in a month, quarter and year: on the first day; and in rolling periods on the newest."""
        if raters.days is None:
            raters.days = {}
            for day, rater in raters.log:
                raters.days.setdefault(rater, []).append(day)
        days = raters.days.setdefault(rated.rater, [])
        place = bisect_left(days, rated.day)
        if days[place : place + 1] == [rated.day]:
            return
        relation, _, name = raters.id.partition(":")
        near = [*days[max(0, place - 1) : place], *days[place : place + 1]]
        self._post_once(employee, f"{relation}_raters@", f":{name}", rated.day, near, days[place:])
        days.insert(place, rated.day)
        insort(raters.log, rated)
        desk.refile(raters)

    def _post_once(
        self, employee: str, measure: str, suffix: str, day: int, near: Sequence[int], later: Sequence[int]
    ) -> None:
        zone, page = self._policy.zone, self._ledger.page(employee, day)
        month, months = zone.month(day), [zone.month(other) for other in near]
        for kind, size in _SIZES:
            if month // size not in [other // size for other in months]:
                page[f"{measure}{kind}{suffix}"] += 1
        if not later:
            page[f"{measure}days{suffix}"] += 1
            if near:
                self._ledger.post(employee, near[0], f"{measure}days{suffix}", -1)

    def _key_result(self, event: Event, data: KeyResultUpdated, time: int) -> None:
        desk = self._host.dossier(DESK + data.employee_id)
        result = KeyResult(msgspec.json.encode((data.objective, data.key_result)).decode())
        known = desk.files.get(result.name)
        former: Progress | None = known.log[-1] if isinstance(known, KeyResult) else None
        day = self._policy.zone.day(time) if data.due_at is None else local_day(data.due_at, self._policy)
        newest = Progress(time, event.source, event.id, whole(data.progress, QUANTITY_DIGITS), day)
        if former is not None and former[:3] >= newest[:3]:
            return
        for progress, sign in ((former, -1), (newest, 1)):
            if progress is not None:
                self._ledger.post(data.employee_id, progress.day, "key_results", sign)
                self._ledger.post(data.employee_id, progress.day, "progress", sign * progress.progress)
        result.log = [newest]
        desk.refile(result)

    def _is_here(self, id: str) -> bool:
        return partition_of(id, self._partitions) == self._origin


def post_measure(data: MeasureRecorded, page: Measures) -> None:
    """Credit a figure from elsewhere."""
    page[f"measured:{data.measure}"] += whole(data.value, QUANTITY_DIGITS)
    page[f"measurements:{data.measure}"] += 1


def post_feedback(data: FeedbackReceived, page: Measures) -> None:
    """Credit what a customer said. What is no score of its kind is flagged, not counted."""
    kind, score = data.kind, data.score
    if kind == "praise":
        page["praise"] += 1
    if kind not in answers.SCALES:
        return
    if score is None or answers.is_odd(data):
        page["flagged:feedback_score"] += 1
        return
    for suffix in ("", f":{data.aspect}") if data.aspect is not None else ("",):
        page[f"{kind}_answers{suffix}"] += 1
        if kind == "csat":
            page[f"csat_satisfied{suffix}"] += answers.opinion(data) > 0
        elif kind == "nps":
            page[f"nps_promoters{suffix}"] += answers.opinion(data) > 0
            page[f"nps_detractors{suffix}"] += answers.opinion(data) < 0
        else:
            page[f"ces_score{suffix}"] += whole(score, QUANTITY_DIGITS)
