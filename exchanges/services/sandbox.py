"""Connections to the sandbox with an account made for them, so that nobody needs a key to begin."""

import datetime as dt

from django.conf import settings

from accounts.models import Person
from exchanges.adapters.sandbox import SandboxAway, make_account
from exchanges.domain.capabilities import VenueFacts
from exchanges.models import Connection
from exchanges.services.connections import NotAllowed, add_connection, may_add
from kernel.logs.setup import get_logger
from kernel.tenancy.access import Access

log = get_logger(__name__)

#: Open ones of a workspace; each is an account that the sandbox keeps.
_MOST = 20
Mode = Connection.Mode


def connect_sandbox(
    *, access: Access, person: Person, facts: VenueFacts, name: str, back_address: str, now: dt.datetime
) -> Connection:
    """Asks the sandbox for an account before anything is written; what it made and nobody connects costs nothing.

    `back_address`: where its log-in page sends browsers back to, where the venue has such a page.
    """
    may_add(access=access, person=person, facts=facts, mode=Mode.SANDBOX, attested=False, now=now)
    if Connection.objects.filter(mode=Mode.SANDBOX, closed_at=None).count() >= _MOST:
        raise NotAllowed("TOO_MANY", f"{_MOST} sandbox connections are open here. Close one first.")
    registered = {"redirect": back_address} if facts.credentials.needs_log_in else {}
    try:
        made = make_account(settings.SANDBOX_ADDRESS, venue=facts.name, name=name, words=registered)
        fields = {one.name: str(made[one.name]) for one in facts.credentials.fields if not one.is_optional}
    except (SandboxAway, KeyError) as error:
        log.warning("sandbox.made_no_account", venue=facts.name, error=str(error))
        raise NotAllowed(
            "SANDBOX_AWAY",
            "The sandbox does not answer, so no account was made. It runs beside this instance; try again.",
        ) from error
    return add_connection(
        access=access, person=person, facts=facts, mode=Mode.SANDBOX, name=name, fields=fields, attested=False, now=now
    )
