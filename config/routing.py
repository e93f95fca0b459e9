"""The sockets' addresses."""

from channels.routing import URLRouter

sockets = URLRouter([])
