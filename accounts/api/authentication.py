"""The token's seat: `Authorization: Bearer pl_<prefix>_<secret>` becomes an Access to one workspace."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Person
from accounts.services.tokens import BadToken, TokenAddressNotAllowed, check_token
from kernel import clock
from kernel.api.addresses import visitor_address
from kernel.api.problems import Problem
from kernel.logs.context import bind_ids
from kernel.tenancy.access import Access


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Person, Access] | None:
        kind, _, given = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        try:
            person, access = check_token(given.strip(), address=visitor_address(request), now=clock.now())
        except TokenAddressNotAllowed as error:
            raise Problem(403, "ADDRESS_NOT_ALLOWED", str(error)) from error
        except BadToken as error:
            raise AuthenticationFailed(str(error)) from error
        bind_ids(person=person.pk, workspace=access.workspace_id, token=access.token_id)
        return person, access

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Plumbline API"'
