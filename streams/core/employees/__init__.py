"""The second stage: every employee's figures and scorecard, from the facts of all customers."""

from streams.core.employees.stage import Employees

__all__ = ["Employees"]
