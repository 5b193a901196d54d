"""The last stage: the company as a whole, in a single partition, as ranking needs all of it and it is small."""

from streams.core.company.stage import Company

__all__ = ["Company"]
