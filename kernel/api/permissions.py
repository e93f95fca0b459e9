"""Who may call an API view: the right it names for the method, held by the token's person and in its scopes."""

from typing import Any, cast

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from kernel.tenancy.access import Access
from kernel.tenancy.loader import require


class HasRight(BasePermission):
    """A view that names no right for a method is refused to everybody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        access = cast(Access | None, request.auth)
        if access is None:
            return False
        if request.method not in view.rights:
            raise MethodNotAllowed(request.method or "")
        require(access, view.rights[request.method])
        return True
