"""The way in: crm.* is read, checked, packed into the inbox, and time is written after it."""

from streams.intake.limit import TooManyRefused
from streams.intake.offsets import Progress, committed, progress
from streams.intake.service import Intake

__all__ = ["Intake", "Progress", "TooManyRefused", "committed", "progress"]
