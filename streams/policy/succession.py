"""Whether one policy may take the place of another while the stream runs."""

from __future__ import annotations

from streams.policy.model import Policy


def unfit(policy: Policy, in_force: Policy) -> str | None:
    """Why a policy cannot take the place of the one in force, as a sentence; None where it can.

    Days and amounts are counted as they come in, so what they are counted by stays for as long as the counts do.
    """
    for key, value, former in (
        ("timezone", policy.timezone, in_force.timezone),
        ("currency.reporting", policy.currency.reporting, in_force.currency.reporting),
    ):
        if value != former:
            return f"{key} is {value}, but all was counted in {former} so far; `crmpulse rebuild` counts it anew."
    return None
