"""A simulated sales organisation under a policy of its own, and what it reports, with every mistake in it."""

from datetime import datetime

from streams.events import EmployeeUpserted, encode
from streams.simulate import Scale, messy, simulate

POLICY = """\
timezone: America/New_York
calendar: {workdays: [mon, tue, wed, thu, fri], hours: "09:00-17:30"}
currency: {reporting: EUR, rates: {USD: 0.92}}
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 14d}
    - {name: Engaging, probability: 0.4, stall_after: 21d}
    - {name: Proposal, probability: 0.7, stall_after: 10d}
  stall_basis: last_activity
contact:
  intervals: {A: 7d, B: 14d, default: 30d}
  lead_time: 12h
alerts:
  contact.overdue: {hold: 4h, clock: working}
  opp.stalled: {hold: 1d}
scorecards:
  sales:
    kpis:
      - {kpi: won_amount, perspective: financial, weight: 40, target: 40000, cap: 1.2}
      - {kpi: win_rate, perspective: process, weight: 20, target: 0.5}
      - {kpi: contacts_connected, perspective: customer, weight: 20, target: 60}
      - {kpi: bad_debt_rate, perspective: financial, weight: 10, target: 0.05, better: lower}
      - {kpi: sales_cycle_days, perspective: process, weight: 10, target: 30}
"""


def log_of(
    *, seed: int, teams: int, employees: int, customers: int, events: int, malformed: float,
    start: datetime, end: datetime,
) -> tuple[list[bytes], list[bytes]]:  # fmt: skip
    """The lines about the staff, then all others: some twice, some late, a share of them malformed.

    Employees come first, as a worker reads them before all else: what was said of an alert that is over stays said.
    """
    scale = Scale(
        seed=seed, teams=teams, employees=employees, customers=customers, events=events, timezone="America/New_York",
        start=start, end=end, stages=("Prospecting", "Engaging", "Proposal"), currency="USD",
    )  # fmt: skip
    reported = list(simulate(scale))
    staff = [encode(event) for event in reported if isinstance(event.data, EmployeeUpserted)]
    others = (encode(event) for event in reported if not isinstance(event.data, EmployeeUpserted))
    return staff, list(messy(others, seed, duplicates=0.05, late=0.05, window=50, malformed=malformed))
