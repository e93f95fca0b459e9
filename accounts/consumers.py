"""The door of a workspace's live socket: a session or a token, a membership, and whether all that still holds."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from uuid import UUID

import orjson
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.http import parse_cookie
from django.utils.crypto import constant_time_compare

from accounts.domain.networks import admits, bare_address
from accounts.doors import access_of
from accounts.models import Membership, Person, Workspace
from accounts.services.tokens import BadToken, check_token
from kernel import clock
from kernel.api.addresses import visitor_address
from kernel.live.consumer import LiveConsumer
from kernel.live.door import Entry, Handshake, Refused
from kernel.live.origins import is_own_origin
from kernel.tenancy.access import Right
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant


@dataclass(frozen=True, slots=True)
class SessionProof:
    """A session, and a mark of the password under which it began: changing it ends the socket."""

    session_key: str
    password_mark: str
    address: str


@dataclass(frozen=True, slots=True)
class TokenProof:
    token_id: UUID
    address: str


class WorkspaceDoor:
    """Lets members in, by session cookie or API token; a stranger and an unknown workspace are refused alike."""

    def admit(self, handshake: Handshake) -> Entry:
        kind, _, given = handshake.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return _admit_token(handshake, given.strip())
        return _admit_session(handshake)

    def still_open(self, entries: Sequence[Entry]) -> Collection[UUID]:
        # One JSON document: a thousand entries as arrays of values cost five times as much to hand over.
        asked = orjson.dumps([_facts(entry) for entry in entries]).decode()
        return {entry_id for (entry_id,) in locate("locate_live_entries", asked, clock.now())}


class WorkspaceLive(LiveConsumer):
    """/ws/w/<workspace>/live/"""

    door = WorkspaceDoor()


def _facts(entry: Entry) -> dict[str, object]:
    """What must still be true of an entry."""
    access, proof = entry.access, entry.proof
    facts: dict[str, object] = {
        "entry": entry.id,
        "workspace": access.workspace_id,
        "person": access.person_id,
        "role": access.role,
        "can_trade": access.can_trade,
        "address": getattr(proof, "address", None),
    }
    if isinstance(proof, SessionProof):
        return {**facts, "session": proof.session_key, "mark": proof.password_mark}
    return {**facts, "token": access.token_id}


def _admit_token(handshake: Handshake, given: str) -> Entry:
    # A program sends no Origin; a page of somebody else's would.
    if "origin" in handshake.headers and not is_own_origin(handshake.headers):
        raise Refused
    address = _address(handshake)
    try:
        _, access = check_token(given, address=address, now=clock.now())
    except BadToken as error:
        raise Refused from error
    with tenant(access.workspace_id):
        slug = Workspace.objects.values_list("slug", flat=True).get(pk=access.workspace_id)
    if slug != handshake.workspace or access.token_id is None or not access.may(Right.VIEW):
        raise Refused
    return Entry(access, slug, TokenProof(access.token_id, address))


def _admit_session(handshake: Handshake) -> Entry:
    if not is_own_origin(handshake.headers):
        raise Refused
    session_key = parse_cookie(handshake.headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
    person = _person_of_session(session_key) if session_key else None
    found = locate("locate_membership", person.pk, handshake.workspace) if person else []
    if person is None or not found:
        raise Refused
    workspace_id, membership_id = found[0]
    with tenant(workspace_id):
        membership = Membership.objects.select_related("workspace").get(pk=membership_id)
    access, address = access_of(membership), _address(handshake)
    if not access.may(Right.VIEW) or not admits(membership.workspace.allowed_networks, address):
        raise Refused
    return Entry(access, handshake.workspace, SessionProof(session_key, _mark(person), address))


def _person_of_session(session_key: str) -> Person | None:
    """Whose session this is. Unlike Django's own reading it changes nothing: a socket cannot answer with a cookie."""
    session: Mapping[str, str] = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    person_id = session.get(SESSION_KEY)
    person = Person.objects.filter(pk=person_id, is_active=True).first() if person_id else None
    if person is None:
        return None
    hashes = [person.get_session_auth_hash(), *person.get_session_auth_fallback_hash()]
    given = session.get(HASH_SESSION_KEY, "")
    return person if any(constant_time_compare(given, one) for one in hashes) else None


def _mark(person: Person) -> str:
    return hashlib.sha256(person.password.encode()).hexdigest()


def _address(handshake: Handshake) -> str:
    meta = {"REMOTE_ADDR": handshake.peer, "HTTP_X_FORWARDED_FOR": handshake.headers.get("x-forwarded-for", "")}
    # Every open socket's address is handed to PostgreSQL in one query: it must be one.
    return bare_address(visitor_address(SimpleNamespace(META=meta)))
