"""The naive recount: what a log of events amounts to, worked out from scratch in the plainest way.

It stands beside the engine and shares nothing with it, neither code nor ideas: it knows all events at once, sorts them
by time and reads the contract aloud. Slow is fine. Where both agree, either both are right or both misread the same
sentence. It knows nothing of erased or voided things, and where it tells of all that ever was, nothing of holds.
"""

from tests.oracle.kpis import Figure
from tests.oracle.recount import Recount, recount
from tests.oracle.standing import Alert

__all__ = ["Alert", "Figure", "Recount", "recount"]
