"""The scales of the integers that measures are kept in."""

PROBABILITY_DIGITS = 12
"""Decimals kept of a probability."""

QUANTITY_DIGITS = 18
"""Decimals kept of a quantity."""

ATOM = 10**30
"""One unit of the reporting currency, in atoms."""

EXPECTED = ATOM * 10**PROBABILITY_DIGITS
"""One unit of the reporting currency, weighted by a probability."""

QUANTITY = 10**QUANTITY_DIGITS
"""One unit sold."""

SECOND = 1_000_000
"""Microseconds in a second."""

DAY = 86_400_000_000
"""Microseconds in 24 hours."""
