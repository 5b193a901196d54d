import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.metrics import Metrics, Score

DAY_US = 86_400_000_000


def samples(metrics: Metrics) -> dict[str, float]:
    """Every sample by its name and labels, as in the exposition format."""
    return {
        sample.name + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(now=lambda: 20 * DAY_US, version="1.2.3", policy_version="abc")


def test_every_metric_of_the_contract_is_there_before_anything_happened(metrics: Metrics) -> None:
    kinds = {family.name: family.type for family in text_string_to_metric_families(metrics.text().decode())}

    assert kinds == kinds | {
        "crmpulse_events": "counter",
        "crmpulse_dead_letters": "counter",
        "crmpulse_end_to_end_latency_seconds": "histogram",
        "crmpulse_source_lag_seconds": "gauge",
        "crmpulse_clock_lag_seconds": "gauge",
        "crmpulse_alerts": "gauge",
        "crmpulse_alert_transitions": "counter",
        "crmpulse_state_entries": "gauge",
        "crmpulse_flush_duration_seconds": "histogram",
        "crmpulse_recovery_duration_seconds": "histogram",
        "crmpulse_build_info": "gauge",
    }


def test_what_is_counted_adds_up(metrics: Metrics) -> None:
    for _ in range(2):
        metrics.count(
            {
                ("event", "crm.contacts", "contact.logged", "applied"): 3,
                ("event", "crm.contacts", "unknown", "rejected"): 1,
                ("dead", "malformed"): 1,
                ("transition", "opp.stalled", "firing", "deadline"): 2,
            }
        )

    seen = samples(metrics)
    assert seen["crmpulse_events_total outcome=applied topic=crm.contacts type=contact.logged"] == 6
    assert seen["crmpulse_events_total outcome=rejected topic=crm.contacts type=unknown"] == 2
    assert seen["crmpulse_dead_letters_total reason=malformed"] == 2
    assert seen["crmpulse_alert_transitions_total reason=deadline rule=opp.stalled status=firing"] == 4


@pytest.mark.parametrize("key", [("events", "a", "b", "c"), ("dead",), ("event", "a"), ("transition", "a", "b")])
def test_a_count_that_is_none_of_ours_is_a_mistake(metrics: Metrics, key: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="nothing counts"):
        metrics.count({key: 1})


def test_lag_is_measured_when_it_is_asked_for_and_the_newest_event_time_never_goes_back() -> None:
    now = 10 * DAY_US
    metrics = Metrics(now=lambda: now, version="1", policy_version="p")
    metrics.seen("crm.contacts", 9 * DAY_US)
    metrics.seen("crm.contacts", 3 * DAY_US)
    assert samples(metrics)["crmpulse_source_lag_seconds topic=crm.contacts"] == 86_400

    now = 11 * DAY_US
    assert samples(metrics)["crmpulse_source_lag_seconds topic=crm.contacts"] == 2 * 86_400


def test_an_event_before_1970_has_a_lag_too(metrics: Metrics) -> None:
    metrics.seen("crm.contacts", -DAY_US)

    assert samples(metrics)["crmpulse_source_lag_seconds topic=crm.contacts"] == 21 * 86_400


def test_what_partitions_hold_is_summed_and_leaves_with_them(metrics: Metrics) -> None:
    firing, due = ("opp.stalled", "firing", "warning"), ("contact.due", "firing", "info")
    metrics.holds("customers", 0, {"customers": 10, "opportunities": 4}, {firing: 2}, 0)
    metrics.holds("customers", 1, {"customers": 5}, {firing: 1, due: 7}, 0)
    metrics.holds("customers", 1, {"customers": 6}, {firing: 1}, 0)

    seen = samples(metrics)
    assert seen["crmpulse_state_entries table=customers"] == 16
    assert seen["crmpulse_state_entries table=opportunities"] == 4
    assert seen["crmpulse_alerts rule=opp.stalled severity=warning status=firing"] == 3
    assert "crmpulse_alerts rule=contact.due severity=info status=firing" not in seen

    metrics.forget("customers", 0)
    seen = samples(metrics)
    assert seen["crmpulse_state_entries table=customers"] == 6
    assert "crmpulse_state_entries table=opportunities" not in seen


def test_durations_are_histograms(metrics: Metrics) -> None:
    metrics.latency.observe(0.4)
    metrics.flush_duration.observe(0.02)
    metrics.recovery_duration.observe(7)

    seen = samples(metrics)
    for name, total in (("end_to_end_latency", 0.4), ("flush_duration", 0.02), ("recovery_duration", 7)):
        assert seen[f"crmpulse_{name}_seconds_count"] == 1
        assert seen[f"crmpulse_{name}_seconds_sum"] == total


def test_the_build_says_what_runs_here_and_follows_a_new_policy(metrics: Metrics) -> None:
    assert samples(metrics)["crmpulse_build_info policy_version=abc version=1.2.3"] == 1

    metrics.policy_version = "def"

    seen = samples(metrics)
    assert seen["crmpulse_build_info policy_version=def version=1.2.3"] == 1
    assert "crmpulse_build_info policy_version=abc version=1.2.3" not in seen


def test_the_clock_of_a_stage_is_that_of_its_slowest_partition(metrics: Metrics) -> None:
    metrics.holds("customers", 0, {}, {}, 20 * DAY_US - 1_000_000)
    metrics.holds("customers", 1, {}, {}, 19 * DAY_US)
    metrics.holds("company", 0, {}, {}, 0)
    name = "crmpulse_clock_lag_seconds stage=customers"
    assert samples(metrics)[name] == 86_400
    assert "crmpulse_clock_lag_seconds stage=company" not in samples(metrics), "it was never told the time"

    metrics.forget("customers", 1)
    assert samples(metrics)[name] == 1


def test_scores_are_told_only_where_they_are_asked_for_and_as_they_were_last_written() -> None:
    asked, other = Metrics(lambda: 0, "1", scores=True), Metrics(lambda: 0, "1")
    for metrics in (asked, other):
        metrics.scored("employees", 0, {"bob": Score("north", 50.0), "ann": Score("north", 70.0)})
        metrics.scored("employees", 1, {"eve": Score("south", 60.0)})
        metrics.scored("employees", 0, {"bob": Score("south", 55.0), "ann": None})
    assert {name: value for name, value in samples(asked).items() if "employee_id" in name} == {
        "crmpulse_score employee_id=bob team=south": 55.0,
        "crmpulse_score employee_id=eve team=south": 60.0,
    }
    asked.forget("employees", 0)
    assert [name for name in samples(asked) if "employee_id" in name] == ["crmpulse_score employee_id=eve team=south"]
    assert "crmpulse_score" not in other.text().decode()
