"""How often something may be guessed at, by what it is and by whom it is counted."""

import datetime as dt
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

QUARTER = dt.timedelta(minutes=15)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    most: int
    within: dt.timedelta


LIMITS: dict[str, Limit] = {
    # A stranger can use these up for an account; its owner, at an address he signed in from before, is counted apart.
    "password.account": Limit(10, QUARTER),
    "password.known": Limit(10, QUARTER),
    "password.address": Limit(30, QUARTER),
    # Six digits, three of which are right at any moment: thirty a day find one in ten thousand.
    "factor.person": Limit(5, dt.timedelta(minutes=5)),
    "factor.day": Limit(30, DAY),
    "warning.person": Limit(1, HOUR),
    "passkey.address": Limit(30, QUARTER),
    "passkey.challenge": Limit(1, DAY),
    "other-site.address": Limit(60, QUARTER),
    "sign-up.address": Limit(20, HOUR),
    "sign-up.mail": Limit(5, HOUR),
    "reset.address": Limit(20, HOUR),
    "reset.mail": Limit(3, HOUR),
    "confirm.address": Limit(20, HOUR),
    "confirm.mail": Limit(5, HOUR),
    "invite.workspace": Limit(50, DAY),
    "team.person": Limit(20, DAY),
}


def neighbourhood(address: str) -> str:
    """What an address is counted as: an IPv6 visitor owns a whole /64."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network(f"{parsed}/64", strict=False).network_address)
    return address
