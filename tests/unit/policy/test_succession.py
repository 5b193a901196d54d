"""Which policy may take the place of another on a running worker."""

from __future__ import annotations

import pytest

from streams.policy import load, unfit

STAGES = "pipeline: {stages: [{name: A}]}\n"
IN_FORCE = STAGES + "timezone: Europe/Berlin\ncurrency: {reporting: EUR, rates: {USD: 0.9}}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            STAGES + "timezone: Asia/Tokyo\ncurrency: {reporting: EUR}\n",
            "timezone is Asia/Tokyo, but all was counted in Europe/Berlin so far; `crmpulse rebuild` counts it anew.",
        ),
        (
            STAGES + "timezone: Europe/Berlin\ncurrency: {reporting: CNY}\n",
            "currency.reporting is CNY, but all was counted in EUR so far; `crmpulse rebuild` counts it anew.",
        ),
        (IN_FORCE + "max_future: 2d\ncontact: {grace: 3d}\n", None),
        (STAGES + "timezone: Europe/Berlin\ncurrency: {reporting: EUR, rates: {GBP: 1.2}}\n", None),
    ],
)
def test_what_days_and_amounts_are_counted_by_stays(text: str, why: str | None) -> None:
    assert unfit(load(text), load(IN_FORCE)) == why
