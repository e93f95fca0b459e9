"""Mails to an address rather than to a member: to who is invited, and to who is gone."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from accounts.domain.notice_words import one_line
from accounts.models import Mail
from accounts.services.mail import post_mail

LONGEST = 500


def post_letter(template: str, *, to: str, subject: str, words: Mapping[str, Any], now: dt.datetime) -> Mail:
    """Puts `accounts/email/<template>.txt` on its way, in the transaction; a dead mail server only delays it."""
    # A name must not write further lines of the letter.
    plain = {name: one_line(value, LONGEST) if isinstance(value, str) else value for name, value in words.items()}
    text = render_to_string(f"accounts/email/{template}.txt", {**plain, "site": settings.SITE_ADDRESS})
    return post_mail(to=to, subject=subject, text=text, now=now)
