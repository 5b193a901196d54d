"""Small random logs for the laws: few people and things, coarse instants, so that events tie and bounds are met.

A log is drawn from a few kinds of event only, which leads deeper than a little of everything.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from streams.core.alerts import episode_id
from streams.core.employees.recommending import Basis
from streams.core.employees.recommending import id_of as advice_id
from streams.events.instants import iso
from streams.policy import Policy
from tests.unit.core.kit import DAY, HOUR, event, money, policy, us

ORIGIN = us("01")
SCALES = (12 * HOUR, 12 * HOUR, DAY, 9 * DAY)
STEPS = 14
END = ORIGIN + 150 * DAY
"""Later than every event and deadline, and by more than the 95 days of the day buckets than most."""

PEOPLE = ("ann", "bob", "cid")
DEALS = {"o1": "c1", "o2": "c1", "o3": "c2"}
BASES = ("created", "stage_entered", "last_contact", "last_two_way_contact", "last_activity")
TICKETS = {"t1": "c1", "t2": "c1", "t3": "c2"}
RULES = ("contact.due", "contact.overdue", "contact.interval_exceeded", "opp.stalled")
LADDER = [{"to": "owner"}, {"after": "1d", "to": "manager"}, {"after": "3d", "to": "high_risk"}]

SEGMENTS: tuple[dict[str, Any], ...] = (
    {},
    {"precious": {"grade": ["gold"]}, "shops": {"segment": ["retail"], "grade": ["gold", "silver"]}},
    {"precious": {"grade": ["silver", "gold"]}},
)

NOTICES: tuple[dict[str, Any], ...] = (
    {},
    {"digest": {"every": "6h"}, "quiet": "15:00-11:00", "repeat": "12h", "flap": {"count": 2, "within": "3d"}},
    {"digest": {"at": ["16:00"]}, "repeat": "3d", "flap": {"count": 2, "within": "20d"}},
)

STEPS_OF_TICKETS = ("paused", "resumed", "resolved", "reopened", "closed")
Fields = st.SearchStrategy[dict[str, Any]]


HANDED_ON = (
    *("dq.suspicious", "dq.suspicious_calls", "dq.backdated", "dq.feedback_score", "dq.duplicate_customer"),
    "dq.same_name",
)


@st.composite
def policies(
    draw: st.DrawFn,
    zones: tuple[str, ...] = ("UTC", "Asia/Shanghai"),
    records: bool = True,
    handed_on: bool = True,
) -> Policy:
    """Every basis, plans that quiet or not, bounds of 0, rules that hold or are off, both clocks: a few hundred.

    Without `handed_on` those rules are off by which a partition must tell another, which hears of it behind a tick.
    """
    rule = {"hold": draw(st.sampled_from(["0s", "0s", "12h"])), "clock": draw(st.sampled_from(["elapsed", "working"]))}
    off = draw(st.sampled_from([None, None, *RULES]))
    return policy(
        timezone=draw(st.sampled_from(zones)),
        calendar={"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"},
        pipeline={
            "stages": [
                {"name": "A", "probability": 0.1, "stall_after": "2d"},
                {"name": "B", "probability": 0.5, "stall_after": "1d"},
                {"name": "C"},
            ],
            "stall_basis": draw(st.sampled_from(BASES)),
        },
        customers={"active_for": draw(st.sampled_from(["3d", "40d"])), "segments": draw(st.sampled_from(SEGMENTS))},
        contact={
            "intervals": {"gold": "1d", "silver": "36h", "default": "3d"},
            "grace": draw(st.sampled_from(["12h", "0s"])),
            "lead_time": "1d",
            "silent_when_planned": draw(st.booleans()),
        },
        alerts=draw(further_rules(records))
        | ({} if handed_on else {name: {"enabled": False} for name in HANDED_ON})
        | {name: rule | ({"enabled": False} if name == off else {}) for name in RULES},
        notices=draw(st.sampled_from(NOTICES)),
        scorecards={"sales": {"kpis": [{"kpi": "won_amount", "target": 100}, {"kpi": "contacts", "target": 5}]}},
    )


@st.composite
def further_rules(draw: st.DrawFn, records: bool) -> dict[str, Any]:
    """The other rules, on, with small bounds by grade or priority, ladders or none; or off, as in `PLAIN`.

    With `records` those too that keep a record of their own, which begins when a policy says so.
    """
    if draw(st.booleans()):
        return {}
    ladder = {"escalate": draw(st.sampled_from([[], LADDER]))}
    clock = {"clock": draw(st.sampled_from(["elapsed", "working"]))}
    graded = {"after": draw(st.sampled_from(["12h", {"gold": "0s", "default": "1d"}, {"silver": "1d"}]))}
    return {
        "opp.stage_changed": {"enabled": True, "lasts": "1d"},
        "opp.regressed": {"enabled": True, "lasts": "2d"} | ladder,
        "opp.ping_pong": {"enabled": True, "count": draw(st.integers(1, 2))},
        "opp.close_date_pushed": {"enabled": True, "count": 1},
        "opp.close_date_passed": {"enabled": True} | graded | clock,
        "opp.no_next_step": {"enabled": True} | graded | ladder,
        "payment.overdue": {"enabled": True} | graded | clock | ladder,
        "payment.bad_debt": {"enabled": True, "lasts": "2d"},
        "ticket.response_breach": {"enabled": True, "after": "4h"},
        "ticket.resolution_breach": {"enabled": True, "after": {"high": "4h", "default": "1d"}} | clock | ladder,
        "ticket.warning": {"enabled": True},
        "complaint.unresolved": {"enabled": True, "after": "1d"},
        "lead.unprocessed": {"enabled": True, "after": "12h"} | clock | ladder,
        "lead.slow_response": {"enabled": True, "lasts": "2d"},
        "task.due": {"enabled": True} | clock,
        "task.overdue": {"enabled": True} | ladder,
        "dq.suspicious_moves": {"enabled": True, "within": draw(st.sampled_from(["12h", "9d"]))} | ladder,
        "dq.suspicious_calls": {"enabled": True, "count": draw(st.integers(1, 2)), "lasts": "2d"} | ladder,
        "dq.backdated": {"enabled": True, "count": draw(st.integers(1, 2)), "after": "1d"} | clock,
        "dq.feedback_score": {"enabled": True, "count": draw(st.integers(1, 2)), "lasts": "2d"} | ladder,
        "dq.suspicious": {"enabled": records, "count": draw(st.integers(1, 3)), "within": "12h", "lasts": "1d"},
        "dq.duplicate_customer": {"enabled": True} | ladder,
        "dq.same_name": {"enabled": records},
        "own.stalled": {"watch": "opp.stalled", "silent_when_planned": draw(st.booleans())} | graded | ladder,
        "own.silent": {"watch": "contact.interval_exceeded", "after": {"gold": "12h"}, "inhibited_by": ["opp.stalled"]},
    }


@st.composite
def changes_of_policy(draw: st.DrawFn) -> tuple[Policy, Policy]:
    """A policy and the one that takes its place: other bounds, stages in another order, other scorecards."""
    former = draw(policies(("UTC",), records=False))
    renewed = policy(
        pipeline={
            "stages": [
                *draw(st.permutations([{"name": "B", "probability": 0.3}, {"name": "C", "stall_after": "1d"}])),
                {"name": "A", "probability": 0.2, "stall_after": "5d"},
            ],
            "stall_basis": draw(st.sampled_from(BASES)),
        },
        customers={"active_for": draw(st.sampled_from(["1d", "40d"])), "segments": draw(st.sampled_from(SEGMENTS))},
        contact={
            "intervals": {"gold": "5d", "silver": "12h", "default": draw(st.sampled_from(["1d", "30d"]))},
            "grace": draw(st.sampled_from(["0s", "3d"])),
            "lead_time": draw(st.sampled_from(["0s", "2d"])),
            "silent_when_planned": draw(st.booleans()),
        },
        alerts={
            name: {"hold": draw(st.sampled_from(["0s", "36h"])), "severity": "critical"}
            | draw(st.sampled_from([{}, {}, {"enabled": False}]))
            for name in RULES
        },
        scorecards={"sales": {"kpis": [{"kpi": "contacts", "target": 3}]}},
        recommendations={"coaching": {"below": 90}, "raise": {"count": 1}, "improvement_plan": {"enabled": False}},
        assessments={"weights": {"superior": 1, "peer": 2}, "min_raters": draw(st.integers(1, 2))},
    )
    return draw(st.permutations([former, renewed]).map(lambda pair: (pair[0], pair[1])))


def _joined(*parts: Fields) -> Fields:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


def _some(**fields: st.SearchStrategy[Any]) -> Fields:
    """Any of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


def moments(scale: int) -> st.SearchStrategy[int]:
    """Instants a scale apart, and now and then the first after one."""
    return st.builds(
        lambda step, more: ORIGIN + step * scale + more, st.integers(0, STEPS), st.sampled_from([0, 0, 0, 1])
    )


@cache
def _events(scale: int) -> dict[str, Fields]:
    """The data of an event, by type."""
    people, customer = st.sampled_from(PEOPLE), _joined(st.sampled_from(("c1", "c2")).map(_of_customer))
    amounts = st.sampled_from(["100", "33.335", "0.005"]).map(money) | st.just(money("7", "USD"))
    deal = st.sampled_from(list(DEALS)).map(lambda name: {"opportunity_id": name, "customer_id": DEALS[name]})
    stages = st.sampled_from(("A", "B", "C", "Limbo"))
    planned = st.none() | moments(scale).map(iso) | moments(scale).map(lambda at: iso(at + DAY))
    steps = st.sampled_from(["offer", "lunch"])
    by = st.fixed_dictionaries({"employee_id": people})
    ticket = st.sampled_from(list(TICKETS)).map(lambda name: {"ticket_id": name})
    dates = st.none() | moments(scale).map(iso) | moments(scale).map(lambda at: iso(at)[:10])
    bills = st.sampled_from([{"invoice_id": "i", "customer_id": "c1"}, {"invoice_id": "j", "customer_id": "c2"}])
    money_of = st.fixed_dictionaries({"employee_id": people, "amount": amounts})
    lead = st.sampled_from(["l", "m"]).map(lambda name: {"lead_id": name})
    task = st.sampled_from([{"task_id": "k", "customer_id": "c1"}, {"task_id": "h", "customer_id": "c2"}])
    until = moments(scale).map(lambda at: iso(at + 2 * DAY))
    paid = _joined(customer, st.fixed_dictionaries({"employee_id": people, "amount": amounts}))
    of_deal = _some(opportunity_id=st.sampled_from(list(DEALS)))
    to_stage = st.fixed_dictionaries({"to_stage": stages})
    campaign = st.sampled_from(["spring", "fair"]).map(lambda name: {"campaign_id": name})
    origin = _some(campaign_id=st.sampled_from(["spring", "fair"]), lead_source=st.sampled_from(["web", "fair"]))
    logged = {"direction": st.sampled_from(["inbound", "outbound"]), "connected": st.booleans()}
    return {
        "customer.upserted": _joined(
            customer,
            _some(
                owner_id=people | st.none(),
                grade=st.sampled_from(["gold", "silver", None]),
                segment=st.sampled_from(["retail", None]),
                match_keys=st.sampled_from([None, ["12345"], {"phone": "12345", "mail": "a@example.com"}]),
                name=st.sampled_from([None, "Acme Ltd", "ACME Ltd."]),
            ),
        ),
        "customer.merged": st.sampled_from([{"customer_id": "c2", "into": "c1"}, {"customer_id": "c1", "into": "c3"}]),
        "customer.owner_changed": _joined(customer, st.fixed_dictionaries({"to": people})),
        "contact.logged": _joined(
            customer | st.just({"lead_id": "l"}),
            by,
            st.fixed_dictionaries({"channel": st.sampled_from(["call", "visit"]), **logged}),
            _some(
                next_contact_at=planned,
                next_step=steps,
                duration_s=st.sampled_from([0, 60]),
                enteredtime=moments(scale).map(iso),
            ),
        ),
        "contact.planned": _joined(
            customer, by, st.fixed_dictionaries({"next_contact_at": planned}), _some(next_step=steps)
        ),
        "opportunity.created": _joined(
            deal,
            st.fixed_dictionaries({"owner_id": people, "stage": stages}),
            _some(amount=amounts, expected_close_at=dates),
            origin,
        ),
        "opportunity.stage_changed": _joined(deal, to_stage, _some(owner_id=people, amount=amounts)),
        "opportunity.updated": _joined(
            deal,
            _some(
                owner_id=people | st.none(),
                amount=amounts | st.none(),
                expected_close_at=dates,
                next_step=steps | st.none(),
            ),
        ),
        "opportunity.won": _joined(deal, _some(owner_id=people, amount=amounts)),
        "opportunity.lost": _joined(deal, _some(owner_id=people)),
        "opportunity.reopened": _joined(deal, to_stage),
        "contract.signed": _joined(paid, of_deal, st.just({"contract_id": "k"})),
        "campaign.launched": _joined(campaign, by),
        "campaign.spent": _joined(campaign, st.fixed_dictionaries({"amount": amounts})),
        "campaign.joined": _joined(
            campaign, customer | lead, _some(status=st.sampled_from(["invited", "opened", "attended", None]))
        ),
        "invoice.issued": _joined(bills, money_of, of_deal, st.fixed_dictionaries({"due_at": moments(scale).map(iso)})),
        "payment.received": _joined(paid, of_deal, st.just({"payment_id": "p"}))
        | _joined(bills, money_of, of_deal, st.just({"payment_id": "p"})),
        "payment.refunded": _joined(bills, money_of, st.just({"payment_id": "p"})),
        "debt.written_off": _joined(bills, money_of),
        "ticket.opened": _joined(
            st.sampled_from(list(TICKETS)).map(lambda name: {"ticket_id": name, "customer_id": TICKETS[name]}),
            st.fixed_dictionaries({"kind": st.sampled_from(["request", "complaint"])}),
            _some(priority=st.sampled_from(["high", 1]), employee_id=people),
        ),
        "ticket.assigned": _joined(ticket, by),
        "ticket.replied": _joined(ticket, by, _some(automatic=st.booleans())),
        **{f"ticket.{verb}": _joined(ticket, _some(employee_id=people)) for verb in STEPS_OF_TICKETS},
        "lead.created": _joined(lead, origin, _some(owner_id=people, customer_id=st.sampled_from(["c1", "c2"]))),
        "lead.assigned": _joined(lead, st.fixed_dictionaries({"owner_id": people})),
        "lead.converted": _joined(lead, customer),
        "lead.disqualified": lead,
        "task.assigned": _joined(task, by, st.fixed_dictionaries({"due_at": moments(scale).map(iso)})),
        "task.completed": _joined(_named(task), by),
        "task.cancelled": _joined(_named(task), by),
        **_conduct(scale),
        **_personnel(scale),
        "employee.upserted": _joined(
            by,
            st.fixed_dictionaries(
                {"team": st.sampled_from(["north", "south"]), "role": st.sampled_from(["sales", "clerk"])}
            ),
            _some(manager_id=people | st.none()),
        ),
        "employee.absent": _joined(by, st.fixed_dictionaries({"from": moments(scale).map(iso), "to": until})),
        "alert.silenced": st.fixed_dictionaries(
            {
                "matchers": st.sampled_from(
                    [{"rule": "contact.*"}, {"employee_id": "ann"}, {"customer_id": "c1"}, ["severity=info"]]
                ),
                "until": until,
                "by": people,
            }
        ),
        "alert.acknowledged": _joined(
            st.builds(_acknowledged, st.sampled_from(RULES), st.sampled_from(["c1", "o1", "o3"]), moments(scale)),
            st.fixed_dictionaries({"by": people}),
            _some(until=until),
        ),
        "target.set": st.fixed_dictionaries(
            {
                "scope": st.just("employee"),
                "scope_id": people,
                "kpi": st.just("won_amount"),
                "period": st.sampled_from(["2026-03", "2026-Q1"]),
                "value": st.sampled_from([50, 200]),
            }
        ),
    }


def _conduct(scale: int) -> dict[str, Fields]:
    """The same, of what employees do and others say of them; few people, so that events meet."""
    who = st.fixed_dictionaries({"employee_id": st.sampled_from(("ann", "bob"))})
    amounts = st.sampled_from(["100", "0.005"]).map(money)
    whom: Fields = st.just({}) | _of_deals(st.sampled_from(["c1", "c2"]))
    expense = _joined(who, st.sampled_from(["e", "f"]).map(lambda name: {"expense_id": name}))
    trip = _joined(who, st.just({"trip_id": "e"}), whom, _some(cost=amounts))
    claim = st.fixed_dictionaries({"amount": amounts, "category": st.just("gift")})
    dates = moments(scale).map(iso) | moments(scale).map(lambda at: iso(at)[:10])
    return {
        "feedback.received": _joined(
            who,
            st.just({}) | st.just({"customer_id": "c1"}),
            st.fixed_dictionaries({"kind": st.sampled_from(["csat", "nps", "ces", "praise"])}),
            _some(score=st.integers(0, 10), aspect=st.sampled_from(["product", "service"])),
        ),
        "expense.claimed": _joined(expense, claim, whom),
        "expense.approved": expense,
        "expense.rejected": expense,
        "trip.requested": trip,
        "trip.approved": trip,
        "trip.rejected": trip,
        "usage.recorded": _joined(
            who,
            st.fixed_dictionaries({"action": st.sampled_from(["login", "record_created"])}),
            _some(valid=st.booleans()),
        ),
        "assessment.submitted": _joined(
            who,
            st.fixed_dictionaries(
                {
                    "rater_id": st.sampled_from(("ann", "bob", "cid", "dan")),
                    "relation": st.sampled_from(["superior", "peer", "peer", "peer", "customer"]),
                    "competency": st.sampled_from(["Team Work", "selling"]),
                    "score": st.sampled_from([0, 33.3, 100]),
                }
            ),
        ),
        "key_result.updated": _joined(
            who,
            st.fixed_dictionaries(
                {"objective": st.just("grow"), "key_result": st.sampled_from("ab"), "progress": st.sampled_from([0, 1])}
            ),
            _some(due_at=dates),
        ),
        "measure.recorded": st.fixed_dictionaries(
            {
                "scope": st.sampled_from(["employee", "team"]),
                "scope_id": st.sampled_from(("ann", "bob")),
                "measure": st.just("exam"),
                "value": st.sampled_from([1, "0.5"]),
            }
        ),
    }


def _personnel(scale: int) -> dict[str, Fields]:
    """The same, of what follows from appraisals."""
    who = st.fixed_dictionaries({"employee_id": st.sampled_from(("ann", "bob"))})
    kinds = st.sampled_from(["coaching", "improvement_plan", "transfer", "raise"])
    first = st.sampled_from(["2026-03", "2026-04"])
    id = st.builds(
        lambda name, kind, period: advice_id(name, Basis(kind, period)), st.sampled_from(("ann", "bob")), kinds, first
    )
    due = moments(scale).map(iso) | moments(scale).map(lambda at: iso(at)[:10])
    step = _some(step=st.sampled_from(["call", "read"]), due_at=due)
    measured = _joined(step, st.just({"kpi": "contacts", "target": 1}))
    plan = _joined(who, st.sampled_from("pq").map(lambda name: {"plan_id": name}))
    return {
        "improvement_plan.opened": _joined(
            plan, st.fixed_dictionaries({"steps": st.lists(step | measured, max_size=2)})
        ),
        "improvement_plan.step_done": _joined(plan, st.fixed_dictionaries({"step": st.sampled_from(["1", "call"])})),
        "improvement_plan.closed": plan,
        "reward.granted": _joined(who, st.just({"kind": "bonus"}), _some(recommendation_id=id)),
        "training.completed": _joined(who, st.just({"course": "charm"})),
        "response.submitted": st.fixed_dictionaries(
            {
                "by": st.sampled_from(("ann", "bob")),
                "about": st.just("me"),
                "ref": id | first | st.just("30d"),
                "comment": st.sampled_from(["why", "fine"]),
            }
        ),
        "review.decided": _joined(
            st.fixed_dictionaries(
                {"recommendation_id": id, "by": st.just("max"), "decision": st.sampled_from(["yes", "no"])}
            ),
            _some(subject=st.sampled_from(["ann", "elsewhere"])),
        ),
    }


def _of_deals(customers: st.SearchStrategy[str]) -> Fields:
    return _joined(customers.map(_of_customer), _some(opportunity_id=st.sampled_from(list(DEALS))))


def _named(task: Fields) -> Fields:
    return task.map(lambda fields: {"task_id": fields["task_id"]})


def _acknowledged(rule: str, subject: str, basis: int) -> dict[str, Any]:
    """An acknowledgement of the alert that an episode from that instant on is."""
    return {"alert_id": episode_id(rule, subject, basis), "subject": DEALS.get(subject, subject)}


def _of_customer(name: str) -> dict[str, Any]:
    return {"customer_id": name}


KINDS = tuple(_events(DAY))
CONDUCT = tuple(_conduct(DAY))
"""Those of what employees do and others say of them."""
SERVING = (
    "employee.upserted", "contact.logged", "ticket.opened", "ticket.resolved", "ticket.closed", "ticket.reopened",
    "ticket.assigned", "customer.upserted", "feedback.received", "contract.signed",
)  # fmt: skip
"""Those by which customers are served by several roles, and what comes of it."""


@st.composite
def actions(draw: st.DrawFn, ticks: bool = True, most: int = 16, among: tuple[str, ...] = KINDS) -> list[bytes | int]:
    """Events in the order of their arrival, which is any, and between them the steps by which the clock moves on.

    No two events share an identity. All are of some of the kinds `among` which they are.
    """
    scale = draw(st.sampled_from(SCALES))
    kinds = draw(st.lists(st.sampled_from(among), min_size=1, max_size=6, unique=True))
    drawn = [
        st.tuples(moments(scale), st.just(kind), _events(scale)[kind], st.integers(0, 3), st.sampled_from(["/a", "/b"]))
        for kind in kinds
    ]
    steps = [st.sampled_from([1, scale, scale + 1, 3 * scale])] if ticks else []
    found = draw(st.lists(st.one_of(*drawn, *drawn, *steps), min_size=1, max_size=most))
    return [
        item
        if isinstance(item, int)
        else event(item[0], item[1], id=f"{item[3]}-{number:02d}", source=item[4], **item[2])
        for number, item in enumerate(found)
    ]


def logs(most: int = 16) -> st.SearchStrategy[list[bytes]]:
    """Events alone."""
    return actions(ticks=False, most=most).map(lambda found: [item for item in found if isinstance(item, bytes)])
