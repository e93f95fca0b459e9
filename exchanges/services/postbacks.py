"""A venue's call about an order. It is a hint to ask, and proves nothing: none of its figures is read.

Whoever knows the address may call it, so a call is kept unread, few of them for each connection, and a worker that may
open the secret says whether it is the venue's.
"""

import datetime as dt
import hashlib
from uuid import UUID

from django.db import transaction

from exchanges.domain.kite_postback import Forged, hinted_order
from exchanges.models import Connection, Postback
from exchanges.vault import NoCredential, open_credential
from kernel.jobs.enqueue import enqueue
from kernel.logs.setup import get_logger
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant

log = get_logger(__name__)

LONGEST = 4096
#: More than a broker has to tell of one account in a minute; what is beyond is told by the socket, or found by asking.
MOST_A_MINUTE = 60
KEPT = dt.timedelta(days=1)
_AT_ONCE = 500
State = Postback.State


def receive_postback(connection_id: UUID, body: bytes, *, now: dt.datetime) -> bool:
    """Keeps the call for a worker; False when it is not kept: nobody's, one too many, or one that came before."""
    for workspace_id, _ in locate("locate_called_connection", connection_id):
        with tenant(workspace_id), transaction.atomic():
            latest = Postback.objects.filter(connection_id=connection_id, received_at__gt=now - dt.timedelta(minutes=1))
            if latest.count() >= MOST_A_MINUTE:
                log.warning("postback.too_many", connection=str(connection_id))
                return False
            postback, is_new = Postback.objects.get_or_create(
                workspace_id=workspace_id,
                connection_id=connection_id,
                digest=hashlib.sha256(body).hexdigest(),
                defaults={"body": body.decode(errors="replace").replace("\0", ""), "received_at": now},
            )
            if is_new:
                enqueue("exchanges.look_at_postback", workspace_id, postback.pk)
            return is_new
    return False


def look_at_postback(workspace_id: UUID, postback_id: UUID) -> None:
    """Has the account asked when the call is the venue's. Delivered twice, it is looked at once."""
    with tenant(workspace_id):
        postback: Postback | None = (
            Postback.objects.select_for_update(of=("self",))
            .filter(pk=postback_id, state=State.WAITING, connection__closed_at=None)
            .first()
        )
        if postback is None:
            return
        try:
            credentials, _ = open_credential(postback.connection_id)
            order = hinted_order(postback.body.encode(), api_secret=credentials.reveal("secret"))
        except (Forged, NoCredential) as error:
            log.warning("postback.forged", connection=str(postback.connection_id), error=type(error).__name__)
            postback.state = State.FORGED
        else:
            log.info("postback.taken", connection=str(postback.connection_id), order=order)
            postback.state = State.TAKEN
            enqueue("exchanges.refresh_accounts", workspace_id, postback.connection_id)
        postback.body = ""
        postback.save(update_fields=["state", "body"])


def sweep_postbacks(*, now: dt.datetime) -> int:
    """Forgets those of yesterday, workspace by workspace."""
    due = locate("locate_old_postbacks", now - KEPT, _AT_ONCE)
    for workspace_id, postback_id in due:
        with tenant(workspace_id):
            Postback.objects.filter(pk=postback_id).delete()
    return len(due)


def takes_postbacks(connection: Connection) -> bool:
    return connection.venue == "zerodha" and connection.closed_at is None
