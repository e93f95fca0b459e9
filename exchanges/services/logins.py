"""Log-ins at a venue's own page: begun, brought back, and swept. The token itself is fetched by a worker."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Person
from accounts.services.audit import record
from exchanges.domain.kite_login import login_address as kite_login_address
from exchanges.domain.policy import closed_by
from exchanges.lines import address_of
from exchanges.models import Connection, VenueLogin
from exchanges.services.connections import NotAllowed
from kernel.encryption.secret import Secret
from kernel.jobs.enqueue import enqueue
from kernel.live.news import publish
from kernel.tenancy.access import Access, Right
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant

State = VenueLogin.State
#: How long somebody may be at the venue's page, and how long what he brings from there is worth a try.
WITHIN = dt.timedelta(minutes=10)
#: A nudge that was lost is given again after this, and a log-in is forgotten after that.
NUDGED_AGAIN, KEPT = dt.timedelta(minutes=1), dt.timedelta(days=1)
_AT_ONCE = 500
_SALT = "exchanges.login"

#: Of each venue with such a page, how its address is made. No SDK: a page asks for it.
_PAGES: dict[str, Callable[..., str]] = {"zerodha": kite_login_address}


class NotTaken(Exception):
    """Why what came back is not taken, in words, and the connection it was for, where that may be told."""

    def __init__(self, words: str, *, connection_id: UUID | None = None) -> None:
        super().__init__(words)
        self.connection_id = connection_id


@dataclass(frozen=True, slots=True)
class Ticket:
    """Which log-in comes back, as the state says that we signed."""

    workspace_id: UUID
    login_id: UUID


def begin_login(
    *, access: Access, person: Person, connection: Connection, session_key: str, now: dt.datetime
) -> tuple[VenueLogin, str]:
    """A log-in that is under way, and the address of the venue's page."""
    _may_begin(access, person, connection)
    with transaction.atomic():
        login: VenueLogin = VenueLogin.objects.create(
            workspace_id=access.workspace_id,
            connection=connection,
            begun_by=person,
            session_digest=_digest(session_key),
            began_at=now,
        )
        record(
            "connection.login_begun",
            now=now,
            person_id=access.person_id,
            target=f"connection:{connection.pk}",
            facts={"venue": connection.venue},
        )
    state = signing.dumps([access.workspace_id.hex, login.pk.hex], salt=_SALT)
    elsewhere = address_of(connection.venue, connection.mode)
    app = connection.login_name.open().reveal()
    return login, _PAGES[connection.venue](app=app, state=state, elsewhere=elsewhere)


def read_state(state: str) -> Ticket:
    """What we signed when somebody set out, at most ten minutes ago; else NotTaken."""
    try:
        workspace_id, login_id = signing.loads(state, salt=_SALT, max_age=WITHIN)
        return Ticket(UUID(workspace_id), UUID(login_id))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotTaken(STALE) from error


def bring_back(
    ticket: Ticket, *, access: Access, person: Person, session_key: str, answer: Secret | None, now: dt.datetime
) -> Connection:
    """Seals what the venue gave the browser, and has a worker exchange it; None: the person broke off there.

    In the scope of the ticket's workspace. It works once, for who set out, in the session he set out from.
    """
    login: VenueLogin | None = (
        VenueLogin.objects.select_for_update(of=("self",))
        .select_related("connection")
        .filter(pk=ticket.login_id)
        .first()
    )
    if login is None or login.begun_by_id != person.pk or not _is_of(login, session_key):
        raise NotTaken(STALE)
    connection: Connection = login.connection
    title = connection.facts.title
    if connection.closed_at is not None:
        raise NotTaken("This connection was closed meanwhile. Nothing was kept of the log-in.")
    if not access.may(Right.TRADE if connection.is_live else Right.EDIT):
        raise NotTaken("Your role here may not log in for this connection any more.", connection_id=connection.pk)
    if login.state != State.AWAY:
        raise NotTaken(
            f"This way back from {title} was used already, and works once. See below what became of it.",
            connection_id=connection.pk,
        )
    if login.began_at + WITHIN <= now:
        raise NotTaken(STALE, connection_id=connection.pk)
    if answer is None:
        _end(login, State.FAILED, f"You broke off at {title}, or it sent no answer. Nothing was changed.", now=now)
        publish("connection", connection.pk)
        return connection
    login.state, login.sealed, login.back_at = State.BACK, answer, now
    login.save(update_fields=["state", "sealed", "back_at"])
    publish("connection", connection.pk)
    enqueue("exchanges.finish_login", login.workspace_id, login.pk)
    return connection


def sweep_logins(*, now: dt.datetime) -> int:
    """Nudges again what came back and nobody took up, ends what is too old for it, forgets what ended."""
    due = locate("locate_due_logins", now, _AT_ONCE)
    for workspace_id, login_id in due:
        with tenant(workspace_id):
            _sweep_one(login_id, now=now)
    return len(due)


def _sweep_one(login_id: UUID, *, now: dt.datetime) -> None:
    login: VenueLogin | None = (
        VenueLogin.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("connection")
        .filter(pk=login_id)
        .first()
    )
    if login is None:
        return
    if login.began_at + KEPT <= now:
        login.delete()
    elif login.state == State.BACK and login.back_at is not None:
        if login.back_at + WITHIN <= now:
            _end(login, State.FAILED, "Nobody took up the log-in in time. Log in once more.", now=now)
            publish("connection", login.connection_id)
        elif login.back_at + NUDGED_AGAIN <= now:
            enqueue("exchanges.finish_login", login.workspace_id, login.pk)


def _end(login: VenueLogin, state: VenueLogin.State, words: str, *, now: dt.datetime) -> None:
    login.state, login.words, login.sealed, login.ended_at = state, words[:400], None, now
    login.back_at = login.back_at or now
    login.save(update_fields=["state", "words", "sealed", "back_at", "ended_at"])


def _may_begin(access: Access, person: Person, connection: Connection) -> None:
    if not connection.facts.credentials.needs_log_in:
        raise NotAllowed("NO_LOG_IN", f"{connection.facts.title} has no log-in: its key is all it needs.")
    if connection.closed_at is not None:
        raise NotAllowed("CONNECTION_CLOSED", "This connection is closed. Add a new one.")
    rule = closed_by(
        venue=connection.venue,
        countries=connection.facts.countries,
        mode=connection.mode,
        home=person.country,
        is_self_hosted=settings.SELF_HOSTED,
    )
    if rule is not None:
        raise NotAllowed("VENUE_CLOSED_HERE", rule.reason)


def _digest(session_key: str) -> str:
    return salted_hmac(_SALT, session_key, algorithm="sha256").hexdigest()


def _is_of(login: VenueLogin, session_key: str) -> bool:
    return constant_time_compare(login.session_digest, _digest(session_key))


STALE = (
    "This way back is not one that was begun in this browser in the last ten minutes. Nothing was changed: "
    "begin the log-in once more from the connection's page."
)
