"""Accounts made on demand: their people, apps, cash and shares.

What an account may be opened with, as `words`: `redirect`, where a log-in goes back to; `postback`, an http address
of this machine; `addresses`, from which alone orders are taken; `asks_leave`, whether settled shares are sold only
after /portfolio/holdings/authorise; `refreshes`, whether the app has refresh tokens; `app`, the api_key of another
account's app that this person uses too. Balances are named INR, or a share by its symbol or ISIN; settled, and at
today's price.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from exchanges.sandbox.house import House
from exchanges.sandbox.kite.errors import KiteError
from exchanges.sandbox.kite.figures import last_ticks
from exchanges.sandbox.kite.money import CASH, ShareMoney
from exchanges.sandbox.kite.portfolio import Portfolio
from exchanges.sandbox.kite.postbacks import is_home
from exchanges.sandbox.kite.tokens import App, Tokens, drawn
from exchanges.sandbox.listings import ATOMS
from exchanges.sandbox.orders import Account

_CASH, _SHARES = 500_000, 100
_WORDS = {"redirect", "postback", "addresses", "asks_leave", "refreshes", "app"}
_LETTERS, _DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
_PLAIN = re.compile(r"[\x21-\x7e]{0,500}")
_MOST_ADDRESSES = 20


class Opening:
    def __init__(self, *, house: House, money: ShareMoney, tokens: Tokens, portfolio: Portfolio, seed: str) -> None:
        self._house, self._money, self._tokens, self._portfolio = house, money, tokens, portfolio
        self._seed = seed

    def open(self, *, name: str, balances: dict[str, int] | None, words: dict[str, Any]) -> Account:
        """Raises ValueError in words for a person."""
        wishes = _read(words)
        app_key = wishes["app"]
        if app_key and app_key not in self._tokens.apps:
            raise ValueError(f"no app has the api_key {app_key}")
        brought = self._brought(balances)
        number = self._house.draw_account()
        account = self._house.open_account(number, name=name, balances=brought)
        app = self._tokens.apps[app_key] if app_key else self._app(number, wishes)
        app.accounts.append(number)
        account.words |= {
            "user_id": drawn(f"{self._seed}:user:{number}", 2, _LETTERS)
            + drawn(f"{self._seed}:user:{number}", 4, _DIGITS),
            "api_key": app.key,
            "api_secret": app.secret,
            "app_id": app.number,
            "redirect": app.redirect,
            "postback": app.postback,
            "addresses": wishes["addresses"],
            "refreshes": wishes["refreshes"],
        }
        self._begin(account, brought, asks_leave=wishes["asks_leave"])
        return account

    # ---- within ----

    def _brought(self, balances: dict[str, int] | None) -> dict[str, int]:
        if not balances:
            return {CASH: _CASH * ATOMS, "INFY": _SHARES * ATOMS}
        found: dict[str, int] = {}
        for asset, atoms in balances.items():
            share = CASH if asset == CASH else self._share(asset)
            if atoms < 0 or (share != CASH and atoms % ATOMS):
                raise ValueError(f"{asset}: a whole number of shares, or an amount of INR, not below nought")
            found[share] = found.get(share, 0) + atoms
        return found

    def _share(self, name: str) -> str:
        try:
            return self._portfolio.known_share(name)
        except KiteError as unknown:
            raise ValueError(str(unknown)) from None

    def _app(self, number: str, wishes: dict[str, Any]) -> App:
        app = App(
            key=drawn(f"{self._seed}:key:{number}", 16),
            secret=drawn(f"{self._seed}:secret:{number}", 32),
            number=1000 + int(number),
            redirect=wishes["redirect"],
            postback=wishes["postback"],
            accounts=[],
        )
        self._tokens.apps[app.key] = app
        return app

    def _begin(self, account: Account, brought: dict[str, int], *, asks_leave: bool) -> None:
        estate = self._money.estate(account)
        estate.asks_leave = asks_leave
        estate.opening_cash = brought.get(CASH, 0)
        now = self._house.clock.now()
        for share in brought:
            if share != CASH:
                market = self._house.look(self._portfolio.market_of(share))
                estate.averages[share] = last_ticks(market, now) * market.listing.tick_atoms


def _read(words: Any) -> dict[str, Any]:
    if not isinstance(words, dict):
        raise ValueError("what an account is opened with is an object of words")
    strange = set(words) - _WORDS
    if strange:
        raise ValueError(f"an account is opened with {', '.join(sorted(_WORDS))}, not {', '.join(sorted(strange))}")
    redirect, postback, app = (str(words.get(name) or "") for name in ("redirect", "postback", "app"))
    if redirect and (urlsplit(redirect).scheme not in {"http", "https"} or not _PLAIN.fullmatch(redirect)):
        raise ValueError("redirect is an http or https address")
    if postback and (not is_home(postback) or not _PLAIN.fullmatch(postback)):
        raise ValueError("postback is an http address of this machine")
    addresses = words.get("addresses") or []
    if (
        not isinstance(addresses, list)
        or len(addresses) > _MOST_ADDRESSES
        or not all(isinstance(one, str) for one in addresses)
    ):
        raise ValueError(f"addresses are a list of at most {_MOST_ADDRESSES} addresses")
    return {
        "redirect": redirect,
        "postback": postback,
        "app": app,
        "addresses": addresses,
        "asks_leave": bool(words.get("asks_leave")),
        "refreshes": bool(words.get("refreshes")),
    }
