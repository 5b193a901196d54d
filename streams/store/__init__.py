"""Where a partition's state lies on this machine. The truth is its state topic; what is here only saves reading it."""

from streams.store.kept import Identity, Mark, Store
from streams.store.memory import MemoryStore
from streams.store.rocks import RocksStore

__all__ = ["Identity", "Mark", "MemoryStore", "RocksStore", "Store"]
