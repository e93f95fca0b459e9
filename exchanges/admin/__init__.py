"""What operators see of connections: how they stand, and never what opens them."""

from exchanges.admin import connections

__all__ = ["connections"]
