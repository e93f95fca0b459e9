"""The networks that a workspace, or a token, may be used from. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

MOST_NETWORKS = 50
UNKNOWN = "0.0.0.0"  # noqa: S104 - stands for an address that nobody knows
_MAPPED = IPv6Network("::ffff:0:0/96")


class NotNetworks(ValueError):
    """The text names no networks, or too many. The words are for its writer."""


def parse_networks(text: str) -> list[str]:
    """The networks of a text that holds one a line, in their own order, each written in one way and once."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = list(dict.fromkeys(_network(line) for line in lines))
    if len(found) > MOST_NETWORKS:
        raise NotNetworks(f"These are {len(found)} networks; at most {MOST_NETWORKS} can be kept.")
    return found


def admits(networks: Sequence[str], address: str) -> bool:
    """True when no network is named, or one of them holds the address."""
    if not networks:
        return True
    visitor = ip_address(bare_address(address))
    return any(visitor in ip_network(network) for network in networks)


def bare_address(address: str) -> str:
    """The address without its zone, and as IPv4 when it only wears IPv6."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def _network(line: str) -> str:
    try:
        network = ip_network(line, strict=False)
    except ValueError as error:
        shown = line if len(line) <= 60 else f"{line[:60]}…"
        raise NotNetworks(
            f"“{shown}” is no network. Write one a line, such as 203.0.113.0/24 or 2001:db8::/48."
        ) from error
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        plain = IPv6Address(network.network_address).ipv4_mapped
        return str(IPv4Network(f"{plain}/{network.prefixlen - 96}"))
    return str(network)
