"""Makes the demo workspace and its log-in, a trader's, from DEMO_EMAIL and DEMO_PASSWORD. Safe to run again."""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.domain.documents import Moment, documents_due
from accounts.models import Person, Workspace
from accounts.models.workspace import Role
from accounts.selectors import workspaces_of
from accounts.services.consents import accept_documents
from accounts.services.workspaces import add_member, create_workspace
from kernel import clock
from kernel.jobs.services import start_job
from kernel.tenancy.scope import tenant

OWNER = "owner@demo.invalid"
LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_PASSWORD:
            raise CommandError("DEMO_PASSWORD is not set; `make run` makes one for this install.")
        strangers = [host for host in settings.ALLOWED_HOSTS if host not in LOOPBACK]
        if strangers:
            raise CommandError(
                f"The demo's log-in is for an instance that is reached on this machine alone; ALLOWED_HOSTS also "
                f"names {', '.join(strangers)}. Nothing was made."
            )
        now = clock.now()
        trader, _ = Person.objects.get_or_create(
            email=settings.DEMO_EMAIL, defaults={"name": "Demo Trader", "joined_at": now}
        )
        trader.set_password(settings.DEMO_PASSWORD)
        trader.save()
        EmailAddress.objects.get_or_create(
            user=trader, email=trader.email, defaults={"verified": True, "primary": True}
        )
        # A made-up person accepts made-up terms, so that the first page is not a question.
        accept_documents(
            person=trader,
            versions={one.name: one.current for one in documents_due(Moment.SIGN_UP)},
            address=None,
            now=now,
        )
        if workspaces_of(trader.pk):
            self.stdout.write("The demo workspace is there.")
            return
        # The owner cannot log in: the demo's only log-in is a trader's.
        owner, _ = Person.objects.get_or_create(email=OWNER, defaults={"name": "Demo Owner", "joined_at": now})
        owner.set_unusable_password()
        owner.save()
        workspace = create_workspace(owner=owner, name="Demo workspace", kind=Workspace.Kind.TEAM, now=now)
        with tenant(workspace.pk):
            add_member(workspace=workspace, person=trader, role=Role.TRADER, now=now, can_trade=True)
            start_job("accounts.check_audit", now=now, requested_by=trader.pk)
        self.stdout.write("The demo workspace is made.")
