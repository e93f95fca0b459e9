"""Keys, signatures and the time that a signed request may be late.

binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "Request Security" and "Timing security",
web-socket-api.md "SIGNED request security". HMAC keys alone; the venue's RSA and Ed25519 keys are not made here.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from exchanges.sandbox.binance import errors
from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.house import House
from exchanges.sandbox.orders import Account
from exchanges.sandbox.server import Request

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_KEY = re.compile(r"[A-Za-z0-9]{64}")
_SIGNATURE = re.compile(r"(?:^|&)signature=[^&]*")
_USUAL_WINDOW = 5
_MOST_WINDOW = 60_000
#: What a key may do, in the words of /sapi/v1/account/apiRestrictions.
USUAL_RIGHTS = {
    "ipRestrict": False,
    "enableReading": True,
    "enableSpotAndMarginTrading": True,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "permitsUniversalTransfer": False,
    "enableMargin": False,
    "enableFutures": False,
    "enableVanillaOptions": False,
    "enablePortfolioMarginTrading": False,
    "enableFixApiTrade": False,
    "enableFixReadOnly": False,
}


def made_key(seed: str) -> str:
    """64 letters that depend on the seed alone."""
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in hashlib.shake_256(seed.encode()).digest(64))


class Keys:
    def __init__(self, *, house: House, clock: Clock, seed: str) -> None:
        self._house, self._clock, self._seed = house, clock, seed
        self._accounts: dict[str, Account] = {}

    def give(self, account: Account, rights: Mapping[str, bool] | None) -> None:
        """A key of its own, and what may be done with it."""
        strange = set(rights or {}) - set(USUAL_RIGHTS)
        if strange:
            raise ValueError(f"a key has no right called {', '.join(sorted(strange))}")
        for word in ("api_key", "secret"):
            account.words[word] = made_key(f"{self._seed}:binance:{account.id}:{word}")
        account.words["rights"] = USUAL_RIGHTS | dict(rights or {})
        self._forget_closed()
        self.take_back(account)

    def take_back(self, account: Account) -> None:
        """One that has its key already. Whoever was made without the wire has none, and asks nothing by it."""
        if "api_key" in account.words:
            self._accounts[account.words["api_key"]] = account

    def account_of(self, key: str) -> Account | None:
        account = self._accounts.get(key)
        if account is not None and self._house.accounts.get(account.id) is not account:
            return None
        return account

    def check_request(self, request: Request, parameters: Parameters, right: str) -> Account:
        account = self._known(request.headers.get("x-mbx-apikey"), right)
        body = "" if request.method == "GET" else request.body.decode("latin-1")
        self._check(account, parameters, _unsigned(request.query) + _unsigned(body), request.arrived_at)
        return account

    def check_call(self, parameters: Parameters, right: str, arrived_at: int = 0) -> Account:
        """On the WebSocket API: the payload is what is sent, sorted by name."""
        account = self._known(parameters.must("apiKey"), right)
        payload = "&".join(f"{name}={word}" for name, word in sorted(parameters.told.items()) if name != "signature")
        self._check(account, parameters, payload, arrived_at)
        return account

    # ---- within ----

    def _known(self, key: str | None, right: str) -> Account:
        if key is None or not _KEY.fullmatch(key):
            raise errors.bad_key_form()
        account = self.account_of(key)
        if account is None or not account.words["rights"][right]:
            raise errors.bad_key()
        return account

    def _check(self, account: Account, parameters: Parameters, payload: str, arrived_at: int) -> None:
        sent = parameters.moment("timestamp")
        if sent is None:
            raise errors.missing("timestamp")
        window = parameters.figure("recvWindow")
        if window is not None and window > _MOST_WINDOW:
            raise errors.too_great("recvWindow", _MOST_WINDOW)
        signature = parameters.must("signature")
        secret: Any = account.words["secret"]
        signed = hmac.digest(secret.encode(), payload.encode(), "sha256").hex()
        if not hmac.compare_digest(signed.encode(), signature.lower().encode()):
            raise errors.bad_signature()
        now = arrived_at or self._clock.told()
        if sent >= now + self._clock.milliseconds(1):
            raise errors.ahead()
        if now - sent > (self._clock.milliseconds(_USUAL_WINDOW) if window is None else window):
            raise errors.outside_window()

    def _forget_closed(self) -> None:
        if len(self._accounts) > 2 * len(self._house.accounts) + 100:
            self._accounts = {key: one for key, one in self._accounts.items() if self.account_of(key)}


def _unsigned(text: str) -> str:
    """The characters as they came, without the signature."""
    if "signature=" not in text:
        return text
    return _SIGNATURE.sub("", text).removeprefix("&")
