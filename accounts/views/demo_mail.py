"""This machine's demo mailbox: mail that was kept as files, shown to who sits at the machine and nobody else."""

import datetime as dt
from dataclasses import dataclass
from email import message_from_bytes, policy
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel.api.addresses import visitor_address

FILES = "django.core.mail.backends.filebased.EmailBackend"
_AT_MOST = 50
#: A file holds what one connection sent, each mail closed by this line.
_END = b"\n" + b"-" * 79 + b"\n"
#: A proxy on this machine speaks from loopback for people who are elsewhere, and says so by one of these.
_FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")


@dataclass(frozen=True, slots=True)
class KeptMail:
    to: str
    subject: str
    text: str
    at: dt.datetime


@require_safe
@never_cache
def demo_mail(request: HttpRequest) -> HttpResponse:
    if not is_shown_to(request):
        raise Http404
    return render(request, "accounts/demo_mail.html", {"mails": kept_mails(Path(settings.EMAIL_FILE_PATH))})


def is_shown_to(request: HttpRequest) -> bool:
    """True when mail is kept as files and the visitor sits at this machine."""
    if settings.EMAIL_BACKEND != FILES or any(request.META.get(header) for header in _FORWARDED):
        return False
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    return ip_address(visitor_address(request)).is_loopback and _is_loopback_name(host)


def kept_mails(folder: Path) -> list[KeptMail]:
    """The newest mails, newest first."""
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.log"), key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)
    found: list[KeptMail] = []
    for file in files[:_AT_MOST]:
        at = dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)
        found += [_read(raw, at) for raw in reversed(file.read_bytes().split(_END)) if raw.strip()]
    return found[:_AT_MOST]


def _read(raw: bytes, at: dt.datetime) -> KeptMail:
    message = message_from_bytes(raw, policy=policy.default)
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return KeptMail(to=str(message["To"] or ""), subject=str(message["Subject"] or ""), text=text.strip(), at=at)


def _is_loopback_name(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
