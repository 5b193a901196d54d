"""The first stage: every customer's history, what it credits to whom, and the alerts that it gives rise to."""

from streams.core.customers.stage import Customers
from streams.core.customers.wording import WATCHED

__all__ = ["WATCHED", "Customers"]
