"""The second stage: every employee's figures and scorecard, from the facts of all customers."""

from streams.core.employees.goals import WATCHED as GOALS
from streams.core.employees.performing import WATCHED as PERFORMANCE
from streams.core.employees.stage import Employees

WATCHED = (*GOALS, *PERFORMANCE)
"""The kinds of alert rule that this stage judges."""

__all__ = ["WATCHED", "Employees"]
