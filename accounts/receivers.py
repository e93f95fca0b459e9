"""Nudges live sockets to be checked at once when something took a right away. The checks come anyway, a bit later."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import ApiToken, Membership, Person
from kernel.live.news import recheck_sockets


@receiver(user_logged_out)
@receiver(post_save, sender=Membership)
@receiver(post_delete, sender=Membership)
@receiver(post_save, sender=ApiToken)
@receiver(post_delete, sender=ApiToken)
def right_may_have_ended(created: bool = False, **about: Any) -> None:
    if not created:
        recheck_sockets()


@receiver(post_save, sender=Person)
def person_changed(created: bool, update_fields: frozenset[str] | None, **about: Any) -> None:
    """A log-in only writes its time, which takes nothing away."""
    if not created and update_fields != frozenset({"last_login"}):
        recheck_sockets()
