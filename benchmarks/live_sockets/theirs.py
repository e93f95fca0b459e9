"""The named alternative: daphne with channels_redis, a consumer that does nothing but pass a group's messages on.

It gets no authentication, no database and no rendering to do, a socket_timeout with which it lives, and room in the
layer for every message.
"""

import os
from typing import Any

import django
from django.conf import settings

LAYER = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": [{"address": os.environ["BENCHMARK_REDIS_URL"], "socket_timeout": None}],
            "capacity": 100_000,
            "expiry": 600,
        },
    }
}
settings.CHANNEL_LAYERS = LAYER
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402 - needs the settings
from channels.routing import ProtocolTypeRouter  # noqa: E402 - needs the settings

GROUP = "everybody"


class Pass(AsyncWebsocketConsumer):
    groups = [GROUP]

    async def tick(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


application = ProtocolTypeRouter({"websocket": Pass.as_asgi()})
