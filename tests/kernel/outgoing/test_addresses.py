"""The production policy: which addresses a user's URL may lead to."""

from ipaddress import ip_address, ip_network

import pytest

from kernel.outgoing.addresses import METADATA, AddressPolicy

REFUSED = [
    ("0.0.0.0", "no address of a host"),
    ("10.1.2.3", "a private network"),
    ("100.64.0.1", "a provider's own network (CGNAT)"),
    ("100.127.255.255", "a provider's own network (CGNAT)"),
    ("127.0.0.1", "this machine"),
    ("127.255.255.254", "this machine"),
    ("169.254.1.1", "a link-local network"),
    ("172.16.0.1", "a private network"),
    ("172.31.255.255", "a private network"),
    ("192.0.0.8", "reserved for protocols"),
    ("192.0.2.1", "reserved for documentation"),
    ("192.88.99.1", "a retired relay (6to4)"),
    ("192.168.1.1", "a private network"),
    ("198.18.0.1", "reserved for benchmarks"),
    ("198.51.100.1", "reserved for documentation"),
    ("203.0.113.1", "reserved for documentation"),
    ("224.0.0.1", "a multicast group"),
    ("239.255.255.250", "a multicast group"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    ("::", "no address of a host"),
    ("::1", "this machine"),
    ("fc00::1", "a private network"),
    ("fd12:3456::1", "a private network"),
    ("fe80::1", "a link-local network"),
    ("fec0::1", "a private network (site-local)"),
    ("ff02::1", "a multicast group"),
    ("2001:db8::1", "reserved for documentation"),
    ("3fff::1", "reserved for documentation"),
    ("2001:2::1", "reserved for benchmarks"),
    ("2001:20::1", "no address of a host (ORCHID)"),
    ("2001:1ff::1", "reserved for protocols"),
    ("100::1", "a black hole"),
    ("5f00::1", "reserved for routing"),
    ("4000::1", "outside the public address space"),
    ("1::1", "outside the public address space"),
    ("64:ff9b:1::a00:1", "a private network (local NAT64)"),
    ("::ffff:127.0.0.1", "a wrapping of this machine"),
    ("::ffff:10.0.0.1", "a wrapping of a private network"),
    ("::ffff:169.254.169.254", "a wrapping of the metadata service of AWS, Google, Azure and Oracle"),
    ("::ffff:168.63.129.16", "a wrapping of the host service of Azure"),
    ("::127.0.0.1", "a wrapping of this machine"),
    ("64:ff9b::7f00:1", "a wrapping of this machine"),
    ("64:ff9b::a9fe:a9fe", "a wrapping of the metadata service of AWS, Google, Azure and Oracle"),
    ("64:ff9b::6440:1", "a wrapping of a provider's own network (CGNAT)"),
    ("2002:7f00:1::", "a wrapping of this machine"),
    ("2002:a9fe:a9fe::1", "a wrapping of the metadata service of AWS, Google, Azure and Oracle"),
    ("2002:c0a8:101::1", "a wrapping of a private network"),
    ("2001:0:a00:1::", "a wrapping of a private network"),
    ("2001:0:808:808:0:0:80ff:fffe", "a wrapping of this machine"),
    ("2a00:1450::5efe:a00:1", "a wrapping of a private network"),
    ("2a00:1450::200:5efe:7f00:1", "a wrapping of this machine"),
]

ALLOWED = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "169.253.255.255",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001:80f::200e",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize(("address", "reason"), REFUSED)
def test_hostile_address_is_refused_with_its_reason(address, reason):
    assert AddressPolicy().refusal_of(ip_address(address)) == reason


@pytest.mark.parametrize("address", METADATA, ids=str)
def test_metadata_service_is_refused_by_name(address):
    assert AddressPolicy().refusal_of(address) == METADATA[address]


@pytest.mark.parametrize("address", ALLOWED)
def test_public_address_is_allowed(address):
    assert AddressPolicy().refusal_of(ip_address(address)) is None


def test_network_that_was_named_is_allowed_and_no_other():
    policy = AddressPolicy(allowed=(ip_network("127.0.0.0/8"),))
    assert policy.refusal_of(ip_address("127.0.0.1")) is None
    assert policy.refusal_of(ip_address("10.0.0.1")) == "a private network"
    assert policy.refusal_of(ip_address("::ffff:127.0.0.1")) == "a wrapping of this machine"


@pytest.mark.parametrize("port", [443, 1024, 8443, 65535])
def test_https_port_and_high_ports_are_open(port):
    assert AddressPolicy().refusal_of_port(port) is None


@pytest.mark.parametrize("port", [0, 22, 25, 80, 442, 1023])
def test_port_of_another_service_is_refused(port):
    assert AddressPolicy().refusal_of_port(port) == "a port of another service than HTTPS"
