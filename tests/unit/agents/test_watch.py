"""When standing still is too much, and when it is not."""

import time

import pytest

from streams.agents import watch
from streams.agents.leave import Exit
from streams.agents.watch import Patience, Sight, Watch
from tests.unit.agents.fakes import Left


def sight(
    fetched: int | None = 5, applied: int = 4, written: int = 4, loaded: bool = True, behind: bool = True
) -> Sight:
    return Sight(fetched, applied, written, loaded, behind)


def test_work_without_progress_for_so_many_looks_is_too_much() -> None:
    patience = Patience(3)
    assert [patience.lost(sight()) for _ in range(4)] == [False, False, False, True]


@pytest.mark.parametrize(
    "progress",
    [sight(fetched=6), sight(applied=5), sight(written=5), sight(behind=False)],
    ids=["fetched", "applied", "written", "nothing left to do"],
)
def test_any_progress_starts_anew(progress: Sight) -> None:
    patience = Patience(3)
    for _ in range(3):
        assert not patience.lost(sight())
    assert not patience.lost(progress)
    assert not patience.lost(sight())


def test_with_nothing_to_do_patience_is_without_end() -> None:
    patience = Patience(2)
    assert not any(patience.lost(sight(behind=False)) for _ in range(100))


def test_loading_a_large_state_may_take_longer() -> None:
    patience = Patience(2)
    loading = sight(loaded=False)
    assert not any(patience.lost(loading) for _ in range(500))
    assert any(patience.lost(loading) for _ in range(200))


def test_a_loop_that_is_kept_busy_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.01)
    left: list[Left] = []

    def quit(code: Exit, why: str) -> None:
        left.append(Left(code, why))
        dog._over.set()

    dog = Watch(None, 0.05, quit)  # type: ignore[arg-type]
    monkeypatch.setattr(watch, "ANSWER_S", 2)
    dog._thread.start()
    dog._thread.join(10)
    assert [gone.code for gone in left] == [Exit.STALLED]


def test_a_loop_that_beats_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.01)
    monkeypatch.setattr(watch, "ANSWER_S", 2)
    left: list[Exit] = []
    dog = Watch(None, 0.05, lambda code, why: left.append(code))  # type: ignore[arg-type,return-value]
    dog._thread.start()
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        dog._beats += 1
        time.sleep(0.005)
    dog._over.set()
    dog._thread.join(10)
    assert left == []
