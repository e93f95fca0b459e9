"""The application as a server of its own sees it in these tests: the sockets, and one live kind."""

import os
from pathlib import Path

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
settings.TEMPLATES[0]["DIRS"].insert(0, Path(__file__).parent / "templates")
django.setup()

from accounts.models import Notification  # noqa: E402 - needs the app registry
from config.asgi import application  # noqa: E402 - needs the app registry
from kernel.live.registry import register_live  # noqa: E402 - needs the app registry

register_live("notice", lambda key: Notification.objects.filter(pk=key).first(), "_notice_row.html")

__all__ = ["application"]
