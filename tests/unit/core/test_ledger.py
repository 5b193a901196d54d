"""The ledger: sums by month and day that can be taken back, and days that go out of reach."""

from __future__ import annotations

from streams.core.ledger import DAYS, NOW, Ledger, Place
from streams.policy import Zone
from tests.unit.core.kit import us

UTC = Zone("UTC")
TODAY = UTC.day(us("31"))


def ledger() -> Ledger:
    return Ledger(UTC)


def test_what_is_posted_counts_in_its_month_and_on_its_day() -> None:
    sums = ledger()
    sums.post("ann", TODAY, "contacts", 2)
    sums.post("ann", TODAY, "contacts", 1)
    sums.post("ann", TODAY - 31, "contacts", 5)  # the last day of February
    assert sums.totals == {}
    changed, dropped = sums.settle(us("31"))
    assert sums.totals["ann"] == {
        "m24314": {"contacts": 3},
        f"d{TODAY}": {"contacts": 3},
        "m24313": {"contacts": 5},
        f"d{TODAY - 31}": {"contacts": 5},
    }
    assert changed == {Place("ann", name) for name in sums.totals["ann"]}
    assert dropped == set()
    assert sums.settle(us("31")) == (set(), set())


def test_nobody_and_nothing_leave_no_trace() -> None:
    sums = ledger()
    sums.post(None, TODAY, "contacts", 1)
    sums.post("ann", TODAY, "contacts", 0)
    assert sums.pending() == 0
    assert sums.settle(us("31")) == (set(), set())


def test_what_stands_now_is_in_no_month() -> None:
    sums = ledger()
    sums.post("ann", NOW, "open", 1)
    assert sums.settle(us("31"))[0] == {Place("ann", "now")}


def test_what_is_taken_back_leaves_an_empty_bucket_that_is_told() -> None:
    sums = ledger()
    sums.post("ann", TODAY, "won", 1)
    sums.settle(us("31"))
    sums.post("ann", TODAY, "won", -1)
    sums.post("ann", TODAY - 31, "won", 1)
    changed, _ = sums.settle(us("31"))
    assert sums.totals["ann"]["m24314"] == {}
    assert sums.totals["ann"]["m24313"] == {"won": 1}
    assert Place("ann", "m24314") in changed
    assert Place("ann", f"d{TODAY}") in changed


def test_what_is_taken_back_and_posted_again_is_no_change() -> None:
    sums = ledger()
    sums.post("ann", TODAY, "won", 1)
    sums.settle(us("31"))
    sums.post("ann", TODAY, "won", -1)
    sums.post("ann", TODAY, "won", 1)
    assert sums.settle(us("31")) == (set(), set())


def test_a_day_is_in_reach_for_ninety_five_days_and_its_month_for_good() -> None:
    sums = ledger()
    sums.post("ann", TODAY - DAYS, "contacts", 1)
    sums.post("ann", TODAY - DAYS + 1, "contacts", 1)
    sums.settle(us("31"))
    assert [name for name in sums.totals["ann"] if name[0] == "d"] == [f"d{TODAY - DAYS + 1}"]
    assert sum(bucket["contacts"] for name, bucket in sums.totals["ann"].items() if name[0] == "m") == 2


def test_days_drop_as_time_goes_on_and_are_told_once() -> None:
    sums = ledger()
    for day in (TODAY - DAYS + 1, TODAY):
        sums.post("ann", day, "contacts", 1)
    sums.settle(us("31"))
    # The day drops in the very settlement that would have changed it.
    sums.post("ann", TODAY - DAYS + 1, "contacts", 1)
    changed, dropped = sums.settle(us("31") + 24 * 3_600_000_000)
    assert dropped == {Place("ann", f"d{TODAY - DAYS + 1}")}
    assert not changed & dropped
    assert sums.settle(us("31") + 24 * 3_600_000_000) == (set(), set())
    assert f"d{TODAY}" in sums.totals["ann"]


def test_a_restored_ledger_goes_on_and_drops_what_went_out_of_reach_meanwhile() -> None:
    sums = ledger()
    sums.restore(Place("ann", "m24314"), {"contacts": 3})
    sums.restore(Place("ann", f"d{TODAY - DAYS}"), {"contacts": 1})
    sums.post("ann", TODAY, "contacts", 1)
    _, dropped = sums.settle(us("31"))
    assert sums.totals["ann"]["m24314"] == {"contacts": 4}
    assert dropped == {Place("ann", f"d{TODAY - DAYS}")}


def test_days_are_those_of_the_zone() -> None:
    berlin = Ledger(Zone("Europe/Berlin"))
    evening = us("30 22:30")  # half past midnight of the 31st there
    berlin.post("ann", Zone("Europe/Berlin").day(evening) - DAYS, "contacts", 1)
    berlin.settle(evening)
    assert [name[0] for name in berlin.totals["ann"]] == ["m"]
