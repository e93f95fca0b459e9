"""The sockets' addresses."""

from channels.routing import URLRouter
from django.urls import re_path

from accounts.routing import routes as of_workspaces
from kernel.live.consumer import Nowhere

sockets = URLRouter([*of_workspaces, re_path(r"^", Nowhere.as_asgi())])
