import logging

import pytest

from streams.demo.alerts import KEPT, Rule
from streams.demo.model import Model
from tests.unit.demo.records import alert, model


def rules(made: Model) -> list[Rule]:
    return made.alerts.rules()


def test_an_alert_stands_from_firing_until_it_resolves() -> None:
    made = model(alert("1", "firing"), alert("2", "firing"), alert("1", "resolved"))

    assert rules(made) == [Rule("contact.overdue", "warning", standing=1, fired=2, resolved=1)]


def test_a_change_of_what_fires_is_no_second_firing() -> None:
    made = model(alert("1", "pending"), alert("1", "firing"), alert("1", "firing", employee_id="emp-2"))

    assert rules(made) == [Rule("contact.overdue", "warning", standing=1, fired=1, resolved=0)]


def test_an_alert_that_is_deleted_stands_no_more_and_has_not_resolved() -> None:
    made = model(alert("1", "firing"), ("alerts", b"1", None))

    assert rules(made) == [Rule("contact.overdue", "warning", standing=0, fired=1, resolved=0)]


def test_the_gravest_rules_come_first() -> None:
    made = model(
        alert("1", "firing", "contact.due", severity="info"),
        alert("2", "firing", "opp.stalled"),
        alert("3", "firing", "debt", severity="critical"),
        alert("4", "firing", "made.up", severity="odd"),
    )

    assert [rule.name for rule in rules(made)] == ["debt", "made.up", "opp.stalled", "contact.due"]


def shown(made: Model, wanted: set[str | None]) -> str:
    made.alerts.pick(wanted)
    return made.alerts.shown[0].id


def test_of_many_changes_one_is_shown_the_graver_before_the_newer() -> None:
    made = model(alert("1", "firing"), alert("2", "firing", "contact.due", severity="info"))

    assert shown(made, set()) == "1"
    assert not made.alerts.changes


def test_rules_and_changes_take_turns() -> None:
    made = Model()
    seen = []
    for round_ in range(4):
        made.take(*alert(f"fired-{round_}", "firing"))
        made.take(*alert(f"resolved-{round_}", "resolved"))
        seen.append(shown(made, set()).partition("-")[0])

    assert sorted(seen) == ["fired", "fired", "resolved", "resolved"]


def test_the_graver_comes_first_however_often_it_was_shown() -> None:
    made = model(alert("1", "firing"))
    assert shown(made, set()) == "1"
    for record in (alert("2", "firing"), alert("3", "firing", "contact.due", severity="info")):
        made.take(*record)

    assert shown(made, set()) == "2"


def test_what_concerns_a_customer_of_somebody_outside_is_shown_before_all() -> None:
    made = model(alert("1", "firing", severity="critical"), alert("2", "firing", "contact.due", severity="info"))

    assert shown(made, {"cus-2"}) == "2"


def test_nothing_new_shows_nothing_new() -> None:
    made = Model()
    made.alerts.pick(set())

    assert not made.alerts.shown


def test_changes_that_nobody_takes_out_are_bounded() -> None:
    made = model(*(alert(str(number), "firing") for number in range(KEPT + 1)))

    assert len(made.alerts.changes) == KEPT
    assert made.alerts.changes[0].id == "1"


@pytest.mark.parametrize("value", [b"", b"nonsense", b'{"id": "1"}', b"\xff"])
def test_a_record_that_is_none_is_logged_and_left_out(value: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        made = model(("alerts", b"1", value), ("scores.teams", b"\xff/30d", b"{}"), alert("2", "firing"))

    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert rules(made)[0].standing == 1


def test_what_ends_is_counted_once_and_only_if_it_fired() -> None:
    made = model(
        alert("1", "pending"),
        alert("1", "resolved"),
        alert("2", "firing"),
        alert("2", "acknowledged"),
        alert("2", "firing"),
        alert("2", "resolved"),
        alert("2", "resolved", reason="withdrawn"),
    )

    assert rules(made) == [Rule("contact.overdue", "warning", standing=0, fired=1, resolved=1)]
