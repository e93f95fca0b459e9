"""Which addresses of this instance venues see, and from which of this machine's a socket leaves for each."""

from django.conf import settings


class NoSuchEgress(LookupError):
    """The operator does not name this address any more: what is bound to it is not sent from another."""


def egress_addresses() -> tuple[str, ...]:
    """As the venues see them; none where the operator has named none."""
    return tuple(settings.EGRESS_ADDRESSES)


def own_address_of(seen: str) -> str:
    """The address of this machine that a socket is bound to, so that the venue sees the other."""
    try:
        own: str = settings.EGRESS_ADDRESSES[seen]
    except KeyError as error:
        raise NoSuchEgress(f"this instance has no address {seen} any more; choose another with the key") from error
    return own
