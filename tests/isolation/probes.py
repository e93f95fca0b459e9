"""The probes: one route, one method, one visitor, one way to slip the victim's ids in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.test import Client

from kernel.tenancy.rows import tenant_column, tenant_models
from kernel.tenancy.scope import operator
from tests.isolation.routes import METHODS, PUBLIC_WORDS, Route
from tests.isolation.world import MARK, World

#: What the owner's own token gets where only a page will do counts as an answer, by its very code.
ANSWERED = 200
#: What a member does for himself alone, whatever his role: a viewer is not refused, and changes his own rows only.
OWN_ACTS = {
    "leave": "a member leaves when he wants to",
    "token-new": "a member makes tokens that hold no more than he does",
}
#: What others own is not there at all for a member without the right to manage, instead of being refused.
HIDDEN_FROM_MEMBERS = {"token-revoke", "api-token"}
SAFE = {"GET", "HEAD", "OPTIONS"}
#: Columns that may change by being asked: the throttle and the last use of a token.
MAY_CHANGE = {"accounts_apitoken": ("last_used_at", "last_used_from")}


@dataclass(frozen=True)
class Leak:
    """What a probe found that it should not have."""

    route: str
    method: str
    visitor: str
    way: str
    what: str


@dataclass(frozen=True)
class Probe:
    visitor: str
    way: str
    client: Client
    headers: dict[str, str]
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    expected: set[int]
    #: A stranger must not change the victim's rows; a member who may only look must not either.
    method: str


def probes_of(route: Route, world: World) -> Iterator[Probe]:
    """Every probe of a route. Expected statuses say what each visitor may learn: nothing."""
    victims = world.path_values()
    sent = world.sent_values()
    own = {**victims, "workspace": world.strangers.slug}
    has_ids = bool(set(route.parameters) - {"workspace"} - PUBLIC_WORDS)
    anonymous, stranger, viewer = Client(), _signed_in(world.charlie), _signed_in(world.bob)
    foreign_token = {"Authorization": f"Bearer {world.charlies_token.reveal()}"}
    viewers_token = {"Authorization": f"Bearer {world.bobs_token.reveal()}"}
    for method in METHODS:
        path = route.path(victims)
        body = {**sent, "bulk": [sent["job"]]}
        mine = {200, 201, 202, 204, 302, 303, 400, 405, 409, 415, 422}
        may_look = {200, 302, 403, 405} if method in SAFE else {403, 405}
        if route.name in OWN_ACTS:
            may_look = mine
        if route.name in HIDDEN_FROM_MEMBERS:
            may_look = {404, 405}
        if route.lets_viewers_act:
            # A row that is another member's is not there for him.
            may_look |= mine | {404}
        if route.is_api:
            yield Probe("anonymous", "path", anonymous, {}, path, {}, body, {401, 405}, method)
            yield Probe("session without token", "path", stranger, {}, path, {}, body, {401, 405}, method)
            # Without ids in its path an API route answers about the token's own workspace, whatever is sent.
            allowed = {404, 405} if has_ids else mine
            yield Probe("token of another tenant", "path", anonymous, foreign_token, path, {}, {}, allowed, method)
            yield Probe("token of another tenant", "query", anonymous, foreign_token, path, sent, {}, allowed, method)
            yield Probe("token of another tenant", "body", anonymous, foreign_token, path, {}, body, allowed, method)
            for ordering in ("workspace_id", "-title", "person__email"):
                query = {"ordering": ordering, "order": ordering, "cursor": "cD0x", "fields": "*"}
                yield Probe(
                    "token of another tenant", "ordering", anonymous, foreign_token, path, query, {}, allowed, method
                )
            yield Probe("read-only member's token", "path", anonymous, viewers_token, path, {}, body, may_look, method)
        else:
            yield Probe("anonymous", "path", anonymous, {}, path, {}, body, {302, 405}, method)
            yield Probe("stranger", "path", stranger, {}, path, {}, body, {404, 405}, method)
            yield Probe("token on a page", "path", anonymous, foreign_token, path, {}, body, {302, 405}, method)
            yield Probe("read-only member", "path", viewer, {}, path, {}, body, may_look, method)
            at_home = {404, 405} if has_ids else mine
            for way, query, sent_body in (("path", {}, {}), ("query", sent, {}), ("body", {}, body)):
                yield Probe("stranger at home", way, stranger, {}, route.path(own), query, sent_body, at_home, method)


def run(route: Route, probe: Probe, world: World) -> list[Leak]:
    """Sends one probe, then undoes whatever it did."""

    def leak(what: str) -> Leak:
        return Leak(route.name, probe.method, probe.visitor, probe.way, what)

    found: list[Leak] = []
    with undone():
        before = victims_rows(world)
        response = _send(route, probe)
        if response.status_code not in probe.expected and not asks_for_a_factor(response):
            found.append(leak(f"status {response.status_code}"))
        if response.status_code == 302 and "anonymous" in probe.visitor and "login" not in response["Location"]:
            found.append(leak(f"sent on to {response['Location']}"))
        if not probe.visitor.startswith("read-only"):
            text = str(response.headers) + response.getvalue().decode("utf-8", "replace")
            given = f"{probe.path} {probe.query} {probe.body}"
            found += [
                leak(f"answer holds {mark}")
                for mark in victims_marks(world)
                if mark in text and ((mark == MARK and "search" not in given) or (mark != MARK and mark not in given))
            ]
        changed = [table for table, rows in victims_rows(world).items() if rows != before[table]]
        if probe.visitor.startswith("read-only") and route.name in OWN_ACTS:
            changed = []
        found += [leak(f"changed {table}") for table in changed]
    return found


def asks_for_a_factor(response: Any) -> bool:
    """True for the refusal that every token gets where a second factor is asked for: it tells nobody anything."""
    is_problem = response.status_code == 403 and response["Content-Type"] == "application/problem+json"
    return is_problem and response.json()["code"] == "STEP_UP_REQUIRED"


def control(route: Route, method: str, world: World) -> int:
    """The positive control: what the owner, with the same ids, gets."""
    path = route.path(world.path_values())
    headers = {"Authorization": f"Bearer {world.alices_token.reveal()}"} if route.is_api else {}
    client = Client() if route.is_api else _signed_in(world.alice)
    with undone():
        body = {"kind": "accounts.check_audit"}
        probe = Probe("owner", "control", client, headers, path, {}, body, set(), method)
        response = _send(route, probe)
        return ANSWERED if asks_for_a_factor(response) else response.status_code


def victims_marks(world: World) -> set[str]:
    return {MARK, str(world.victims.pk), str(world.job.pk), str(world.alice.pk), world.alice.email}


def victims_rows(world: World) -> dict[str, str]:
    """A digest of the victim's rows in each tenant table."""
    digests = {}
    with operator(), connection.cursor() as cursor:
        for model in tenant_models():
            table = model._meta.db_table
            column = (
                model._meta.get_field(tenant_column(model).removesuffix("_id")).column
                if tenant_column(model) != "workspace_id"
                else "workspace_id"
            )
            left_out = MAY_CHANGE.get(table, ())
            row = f"to_jsonb(t) - ARRAY[{', '.join(repr(name) for name in left_out)}]::text[]"
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(({row})::text, '' ORDER BY t.id), '')) FROM {table} t "
                f"WHERE t.{column} = %s",
                [world.victims.pk],
            )
            digests[table] = cursor.fetchone()[0]
    return digests


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _send(route: Route, probe: Probe) -> Any:
    probe.client.raise_request_exception = False
    send = getattr(probe.client, probe.method.lower())
    if probe.method == "OPTIONS":
        return send(probe.path, headers=probe.headers)
    if probe.method in SAFE:
        return send(probe.path, probe.query, headers=probe.headers)
    # Pages take forms, the API takes JSON.
    kind = {} if route.is_page and probe.method == "POST" else {"content_type": "application/json"}
    return send(probe.path, probe.body, headers=probe.headers, query_params=probe.query, **kind)
