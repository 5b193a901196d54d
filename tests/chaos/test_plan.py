"""The plan of a nemesis: the same for a seed, everything in it, and the workers grow before they shrink."""

import pytest

from tests.chaos.plan import FEWER, HARM, MOST, Act, plan


def test_a_seed_has_one_plan_and_another_seed_another() -> None:
    assert plan(1, 12) == plan(1, 12) != plan(2, 12)


@pytest.mark.parametrize("seed", range(50))
def test_every_kind_of_harm_comes_in_the_order_of_the_log(seed: int) -> None:
    steps = plan(seed, 7)
    assert {step.act for step in steps} == {*HARM, Act.SCALE}
    assert [step.share for step in steps] == sorted(step.share for step in steps)
    assert all(0 < step.share < 1 and 0 <= step.which < 1 for step in steps)


@pytest.mark.parametrize("acts", [3, 4, 5, 16, 31])
def test_workers_are_added_early_and_removed_late(acts: int) -> None:
    for seed in range(50):
        steps = plan(seed, acts)
        scales = [number for number, step in enumerate(steps) if step.act is Act.SCALE]
        assert len(steps) == acts
        assert [steps[number].workers for number in scales] == [MOST, FEWER]
        assert scales[0] < 2 <= scales[1]


def test_a_plan_too_short_to_grow_and_shrink_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 3 acts, not 2"):
        plan(1, 2)
