"""The tenant scope: which workspace's rows this piece of work may see.

`with tenant(workspace_id):` opens a transaction and tells PostgreSQL; the row policies do the rest. Outside it the
app role sees no tenant row, and the managers raise before they even ask.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

APP_ROLE = "plumbline_app"
OWNER_ROLE = "plumbline_owner"
OPERATOR_ROLE = "plumbline_operator"
LOCATOR_ROLE = "plumbline_locator"


class OutsideTenant(RuntimeError):
    """Tenant rows were asked for outside `with tenant(...)`. Enter the scope first."""


class ScopeConflict(RuntimeError):
    """A second workspace's scope was opened inside a first one. Finish one tenant before the next."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be seen: one workspace, or everything (operators and platform jobs)."""

    workspace_id: UUID | None

    @property
    def is_platform(self) -> bool:
        return self.workspace_id is None


_scope: ContextVar[Scope | None] = ContextVar("plumbline_scope", default=None)


def current_scope() -> Scope:
    scope = _scope.get()
    if scope is None:
        raise OutsideTenant("tenant rows are only visible inside `with tenant(workspace_id):`")
    return scope


def scope_or_none() -> Scope | None:
    return _scope.get()


def current_workspace_id() -> UUID:
    """The workspace of the scope we are in; raises outside one and in the platform's."""
    scope = current_scope()
    if scope.workspace_id is None:
        raise OutsideTenant("the platform scope belongs to no workspace")
    return scope.workspace_id


@contextmanager
def tenant(workspace_id: UUID) -> Iterator[None]:
    """A transaction that sees the rows of one workspace and no other."""
    if not isinstance(workspace_id, UUID):
        raise TypeError(f"a workspace's scope is entered by its id, got {type(workspace_id).__name__}")
    with _enter(Scope(workspace_id), setting="plumbline.workspace", value=str(workspace_id)):
        yield


@contextmanager
def operator() -> Iterator[None]:
    """A transaction in the operator's role, which sees every workspace: the admin and platform jobs only."""
    with _enter(Scope(None), setting="role", value=OPERATOR_ROLE):
        yield


@contextmanager
def _enter(wanted: Scope, *, setting: str, value: str) -> Iterator[None]:
    active = _scope.get()
    if active == wanted:
        with transaction.atomic():
            yield
        return
    if active is not None:
        raise ScopeConflict(f"already in the scope of {active}; {wanted} cannot be opened inside it")
    with transaction.atomic():
        is_nested = bool(connection.savepoint_ids)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting(%s, true)", [setting])
            before = (cursor.fetchone() or ("",))[0] or ("none" if setting == "role" else "")
            cursor.execute("SELECT set_config(%s, %s, true)", [setting, value])
        token = _scope.set(wanted)
        try:
            yield
        finally:
            _scope.reset(token)
        # A commit or roll-back forgets the setting by itself; inside a longer transaction we put it back.
        if is_nested and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config(%s, %s, true)", [setting, before])
