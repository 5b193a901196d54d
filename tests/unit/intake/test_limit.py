"""A topic's limit, drawn as what is read: `x` is refused, `.` is taken."""

import pytest

from streams.events import Reason, Rejected
from streams.intake.limit import LEAST, WINDOW, Limit, Refusals, TooManyRefused

ANY_RUN = 10**9
BROKEN = Rejected(Reason.malformed, "the record is not JSON")


def read(refusals: Refusals, drawing: str, batch: int = 7, why: Rejected = BROKEN) -> int | None:
    """Reads in batches; the number of records up to the one that was too many, None when none was."""
    for start in range(0, len(drawing), batch):
        records = drawing[start : start + batch]
        for place, record in enumerate(records):
            if record == "x":
                try:
                    refusals.refuse(place, why)
                except TooManyRefused:
                    return start + place + 1
        refusals.through(len(records))
    return None


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("drawing", "too_many"),
    [
        ("xxx", None),
        ("xxxx", 4),
        ("xxx.xxx.xxx", None),
        ("...xxxx", 7),
        ("x.x.x.x.x.x.", None),
        (".xxx.xx.xxxxx", 12),
    ],
)
def test_so_many_one_after_another_are_too_many_however_they_are_read(
    drawing: str, too_many: int | None, batch: int
) -> None:
    assert read(Refusals("crm.contacts", Limit(1, 4)), drawing, batch) == too_many


@pytest.mark.parametrize("batch", [1, 999, 1000, 4000])
@pytest.mark.parametrize(
    ("drawing", "too_many"),
    [
        ("x" * (LEAST - 1), None),
        ("x" * LEAST, LEAST),
        ("x" * 500 + "." * 20_000, None),
        (".x" * 20_000, None),
        ("." * 500 + "x" * 501, 1001),
        ("." * WINDOW * 3 + "x" * 5_001, WINDOW * 3 + 5_001),
        ("." * WINDOW + "x" * 5_000 + "." * 5_000 + "x" * 5_000 + "." * 5_000, None),
        ("x" * 900 + "." * 900 + "x" * 2, 1_801),
    ],
)
def test_a_share_is_that_of_the_last_ten_thousand_and_not_judged_before_a_thousand(
    drawing: str, too_many: int | None, batch: int
) -> None:
    assert read(Refusals("crm.contacts", Limit(0.5, ANY_RUN)), drawing, batch) == too_many


def test_a_share_of_one_lets_everything_pass_and_a_share_of_nothing_nothing() -> None:
    assert read(Refusals("crm.contacts", Limit(1, ANY_RUN)), "x" * 30_000) is None
    assert read(Refusals("crm.contacts", Limit(0, ANY_RUN)), "." * 2_000 + "x") == 2_001


def test_the_sentence_names_the_topic_the_count_the_commonest_reason_its_last_detail_and_what_to_do() -> None:
    refusals = Refusals("crm.tasks", Limit(0.5, 10))
    assert read(refusals, "x", why=Rejected(Reason.malformed, "the first one")) is None
    assert read(refusals, "xxxxx", why=Rejected(Reason.malformed, "the record is not JSON\x1b[2J")) is None
    assert read(refusals, "xxx", why=Rejected(Reason.future, "time: far ahead")) is None
    with pytest.raises(TooManyRefused) as error:
        refusals.refuse(0, Rejected(Reason.future, "time: far ahead"))

    assert str(error.value) == (
        "crm.tasks: 10 records one after another were refused, mostly as malformed (the last of these: the record is"
        " not JSON [2J); mend what is sent there, or set CRMPULSE_DEAD_LETTER_RUN higher to have it all in the dead"
        " letters."
    )


def test_a_share_that_was_passed_is_told_with_its_window() -> None:
    refusals = Refusals("crm.tasks", Limit(0.25, ANY_RUN))
    assert read(refusals, "." * 750 + "x" * 250) is None
    with pytest.raises(TooManyRefused, match=r"^crm\.tasks: 251 of the last 1,001 records were .*_SHARE higher"):
        refusals.refuse(0, BROKEN)
