"""Under which name the sums of an employee who was erased go on: one for all of a team, so that it names nobody.

What a team, or the company, comes to is the sum of what its people brought, so theirs must stay to the cent, and go on
to follow what happens to the customers that it came from. Nobody is shown what is kept under such a name.
"""

from __future__ import annotations

ERASED = "\x1c"
"""How such a name begins; what follows is the team, if there was one."""


def pseudonym_of(team: str | None) -> str:
    """The name for those of a team."""
    return ERASED + (team or "")


def team_of(pseudonym: str) -> str | None:
    """The team that a name was given for."""
    return pseudonym[len(ERASED) :] or None


def is_pseudonym(employee: str) -> bool:
    """Whether that is no person, but those of a team who were erased."""
    return employee.startswith(ERASED)
