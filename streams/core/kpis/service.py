"""The KPIs of leads, tickets and tasks; what is measured, on which day and to whose credit: `customers.servicing`."""

from __future__ import annotations

from typing import Final

from streams.core.kpis.kinds import Kpi, Unit
from streams.core.units import SECOND
from streams.policy import Better

_C, _R, _S = Unit.COUNT, Unit.RATE, Unit.SECONDS


def _lengths(name: str, what: str, measure: str) -> tuple[Kpi, ...]:
    """The mean of lengths of time and two percentiles of them. They are measured in microseconds: their sum as
    `<measure>_us`, their number as `<measure>s`, and their number in each bin."""
    ranks = ((50, "half of them"), (95, "95 of a hundred"))
    return (
        Kpi(name, _S, f"mean seconds {what}", (f"{measure}_us",), (f"{measure}s",), (f"{measure}s",), scale=SECOND,
            better=Better.LOWER),
        *(Kpi(f"{name}_p{percent}", _S, f"seconds {what}: {share} took no longer", (), (), scale=SECOND,
              better=Better.LOWER, binned=measure, percent=percent) for percent, share in ranks),
    )  # fmt: skip


SERVICE: Final = (
    Kpi("leads", _C, "leads created, to their first owner", ("leads",), ("leads",), quiet=True),
    Kpi("lead_conversion_rate", _R, "leads whose newest closing is a conversion / leads, by the day of creation",
        ("leads_converted",), ("leads",), ("leads",)),
    *_lengths("lead_response_seconds", "from a lead's creation, or newest assignment, to the first attempt to reach it",
              "lead_response"),
    *_lengths("first_response_seconds", "of working time, pauses out, from a ticket's opening to the first answer",
              "first_response"),
    *_lengths("resolution_seconds", "of working time, pauses out, from a ticket's opening to its newest solution",
              "resolution"),
    Kpi("resolution_rate", _R, "tickets that are solved / tickets opened, by the day of the opening",
        ("tickets_solved",), ("tickets",), ("tickets",)),
    Kpi("tickets_handled", _C, "tickets that are solved, by the day of the newest solution", ("resolutions",),
        ("resolutions",), quiet=True),
    Kpi("open_tickets", _C, "tickets that are not solved at as_of", ("open_tickets",), ("open_tickets",),
        better=Better.LOWER, standing=True, quiet=True),
    Kpi("complaint_rate", _R, "tickets of kind complaint / tickets opened, by the day of the opening", ("complaints",),
        ("tickets",), ("tickets",), better=Better.LOWER),
    Kpi("task_completion_rate", _R, "tasks completed / tasks due in the period that were not cancelled",
        ("tasks_done",), ("tasks_due",), ("tasks_due",)),
    Kpi("on_time_rate", _R, "tasks completed by the time they were due / tasks completed", ("tasks_on_time",),
        ("tasks_completed",), ("tasks_completed",)),
)  # fmt: skip
