"""The client reaches what its policy allows, and nothing makes it reach or wait for more."""

import json
import socket
import ssl
import threading
import time
from ipaddress import ip_address

import pytest

from kernel.outgoing.addresses import AddressPolicy
from kernel.outgoing.client import AddressRefused, BodyTooLarge, Client, Limits, NoAnswer, public_client
from kernel.outgoing.destination import BadDestination
from kernel.outgoing.resolver import NotResolved, system_resolver
from tests.loopback import LOOPBACK, NAME, dripping, loopback_client, serving, silent, status

JSON = {"Content-Type": "application/json"}


class Resolver:
    """Answers with one list after the other, and counts."""

    def __init__(self, *answers):
        self.answers, self.asked = [[ip_address(one) for one in answer] for answer in answers], []

    def __call__(self, host, port, seconds):
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def no_socket(monkeypatch):
    """Fails the test when anything is connected to."""
    opened = []

    def connect(self, address):
        opened.append(address)
        raise AssertionError(f"a socket was opened to {address}")

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield
    assert opened == []


def production(authority, *answers):
    resolver = Resolver(*answers)
    return Client(policy=AddressPolicy(), trust_store=authority.trust_store(), resolver=resolver), resolver


def test_receiver_gets_the_body_under_its_own_name(client, receiver):
    answer = client.post(receiver.url, b'{"a":1}', JSON)
    assert (answer.status, answer.body, answer.is_cut) == (200, b"thanks", False)
    (got,) = receiver.received
    assert got.body == b'{"a":1}'
    assert got.path == "/hook?token=hidden-in-path"
    assert got.headers == {
        "Host": f"{NAME}:{receiver.port}",
        "User-Agent": "Plumbline",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Length": "7",
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "100.64.1.1",
        "169.254.169.254",
        "168.63.129.16",
        "::1",
        "::ffff:169.254.169.254",
        "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "2001:0:a00:1::",
        "fd00:ec2::254",
        "fe80::1",
    ],
)
def test_name_that_leads_inside_is_refused_before_a_socket_opens(authority, no_socket, address):
    client, resolver = production(authority, [address])
    with pytest.raises(AddressRefused, match=r"Nothing was sent\.$"):
        client.post("https://innocent.example/", b"{}", JSON)
    assert resolver.asked == [("innocent.example", 443)]


def test_one_hostile_answer_among_good_ones_refuses_all(authority, no_socket):
    client, _ = production(authority, ["1.1.1.1", "2606:4700::1111", "10.0.0.1"])
    with pytest.raises(AddressRefused, match=r"leads to 10\.0\.0\.1, which is a private network"):
        client.post("https://mixed.example/", b"{}", JSON)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "0",
        "①②⑦.⓪.⓪.①",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "[fe80::1]",
    ],
)
def test_address_in_any_spelling_is_refused(no_socket, host):
    """Through the system's own resolver: numbers need no name server."""
    with pytest.raises(BadDestination):
        public_client().post(f"https://{host}/", b"{}", JSON)


def test_name_is_resolved_once_so_a_second_answer_leads_nowhere(authority, receiver):
    """DNS rebinding: good when checked, hostile when asked again."""
    resolver = Resolver(["127.0.0.1"], ["10.0.0.1"])
    client = Client(policy=LOOPBACK, trust_store=authority.trust_store(), resolver=resolver)
    assert client.post(receiver.url, b"{}", JSON).status == 200
    assert resolver.asked == [(NAME, receiver.port)]
    with pytest.raises(AddressRefused):
        client.post(receiver.url, b"{}", JSON)
    assert len(receiver.received) == 1


def test_next_address_is_tried_when_one_is_dead(authority, receiver):
    client = Client(policy=LOOPBACK, trust_store=authority.trust_store(), resolver=Resolver(["127.0.0.2", "127.0.0.1"]))
    assert client.post(receiver.url, b"{}", JSON).status == 200


@pytest.mark.parametrize("port", [22, 25, 80])
def test_port_of_another_service_is_refused_before_resolving(authority, no_socket, port):
    client, resolver = production(authority, ["1.1.1.1"])
    with pytest.raises(AddressRefused, match="a port of another service"):
        client.post(f"https://example.org:{port}/", b"{}", JSON)
    assert resolver.asked == []


def test_redirect_is_answered_and_not_followed(authority, client, receiver):
    with serving(authority.certificate, authority.key) as elsewhere:
        receiver.replies = [status(307, Location=elsewhere.url)]
        assert client.post(receiver.url, b"{}", JSON).status == 307
        assert elsewhere.received == []


def test_proxy_of_the_environment_is_not_asked(client, receiver, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client.post(receiver.url, b"{}", JSON).status == 200


def test_slow_drip_ends_at_the_deadline(authority, receiver):
    receiver.replies = [dripping]
    client = loopback_client(authority, limits=Limits(seconds=0.6))
    started = time.monotonic()
    with pytest.raises(NoAnswer, match=r"gave no whole answer within 0\.6 s"):
        client.post(receiver.url, b"{}", JSON)
    assert 0.5 < time.monotonic() - started < 5


def test_silence_ends_at_the_deadline(authority, receiver):
    receiver.replies = [silent]
    started = time.monotonic()
    with pytest.raises(NoAnswer, match="gave no whole answer within"):
        loopback_client(authority, limits=Limits(seconds=0.4)).post(receiver.url, b"{}", JSON)
    assert time.monotonic() - started < 5


def test_handshake_that_never_ends_is_cut_at_the_deadline(authority):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        started = time.monotonic()
        with pytest.raises(NoAnswer, match="gave no whole answer within"):
            loopback_client(authority, limits=Limits(seconds=0.4)).post(
                f"https://{NAME}:{mute.getsockname()[1]}/", b"{}", JSON
            )
        assert time.monotonic() - started < 5


def test_receiver_that_reads_nothing_is_cut_at_the_deadline(authority):
    """TCP's buffers fill and the write waits."""

    def accept_only(listening, context, held):
        connection, _ = listening.accept()
        held.append(context.wrap_socket(connection, server_side=True))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    held = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        thread = threading.Thread(target=accept_only, args=(listening, context, held))
        thread.start()
        client = loopback_client(authority, limits=Limits(seconds=0.5, body_bytes=30_000_000))
        started = time.monotonic()
        with pytest.raises(NoAnswer, match="gave no whole answer within"):
            client.post(f"https://{NAME}:{listening.getsockname()[1]}/", b"x" * 20_000_000, JSON)
        assert time.monotonic() - started < 5
        thread.join()
    held[0].close()


def test_name_server_that_does_not_answer_is_cut_at_the_deadline(monkeypatch):
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: done.wait(20) and [])
    started = time.monotonic()
    with pytest.raises(NotResolved):
        system_resolver("slow.example", 443, 0.2)
    assert time.monotonic() - started < 5
    done.set()


def test_name_nobody_knows_is_no_answer(authority, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NoAnswer, match=r"nowhere\.example was not found: its name is not known\."):
        public_client().post("https://nowhere.example/", b"{}", JSON)


def test_ten_megabytes_are_cut_at_64_kilobytes(client, receiver):
    receiver.replies = [status(200, b"x" * 10_000_000)]
    answer = client.post(receiver.url, b"{}", JSON)
    assert (len(answer.body), answer.is_cut) == (65_536, True)


def test_body_over_the_limit_is_not_sent(client, receiver):
    with pytest.raises(BodyTooLarge):
        client.post(receiver.url, b"x" * (256 * 1024 + 1), JSON)
    assert receiver.received == []


def test_certificate_for_another_name_is_refused(authority, client):
    with serving(authority.wrong_name, authority.key) as imposter:
        with pytest.raises(NoAnswer, match=r"The certificate of receiver\.test is not trusted: Hostname mismatch"):
            client.post(imposter.url, b"{}", JSON)
        assert imposter.received == []


def test_certificate_of_an_unknown_authority_is_refused(receiver):
    client = Client(policy=LOOPBACK, trust_store=public_client()._trust_store, resolver=Resolver(["127.0.0.1"]))
    with pytest.raises(NoAnswer, match="is not trusted: unable to get local issuer certificate"):
        client.post(receiver.url, b"{}", JSON)
    assert receiver.received == []


def test_closed_port_is_no_answer(authority, client):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NoAnswer, match=r"receiver\.test was not reached: Connection refused\."):
        client.post(f"https://{NAME}:{port}/", b"{}", JSON)


def test_what_is_not_http_is_no_answer(client, receiver):
    receiver.replies = [lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")]
    with pytest.raises(NoAnswer, match="does not speak HTTP"):
        client.post(receiver.url, json.dumps({}).encode(), JSON)


def test_header_that_carries_a_line_end_is_refused(client, receiver):
    with pytest.raises(NoAnswer):
        client.post(receiver.url, b"{}", {"Plumbline-Event": "a\r\nHost: inside"})
    assert receiver.received == []
