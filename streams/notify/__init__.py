"""`crmpulse notify`: tells Alertmanager, webhooks and people of alerts, each target at its own pace.

What a target was told of is remembered in Kafka alone: as what its consumer group committed, see `place`.
"""

from streams.notify.run import NotifyError, Wanted, run_notify
from streams.notify.selection import KEYS, selections
from streams.notify.targets import Kind, Target, TargetError, digested, distinct, read_target

__all__ = [
    "KEYS",
    "Kind",
    "NotifyError",
    "Target",
    "TargetError",
    "Wanted",
    "digested",
    "distinct",
    "read_target",
    "run_notify",
    "selections",
]
