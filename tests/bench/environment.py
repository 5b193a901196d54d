"""How large a benchmark is to be: whole numbers in the environment."""

import os


def whole(name: str, default: int) -> int:
    """The number that a variable holds; the default where it is unset or empty."""
    return int(os.environ.get(name) or default)


def wholes(name: str, default: str) -> list[int]:
    """Several of them, separated by commas, from the smallest to the largest."""
    return sorted(int(text) for text in (os.environ.get(name) or default).split(","))
