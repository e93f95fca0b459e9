"""Withdraws a split or a dividend that was none: `manage.py withdraw_corporate_action ID --reason "…"`.

It stays kept with its reason, and nothing is reckoned with it any more; the right one may be added after that. Its id
is what add_corporate_action said, or stands on the operators' page.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from instruments.models import CorporateAction
from instruments.services.corporate_actions import withdraw_action
from kernel import clock


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", help="its id")
        parser.add_argument("--reason", required=True, help="why, in 300 signs at the most")

    def handle(self, *args: Any, **told: Any) -> None:
        reason = " ".join(told["reason"].split())
        if not 0 < len(reason) <= 300:
            raise CommandError("Say why it is withdrawn, in 1 to 300 signs.")
        try:
            row = CorporateAction.objects.select_related("instrument").get(pk=told["action"])
        except (CorporateAction.DoesNotExist, ValidationError, ValueError) as error:
            raise CommandError(f"There is no split or dividend of the id {told['action'][:40]!r}.") from error
        changed = withdraw_action(action=row, reason=reason, now=clock.now())
        self.stdout.write(f"The {row} of {row.instrument} {'is withdrawn' if changed else 'was withdrawn already'}.")
