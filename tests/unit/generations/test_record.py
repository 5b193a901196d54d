import msgspec
import pytest

from streams.generations import Control, Generation, Next, Step, misfit, proposed
from streams.generations.record import CURRENT, NEXT, decode
from streams.policy import default_policy
from streams.settings import Settings

FIRST = Generation(1, "UTC", "USD", 8, "a" * 32, 1_000)
SECOND = Generation(2, "Asia/Shanghai", "CNY", 6, "b" * 32, 2_000)
BUILDING, SWITCHING = Next(SECOND, "p1", Step.BUILDING), Next(SECOND, "p1", Step.SWITCHING)


@pytest.mark.parametrize(
    ("control", "first", "second", "shadow"),
    [
        (Control(), False, False, False),
        (Control(FIRST), True, False, False),
        (Control(FIRST, BUILDING), True, False, True),
        (Control(FIRST, SWITCHING), False, False, False),
        (Control(SECOND), False, True, False),
        (Control(None, BUILDING), False, False, True),
    ],
    ids=["nothing", "one", "one while two is built", "nobody while two takes over", "two", "two is built on a wreck"],
)
def test_who_may_write_follows_from_the_record(control: Control, first: bool, second: bool, shadow: bool) -> None:
    assert control.serves(1, False) is first
    assert control.serves(2, False) is second
    assert control.serves(2, True) is shadow
    assert not control.serves(1, True)
    assert not control.serves(3, True)


def test_a_worker_that_has_to_leave_is_told_why() -> None:
    assert Control(FIRST, SWITCHING).over(FIRST, False) == "generation 2 takes over from generation 1"
    assert Control(SECOND).over(FIRST, False) == "generation 2 takes over from generation 1"
    assert Control().over(FIRST, False) == "there is no record of generation 1 any more"
    assert Control(SECOND).over(SECOND, True) == "generation 2 is not to be built any more"


def test_whoever_began_at_another_moment_stays_and_whoever_began_otherwise_leaves() -> None:
    assert Control(FIRST, BUILDING).over(msgspec.structs.replace(FIRST, since=999), False) is None
    assert Control(FIRST, BUILDING).over(SECOND, True) is None
    other = msgspec.structs.replace(FIRST, timezone="Asia/Tokyo")
    assert Control(FIRST).over(other, False) == "generation 1 was begun otherwise by another worker at the same time"


def test_the_generation_that_a_worker_begins_fits_that_worker() -> None:
    settings, policy = Settings.from_env({}), default_policy()
    begun = proposed(1, settings, policy, "a" * 32, 1_000)

    assert begun == FIRST
    assert misfit(begun, settings, policy, "a" * 32) is None


def test_a_broker_without_topic_ids_is_taken_at_its_word() -> None:
    settings, policy = Settings.from_env({}), default_policy()

    assert misfit(FIRST, settings, policy, "") is None
    assert misfit(msgspec.structs.replace(FIRST, inbox=""), settings, policy, "c" * 32) is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"partitions": 4}, "CRMPULSE_PARTITIONS is 8, but generation 1 has 4 partitions: set it back, or make a new"),
        ({"timezone": "Asia/Tokyo"}, "The policy's time zone is UTC, but generation 1 counts its days in Asia/Tokyo: "),
        ({"currency": "EUR"}, "The policy reports in USD, but generation 1 keeps its amounts in EUR: set it back, or "),
        ({"inbox": "b" * 32}, "The inbox of generation 1 was deleted and created again, so that no stored offset "),
    ],
)
def test_what_does_not_fit_is_one_sentence_that_says_what_differs_and_what_to_do(
    change: dict[str, object], says: str
) -> None:
    generation = msgspec.structs.replace(FIRST, **change)

    sentence = misfit(generation, Settings.from_env({}), default_policy(), "a" * 32)

    assert sentence is not None
    assert sentence.startswith(says)
    assert sentence.endswith("`crmpulse rebuild`.")


def test_records_come_back_as_they_were_written_whatever_a_later_release_adds() -> None:
    assert decode(CURRENT, msgspec.json.encode(FIRST)) == FIRST
    assert decode(NEXT, msgspec.json.encode(BUILDING)) == BUILDING
    more = msgspec.json.encode(msgspec.to_builtins(FIRST) | {"more": 1})
    assert decode(CURRENT, more) == FIRST
