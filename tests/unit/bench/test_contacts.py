from tests.bench.contacts import UNTIL, contacts, counted
from tests.unit.core.kit import parsed, us


def row(*kpis: tuple[str, int]) -> dict[str, object]:
    return {"kpis": [{"kpi": kpi, "value": value} for kpi, value in kpis]}


def test_only_the_contacts_of_the_year_are_counted() -> None:
    kpis = {
        "emp-1/2026": row(("contacts", 3), ("contacts_connected", 2)),
        "emp-2/2026": row(("contacts", 4)),
        "emp-1/2026-01": row(("contacts", 3)),
    }
    assert counted(kpis) == 7


def test_contacts_are_shared_out_evenly_and_come_before_the_judgement() -> None:
    events = [parsed(line) for line in contacts(12, customers=6, employees=3)]
    pairs = [(event.data.employee_id, event.data.customer_id) for event in events]  # type: ignore[attr-defined]
    assert pairs[:4] == [("emp-0", "cus-0"), ("emp-1", "cus-1"), ("emp-2", "cus-2"), ("emp-0", "cus-3")]
    assert pairs[:6] == pairs[6:]
    assert len({event.id for event in events}) == 12
    assert max(event.time for event in events).timestamp() < us(UNTIL) / 1e6
