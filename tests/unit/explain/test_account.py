"""The events behind figures whose sums are known by hand."""

from collections.abc import Callable

import pytest

from streams.explain import behind, check_figures, check_kpi, check_period, check_person, explanation
from streams.explain.reading import Mistyped
from tests.unit.core.kit import contact, customer, employee, event, money
from tests.unit.explain.small import AS_OF, company, read, rules


def told(lines: list[bytes], kpi: str, period: str = "2026-03", who: str = "ann") -> list[tuple[str | None, float]]:
    """By explaining: the events and what each adds."""
    (one,) = explanation(read(lines, traced=who), who, period, kpi)["kpis"]
    assert one["traced"]
    return [(one["id"], one["adds"]) for one in one["events"]]


def test_an_outcome_that_was_taken_back_is_not_behind_the_amount_won() -> None:
    assert told(company(), "won_amount") == [("e-won", 120)]
    assert told(company()[:11], "won_amount") == [("e-won-3", 70)]


def test_what_was_opened_changed_and_closed_is_not_behind_what_stands_open() -> None:
    assert told(company(), "open_amount") == [("e-reopened", 70)]
    assert told(company()[:11], "open_amount") == [("e-created", 100), ("e-second", 0)]


def test_what_was_changed_meanwhile_closes_whole() -> None:
    changed = event("07", "opportunity.updated", customer_id="c", opportunity_id="o", amount=money("130"))
    assert told([*company()[:9], changed, *company()[9:]], "open_amount") == [("e-reopened", 70)]


def test_what_another_thing_of_the_customer_takes_back_is_gone_with_it() -> None:
    # The first purchase of c is what ann won on the 10th, until it is known that bob had signed a contract before.
    assert told(company(), "new_customers") == [("e-won", 1)]
    signed = event(
        "03", "contract.signed", contract_id="k", employee_id="bob", customer_id="c", amount=money("1"), id="e-signed"
    )
    assert told([*company(), signed], "new_customers") == []
    assert told([*company(), signed], "new_customers", who="bob") == [("e-signed", 1)]


def test_a_change_of_the_amount_adds_the_difference() -> None:
    changed = event("20", "opportunity.updated", customer_id="c", opportunity_id="o3", amount=money("65"), id="e-less")
    assert told([*company(), changed], "open_amount", "30d") == [("e-reopened", 70), ("e-less", -5)]


def test_a_refund_takes_nothing_back_it_is_an_event_of_its_own() -> None:
    assert told(company(), "collected_amount") == [("e-paid", 100), ("e-back", -30)]
    again = event(
        "11 02:00",
        "payment.refunded",
        payment_id="p",
        amount=money("100"),
        id="e-all",
        employee_id="ann",
        customer_id="c",
    )
    assert told([*company()[:14], again], "collected_amount") == [("e-paid", 100), ("e-all", -100)]


def test_of_a_rate_each_event_says_what_it_adds_to_either_side() -> None:
    (one,) = explanation(read(company()), "ann", "2026-03", "win_rate")["kpis"]
    assert [(event["id"], event["adds"], event["to_denominator"]) for event in one["events"]] == [
        ("e-won", 1, 1),
        ("e-lost", 0, 1),
    ]
    assert (one["value"], one["numerator"], one["denominator"], one["count"]) == (0.5, 1, 2, 2)


def test_of_a_mean_each_event_says_how_long_it_took() -> None:
    assert told(company(), "sales_cycle_days", "2026-Q1") == [("e-won", 8)]


def test_of_a_percentile_each_event_says_in_which_bin_it_counts() -> None:
    # 100 s are 95 * 2^20 microseconds and some, 1000 s are 119 * 2^23 and some: the bins that they fall into.
    lines = company()
    for name, day, clock in (("t1", "02", "00:01:40"), ("t2", "03", "00:16:40")):
        about = {"ticket_id": name, "customer_id": "c", "employee_id": "ann"}
        lines.append(event(day, "ticket.opened", kind="request", **about))
        lines.append(
            event(f"2026-03-{day}T{clock}Z", "ticket.replied", id=f"e-{name}", ticket_id=name, employee_id="ann")
        )
    assert told(lines, "first_response_seconds_p50") == [("e-t1", 99.61472), ("e-t2", 998.244352)]
    (one,) = explanation(read(lines), "ann", "2026-03", "first_response_seconds_p50")["kpis"]
    assert (one["value"], one["count"], one["made_of"]) == (99.61472, 2, {})
    value = read(lines).values("ann", "2026-03")["first_response_seconds_p50"]
    found = behind(read(lines), "2026-03", "first_response_seconds_p50")
    assert found is not None
    assert found.gives(value)
    assert not found._replace(shares=found.shares[1:]).gives(value)


def test_a_rolling_period_holds_the_events_of_its_days() -> None:
    (one,) = explanation(read(company()), "ann", "30d", "contacts:call")["kpis"]
    assert [event["time"] for event in one["events"]] == [f"2026-03-{day}T09:00:00Z" for day in ("02", "04", "13")]
    later = contact(
        "31 00:00", id="e-late"
    )  # the 2nd is no longer among the 30 days that end on the 31st; 7d: the 25th
    assert told([*company(), later], "contacts:call", "7d") == [("e-late", 1)]


def test_whose_a_customer_is_now_is_what_the_last_change_says() -> None:
    lines = [*company(), customer("15", owner_id="bob", id="e-bob"), customer("16", owner_id="ann", id="e-ann")]
    assert told(lines, "customers_owned") == [("e-ann", 1)]
    assert told(lines[:-1], "customers_owned", who="bob")[-1] == ("e-bob", 1)


def test_a_kpi_of_other_kpis_names_them_and_their_values() -> None:
    (one,) = explanation(read(company()), "ann", "2026-03", "pipeline_coverage")["kpis"]
    assert one["made_of"] == {"open_amount": 70.0, "won_amount": 120.0}
    assert one["value"] == pytest.approx(70 / (200 - 120))
    assert one["events"] == []


def test_events_after_the_instant_and_of_others_are_not_there() -> None:
    late = contact(AS_OF + 1, id="e-after")
    assert ("e-after", 1) not in told([*company(), late], "contacts")
    assert len(told(company(), "contacts")) == 3


def test_one_who_looks_at_nobody_in_particular_has_no_events() -> None:
    assert behind(read(company(), traced=None), "2026-03", "won_amount") is None


def test_an_account_knows_whether_it_comes_to_a_value() -> None:
    reading = read(company())
    value = reading.values("ann", "2026-03")["won_amount"]
    found = behind(reading, "2026-03", "won_amount")
    assert found is not None
    assert found.gives(value)
    assert not found._replace(shares=()).gives(value)


@pytest.mark.parametrize(
    ("period", "says"),
    [
        ("2026-3", "Did you mean 2026-03?"),
        ("2026Q1", "Did you mean 2026-Q1?"),
        ("2026-13", "'2026-13' is not a period; use a year (2026), quarter (2026-Q1) or month (2026-03)"),
        ("30", "Did you mean 30d?"),
    ],
)
def test_a_mistyped_period_is_told_with_what_may_be_meant(period: str, says: str) -> None:
    with pytest.raises(Mistyped) as found:
        check_period(period)
    assert says in str(found.value)


@pytest.mark.parametrize("period", ["2026", "2026-Q4", "2026-12", "7d", "30d", "90d"])
def test_periods(period: str) -> None:
    check_period(period)


def test_a_mistyped_kpi_employee_or_month_is_told_with_what_may_be_meant() -> None:
    reading = read(company())
    cases: list[tuple[Callable[[], None], str]] = [
        (lambda: check_kpi("won_amuont"), "'won_amuont' is no KPI. Did you mean won_amount?"),
        (lambda: check_kpi("won_amount:A"), "won_amount is not told by stage or channel; leave out ':A'."),
        (lambda: check_person(reading, "anne"), "'anne' is no employee of these events. Did you mean ann?"),
        (lambda: check_person(reading, "xyz"), "'xyz' is no employee of these events. There are ann, bob."),
        (lambda: check_figures(reading, "ann", "2027-03"), "ann has no figures in 2027-03; there are from 2026-03"),
    ]
    for check, says in cases:
        with pytest.raises(Mistyped) as found:
            check()
        assert str(found.value).startswith(says)


def test_kpis_of_stages_channels_and_those_to_come_are_known() -> None:
    for kpi in ("contacts:call", "stage_conversion:Anything", "csat"):
        check_kpi(kpi)


def test_the_policy_of_the_reading_gives_the_formula_its_target() -> None:
    (one,) = explanation(read(company(), rules()), "ann", "2026-03", "won_amount")["kpis"]
    assert one["line"]["target"] == 200
    assert one["definition"] == "sum of the amounts won"


def test_figures_of_a_segment_and_of_shared_customers_come_down_to_their_events() -> None:
    under = rules(customers={"segments": {"vip": {"grade": ["gold"]}}})
    about = {"employee_id": "ann", "customer_id": "c", "kind": "csat"}
    lines = [
        employee("01", "bob", role="service"),
        *company()[2:],
        customer("15", grade="gold", id="e-gold"),
        event("14", "feedback.received", **about, score=5, id="e-before"),
        event("16", "feedback.received", **about, score=2, id="e-two"),
        event("17", "feedback.received", **about, score=4, id="e-four"),
        contact("18", employee_id="bob", id="e-bob"),
        event("19", "contract.signed", contract_id="k", amount=money("9"), id="e-again", **about),
    ]
    lines = [*company()[:1], *lines]

    def events(kpi: str) -> list[tuple[str | None, float, float]]:
        (one,) = explanation(read(lines, under), "ann", "2026-03", kpi)["kpis"]
        assert one["traced"]
        return [(event["id"], event["adds"], event["to_denominator"]) for event in one["events"]]

    assert events("csat_segment:vip") == [("e-two", 0, 1), ("e-four", 1, 1)]
    assert [id for id, *_ in events("repeat_rate_segment:vip")][-1] == "e-again"
    assert ("e-bob", 2, 3) in events("shared_csat")
    assert ("e-again", 1, 0) in events("shared_repeat_rate")


def test_a_competency_comes_down_to_the_assessments_of_the_relations_that_count() -> None:
    def rated(id: str, rater: str, score: int, relation: str) -> bytes:
        about = {"employee_id": "ann", "competency": "Team Work", "relation": relation}
        return event("20", "assessment.submitted", **about, rater_id=rater, score=score, id=id)

    under = rules(assessments={"weights": {"superior": 60, "peer": 30, "customer": 10}, "min_raters": 2})
    lines = [
        *company(),
        rated("e-boss", "eve", 80, "superior"),
        rated("e-peer", "bob", 50, "peer"), rated("e-other", "cid", 70, "peer"), rated("e-again", "cid", 60, "peer"),
        rated("e-alone", "x", 10, "customer"),
        rated("e-self", "ann", 100, "self"),
    ]  # fmt: skip
    (one,) = explanation(read(lines, under), "ann", "2026-03", "competency_team_work")["kpis"]
    assert one["traced"]
    # (60 * 80 + 30 * 60) / 90: the two peers spoke three times, and one customer alone is not heard.
    assert (one["numerator"], one["denominator"], one["count"]) == (6600, 90, 4)
    # What one of the peers said is nobody's to know.
    shown = ("id", "source", "time", "about", "adds", "to_denominator", "counts")
    assert [tuple(event[name] for name in shown) for event in one["events"]] == [
        (None, None, "2026-03-20T00:00:00Z", "peer", 1800, 30, 3),
        ("e-boss", "/crm", "2026-03-20T00:00:00Z", None, 4800, 60, 1),
    ]
