"""What operators see of the catalogue, of the kept bars and of how far they are to be trusted."""

from instruments.admin import catalogue, history, news, quality

__all__ = ["catalogue", "history", "news", "quality"]
