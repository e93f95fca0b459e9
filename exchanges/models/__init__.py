"""A workspace's connections to venues, what they open, and what was last heard of it."""

from exchanges.models.account import Account, Opening, Snapshot
from exchanges.models.connection import Connection, Credential

__all__ = ["Account", "Connection", "Credential", "Opening", "Snapshot"]
