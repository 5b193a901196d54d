"""`crmpulse rebuild`: another generation, made from crm.* while the one before serves, and then put in its place."""

from streams.rebuild.leftovers import delete_leftovers, leftovers
from streams.rebuild.run import RebuildError, run_rebuild

__all__ = ["RebuildError", "delete_leftovers", "leftovers", "run_rebuild"]
