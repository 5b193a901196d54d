"""Alerts of opportunities that move, and of closings that are put off. Stages A, B, C in March 2026."""

import pytest

from tests.unit.oracle.drawing import CREATED, LOST, again, closing, deal, ruled, to, told

Case = tuple[list[bytes], list[str]]

# It is told for a day.
MOVED: dict[str, Case] = {
    "not of its first stage": ([CREATED], []),
    "nor of that of one that was never created": ([to("02 00:00", "B", from_stage="A")], []),
    "for as long as it lasts": ([CREATED, to("02 00:00", "B")], ["02 00:00 - 03 00:00 expired"]),
    "an unknown stage is another": ([CREATED, to("02 00:00", "?")], ["02 00:00 - 03 00:00 expired"]),
    "the same stage is no move": ([CREATED, to("02 00:00", "A")], []),
    "nor does it end one": (
        [CREATED, to("02 00:00", "B"), to("02 06:00", "B")],
        ["02 00:00 - 03 00:00 expired"],
    ),
    "until the next": (
        [CREATED, to("02 00:00", "B"), to("02 06:00", "A")],
        ["02 00:00 - 02 06:00 stage_moved", "02 06:00 - 03 06:00 expired"],
    ),
    "at the bound the next comes too late": (
        [CREATED, to("02 00:00", "B"), deal("03 00:01", "lost")],
        ["02 00:00 - 03 00:00 expired"],
    ),
    "until the outcome": ([CREATED, to("04 12:00", "B"), LOST], ["04 12:00 - 05 00:00 closed"]),
    "not at the instant of the outcome": ([CREATED, to("05 00:00", "B"), LOST], []),
    "reopened where it was": (
        [CREATED, to("04 12:00", "B"), LOST, again("05 06:00", "B")],
        ["04 12:00 - 05 00:00 closed"],
    ),
    "also at once": ([CREATED, to("04 12:00", "B"), LOST, again("05 00:00", "B")], ["04 12:00 - 05 00:00 closed"]),
    "reopened elsewhere": ([CREATED, LOST, again("06 00:00", "B")], ["06 00:00 - 07 00:00 expired"]),
    "what comes after the outcome is no move": ([CREATED, LOST, to("06 00:00", "B"), again("07 00:00", "A")], []),
    "of two at one instant the last": (
        [CREATED, to("02 00:00", "B", id="a"), to("02 00:00", "C", id="b")],
        ["02 00:00 - 03 00:00 expired"],
    ),
}
REGRESSED: dict[str, Case] = {
    "back": ([CREATED, to("02 00:00", "C"), to("03 00:00", "B")], ["03 00:00 - 10 00:00 expired"]),
    "forward": ([CREATED, to("02 00:00", "C")], []),
    "until the next move, also forward": (
        [CREATED, to("02 00:00", "C"), to("03 00:00", "B"), to("04 00:00", "C")],
        ["03 00:00 - 04 00:00 stage_moved"],
    ),
    "until the outcome": ([CREATED, to("02 00:00", "C"), to("03 00:00", "B"), LOST], ["03 00:00 - 05 00:00 closed"]),
    "out of an unknown stage": ([CREATED, to("02 00:00", "?"), to("03 00:00", "A")], []),
    "reopened further back": (
        [CREATED, to("02 00:00", "C"), LOST, again("06 00:00", "A")],
        ["06 00:00 - 13 00:00 expired"],
    ),
}
BACK_TWICE = [CREATED, to("02 00:00", "C"), to("03 00:00", "B"), to("04 00:00", "A")]
PING_PONG: dict[str, Case] = {
    "back once": (BACK_TWICE[:3], []),
    "back twice": (BACK_TWICE, ["04 00:00"]),
    "from then on": ([*BACK_TWICE, to("04 12:00", "C"), to("04 18:00", "A")], ["04 00:00"]),
    "until the outcome": ([*BACK_TWICE, LOST], ["04 00:00 - 05 00:00 closed"]),
    "and from the reopening on": (
        [*BACK_TWICE, LOST, again("06 00:00", "A"), deal("07 00:00", "won")],
        ["04 00:00 - 05 00:00 closed", "06 00:00 - 07 00:00 closed"],
    ),
    "which may follow at once": (
        [*BACK_TWICE, LOST, again("05 00:00", "A")],
        ["04 00:00 - 05 00:00 closed", "05 00:00"],
    ),
    "which may be the second time": ([*BACK_TWICE[:3], LOST, again("06 00:00", "A")], ["06 00:00"]),
    "a reopening of what is open is a move like others": ([*BACK_TWICE, again("06 00:00", "A")], ["04 00:00"]),
}
APRIL, MAY = closing("02 00:00", "2026-04-30"), closing("03 00:00", "2026-05-01T00:00:00Z")
PUSHED: dict[str, Case] = {
    "once": ([CREATED, APRIL, MAY], []),
    "twice": ([CREATED, APRIL, MAY, closing("04 00:00", "2026-06-01")], ["04 00:00"]),
    "since it was created": (
        [deal("01 00:00", "created", owner_id="ann", stage="A", expected_close_at="2026-03-31"), APRIL, MAY],
        ["03 00:00"],
    ),
    "within the month is nothing": ([CREATED, APRIL, MAY, closing("04 00:00", "2026-05-31")], []),
    "earlier is nothing, and what is later than that is": (
        [
            CREATED,
            MAY,
            closing("04 00:00", "2026-04-30"),
            closing("05 00:00", "2026-05-31"),
            closing("06 00:00", "2027-01-01"),
        ],
        ["06 00:00"],
    ),
    "to have none in between is nothing": (
        [CREATED, APRIL, MAY, closing("04 00:00", None), closing("05 00:00", "2026-06-01")],
        ["05 00:00"],
    ),
    "of two at one instant the last alone has held": (
        [CREATED, APRIL, MAY, closing("03 00:00", "2026-06-01", id="z")],
        [],
    ),
    "until the outcome, and after it is taken back": (
        [CREATED, APRIL, MAY, closing("04 00:00", "2026-06-01"), LOST, again("07 00:00", "A")],
        ["04 00:00 - 05 00:00 closed", "07 00:00"],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), MOVED.values(), ids=MOVED.keys())
def test_moves(lines: list[bytes], expected: list[str]) -> None:
    assert told("opp.stage_changed", *reversed(lines)) == expected


@pytest.mark.parametrize(("lines", "expected"), REGRESSED.values(), ids=REGRESSED.keys())
def test_moves_back(lines: list[bytes], expected: list[str]) -> None:
    assert told("opp.regressed", *reversed(lines)) == expected


@pytest.mark.parametrize(("lines", "expected"), PING_PONG.values(), ids=PING_PONG.keys())
def test_moves_back_again(lines: list[bytes], expected: list[str]) -> None:
    assert told("opp.ping_pong", *reversed(lines)) == expected


@pytest.mark.parametrize(("lines", "expected"), PUSHED.values(), ids=PUSHED.keys())
def test_closings_put_off(lines: list[bytes], expected: list[str]) -> None:
    assert told("opp.close_date_pushed", *reversed(lines)) == expected


def test_a_month_is_that_of_the_zone() -> None:
    # In Shanghai it is April already.
    lines = [CREATED, closing("02 00:00", "2026-03-31"), closing("03 00:00", "2026-03-31T16:00:00Z")]
    keys = ruled(opp_close_date_pushed={"count": 1})
    assert told("opp.close_date_pushed", *lines, policy=keys) == []
    assert told("opp.close_date_pushed", *lines, policy=keys | {"timezone": "Asia/Shanghai"}) == ["03 00:00"]
