"""Why a figure is what it is: its formula, the events behind it, and what would move the score."""

from streams.explain.account import Account, Share, account
from streams.explain.asking import check_figures, check_kpi, check_period, check_person, check_subject
from streams.explain.explanation import behind, contributions, explanation, scorecard
from streams.explain.log import read
from streams.explain.moves import Move, moves
from streams.explain.reading import Mistyped, Reading, in_order
from streams.explain.telling import move_in_words, tell

__all__ = [
    "Account",
    "Mistyped",
    "Move",
    "Reading",
    "Share",
    "account",
    "behind",
    "check_figures",
    "check_kpi",
    "check_period",
    "check_person",
    "check_subject",
    "contributions",
    "explanation",
    "in_order",
    "move_in_words",
    "moves",
    "read",
    "scorecard",
    "tell",
]
