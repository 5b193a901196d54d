"""Events as they might arrive, and lines that must be rejected."""

from collections import Counter
from itertools import islice, pairwise

import pytest

from streams.events import Event, Reason, Rejected, decode, encode
from streams.simulate import MALFORMATIONS, Scale, messy, simulate

LINES = [encode(event) for event in simulate(Scale(seed=1, employees=10, customers=50, events=4000))]


def test_without_any_mess_the_lines_are_the_lines() -> None:
    assert list(messy(LINES, 1)) == LINES


def test_the_mess_of_a_seed_is_the_same_and_of_another_seed_another() -> None:
    def mess(seed: int) -> list[bytes]:
        return list(messy(LINES, seed, duplicates=0.1, late=0.1, window=50, malformed=0.01))

    assert mess(1) == mess(1) != mess(2)


def test_duplicates_are_extra_copies() -> None:
    copies = Counter(messy(LINES, 1, duplicates=0.1))
    assert set(copies) == set(LINES)
    assert set(copies.values()) == {1, 2}
    assert copies.total() - len(LINES) == pytest.approx(400, abs=60)


def test_late_lines_come_after_all_others_and_none_is_lost() -> None:
    place = {line: index for index, line in enumerate(LINES)}
    order = [place[line] for line in messy(LINES, 1, late=0.1)]
    fall = next(index for index, (one, other) in enumerate(pairwise(order)) if other < one)
    assert sorted(order) == list(range(len(LINES)))
    assert order == sorted(order[: fall + 1]) + sorted(order[fall + 1 :])
    assert len(LINES) - fall == pytest.approx(400, abs=60)


def test_a_window_moves_lines_about_within_itself() -> None:
    place = {line: index for index, line in enumerate(LINES)}
    order = [place[line] for line in messy(LINES, 1, window=20)]
    assert sorted(order) == list(range(len(LINES))) != order
    assert all(original - index < 20 for index, original in enumerate(order))


def test_a_window_beyond_the_input_shuffles_it_all() -> None:
    order = [LINES.index(line) for line in islice(messy(LINES, 1, window=10_000), 100)]
    assert max(order) > 3000


def test_malformed_lines_come_in_between_every_kind_of_them() -> None:
    out = list(messy(LINES, 1, malformed=0.01))
    good = set(LINES)
    bad = [line for line in out if line not in good]
    assert [line for line in out if line in good] == LINES
    assert len(bad) == pytest.approx(40, abs=15)
    assert len(bad) > len(MALFORMATIONS)
    assert sum(len(line) > 50_000 for line in bad) == 2


@pytest.mark.parametrize("kind", MALFORMATIONS)
def test_every_kind_of_malformed_line_is_rejected_for_its_reason(kind: str) -> None:
    names = list(MALFORMATIONS)
    reason = MALFORMATIONS[kind].reason
    good = LINES[names.index(kind) * 100]
    bad = [line for line in messy([good] * 100, 1, malformed=0.5) if line != good]
    verdict = decode(bad[names.index(kind)])
    if reason is Reason.no_rate:
        # Only a policy can tell; to the decoder it is an event like any other.
        assert isinstance(verdict, Event)
    else:
        assert isinstance(verdict, Rejected)
        assert verdict.reason == reason
        assert verdict.detail


@pytest.mark.parametrize("wrong", [{"duplicates": 1.0}, {"late": -0.1}, {"malformed": float("nan")}, {"window": 0}])
def test_a_share_or_window_that_makes_no_sense_says_so(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        list(messy(LINES, 1, **wrong))  # type: ignore[arg-type]
