"""The organisation: teams, leads and characters."""

from collections import Counter

import pytest

from streams.simulate.dice import Dice
from streams.simulate.people import hire
from streams.simulate.scale import Scale


def _hire(teams: int, employees: int) -> list[str]:
    return [one.team for one in hire(Scale(teams=teams, employees=employees), Dice(1)).people]


def test_forty_people_make_five_teams_of_four_roles() -> None:
    assert Counter((one.role, one.team) for one in hire(Scale(), Dice(1)).people) == {
        ("sales", "Sales North"): 11,
        ("sales", "Sales South"): 12,
        ("service", "Service"): 8,
        ("marketing", "Marketing"): 5,
        ("support", "Support"): 4,
    }


@pytest.mark.parametrize(("teams", "employees"), [(1, 1), (1, 9), (2, 3), (5, 5), (7, 40), (12, 1000)])
def test_every_team_has_somebody_and_nobody_is_left_over(teams: int, employees: int) -> None:
    names = _hire(teams, employees)
    assert len(names) == employees
    assert len(set(names)) == teams


def test_every_team_has_one_lead_who_manages_the_others() -> None:
    people = hire(Scale(), Dice(1)).people
    leads = {one.team: one.id for one in people if one.lead}
    assert len(leads) == 5
    assert all(one.manager_id == leads[one.team] for one in people if not one.lead)
    assert [one.manager_id for one in people if one.lead] == [None, *["emp-001"] * 4]


def test_a_role_that_nobody_has_is_filled_by_everybody() -> None:
    staff = hire(Scale(teams=1, employees=3), Dice(1))
    assert staff.of("marketing") == staff.people
    assert staff.of("sales") == staff.people


def test_among_the_sellers_are_a_star_a_bad_closer_and_a_neglectful_one() -> None:
    star, bad, neglectful = [one for one in hire(Scale(), Dice(1)).people if one.role == "sales" and not one.lead][:3]
    others = hire(Scale(), Dice(1)).people[4:]
    assert star.skill > max(one.skill for one in others)
    assert bad.skill < min(one.skill for one in others)
    assert neglectful.diligence < 0.1 < min(one.diligence for one in others)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"teams": 0}, "at least one team"),
        ({"teams": 5, "employees": 4}, "4 employees cannot fill 5 teams"),
        ({"customers": 0}, "at least one customer"),
        ({"events": 0}, "at least one event"),
        ({"end": Scale().start}, "The end must come after the start"),
        ({"start": Scale().start.replace(tzinfo=None)}, "need an offset"),
        ({"timezone": "Mars/Olympus"}, "'Mars/Olympus' is no time zone"),
        ({"timezone": "/etc/passwd"}, "is no time zone"),
        ({"timezone": ""}, "is no time zone"),
    ],
)
def test_a_scale_that_makes_no_sense_says_so(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Scale(**wrong)  # type: ignore[arg-type]
