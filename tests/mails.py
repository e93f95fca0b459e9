"""The mails that a test's people would have got by now: sends what waits, as the worker would after the commit."""

from django.core import mail
from django.core.mail import EmailMessage

from accounts.models import Mail
from accounts.services.mail import send_mail
from kernel import clock


def sent_mails() -> list[EmailMessage]:
    for key in Mail.objects.filter(state=Mail.State.WAITING).order_by("created_at", "pk").values_list("pk", flat=True):
        send_mail(key, now=clock.now())
    return mail.outbox


def forget_mails() -> None:
    """As `mail.outbox.clear()`, for what waits too."""
    Mail.objects.all().delete()
    mail.outbox.clear()
