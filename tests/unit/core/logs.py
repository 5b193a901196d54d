"""Small random logs for the laws: few people and things, coarse instants, so that events tie and bounds are met."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from streams.events.instants import iso
from streams.policy import Policy
from tests.unit.core.kit import DAY, HOUR, event, money, policy, us

ORIGIN = us("01")
END = ORIGIN + 30 * DAY
"""Later than every event and deadline that matters."""

PEOPLE = ("ann", "bob", "cid")
CUSTOMERS = ("c1", "c2")
DEALS = {"o1": "c1", "o2": "c1", "o3": "c2"}
STAGES = ("A", "B", "C", "Limbo")
BASES = ("created", "stage_entered", "last_contact", "last_two_way_contact", "last_activity")

moments = st.builds(
    lambda step, more: ORIGIN + step * 12 * HOUR + more, st.integers(0, 24), st.sampled_from([0, 0, 0, 0, 1, HOUR])
)
people = st.sampled_from(PEOPLE)
customers = st.sampled_from(CUSTOMERS)
amounts = st.sampled_from(["100", "33.335", "0.005"]).map(money) | st.just(money("7", "USD"))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Every basis, plans that quiet or not, rules that hold or not, both clocks; drawn from a few hundred."""
    hold = draw(st.sampled_from(["0s", "0s", "12h"]))
    clock = draw(st.sampled_from(["elapsed", "elapsed", "working"]))
    rule = {"hold": hold, "clock": clock}
    return policy(
        timezone=draw(st.sampled_from(["UTC", "Asia/Shanghai"])),
        calendar={"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"},
        pipeline={
            "stages": [
                {"name": "A", "probability": 0.1, "stall_after": "2d"},
                {"name": "B", "probability": 0.5, "stall_after": "1d"},
                {"name": "C"},
            ],
            "stall_basis": draw(st.sampled_from(BASES)),
        },
        contact={
            "intervals": {"gold": "1d", "silver": "36h", "default": "3d"},
            "grace": "12h",
            "lead_time": "1d",
            "silent_when_planned": draw(st.booleans()),
        },
        alerts=dict.fromkeys(("contact.due", "contact.overdue", "contact.interval_exceeded", "opp.stalled"), rule),
        scorecards={"sales": {"kpis": [{"kpi": "won_amount", "target": 100}, {"kpi": "contacts", "target": 5}]}},
    )


@st.composite
def _deal(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(list(DEALS)))
    return {"opportunity_id": name, "customer_id": DEALS[name]}


@st.composite
def _some(draw: st.DrawFn, /, **fields: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Some of the fields."""
    return {name: draw(field) for name, field in fields.items() if draw(st.booleans())}


_planned = moments.map(lambda at: iso(at + DAY)) | st.none()
_stages = st.sampled_from(STAGES)
_payment = st.fixed_dictionaries({"customer_id": customers, "employee_id": people, "amount": amounts})


def _joined(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


DATA: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "customer.upserted": _joined(
        st.fixed_dictionaries({"customer_id": customers}),
        _some(owner_id=people | st.none(), grade=st.sampled_from(["gold", "silver", None])),
    ),
    "customer.owner_changed": st.fixed_dictionaries({"customer_id": customers, "to": people}),
    "contact.logged": _joined(
        st.fixed_dictionaries(
            {
                "customer_id": customers,
                "employee_id": people,
                "channel": st.sampled_from(["call", "visit"]),
                "direction": st.sampled_from(["inbound", "outbound"]),
                "connected": st.booleans(),
            }
        ),
        _some(next_contact_at=_planned, next_step=st.sampled_from(["offer", "lunch"])),
    ),
    "contact.planned": _joined(
        st.fixed_dictionaries({"customer_id": customers, "employee_id": people, "next_contact_at": _planned}),
        _some(next_step=st.sampled_from(["offer", "lunch"])),
    ),
    "opportunity.created": _joined(
        _deal(), st.fixed_dictionaries({"owner_id": people, "stage": _stages}), _some(amount=amounts)
    ),
    "opportunity.stage_changed": _joined(
        _deal(), st.fixed_dictionaries({"to_stage": _stages}), _some(owner_id=people, amount=amounts)
    ),
    "opportunity.updated": _joined(_deal(), _some(owner_id=people | st.none(), amount=amounts | st.none())),
    "opportunity.won": _joined(_deal(), _some(owner_id=people, amount=amounts)),
    "opportunity.lost": _joined(_deal(), _some(owner_id=people)),
    "opportunity.reopened": _joined(_deal(), st.fixed_dictionaries({"to_stage": _stages})),
    "contract.signed": _joined(_payment, st.just({"contract_id": "k"})),
    "invoice.issued": _joined(
        _payment, st.fixed_dictionaries({"invoice_id": st.just("i"), "due_at": moments.map(iso)})
    ),
    "payment.received": _joined(_payment, st.just({"payment_id": "p"})),
    "ticket.opened": st.fixed_dictionaries(
        {"customer_id": customers, "ticket_id": st.just("t"), "kind": st.just("request")}
    ),
    "employee.upserted": st.fixed_dictionaries(
        {
            "employee_id": people,
            "team": st.sampled_from(["north", "south"]),
            "role": st.sampled_from(["sales", "clerk"]),
        }
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
WEIGHTS = {"contact.logged": 3, "contact.planned": 2, "opportunity.stage_changed": 2, "customer.upserted": 2}
_kinds = [
    st.tuples(moments, st.just(kind), data, st.integers(0, 3), st.sampled_from(["/a", "/b"]))
    for kind, data in DATA.items()
    for _ in range(WEIGHTS.get(kind, 1))
]


def logs(most: int = 24) -> st.SearchStrategy[list[bytes]]:
    """Events in the order of their arrival, which is any; no two share an identity."""
    return st.lists(st.one_of(_kinds), min_size=1, max_size=most).map(_numbered)


def _numbered(drawn: list[tuple[int, str, dict[str, Any], int, str]]) -> list[bytes]:
    return [
        event(at, kind, id=f"{rank}-{number:02d}", source=source, **data)
        for number, (at, kind, data, rank, source) in enumerate(drawn)
    ]
