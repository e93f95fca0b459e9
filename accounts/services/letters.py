"""Mails to an address rather than to a member: to who is invited, and to who is gone."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from accounts.domain.notice_words import one_line
from accounts.services.mail import post_mail
from kernel.logs.setup import get_logger

log = get_logger(__name__)

LONGEST = 500


def post_letter(template: str, *, to: str, subject: str, words: Mapping[str, Any], now: dt.datetime) -> None:
    """Puts `accounts/email/<template>.txt` on its way, in the transaction; a dead mail server only delays it."""
    post_mail(to=to, subject=subject, text=_text(template, words), now=now)


def send_letter(template: str, *, to: str, subject: str, words: Mapping[str, Any]) -> bool:
    """Sends `accounts/email/<template>.txt`; False when the mail server did not take it. Called after the commit."""
    try:
        send_mail(one_line(subject), _text(template, words), None, [to])
    except OSError as error:  # what smtplib raises is one too
        log.warning("letter.not_sent", template=template, error=type(error).__name__)
        return False
    return True


def _text(template: str, words: Mapping[str, Any]) -> str:
    # A name must not write further lines of the letter.
    plain = {name: one_line(value, LONGEST) if isinstance(value, str) else value for name, value in words.items()}
    return render_to_string(f"accounts/email/{template}.txt", {**plain, "site": settings.SITE_ADDRESS})
