"""The session that every SDK is given: one attempt, one timeout, no redirect, no proxy, and the raw answer kept.

The SDKs raise what they make of an answer and lose the answer itself. What it means is decided here, from what the wire
said; so the session keeps the last answer, or why there was none.
"""

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn, Protocol
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from exchanges.adapters.patience import NONE, Patience
from exchanges.domain.limits import Act
from kernel import clock

SECONDS = 10.0
MASK = "••••"
#: What is shorter may stand in an answer by chance.
_SHORTEST = 8
_UNREACHED = ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError")


@dataclass(frozen=True, slots=True)
class Call:
    """One act, with what its cost depends on."""

    act: Act
    symbol: str = ""
    order_age: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    seconds: float

    @property
    def retry_after(self) -> float | None:
        """The seconds of Retry-After; nobody sends its other form, a date, and a word is no number."""
        text = self.headers.get("retry-after", "")
        return float(text) if text.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Silence:
    """No whole answer. `has_left`: something of the request may have reached the venue."""

    cause: str
    has_left: bool
    seconds: float


class Held(Exception):
    """Our own manners forbid the call now. Nothing was sent."""

    def __init__(self, reason: str, *, wait: float) -> None:
        super().__init__(reason)
        self.reason, self.wait = reason, wait


class Manners(Protocol):
    """Budgets, bans and the circuit breaker, shared with whoever else asks this venue."""

    def before(self, call: Call) -> None:
        """Pays for the call, or raises Held."""

    def after(self, call: Call, heard: Answer | Silence) -> None:
        """Learns from what came back."""


class NoManners:
    """Asks whenever it likes: for tests of the wire alone."""

    def before(self, call: Call) -> None: ...

    def after(self, call: Call, heard: Answer | Silence) -> None: ...


class SecondRequest(RuntimeError):
    """The SDK sent more than was asked for. What is sent is counted here, never left to it."""


class _Leaving(HTTPAdapter):
    """Leaves from one address of this machine, where one is given: the venue takes orders from that alone."""

    def __init__(self, source: str | None) -> None:
        self._source = source
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        if self._source is not None:
            options["source_address"] = (self._source, 0)
        super().init_poolmanager(*arguments, **options)


class WireSession(requests.Session):
    """Stands in for the session of an SDK. Nothing is sent outside `during`. `source`: the address it leaves from."""

    def __init__(
        self, *, manners: Manners, seconds: float = SECONDS, patience: Patience = NONE, source: str | None = None
    ) -> None:
        super().__init__()
        self.trust_env, self.source = False, source
        self.manners, self.seconds, self.patience = manners, seconds, patience
        self.heard: Answer | Silence | None = None
        self._call: Call | None = None
        self._hidden: tuple[str, ...] = ()
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Leaving(source))

    def hide(self, *secrets: str) -> None:
        """These are never in what is kept of an answer, should the venue repeat them."""
        forms = {form for secret in secrets for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])}
        self._hidden = tuple(sorted((one for one in forms if len(one) >= _SHORTEST), key=len, reverse=True))

    @contextmanager
    def during(self, call: Call) -> Iterator[None]:
        """Lets one request out, for this act."""
        self._call, self.heard = call, None
        try:
            yield
        finally:
            self._call = None

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        call = self._call
        if call is None:
            raise SecondRequest(f"{method} was sent outside of any act")
        if self.heard is not None:
            raise SecondRequest(f"a second request during {call.act}")
        self.manners.before(call)
        options |= {"timeout": self.seconds, "allow_redirects": False, "proxies": None, "verify": True}
        began = clock.monotonic()
        try:
            response = super().request(method, url, **options)
            # Read here: a body that is cut off is no answer.
            text = self.without_secrets(response.content.decode("utf-8", errors="replace"))
        except requests.RequestException as error:
            self.heard = Silence(_cause(error), _has_left(error), clock.monotonic() - began)
            self.manners.after(call, self.heard)
            raise
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.heard = Answer(response.status_code, text, headers, clock.monotonic() - began)
        self.manners.after(call, self.heard)
        return response

    def without_secrets(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, MASK)
        return text


def exact_json(text: str) -> Any:
    """JSON with Decimals. NaN and Infinity are no JSON."""
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _cause(error: requests.RequestException) -> str:
    """A short word for it. The error's own text may hold the address with a signature in it, and is left out."""
    reason = _reason(error)
    return type(error).__name__ + (f": {type(reason).__name__}" if reason else "")


def _has_left(error: requests.RequestException) -> bool:
    """False only when no connection was made, so that not a byte of the request can have arrived.

    A TLS error is no such proof: it may come in the middle of the answer. A certificate that is not trusted is one.
    """
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return False
    reason = _reason(error)
    if reason is not None and isinstance(reason.__cause__ or reason.args[0], ssl.SSLCertVerificationError):
        return False
    return type(reason).__name__ not in _UNREACHED


def _reason(error: requests.RequestException) -> Exception | None:
    """What urllib3 gave as the reason, inside what requests made of it."""
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", None) or inner
    return reason if isinstance(reason, Exception) and reason.args else None
