"""What operators see of the catalogue: read-only."""

from instruments.admin import catalogue

__all__ = ["catalogue"]
