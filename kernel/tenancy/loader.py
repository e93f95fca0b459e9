"""The one function that loads a tenant's object, for a page, an API call, a socket or a task."""

from typing import TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import models
from django.http import Http404

from kernel.tenancy.access import Access, Right
from kernel.tenancy.scope import ScopeConflict, current_workspace_id

Row = TypeVar("Row", bound=models.Model)


def load(access: Access, rows: models.QuerySet[Row], key: UUID | str, right: Right = Right.VIEW) -> Row:
    """The object with this key in the workspace of `access`.

    A stranger's or a guessed key is 404, as if it were not there; a member without the right gets 403.
    """
    if current_workspace_id() != access.workspace_id:
        raise ScopeConflict("the scope belongs to another workspace than the access")
    try:
        found = rows.get(pk=key)
    except (ObjectDoesNotExist, ValidationError, ValueError) as error:
        raise Http404("Nothing here by that name.") from error
    require(access, right)
    return found


def require(access: Access, right: Right) -> None:
    """Raises 403 in words when the member's role, or the token's scopes, do not hold the right."""
    if not access.may(right):
        raise PermissionDenied(f"Your role in this workspace does not include the right to {right.value}.")
