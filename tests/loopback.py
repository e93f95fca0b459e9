"""A receiver on loopback with TLS by a throw-away authority, and the client that may talk to it."""

import datetime as dt
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kernel.outgoing.addresses import AddressPolicy
from kernel.outgoing.client import Client, Limits

NAME = "receiver.test"
LOOPBACK = AddressPolicy(allowed=(ip_network("127.0.0.0/8"),))


@dataclass(frozen=True)
class Authority:
    """A certificate authority of this run, with one server certificate for NAME and one for another name."""

    ca: Path
    certificate: Path
    wrong_name: Path
    key: Path

    def trust_store(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


Reply = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, body: bytes = b"", **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """One byte at a time, each well within any time-out of a single read."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(400):
        handler.wfile.write(b".")
        handler.wfile.flush()
        time.sleep(0.05)


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(15)


@dataclass
class Receiver:
    """Keeps what it got; answers with `replies` one after the other, the last one for ever."""

    port: int
    received: list[Received] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=lambda: [status(200, b"thanks")])

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}/hook?token=hidden-in-path"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves early is what many of these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.received.append(Received(self.path, dict(self.headers.items()), body))
        reply = receiver.replies.pop(0) if len(receiver.replies) > 1 else receiver.replies[0]
        reply(self)

    def do_GET(self) -> None:
        receiver = self.server.receiver
        receiver.received.append(Received(self.path, dict(self.headers.items()), b""))
        reply = receiver.replies.pop(0) if len(receiver.replies) > 1 else receiver.replies[0]
        reply(self)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(certificate: Path, key: Path) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = _Server(("127.0.0.1", 0), _Handler)
    # The handshake happens in the connection's own thread: one that never finishes holds up nobody else.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def loopback_client(authority: Authority, *, limits: Limits | None = None) -> Client:
    return Client(
        policy=LOOPBACK,
        trust_store=authority.trust_store(),
        resolver=lambda host, port, seconds: [ip_address("127.0.0.1")],
        limits=limits,
    )


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)  # noqa: TID251 - TLS reads the real clock

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def certificate(name: str, public: ec.EllipticCurvePublicKey, *, is_ca: bool) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named("Throw-away authority"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + dt.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if not is_ca:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    made = Authority(*(folder / name for name in ("ca.pem", "right.pem", "wrong.pem", "key.pem")))
    made.ca.write_bytes(certificate("Throw-away authority", ca_key.public_key(), is_ca=True))
    made.certificate.write_bytes(certificate(NAME, key.public_key(), is_ca=False))
    made.wrong_name.write_bytes(certificate("somebody-else.test", key.public_key(), is_ca=False))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


@pytest.fixture
def receiver(authority: Authority) -> Iterator[Receiver]:
    with serving(authority.certificate, authority.key) as served:
        yield served


@pytest.fixture
def client(authority: Authority) -> Client:
    return loopback_client(authority)


_configured: list[Client] = []


def configured() -> Client:
    """What OUTGOING_CLIENT names in a test that goes through the tasks."""
    return _configured[-1]


@pytest.fixture
def outgoing(client: Client, settings: Any) -> Iterator[Client]:
    """The process's own client is the one that may talk to loopback."""
    _configured.append(client)
    settings.OUTGOING_CLIENT = "tests.loopback.configured"
    yield client
    _configured.pop()
