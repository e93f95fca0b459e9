"""API tokens: made once, checked on each call, revoked at once."""

import datetime as dt
import hmac
from uuid import UUID

from accounts.domain.networks import admits, bare_address, parse_networks
from accounts.domain.token_text import TokenText
from accounts.models import ApiToken, Membership, Person
from accounts.services.audit import record
from kernel.encryption.secret import Secret
from kernel.live.news import recheck_sockets
from kernel.tenancy.access import Access, Right
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant

MOST_TOKENS = 50
LAST_USE_EVERY = dt.timedelta(minutes=1)


class BadToken(ValueError):
    """The token does not open anything now. The text is safe to show."""


class TooManyTokens(ValueError):
    """The member has as many as he may have. The words are for him."""


class TokenAddressNotAllowed(BadToken):
    """The token is good, and its workspace is not entered from this address."""


def create_token(
    *,
    access: Access,
    name: str,
    scopes: set[Right],
    now: dt.datetime,
    lifetime: dt.timedelta,
    addresses: list[str] | None = None,
    is_paper_only: bool = False,
) -> tuple[ApiToken, Secret]:
    """A token of the asking member, and its text: the only time that it can be read."""
    living = ApiToken.objects.filter(person_id=access.person_id, revoked_at=None, expires_at__gt=now)
    if living.count() >= MOST_TOKENS:
        raise TooManyTokens(
            f"You have {MOST_TOKENS} tokens that work. Revoke one that nothing uses, then make this one."
        )
    text = TokenText.make()
    token = ApiToken.objects.create(
        workspace_id=access.workspace_id,
        person_id=access.person_id,
        name=name,
        prefix=text.prefix,
        digest=text.digest,
        scopes=sorted(scope.value for scope in scopes),
        addresses=parse_networks("\n".join(addresses or [])),
        is_paper_only=is_paper_only,
        created_at=now,
        expires_at=now + lifetime,
    )
    record(
        "token.created",
        now=now,
        person_id=access.person_id,
        target=f"token:{token.pk}",
        facts={
            "prefix": token.prefix,
            "scopes": token.scopes,
            "is_paper_only": is_paper_only,
            "expires_at": token.expires_at.isoformat(),
        },
    )
    return token, Secret(str(text))


def revoke_token(*, access: Access, token: ApiToken, now: dt.datetime) -> None:
    """After this the token opens nothing. Revoking twice changes nothing."""
    claimed = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
    if claimed != 1:
        return
    record("token.revoked", now=now, person_id=access.person_id, target=f"token:{token.pk}")
    recheck_sockets()


def revoke_tokens_of(person_id: UUID, *, by: UUID | None, now: dt.datetime) -> int:
    """Ends every token that the person has in the scope's workspace; how many."""
    living = list(ApiToken.objects.filter(person_id=person_id, revoked_at=None))
    for token in living:
        ApiToken.objects.filter(pk=token.pk).update(revoked_at=now)
        record("token.revoked", now=now, person_id=by, target=f"token:{token.pk}")
    if living:
        recheck_sockets()
    return len(living)


def check_token(given: str, *, address: str, now: dt.datetime) -> tuple[Person, Access]:
    """The person and the access that the token stands for, or BadToken with the reason."""
    text = TokenText.parse(given)
    found = locate("locate_token", text.prefix) if text else []
    if text is None or not found:
        raise BadToken("This token is not known.")
    workspace_id, token_id = found[0]
    with tenant(workspace_id):
        token = ApiToken.objects.select_related("person", "workspace").get(pk=token_id)
        if not hmac.compare_digest(bytes(token.digest), text.digest):
            raise BadToken("This token is not known.")
        if token.revoked_at is not None:
            raise BadToken("This token was revoked.")
        if token.expires_at <= now:
            raise BadToken(f"This token expired on {token.expires_at:%Y-%m-%d %H:%M} UTC.")
        if not admits(token.addresses, address):
            raise BadToken("This token may not be used from your address.")
        membership = Membership.objects.filter(person_id=token.person_id).first()
        if membership is None or not token.person.is_active:
            raise BadToken("This token's person is no longer a member of the workspace.")
        if not admits(token.workspace.allowed_networks, address):
            raise TokenAddressNotAllowed(
                f"The token's workspace is open to certain addresses alone, and yours, {bare_address(address)}, is not "
                "among them."
            )
        if token.last_used_at is None or now - token.last_used_at >= LAST_USE_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now, last_used_from=bare_address(address))
        return token.person, Access(
            workspace_id=workspace_id,
            person_id=token.person_id,
            role=membership.role,
            can_trade=membership.can_trade,
            token_id=token.pk,
            scopes=frozenset(token.scopes),
            is_paper_only=token.is_paper_only,
        )
