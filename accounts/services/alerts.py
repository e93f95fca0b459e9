"""Mails about a person's own safety: sent to the address he logs in with, whatever his channels say."""

import datetime as dt
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.conf import settings

from accounts.models import Person
from kernel.api.addresses import visitor_address


def alert(person: Person, template: str, words: dict[str, Any], *, now: dt.datetime) -> None:
    """Sends `accounts/email/<template>`, with when and from where it happened."""
    request = context.request
    about = {
        "person": person,
        "now": now,
        "site": settings.SITE_ADDRESS,
        "address": visitor_address(request) if request else "",
        "browser": request.headers.get("User-Agent", "")[:200] if request else "",
        **words,
    }
    get_adapter(request).send_mail(f"accounts/email/{template}", person.email, about)
