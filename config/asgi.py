"""ASGI: sockets in production, pages and sockets together in the embedded default."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

from django.core.asgi import get_asgi_application

django_pages = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402 - needs the app registry

from config.routing import sockets  # noqa: E402 - needs the app registry
from kernel.body_limit import AsgiBodyLimit  # noqa: E402 - needs the app registry

application = ProtocolTypeRouter({"http": AsgiBodyLimit(django_pages), "websocket": sockets})
