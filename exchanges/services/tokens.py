"""A token fetched for a connection, by one worker at a time. The venue is asked outside any transaction."""

import datetime as dt
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.services.audit import record
from exchanges.domain.failures import NotNow, TooMany, VenueFailure
from exchanges.domain.purposes import Purpose
from exchanges.lines import NoLine, open_line
from exchanges.models import Account, Connection, Credential, VenueLogin
from exchanges.services.connections import ask_for_check, locked
from exchanges.vault import open_credential, put_token
from exchanges.venue import BrowserLogin, Credentials, Login
from kernel.encryption.secret import Secret
from kernel.jobs.enqueue import enqueue
from kernel.live.news import publish
from kernel.tenancy.scope import tenant

State = VenueLogin.State
#: Longer than the venue may take to answer. Whoever is not done by then is believed dead.
LEASE = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Taken:
    """A log-in that this worker alone finishes, and with what."""

    login: VenueLogin
    connection: Connection
    credentials: Credentials
    version: int
    answer: Secret


def finish_login(workspace_id: UUID, login_id: UUID, *, now: dt.datetime) -> None:
    """Exchanges what came back for a token and stores it. Delivered twice, it is done once."""
    with tenant(workspace_id):
        taken = _take(login_id, now=now)
    if taken is None:
        return
    title = taken.connection.facts.title
    try:
        line = cast(BrowserLogin, open_line(taken.connection, taken.credentials, purpose=Purpose.READ))
        login = line.finish_login({"status": "success", "request_token": taken.answer.reveal()})
    except NoLine as error:
        words = f"It cannot be asked: {error}."
    except (NotNow, TooMany) as failure:
        words = f"{title} gave no token: {_said(failure)} Log in once more in a minute."
    except VenueFailure as failure:
        words = (
            f"{title} did not take the log-in: {_said(failure)} What it gives works once and for a few minutes: log in "
            "once more. If that fails too, compare the API key and the secret with those at the venue."
        )
    except Exception:
        # A defect of ours: whoever waits is told, nobody waits for the lease, and the trace goes where defects go.
        with tenant(workspace_id):
            _fail(taken, "The log-in could not be finished. The operator finds why in the log.", now=now)
        raise
    else:
        with tenant(workspace_id):
            _store(taken, login, now=now)
        return
    with tenant(workspace_id):
        _fail(taken, words.replace(taken.answer.reveal(), "…"), now=now)


def _said(failure: VenueFailure) -> str:
    return f"{str(failure).rstrip('.')}."


def _take(login_id: UUID, *, now: dt.datetime) -> Taken | None:
    login = VenueLogin.objects.select_related("connection").filter(pk=login_id, state=State.BACK).first()
    if login is None or login.connection.closed_at is not None:
        return None
    is_free = Q(refresh_until=None) | Q(refresh_until__lte=now)
    held = Credential.objects.filter(is_free, connection_id=login.connection_id)
    if held.update(refresher=login_id, refresh_until=now + LEASE) != 1:
        # Somebody else fetches a token for this connection; when he is done he has this one taken up.
        return None
    login = VenueLogin.objects.select_related("connection").filter(pk=login_id, state=State.BACK).first()
    if login is None:
        # It was finished between the look and the lease.
        Credential.objects.filter(refresher=login_id).update(refresher=None, refresh_until=None)
        return None
    credentials, version = open_credential(login.connection_id)
    return Taken(login, login.connection, credentials, version, login.sealed.open())


def _store(taken: Taken, login: Login, *, now: dt.datetime) -> None:
    with transaction.atomic():
        connection = locked(taken.connection.pk, None)
        if connection is None:
            return
        account: Account = Account.objects.select_for_update().get(connection=connection)
        if not _is_still_ours(taken):
            _end(taken, "Another log-in or another key came in between. Log in once more.", now=now)
            return
        if account.number and account.number != login.account:
            _end(
                taken,
                f"You logged in as {login.account}, and this connection is of {account.number}. Nothing was changed: "
                f"log in as {account.number}, or add a connection of its own.",
                now=now,
            )
            return
        put_token(connection, login.token, now=now)
        if not account.number:
            account.number = login.account
            account.save(update_fields=["number"])
        connection.token_ends_at, connection.met, connection.met_words = login.ends_at, Connection.Met.NONE, ""
        connection.told_standing = connection.standing(now=now)
        connection.save(update_fields=["token_ends_at", "met", "met_words", "told_standing"])
        _end(taken, "", now=now)
        record(
            "connection.logged_in",
            now=now,
            person_id=taken.login.begun_by_id,
            target=f"connection:{connection.pk}",
            facts={"venue": connection.venue},
            personal={"account": login.account},
        )
        ask_for_check(connection, now=now)
        if connection.checked_at is not None:
            # After the first check they are asked for anyway.
            enqueue("exchanges.refresh_accounts", connection.workspace_id, connection.pk)


def _fail(taken: Taken, words: str, *, now: dt.datetime) -> None:
    with transaction.atomic():
        if locked(taken.connection.pk, None) is not None:
            _end(taken, words, now=now)


def _is_still_ours(taken: Taken) -> bool:
    """Nobody took the lease after it ended, and no other key was written."""
    held = Credential.objects.select_for_update().filter(connection=taken.connection).first()
    return held is not None and (held.refresher, held.version) == (taken.login.pk, taken.version)


def _end(taken: Taken, words: str, *, now: dt.datetime) -> None:
    """With words it failed. The lease ends, and whoever came back meanwhile is taken up next."""
    Credential.objects.filter(connection=taken.connection, refresher=taken.login.pk).update(
        refresher=None, refresh_until=None
    )
    VenueLogin.objects.filter(pk=taken.login.pk).update(
        state=State.FAILED if words else State.DONE, words=words[:400], sealed=None, ended_at=now
    )
    if words:
        record(
            "connection.login_failed",
            now=now,
            person_id=taken.login.begun_by_id,
            target=f"connection:{taken.connection.pk}",
            facts={"venue": taken.connection.venue},
        )
    publish("connection", taken.connection.pk)
    waiting = VenueLogin.objects.filter(connection=taken.connection, state=State.BACK).order_by("back_at").first()
    if waiting is not None:
        enqueue("exchanges.finish_login", waiting.workspace_id, waiting.pk)
