"""Connections: added, looked after, closed. What a key may do is asked of the venue before anything else is."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.domain.notice_words import Fact
from accounts.limits import may
from accounts.models import Person
from accounts.models.workspace import Role
from accounts.notify import notify
from accounts.services.audit import record
from accounts.services.factors import live_venue_opens_at
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.credentials import CredentialKind
from exchanges.domain.policy import closed_by
from exchanges.domain.rights import KeyRights, RightsQuery, Withdrawal
from exchanges.domain.standing import Hindrance, Standing
from exchanges.domain.venues import IN_THE_SANDBOX
from exchanges.models import Account, Connection, Credential
from exchanges.notices import BLOCKED, CONNECTED, EXPIRED, REFUSED
from exchanges.vault import put_away, shred
from kernel.encryption.secret import Secret
from kernel.jobs.enqueue import enqueue
from kernel.live.news import publish
from kernel.tenancy.access import Access, Right
from kernel.tenancy.scope import current_workspace_id

Mode = Connection.Mode


class NotAllowed(Exception):
    """Why this connection may not be made here and now: a stable code, and words for the person."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def add_connection(
    *,
    access: Access,
    person: Person,
    facts: VenueFacts,
    mode: Connection.Mode,
    name: str,
    fields: Mapping[str, str],
    attested: bool,
    now: dt.datetime,
    egress: str | None = None,
) -> Connection:
    """A connection that is being checked. It can do nothing before the venue said what its key may do."""
    may_add(access=access, person=person, facts=facts, mode=mode, attested=attested, now=now)
    if set(fields) != {one.name for one in facts.credentials.fields}:
        raise ValueError("the fields are those of the venue's scheme")
    is_open = facts.credentials.kind is CredentialKind.NOTHING
    # Before the first log-in there is nobody to ask, and nobody needs to be told so.
    awaits_log_in = facts.credentials.needs_log_in
    with transaction.atomic():
        connection: Connection = Connection.objects.create(
            workspace_id=access.workspace_id,
            venue=facts.name,
            mode=mode,
            name=name,
            last_four=_last_four(facts, fields),
            login_name=_login_name(facts, fields),
            egress=egress,
            met=Connection.Met.TOKEN if awaits_log_in else Connection.Met.NONE,
            told_standing=Standing.EXPIRED if awaits_log_in else "",
            attested_at=now if attested else None,
            # Where nothing opens anything there is nothing to ask.
            checked_at=now if is_open else None,
            can_read=True if is_open else None,
            can_trade=True if is_open else None,
            withdrawal=Connection.Withdrawal.CANNOT if is_open else Connection.Withdrawal.NOT_KNOWN,
            added_by=person,
            added_at=now,
        )
        Account.objects.create(
            workspace_id=access.workspace_id, connection=connection, name=name, mode=mode, opened_at=now
        )
        if not is_open:
            put_away(connection, dict(fields), now=now)
        record(
            "connection.added",
            now=now,
            person_id=access.person_id,
            target=f"connection:{connection.pk}",
            facts={
                "venue": facts.name,
                "mode": mode,
                "name": name,
                "last_four": connection.last_four,
                "egress": egress,
            },
        )
        publish("connection", connection.pk)
        if not (is_open or awaits_log_in):
            ask_for_check(connection, now=now)
    return connection


def may_add(
    *, access: Access, person: Person, facts: VenueFacts, mode: Connection.Mode, attested: bool, now: dt.datetime
) -> None:
    """Raises NotAllowed where this person may not connect this venue here and now."""
    if mode is Mode.LIVE:
        if not access.may(Right.TRADE):
            raise NotAllowed("NO_RIGHT_TO_TRADE", "Your role here may not add a live venue. The owner can give it.")
        rule = closed_by(
            venue=facts.name,
            countries=facts.countries,
            mode=mode.value,
            home=person.country,
            is_self_hosted=settings.SELF_HOSTED,
        )
        if rule is not None:
            raise NotAllowed("VENUE_CLOSED_HERE", rule.reason)
        _wait_after_factor(person, now=now)
        if facts.rights is RightsQuery.NO_QUESTION and not attested:
            raise NotAllowed(
                "NOT_ATTESTED", f"{facts.title} cannot be asked whether the key moves money. Say that it does not."
            )
        allowance = may(access.workspace_id, "connections")
        if not allowance.is_allowed:
            raise NotAllowed("PLAN_LIMIT", allowance.reason)
    elif mode is Mode.SANDBOX and facts.name not in IN_THE_SANDBOX:
        raise NotAllowed("NOT_IN_THE_SANDBOX", f"The sandbox does not speak {facts.title}'s language.")
    elif mode is Mode.SANDBOX and not settings.SANDBOX_ADDRESS:
        raise NotAllowed("NO_SANDBOX", "This instance runs no sandbox yet. Take a paper account instead.")


def change_key(
    *,
    access: Access,
    person: Person,
    connection: Connection,
    fields: Mapping[str, str],
    now: dt.datetime,
    egress: str | None = None,
) -> None:
    """Other keys for the same account; the old ones are gone at once, and the new ones are checked anew."""
    if connection.is_live:
        _wait_after_factor(person, now=now)
    awaits_log_in = connection.facts.credentials.needs_log_in
    with transaction.atomic():
        if locked(connection.pk, None) is None:
            raise NotAllowed("CONNECTION_CLOSED", "This connection was closed meanwhile. Add a new one.")
        put_away(connection, dict(fields), now=now)
        connection.last_four = _last_four(connection.facts, fields)
        connection.login_name = _login_name(connection.facts, fields)
        connection.egress = egress
        connection.checked_at, connection.met_words, connection.token_ends_at = None, "", None
        connection.met = Connection.Met.TOKEN if awaits_log_in else Connection.Met.NONE
        connection.told_standing = Standing.EXPIRED if awaits_log_in else ""
        connection.save(
            update_fields=[
                "last_four",
                "login_name",
                "egress",
                "checked_at",
                "token_ends_at",
                "met",
                "met_words",
                "told_standing",
            ]
        )
        record(
            "connection.key_changed",
            now=now,
            person_id=access.person_id,
            target=f"connection:{connection.pk}",
            facts={"last_four": connection.last_four, "egress": egress},
        )
        publish("connection", connection.pk)
        if not awaits_log_in:
            ask_for_check(connection, now=now)


def close_connection(*, access: Access, connection: Connection, now: dt.datetime) -> bool:
    """It opens nothing any more and its keys are shredded; False when it was closed already."""
    with transaction.atomic():
        claimed = Connection.objects.filter(pk=connection.pk, closed_at=None).update(closed_at=now)
        if claimed != 1:
            return False
        shred(connection)
        record(
            "connection.closed",
            now=now,
            person_id=access.person_id,
            target=f"connection:{connection.pk}",
            facts={"venue": connection.venue, "name": connection.name},
        )
        publish("connection", connection.pk)
    return True


def ask_for_check(connection: Connection, *, now: dt.datetime) -> None:
    """Has a worker ask the venue. The nudge may be lost: the sweep finds what was never checked."""
    Connection.objects.filter(pk=connection.pk).update(asked_at=now)
    enqueue("exchanges.check_connection", connection.workspace_id, connection.pk)


def store_rights(connection_id: UUID, rights: KeyRights | None, *, version: int | None, now: dt.datetime) -> None:
    """What the venue said of the key. One that moves money away is refused, and nothing of it is kept."""
    with transaction.atomic():
        connection = locked(connection_id, version)
        if connection is None:
            return
        is_first = connection.checked_at is None
        connection.checked_at, connection.met, connection.met_words = now, Connection.Met.NONE, ""
        if rights is not None:
            connection.can_read, connection.can_trade = rights.can_read, rights.can_trade
            connection.withdrawal = Connection.Withdrawal(rights.withdrawal.value)
            connection.is_address_bound, connection.key_ends_at = rights.is_address_bound, rights.expires_at
        else:
            # It cannot be asked, and what it was asked instead it answered.
            connection.can_read = True
        if rights is not None and rights.withdrawal is Withdrawal.CAN:
            _refuse(connection, rights, now=now)
            return
        connection.told_standing = connection.standing(now=now)
        connection.save()
        if is_first:
            tell(CONNECTED.name, connection, now=now, rights=rights_in_words(connection))
            enqueue("exchanges.refresh_accounts", connection.workspace_id, connection.pk)
            enqueue("exchanges.look_for_old_catalogues")
        publish("connection", connection.pk)


def store_hindrance(
    connection_id: UUID, hindrance: Hindrance, words: str, *, version: int | None, now: dt.datetime
) -> None:
    """The check met this. People are told when it is theirs to mend, and once."""
    with transaction.atomic():
        connection = locked(connection_id, version)
        if connection is None:
            return
        connection.met, connection.met_words = Connection.Met(hindrance.value), words[:400]
        if hindrance is Hindrance.TOKEN and connection.token_ends_at is not None:
            # Whatever its own end was to be: it is over.
            connection.token_ends_at = min(connection.token_ends_at, now)
        standing = connection.standing(now=now)
        if connection.told_standing != standing:
            if hindrance is Hindrance.KEY:
                tell(BLOCKED.name, connection, now=now, reason=words)
            elif hindrance is Hindrance.TOKEN:
                tell(EXPIRED.name, connection, now=now)
        connection.told_standing = standing
        connection.save(update_fields=["met", "met_words", "token_ends_at", "told_standing"])
        publish("connection", connection.pk)


def rights_in_words(connection: Connection) -> str:
    """What the key may do, as a sentence."""
    said = [word for word, may_it in (("read", connection.can_read), ("trade", connection.can_trade)) if may_it]
    can = f"The key may {' and '.join(said)}." if said else "What the key may do is not known."
    match Withdrawal(connection.withdrawal):
        case Withdrawal.CANNOT:
            can += " It cannot move money away."
        case Withdrawal.NOT_KNOWN:
            can += f" {connection.facts.title} does not say whether it could move money away."
        case Withdrawal.CAN:
            can += " It could move money away."
    if connection.is_address_bound is False and connection.mode != Mode.SANDBOX:
        can += " It works from every address: bind it to this server's."
    return can


def _wait_after_factor(person: Person, *, now: dt.datetime) -> None:
    """Whoever took over a log-in by its factor finds no way to bring keys of his own for a day."""
    opens_at = live_venue_opens_at(person.pk)
    if opens_at is not None and opens_at > now:
        raise NotAllowed(
            "FACTOR_CHANGED",
            "Your second factor changed a short while ago. "
            f"Keys of a live venue can be added from {opens_at:%d %b %H:%M} UTC.",
        )


def _refuse(connection: Connection, rights: KeyRights, *, now: dt.datetime) -> None:
    words = ", ".join(rights.withdrawal_words)
    reason = (
        f"The key may move money away ({words}). Make one at {connection.facts.title} without these rights and add "
        "that. Nothing of this one was kept."
    )
    shred(connection)
    connection.met, connection.met_words = Connection.Met.REFUSED, reason[:400]
    connection.closed_at = now
    connection.save()
    record(
        "connection.refused",
        now=now,
        target=f"connection:{connection.pk}",
        facts={"venue": connection.venue, "rights": list(rights.withdrawal_words)},
    )
    tell(REFUSED.name, connection, now=now, reason=reason)
    publish("connection", connection.pk)


def tell(event: str, connection: Connection, *, now: dt.datetime, **facts: str) -> None:
    told: dict[str, Fact] = {"name": connection.name, "venue": connection.facts.title, **facts}
    slug = connection.workspace.slug
    notify(event, roles=(Role.OWNER, Role.TRADER), facts=told, path=f"/w/{slug}/connections/{connection.pk}/", now=now)


def locked(connection_id: UUID, version: int | None) -> Connection | None:
    """The open connection, held until the transaction ends; None when it was closed, or got another key, meanwhile."""
    if version is not None and not Credential.objects.filter(connection_id=connection_id, version=version).exists():
        return None
    found: Connection | None = (
        Connection.objects.select_for_update(of=("self",))
        .select_related("workspace")
        .filter(pk=connection_id, workspace_id=current_workspace_id(), closed_at=None)
        .first()
    )
    return found


def _login_name(facts: VenueFacts, fields: Mapping[str, str]) -> Secret | None:
    return Secret(fields[facts.credentials.login_field]) if facts.credentials.login_field else None


def _last_four(facts: VenueFacts, fields: Mapping[str, str]) -> str:
    """Of the first field that is no secret: enough to tell two keys apart."""
    named = next((one.name for one in facts.credentials.fields if not one.is_secret), None)
    value = fields.get(named, "") if named else ""
    return value[-4:] if len(value) >= 12 else ""
