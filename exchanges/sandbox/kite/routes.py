"""Every path that Kite answers, with what is done there.

kite.trade/docs/connect/v3 (read 2026-11-21), every chapter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from exchanges.sandbox.kite.candles import candles
from exchanges.sandbox.kite.desk import Desk
from exchanges.sandbox.kite.errors import bad_input, bad_token, not_permitted, success
from exchanges.sandbox.kite.instruments import instruments
from exchanges.sandbox.kite.order_words import VARIETIES
from exchanges.sandbox.kite.people import full_profile, profile, session
from exchanges.sandbox.kite.tokens import Session
from exchanges.sandbox.orders import Account
from exchanges.sandbox.server import Reply, Request


@dataclass(frozen=True, slots=True)
class Call:
    """A request that found its route. `more` are the path's own parts, in order."""

    desk: Desk
    request: Request
    more: tuple[str, ...]
    session: Session | None

    @property
    def fields(self) -> dict[str, str]:
        return self.request.fields

    @property
    def account(self) -> Account:
        if self.session is None:
            raise bad_token()
        return self.session.account


Do = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """`act` is what faults call it, `limit` the window it is counted in."""

    act: str
    do: Do
    limit: str = "other"
    is_open: bool = False


# ---- sessions ----


def _exchange(call: Call) -> Reply:
    key, token, checksum = (call.fields.get(name, "") for name in ("api_key", "request_token", "checksum"))
    for name, told in (("api_key", key), ("request_token", token), ("checksum", checksum)):
        if not told:
            raise bad_input(f"Missing or empty field `{name}`")
    app = call.desk.tokens.apps.get(key)
    refreshes = app is not None and any(
        call.desk.house.accounts[one].words["refreshes"] for one in app.accounts if one in call.desk.house.accounts
    )
    return success(session(call.desk.tokens.exchange(key, token, checksum, refreshes=refreshes)))


def _renew(call: Call) -> Reply:
    key, token, checksum = (call.fields.get(name, "") for name in ("api_key", "refresh_token", "checksum"))
    for name, told in (("api_key", key), ("refresh_token", token), ("checksum", checksum)):
        if not told:
            raise bad_input(f"Missing or empty field `{name}`")
    renewed = call.desk.tokens.refresh(key, token, checksum)
    return success(session(renewed))


def _log_out(call: Call) -> Reply:
    tokens, fields = call.desk.tokens, call.fields
    if fields.get("refresh_token"):
        if not tokens.end_refresh(fields["refresh_token"]):
            raise bad_token("Token is invalid or has expired.")
        return success(True)
    found = tokens.session(fields.get("api_key", ""), fields.get("access_token", ""))
    if found is None:
        raise bad_token()
    tokens.end(found)
    return success(True)


# ---- orders ----


def _place(call: Call) -> Reply:
    return success(call.desk.orders.place(call.account, call.more[0], call.fields))


def _known_variety(call: Call) -> None:
    if call.more[0] not in VARIETIES:
        raise bad_input("Invalid `variety`.")


def _modify(call: Call) -> Reply:
    _known_variety(call)
    return success({"order_id": call.desk.orders.modify(call.account, call.more[1], call.fields).id})


def _cancel(call: Call) -> Reply:
    _known_variety(call)
    return success({"order_id": call.desk.orders.cancel(call.account, call.more[1]).id})


def _orders(call: Call) -> Reply:
    return success([one.told() for one in call.desk.told_orders(call.account, "orders")])


def _order(call: Call) -> Reply:
    return success(call.desk.told_order(call.account, call.more[0], "order").history())


def _order_trades(call: Call) -> Reply:
    return success(call.desk.told_order(call.account, call.more[0], "order_trades").trades())


def _trades(call: Call) -> Reply:
    told = call.desk.told_orders(call.account, "trades")
    return success([trade for one in told for trade in one.trades()])


# ---- the rest ----


def _instruments(call: Call) -> Reply:
    packs = "gzip" in call.request.headers.get("accept-encoding", "")
    return instruments(call.desk.house.markets.values(), call.more[0] if call.more else None, packs=packs)


def _candles(call: Call) -> Reply:
    return success(candles(call.desk.quotes.by_token, call.desk.clock, call.more[0], call.more[1], call.fields))


def _authorise(call: Call) -> Reply:
    pairs = parse_qsl(call.request.body.decode(errors="replace"))
    return success(call.desk.portfolio.authorise(call.account, pairs))


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/connect/login"): Route("login", lambda call: call.desk.login.show(call.request), is_open=True),
    ("POST", "/connect/login"): Route("login", lambda call: call.desk.login.finish(call.request), is_open=True),
    ("POST", "/session/token"): Route("session", _exchange, is_open=True),
    ("DELETE", "/session/token"): Route("logout", _log_out, is_open=True),
    ("POST", "/session/refresh_token"): Route("refresh", _renew, is_open=True),
    ("GET", "/user/profile"): Route("profile", lambda call: success(profile(call.account))),
    ("GET", "/user/profile/full"): Route("profile", lambda call: success(full_profile(call.account))),
    ("GET", "/user/margins"): Route("margins", lambda call: success(call.desk.margins.of(call.account))),
    ("GET", "/user/margins/*"): Route(
        "margins", lambda call: success(call.desk.margins.segment(call.account, call.more[0]))
    ),
    ("GET", "/instruments"): Route("instruments", _instruments, is_open=True),
    ("GET", "/instruments/*"): Route("instruments", _instruments, is_open=True),
    ("GET", "/instruments/historical/*/*"): Route("candles", _candles, limit="candles"),
    ("GET", "/quote"): Route("quote", lambda call: success(call.desk.quotes.full(call.request.query)), limit="quote"),
    ("GET", "/quote/ohlc"): Route(
        "ohlc", lambda call: success(call.desk.quotes.ohlc(call.request.query)), limit="quote"
    ),
    ("GET", "/quote/ltp"): Route("ltp", lambda call: success(call.desk.quotes.ltp(call.request.query)), limit="quote"),
    ("GET", "/orders"): Route("orders", _orders),
    ("GET", "/orders/*"): Route("order", _order),
    ("GET", "/orders/*/trades"): Route("order_trades", _order_trades),
    ("GET", "/trades"): Route("trades", _trades),
    ("POST", "/orders/*"): Route("place", _place, limit="orders"),
    ("PUT", "/orders/*/*"): Route("modify", _modify, limit="orders"),
    ("DELETE", "/orders/*/*"): Route("cancel", _cancel, limit="orders"),
    ("GET", "/portfolio/positions"): Route(
        "positions", lambda call: success(call.desk.portfolio.positions(call.account))
    ),
    ("PUT", "/portfolio/positions"): Route(
        "convert", lambda call: success(call.desk.portfolio.convert(call.account, call.fields))
    ),
    ("GET", "/portfolio/holdings"): Route("holdings", lambda call: success(call.desk.portfolio.holdings(call.account))),
    ("GET", "/portfolio/holdings/compact"): Route(
        "holdings", lambda call: success(call.desk.portfolio.compact(call.account))
    ),
    ("GET", "/portfolio/holdings/summary"): Route(
        "holdings", lambda call: success(call.desk.portfolio.summary(call.account))
    ),
    ("GET", "/portfolio/holdings/auctions"): Route("holdings", lambda call: success([])),
    ("POST", "/portfolio/holdings/authorise"): Route("authorise", _authorise),
    ("GET", "/gtt/triggers"): Route("gtts", lambda call: success(call.desk.triggers.all(call.account))),
    ("POST", "/gtt/triggers"): Route(
        "gtt_place", lambda call: success(call.desk.triggers.add(call.account, call.fields)), limit="orders"
    ),
    ("GET", "/gtt/triggers/*"): Route("gtt", lambda call: success(call.desk.triggers.one(call.account, call.more[0]))),
    ("PUT", "/gtt/triggers/*"): Route(
        "gtt_modify",
        lambda call: success(call.desk.triggers.change(call.account, call.more[0], call.fields)),
        limit="orders",
    ),
    ("DELETE", "/gtt/triggers/*"): Route(
        "gtt_delete", lambda call: success(call.desk.triggers.remove(call.account, call.more[0])), limit="orders"
    ),
    ("POST", "/margins/orders"): Route("order_margins", lambda call: success(call.desk.margins.orders(call.request))),
    ("POST", "/margins/basket"): Route("basket_margins", lambda call: success(call.desk.margins.basket(call.request))),
    ("POST", "/charges/orders"): Route("charges", lambda call: success(call.desk.margins.charges(call.request))),
}
#: Where the address that a request comes from must be one that the account registered.
GUARDED = frozenset({"place", "modify", "cancel", "gtt_place", "gtt_modify", "gtt_delete"})


def check_address(call: Call) -> None:
    allowed = call.account.words["addresses"]
    if allowed and call.request.address not in allowed:
        raise not_permitted(
            f"The address {call.request.address} is not registered for this app. Register it on the developer console "
            "to place orders."
        )
