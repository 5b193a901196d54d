import pytest

from tests.bench.latency import Waiting, quantile


def waiting(**sent: list[float]) -> Waiting:
    made = Waiting()
    for subject, instants in sent.items():
        for at in instants:
            made.sent(subject, at)
    return made


def test_an_event_has_come_out_when_the_count_reaches_its_place() -> None:
    made = waiting(ann=[1.0, 2.0, 4.0])
    made.counted("ann", 1, 3.0)
    made.counted("ann", 3, 5.5)
    assert [latency.seconds for latency in made.found] == [2.0, 3.5, 1.5]
    assert len(made) == 0


def test_subjects_are_counted_apart() -> None:
    made = waiting(ann=[1.0], bob=[2.0])
    made.counted("bob", 1, 3.0)
    assert made.found == [(2.0, 1.0)]
    assert len(made) == 1


def test_the_same_count_again_or_an_older_one_says_nothing_new() -> None:
    made = waiting(ann=[1.0, 2.0, 3.0])
    for count in (2, 2, 1):
        made.counted("ann", count, 4.0)
    assert len(made.found) == 2
    made.counted("ann", 3, 9.0)
    assert made.found[-1] == (3.0, 6.0)


def test_more_than_was_sent_is_an_error() -> None:
    made = waiting(ann=[1.0])
    with pytest.raises(AssertionError, match="more than was sent"):
        made.counted("ann", 2, 3.0)


def test_what_was_sent_in_the_warm_up_is_left_out() -> None:
    made = waiting(ann=[9.0, 10.0, 19.0, 20.0])
    made.counted("ann", 4, 21.0)
    assert made.between(10.0, 20.0) == [2.0, 11.0]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.01, 1), (0.5, 50), (0.501, 51), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_a_quantile_is_the_value_that_so_large_a_share_does_not_exceed(share: float, expected: int) -> None:
    assert quantile([float(value) for value in range(1, 101)], share) == expected


def test_a_quantile_of_one_value_is_that_value() -> None:
    assert [quantile([7.0], share) for share in (0.0, 0.5, 1.0)] == [7.0, 7.0, 7.0]
