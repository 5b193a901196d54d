import threading
from decimal import Decimal
from pathlib import Path

import pytest

from streams.demo.feed import organisation
from streams.demo.sample import AMOUNT, ANYBODY, command, sample, write
from streams.events import Event, OpportunityWon, Rejected, decode
from streams.events.instants import to_us
from streams.policy import default_policy
from streams.settings import Settings
from streams.simulate.hours import SECOND
from tests.unit.demo.records import STATUS, model, score


def decoded(raw: bytes) -> Event:
    event = decode(raw)
    assert not isinstance(event, Rejected)
    return event


@pytest.mark.parametrize(
    ("records", "owner"),
    [
        ([], ANYBODY),
        ([score("a", 90.0, won=5.0), score("b", 10.0, won=0.0), score("c", 1.0)], "b"),
    ],
    ids=["nobody yet", "the last one who sells"],
)
def test_the_event_is_a_deal_of_the_last_seller_just_now(records: list[tuple[str, bytes, bytes]], owner: str) -> None:
    event = decoded(sample(model(*records).board.rows(), STATUS.at + 123))

    assert isinstance(event.data, OpportunityWon)
    assert event.data.owner_id == owner
    assert event.data.amount is not None
    assert event.data.amount.amount == AMOUNT >= Decimal(50_000)
    assert to_us(event.time) == STATUS.at


def test_every_second_has_an_event_of_its_own() -> None:
    one, same, other = (decoded(sample([], STATUS.at + after)) for after in (0, 1, SECOND))

    assert (one.id, one.source) == (same.id, same.source)
    assert one.id != other.id


def test_its_amount_needs_no_rate() -> None:
    event = decoded(sample([], STATUS.at))

    assert isinstance(event.data, OpportunityWon)
    assert event.data.amount is not None
    assert default_policy().currency.atoms(event.data.amount.amount, event.data.amount.currency, 20_000)


def test_a_reader_finds_a_whole_event_at_any_moment(tmp_path: Path) -> None:
    path, over = tmp_path / "won.json", threading.Event()
    write(path, sample([], 0))

    def renew() -> None:
        at = 0
        while not over.is_set():
            at += SECOND
            write(path, sample([], at))

    renewing = threading.Thread(target=renew)
    renewing.start()
    try:
        for _ in range(300):
            decoded(path.read_bytes())
    finally:
        over.set()
        renewing.join()


def test_the_command_names_broker_topic_and_file() -> None:
    settings = Settings.from_env({"CRMPULSE_KAFKA": "127.0.0.1:9", "CRMPULSE_TOPIC_PREFIX": "x."})

    assert command(settings, Path("/tmp/won.json")) == "kcat -P -b 127.0.0.1:9 -t x.crm.opportunities /tmp/won.json"


def test_the_organisation_is_of_the_size_that_is_promised_and_begins_in_the_past() -> None:
    scale = organisation(3)

    assert (scale.seed, scale.teams, scale.employees) == (3, 5, 40)
    assert scale.customers >= 2_000
    assert scale.end is None
    assert scale.start.isoformat() == "2025-01-06T00:00:00+00:00"
