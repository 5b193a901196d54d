from streams.demo.model import Model
from streams.demo.plain import alert_line, guest_line, status_line
from tests.unit.demo.records import STATUS, alert, dead_letter, model, score, team


def test_the_status_is_one_line() -> None:
    made = model(
        score("a", 90.0), score("b", 10.5), team("North", 50.25, 1, a="Ada"), team("Service", None, None),
        alert("1", "firing"), dead_letter("crm.contacts", 0, 0),
    )  # fmt: skip

    assert status_line(made, STATUS) == (
        "Mon 10 Mar 2025 14:20 · live | 100 events/s | lag 7 events, 1.2 s behind | 1 dead letters"
        " | alerts that stand: contact.overdue 1 | first Ada 90.0, last b 10.5 of 2 | North 50.2"
    )


def test_there_is_a_status_before_there_is_anything() -> None:
    assert status_line(Model(), STATUS._replace(behind=None, rates=())) == (
        "Mon 10 Mar 2025 14:20 · live | 0 events/s | lag 7 events | 0 dead letters | alerts that stand: none"
    )


def test_a_change_of_an_alert_has_its_status_as_a_word() -> None:
    made = model(alert("1", "firing"), alert("1", "resolved"))
    lines = [alert_line(change, "Ada") for change in made.alerts.changes]

    assert lines == [
        "alert  firing (condition met)  warning  contact.overdue  Ada  cus-1  It was not made: contact it now.",
        "alert  resolved (contacted)  warning  contact.overdue  Ada  cus-1  It was not made: contact it now.",
    ]


def test_an_event_from_outside_says_what_became_of_it() -> None:
    made = Model()
    made.guest(("t", 0, 0), b"{}")

    assert guest_line(made.guests.events[0], "").startswith("event from outside  not an event  refused, missing_field")
