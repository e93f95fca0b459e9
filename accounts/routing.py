"""The sockets under a workspace's address."""

from django.urls import path

from accounts.consumers import WorkspaceLive

routes = [path("ws/w/<slug:workspace>/live/", WorkspaceLive.as_asgi(), name="live")]
