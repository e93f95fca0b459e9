"""Posts a body to a URL that a user gave, or gets what lies there, and can be made to reach nothing else.

The name is resolved once; every answer is checked; the socket goes to an address that was checked. No redirect is
followed, no proxy or cookie is known, and one deadline covers the look-up, connecting, TLS, writing and reading.
"""

import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpcore
from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from kernel import clock
from kernel.outgoing.addresses import Address, AddressPolicy
from kernel.outgoing.destination import BadDestination, Destination, parse_destination
from kernel.outgoing.resolver import NotResolved, Resolver, system_resolver

#: More answers than these are checked, but not tried.
_TRIED_ADDRESSES = 4


class AddressRefused(BadDestination):
    """The policy forbids where the URL leads. Nothing was sent, and trying again would change nothing."""


class NoAnswer(Exception):
    """No whole answer came: not resolved, not reached, not trusted, not in time. Try again later."""


@dataclass(frozen=True, slots=True)
class Limits:
    seconds: float = 5.0
    answer_bytes: int = 64 * 1024
    body_bytes: int = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said, cut at the limit."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_cut: bool


class BodyTooLarge(ValueError):
    """The body is larger than we send."""


@dataclass(slots=True)
class _Deadline:
    host: str
    seconds: float
    ends: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends = clock.monotonic() + self.seconds

    def left(self) -> float:
        """The seconds that are left; NoAnswer when there are none."""
        left = self.ends - clock.monotonic()
        if left <= 0:
            raise NoAnswer(f"{self.host} gave no whole answer within {self.seconds:g} s.")
        return left


class _Stream(httpcore.NetworkStream):
    """A socket whose every wait is cut to what the deadline leaves."""

    def __init__(self, opened: socket.socket, deadline: _Deadline) -> None:
        self._socket, self._deadline = opened, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._deadline.left())
        try:
            return self._socket.recv(max_bytes)
        except TimeoutError:
            self._deadline.left()
            raise
        except OSError as error:
            raise httpcore.ReadError(error) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        while buffer:
            self._socket.settimeout(self._deadline.left())
            try:
                buffer = buffer[self._socket.send(buffer) :]
            except TimeoutError:
                self._deadline.left()
                raise
            except OSError as error:
                # httpcore reads on after this one: a receiver may refuse a body before it has it all.
                raise httpcore.WriteError(error) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._socket.settimeout(self._deadline.left())
            return _Stream(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._deadline)
        except BaseException:
            # Also when the task is stopped here: no socket is left open.
            self.close()
            raise

    def get_extra_info(self, info: str) -> Any:
        # httpcore asks whether HTTP/2 was agreed on; it was not offered.
        return None


class _CheckedNetwork(httpcore.NetworkBackend):
    """Opens sockets to checked addresses only. Made for one request, so a name is resolved once."""

    def __init__(self, *, policy: AddressPolicy, resolver: Resolver, deadline: _Deadline) -> None:
        self._policy, self._resolver, self._deadline = policy, resolver, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._resolver(host, port, self._deadline.left())
        if not addresses:
            raise NotResolved("its name has no address")
        for address in addresses:
            # One refused answer refuses all: a name that also leads inside is not a mistake we help along.
            if reason := self._policy.refusal_of(address):
                raise AddressRefused(f"{host} leads to {address}, which is {reason}. Nothing was sent.")
        return _Stream(self._open(addresses[:_TRIED_ADDRESSES], port), self._deadline)

    def _open(self, addresses: list[Address], port: int) -> socket.socket:
        for number, address in enumerate(addresses):
            opened = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
            try:
                opened.settimeout(self._deadline.left() / (len(addresses) - number))
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                opened.connect((str(address), port))
            except OSError:
                opened.close()
                if number + 1 == len(addresses):
                    raise
            except BaseException:
                # Also when the task is stopped here: no socket is left open.
                opened.close()
                raise
            else:
                return opened
        raise AssertionError("an empty list of addresses was answered before")


class Client:
    """Asks users' URLs under one address policy and one trust store; both are arguments, tests bring their own."""

    def __init__(
        self,
        *,
        policy: AddressPolicy,
        trust_store: ssl.SSLContext,
        resolver: Resolver = system_resolver,
        limits: Limits | None = None,
    ) -> None:
        self._policy, self._trust_store, self._resolver = policy, trust_store, resolver
        self.limits = limits or Limits()

    def check(self, url: str) -> Destination:
        """The parts of the URL, or BadDestination: what can be said before anything is resolved."""
        destination = parse_destination(url)
        if reason := self._policy.refusal_of_port(destination.port):
            raise AddressRefused(f"Port {destination.port} is {reason}. Nothing was sent.")
        return destination

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The receiver's answer, whatever its status; AddressRefused or NoAnswer when there is none."""
        if len(body) > self.limits.body_bytes:
            self.check(url)
            raise BodyTooLarge(f"The body has {len(body):,} bytes, at most {self.limits.body_bytes:,} are sent.")
        return self._ask("POST", url, {"Content-Length": str(len(body)), **headers}, body, self.limits)

    def get(self, url: str, headers: Mapping[str, str], *, limits: Limits | None = None) -> Answer:
        """What lies at the address, whatever the status; AddressRefused or NoAnswer when there is no answer.

        `limits` for who expects more than a receipt.
        """
        return self._ask("GET", url, headers, b"", limits or self.limits)

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes, limits: Limits) -> Answer:
        destination = self.check(url)
        deadline = _Deadline(destination.host, limits.seconds)
        try:
            return self._exchange(method, destination, deadline, body, headers, limits)
        except ssl.SSLCertVerificationError as error:
            raise NoAnswer(f"The certificate of {destination.host} is not trusted: {error.verify_message}.") from error
        except NotResolved as error:
            raise NoAnswer(f"{destination.host} was not found: {error}.") from error
        except TimeoutError as error:
            raise NoAnswer(f"{destination.host} gave no whole answer within {limits.seconds:g} s.") from error
        except ssl.SSLError as error:
            raise NoAnswer(f"{destination.host} and we agree on no TLS: {error.reason or 'broken off'}.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise NoAnswer(f"{destination.host} broke the connection off, or does not speak HTTP.") from error
        except OSError as error:
            raise NoAnswer(f"{destination.host} was not reached: {error.strerror or 'no connection'}.") from error

    def _exchange(
        self,
        method: str,
        destination: Destination,
        deadline: _Deadline,
        body: bytes,
        headers: Mapping[str, str],
        limits: Limits,
    ) -> Answer:
        host, target = destination.host.encode("ascii"), destination.target.encode("ascii")
        network = _CheckedNetwork(policy=self._policy, resolver=self._resolver, deadline=deadline)
        with httpcore.HTTPConnection(
            origin=httpcore.Origin(b"https", host, destination.port),
            ssl_context=self._trust_store,
            network_backend=network,
        ) as connection:
            sent = {
                "Host": destination.authority,
                "User-Agent": "Plumbline",
                "Accept-Encoding": "identity",
                "Connection": "close",
                **headers,
            }
            request = httpcore.Request(
                method,
                httpcore.URL(scheme=b"https", host=host, port=destination.port, target=target),
                headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in sent.items()],
                content=body,
            )
            response = connection.handle_request(request)
            try:
                received, is_cut = self._read(response, limits)
            finally:
                response.close()
        return Answer(
            status=response.status,
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers},
            body=received,
            is_cut=is_cut,
        )

    def _read(self, response: httpcore.Response, limits: Limits) -> tuple[bytes, bool]:
        received = bytearray()
        for chunk in response.iter_stream():
            received += chunk
            if len(received) > limits.answer_bytes:
                return bytes(received[: limits.answer_bytes]), True
        return bytes(received), False


def public_client() -> Client:
    """The client of production: the public internet, trusted by the system's authorities."""
    return Client(policy=AddressPolicy(), trust_store=ssl.create_default_context())


@lru_cache(maxsize=1)
def configured_client() -> Client:
    """The client of this process: what the setting OUTGOING_CLIENT names makes it."""
    factory: Callable[[], Client] = import_string(settings.OUTGOING_CLIENT)
    return factory()


def _forget(*, setting: str, **_: object) -> None:
    if setting == "OUTGOING_CLIENT":
        configured_client.cache_clear()


setting_changed.connect(_forget)
