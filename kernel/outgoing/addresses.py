"""Where an outgoing request may go: a policy over IP addresses and ports. Pure: it resolves and opens nothing.

The tables follow IANA's special-purpose registries. They stand here because `ipaddress.is_global` answers differently
from one Python to the next, and because some addresses that every cloud answers on are public by the registries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Services that hand a machine its own credentials. Most lie in blocks refused anyway; Azure's does not.
METADATA: dict[Address, str] = {
    ip_address("169.254.169.254"): "the metadata service of AWS, Google, Azure and Oracle",
    ip_address("169.254.170.2"): "the credential service of AWS containers",
    ip_address("169.254.170.23"): "the credential service of AWS pods",
    ip_address("169.254.169.253"): "the resolver of AWS",
    ip_address("168.63.129.16"): "the host service of Azure",
    ip_address("100.100.100.200"): "the metadata service of Alibaba",
    ip_address("192.0.0.192"): "the metadata service of Oracle",
    ip_address("169.254.0.23"): "the metadata service of Tencent",
    ip_address("fd00:ec2::254"): "the metadata service of AWS",
    ip_address("fd00:ec2::23"): "the credential service of AWS pods",
    ip_address("fd20:ce::254"): "the metadata service of Google",
    ip_address("fd00:c1::a9fe:a9fe"): "the metadata service of Oracle",
}

SPECIAL: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(block), reason)
    for block, reason in (
        ("0.0.0.0/8", "no address of a host"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a provider's own network (CGNAT)"),
        ("127.0.0.0/8", "this machine"),
        ("169.254.0.0/16", "a link-local network"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "reserved for documentation"),
        ("192.88.99.0/24", "a retired relay (6to4)"),
        ("192.168.0.0/16", "a private network"),
        ("198.18.0.0/15", "reserved for benchmarks"),
        ("198.51.100.0/24", "reserved for documentation"),
        ("203.0.113.0/24", "reserved for documentation"),
        ("224.0.0.0/4", "a multicast group"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "no address of a host"),
        ("::1/128", "this machine"),
        ("64:ff9b:1::/48", "a private network (local NAT64)"),
        ("100::/64", "a black hole"),
        ("2001:2::/48", "reserved for benchmarks"),
        ("2001:10::/28", "no address of a host (ORCHID)"),
        ("2001:20::/28", "no address of a host (ORCHID)"),
        ("2001:db8::/32", "reserved for documentation"),
        ("3fff::/20", "reserved for documentation"),
        ("5f00::/16", "reserved for routing"),
        ("fc00::/7", "a private network"),
        ("fe80::/10", "a link-local network"),
        ("fec0::/10", "a private network (site-local)"),
        ("ff00::/8", "a multicast group"),
    )
)

_NAT64 = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")
_PROTOCOLS = ip_network("2001::/23")
_GLOBAL_UNICAST = ip_network("2000::/3")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Says for an address and a port why it is refused, or None. As it stands it is the production policy.

    `allowed` names networks that are let through all the same: a test's loopback.
    """

    allowed: tuple[Network, ...] = ()

    def refusal_of(self, address: Address) -> str | None:
        """Why nothing may be sent to this address, in words; None when it may."""
        if any(address in network for network in self.allowed):
            return None
        if address in METADATA:
            return METADATA[address]
        for wrapped in wrapped_addresses(address):
            if wrapped in METADATA:
                return f"a wrapping of {METADATA[wrapped]}"
            if reason := special_use_of(wrapped):
                return f"a wrapping of {reason}"
        return special_use_of(address)

    def refusal_of_port(self, port: int) -> str | None:
        """Why nothing may be sent to this port: below 1024 only HTTPS's own is open."""
        return None if port == 443 or 1024 <= port <= 65535 else "a port of another service than HTTPS"


def special_use_of(address: Address) -> str | None:
    """What the address is kept for by the registries; None for one that any host on the internet may have."""
    for network, reason in SPECIAL:
        if address in network:
            return reason
    if isinstance(address, IPv6Address) and not any(wrapped_addresses(address)):
        if address in _PROTOCOLS:
            return "reserved for protocols"
        if address not in _GLOBAL_UNICAST:
            return "outside the public address space"
    return None


def wrapped_addresses(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 one carries inside, by each way of carrying one (none for IPv4)."""
    if not isinstance(address, IPv6Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    last = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        yield last
    if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        yield last
