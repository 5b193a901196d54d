"""What a pass over the log finds of the events that are to be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from streams.core.records import homes
from streams.core.retraction import Contract, Place, Retraction
from streams.events import EventVoided, subject_of
from streams.intake.lookup import MANY, Identity, Lookup
from tests.unit.core.kit import contact, customer, event, money, parsed, policy, us, void_of


def named(number: int, void: bytes) -> tuple[Identity, Place]:
    found = parsed(void)
    assert isinstance(found.data, EventVoided)
    identity = subject_of(found).id, found.data.source, found.data.event_id
    return identity, Place("crm.commands", 0, number, void)


def looked_up(voids: Sequence[bytes], log: Sequence[bytes], until: str | None = None) -> Lookup:
    lookup = Lookup([named(n, void) for n, void in enumerate(voids)], None if until is None else us(until))
    for line in [*log, *voids]:
        lookup.look(line, us("20"), policy())
    return lookup


def found(lookup: Lookup) -> list[Retraction]:
    return [retraction for _, retraction in lookup.found(4)]


def signed(when: str, **data: object) -> bytes:
    return event(when, "contract.signed", **{"customer_id": "c", "contract_id": "k", "employee_id": "ann",
                 "amount": money("5")} | data)  # fmt: skip


def test_an_event_goes_to_where_it_went_before_with_what_only_the_others_tell() -> None:
    wrong, first, other = signed("02", id="x"), customer("03"), signed("04", employee_id="bob", id="y")
    alien = customer("01", customer_id="d")
    void = void_of(wrong, "05")
    (partition, retraction), *more = looked_up([void], [alien, first, other, wrong]).found(4)
    assert not more
    assert partition == homes(parsed(wrong), 4).partition
    contract = Contract(us("04"), "/crm", "y", "bob")
    assert retraction == Retraction(wrong, Place("crm.commands", 0, 0, void), us("03"), contract)


def test_what_is_voided_itself_or_was_refused_tells_nothing() -> None:
    wrong, also = contact("02"), contact("03")
    refused = [signed("01", amount=money("5", "XXX")), customer("22"), b"{}"]
    voids = [void_of(wrong, "05"), void_of(also, "05")]
    both = found(looked_up(voids, [*refused, wrong, also, contact("04")]))
    assert [one.first for one in both] == [us("04"), us("04")]
    answered = event("01", "alert.acknowledged", subject="c", alert_id="a", by="ann")  # nobody was seen then
    (alone,) = found(looked_up(voids[:1], [*refused, answered, voids[1], wrong, also]))
    assert alone.first is None


def test_of_two_voids_of_an_event_the_first_answers_for_both_and_one_of_nothing_is_counted() -> None:
    wrong = contact("02")
    lookup = looked_up([void_of(wrong, "05"), void_of(wrong, "06"), void_of(contact("02"), "05")], [wrong, wrong])
    assert [one.void.offset for one in found(lookup)] == [0]
    assert lookup.missed() == 1


def test_all_that_came_under_one_id_are_told_as_only_who_counted_knows_which() -> None:
    wrong, other = contact("02", id="x"), contact("02", id="x", employee_id="bob")
    assert [one.raw for one in found(looked_up([void_of(wrong, "05")], [wrong, other]))] == [wrong, other]


def test_a_subject_is_known_however_it_is_written_and_however_many_are_looked_for() -> None:
    wrong = contact("02", customer_id="é", id="x")
    others = [void_of(contact("02", customer_id=f"c{n}"), "05") for n in range(MANY)]
    assert b"\\u00e9" in wrong
    for voids in ([], others):
        assert len(found(looked_up([void_of(wrong, "05"), *voids], [wrong]))) == 1


def test_what_happened_later_has_not_happened() -> None:
    wrong = contact("03")
    assert found(looked_up([void_of(wrong, "05")], [wrong], until="02")) == []
    assert looked_up([void_of(wrong, "05")], [wrong], until="02").missed() == 1
