"""News from the kernel that accounts acts on."""

import datetime as dt
from typing import Any

from django.dispatch import receiver

from accounts.services import notices
from kernel.outgoing.events import delivery_accepted, delivery_failed
from kernel.outgoing.models import Delivery


@receiver(delivery_accepted)
def _arrived(*, delivery: Delivery, now: dt.datetime, **_: Any) -> None:
    notices.delivery_arrived(delivery, now=now)


@receiver(delivery_failed)
def _did_not_arrive(*, delivery: Delivery, now: dt.datetime, is_final: bool, **_: Any) -> None:
    notices.delivery_did_not_arrive(delivery, now=now, is_final=is_final)
