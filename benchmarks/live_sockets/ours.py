"""Our side: the whole application under uvicorn, with one live kind read from PostgreSQL and drawn by a template."""

from pathlib import Path

import django
from django.conf import settings

settings.TEMPLATES[0]["DIRS"].insert(0, Path(__file__).parent / "templates")
django.setup()

from accounts.models import Notification  # noqa: E402 - needs the app registry
from config.asgi import application  # noqa: E402 - needs the app registry
from kernel.live.registry import register_live  # noqa: E402 - needs the app registry

register_live("tick", lambda key: Notification.objects.filter(pk=key).first(), "_tick_row.html")

__all__ = ["application"]
