"""What another policy would change, and for whom, before it is switched on."""

from streams.comparison.differences import compare, in_words
from streams.comparison.telling import tell

__all__ = ["compare", "in_words", "tell"]
