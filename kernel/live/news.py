"""Tells the sockets that a row changed. (The transport is being built beside this.)"""

from uuid import UUID


def publish(kind: str, key: UUID) -> None:
    """Publishes the news on commit."""
