"""What operators see of tenants: read-only, and never a secret."""

from accounts.admin import machine, messages, people, rooms

__all__ = ["machine", "messages", "people", "rooms"]
