import json

from streams.agents.records import Record
from streams.rebuild.handover import changes


def alert(status: str, policy: str = "p1", employee: str | None = "emp-1") -> bytes:
    return json.dumps({"employee_id": employee, "status": status, "reason": "x", "policy_version": policy}).encode()


def said(before: dict[bytes, bytes], after: dict[bytes, bytes]) -> list[Record]:
    return list(changes(before, after, after))


def test_an_alert_that_is_new_or_another_is_logged_under_its_employee() -> None:
    after = {b"a": alert("firing"), b"b": alert("resolved", employee=None), b"c": alert("firing")}

    logged = said({b"b": alert("firing", employee=None), b"c": alert("firing")}, after)

    assert logged == [Record(b"emp-1", after[b"a"]), Record(b"", after[b"b"])]


def test_another_version_of_the_policy_alone_is_no_change() -> None:
    assert said({b"a": alert("firing", "p1")}, {b"a": alert("firing", "p2")}) == []


def test_an_alert_that_the_new_generation_does_not_know_was_withdrawn() -> None:
    (line,) = said({b"a": alert("firing")}, {})

    assert line.key == b"emp-1"
    assert line.value is not None
    assert json.loads(line.value) == json.loads(alert("resolved")) | {"reason": "withdrawn"}


def test_an_alert_that_stands_in_another_partition_now_was_not_withdrawn() -> None:
    assert list(changes({b"a": alert("firing")}, {}, {b"a": alert("firing")})) == []


def test_an_alert_that_is_kept_no_longer_was_not_withdrawn() -> None:
    assert said({b"a": alert("resolved")}, {}) == []
