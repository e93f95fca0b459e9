"""Binance spot as a client meets it. binance/binance-spot-api-docs a5e0bc3 (2026-07-21)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from exchanges.sandbox.binance.account import AccountReads
from exchanges.sandbox.binance.broken import blocked, page, refused, server_error
from exchanges.sandbox.binance.calls import Call, Route
from exchanges.sandbox.binance.errors import Refusal, banned, too_much_weight
from exchanges.sandbox.binance.exchange_info import ExchangeInfo
from exchanges.sandbox.binance.limits import Limits
from exchanges.sandbox.binance.market_data import MarketData
from exchanges.sandbox.binance.mishaps import Mishaps
from exchanges.sandbox.binance.news import News
from exchanges.sandbox.binance.order_books import OrderBooks
from exchanges.sandbox.binance.order_lists import OrderLists
from exchanges.sandbox.binance.orders import Orders
from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.binance.routes import Desks, rest_routes, socket_routes
from exchanges.sandbox.binance.signing import Keys
from exchanges.sandbox.binance.stream_events import Feeds
from exchanges.sandbox.binance.streams import Streams
from exchanges.sandbox.binance.tickers import Tickers
from exchanges.sandbox.binance.wallet import Wallet
from exchanges.sandbox.binance.ws_api import WsApi
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.faults import Fault, Faults
from exchanges.sandbox.house import House
from exchanges.sandbox.listings import atoms
from exchanges.sandbox.orders import Account
from exchanges.sandbox.server import Named, Reply, Request, Socket
from exchanges.sandbox.upsets import Upsets

_USUAL_BALANCES = {"USDT": Decimal(10_000), "BTC": Decimal("0.5"), "ETH": Decimal(5)}
_PATHS = ("/api/", "/sapi/", "/fapi/", "/dapi/", "/eapi/", "/papi/")
_NO_NEWS = Named("other")


class BinanceWire:
    name = "binance"
    #: "APIs have a timeout of 10 seconds when processing a request."
    patience = 10.0

    def __init__(self, *, house: House, clock: Clock, faults: Faults, seed: str) -> None:
        self._house, self._clock, self._faults = house, clock, faults
        self.limits = Limits(clock)
        self.keys = Keys(house=house, clock=clock, seed=seed)
        self._mishaps = Mishaps(faults=faults, house=house, clock=clock)
        self._news = News(clock=clock, faults=faults, limits=self.limits)
        desks = self._made_desks(seed)
        self._routes = rest_routes(desks)
        self._paths = {path for _, path in self._routes}
        self.streams = Streams(
            feeds=Feeds(data=desks.data, tickers=desks.tickers), limits=self.limits, clock=clock
        )  # fmt: skip
        self.ws_api = WsApi(
            routes=socket_routes(self._routes), keys=self.keys, limits=self.limits, news=self._news, clock=clock,
            faults=faults, broken=self.broken,
        )  # fmt: skip
        Upsets(
            venue=self.name,
            faults=faults,
            house=house,
            clock=clock,
            close=lambda account: self.close_sockets(),
            names=lambda market: {market.listing.symbol},
        )
        house.listeners.append(self._news.hear)
        house.on_brought.append(self._news.brought)
        #: Whoever asked last, for a ban is of an address.
        self._asked_from = ""

    def open_account(
        self, *, name: str, balances: dict[str, int] | None, words: Mapping[str, Any] | None = None
    ) -> Account:
        """One made on demand, with its keys and rights in its words. `words` may give it other rights."""
        given = balances or {asset: atoms(figure) for asset, figure in _USUAL_BALANCES.items()}
        account = self._house.open_account(self._house.draw_account(), name=name, balances=given)
        self.keys.give(account, (words or {}).get("rights"))
        return account

    # ---- what outlives a run ----

    def kept(self, account: Account) -> dict[str, Any]:
        """Everything is in its words."""
        return {}

    def adopt(self, account: Account, kept: Mapping[str, Any]) -> None:
        self.keys.take_back(account)

    def resumed(self) -> None:
        self._lists.take_back(self._house.accounts.values())

    # ---- requests ----

    def speaks(self, path: str, *, is_socket: bool) -> bool:
        if is_socket:
            return path.startswith(("/ws", "/stream"))
        return path.startswith(_PATHS)

    def named(self, request: Request) -> Named:
        self._asked_from = request.address
        route = self._routes.get((request.method, request.path))
        if route is None or not self._faults.ordered():
            return _NO_NEWS
        told = request.fields
        mark = next((told[name] for name in ("origClientOrderId", "newClientOrderId") if told.get(name)), "")
        account = self.keys.account_of(request.headers.get("x-mbx-apikey", ""))
        return Named(route.act, mark, "" if account is None else account.id)

    def answer(self, request: Request) -> Reply:
        route = self._routes.get((request.method, request.path))
        if route is None:
            return page(404, "404 Not Found") if request.path not in self._paths else page(405, "405 Not Allowed")
        is_sapi = request.path.startswith("/sapi/")
        account: Account | None = None
        try:
            parameters, error = self._read(request)
            weight = 1 if parameters is None else route.weigh(parameters)
            self.limits.arrive(request.address, weight, is_sapi=is_sapi)
            if parameters is None:
                raise error or AssertionError("either is there")
            account, body = self._done(route, request, parameters)
        except Refusal as refusal:
            return refused(refusal, self._headers(request, refusal, None, is_sapi=is_sapi))
        placed = account if route.act in {"place", "place_pair"} else None
        return Reply(200, body, self._headers(request, None, placed, is_sapi=is_sapi))

    def _read(self, request: Request) -> tuple[Parameters | None, Refusal | None]:
        try:
            return Parameters.of(request), None
        except Refusal as refusal:
            return None, refusal

    def _done(self, route: Route, request: Request, parameters: Parameters) -> tuple[Account | None, bytes]:
        account = None
        if route.security:
            account = self.keys.check_request(request, parameters, route.security)
        parameters.allow(route.names)
        return account, orjson.dumps(route.do(Call(parameters, account)))

    def _headers(
        self, request: Request, refusal: Refusal | None, placed: Account | None, *, is_sapi: bool
    ) -> tuple[tuple[str, str], ...]:
        if is_sapi:
            headers = [("x-sapi-used-ip-weight-1m", str(self.limits.used_of_sapi(request.address)))]
        else:
            used = str(self.limits.used(request.address))
            headers = [("x-mbx-used-weight", used), ("x-mbx-used-weight-1m", used)]
        if placed is not None:
            short, day = self.limits.ordered(placed.id)
            headers += [("x-mbx-order-count-10s", str(short)), ("x-mbx-order-count-1d", str(day))]
        if refusal is not None and refusal.retry_at is not None:
            headers.append(("retry-after", str(self.limits.seconds_until(refusal.retry_at))))
        return tuple(headers)

    # ---- faults ----

    def broken(self, fault: Fault) -> Reply:
        seconds = float(fault.given.get("seconds", 0))
        match fault.name:
            case "html":
                return blocked(int(fault.given["status"]))
            case "too_many":
                until = self._clock.told() + self._clock.milliseconds(seconds)
                refusal = too_much_weight(self.limits.figures.weight, "1 MINUTE", until)
            case "banned":
                refusal = banned(self.limits.ban(self._asked_from, seconds))
            case _:
                return server_error(int(fault.given.get("status", 503)))
        until = refusal.retry_at or self._clock.told()
        return refused(refusal, (("retry-after", str(self.limits.seconds_until(until))),))

    def timed_out(self) -> Reply:
        return server_error(504)

    # ---- sockets ----

    async def serve(self, socket: Socket) -> None:
        self._asked_from = socket.address
        is_api = socket.path.rstrip("/") == "/ws-api/v3"
        if not is_api and socket.path.split("/")[1] not in {"ws", "stream"}:
            await socket.refuse(404, b"", "text/html")
            return
        try:
            self.limits.connect(socket.address)
            if is_api:
                await self.ws_api.serve(socket)
            else:
                await self.streams.serve(socket)
        except Refusal as refusal:
            await socket.refuse(refusal.status, orjson.dumps(refusal.body()))

    def pulse(self) -> None:
        self._mishaps.pulse()
        if self._faults.ordered():
            self._look_for_outage()
        self._news.pulse()
        self.streams.pulse()
        self.ws_api.pulse()

    def close_sockets(self) -> None:
        """As the venue does after a day: it says so before."""
        for session in list(self.ws_api.sessions.values()):
            self.ws_api.warn(session)
            session.socket.end(1000)
        for listener in list(self.streams.listeners.values()):
            self.streams.warn(listener)
            listener.socket.end(1000)

    # ---- within ----

    def _look_for_outage(self) -> None:
        """One that was ordered ends the sockets, whether or not anybody asks for anything."""
        for fault in self._faults.ordered():
            if fault.name == "outage" and fault.venue in (None, self.name) and not fault.account and not fault.act:
                until = fault.ordered_at + self._clock.milliseconds(float(fault.given["seconds"]))
                if self._clock.now() < until:
                    for socket in self._sockets():
                        socket.end(1011)

    def _sockets(self) -> list[Socket]:
        found = [session.socket for session in self.ws_api.sessions.values()]
        return found + [listener.socket for listener in self.streams.listeners.values()]

    def _made_desks(self, seed: str) -> Desks:
        house, clock, limits = self._house, self._clock, self.limits
        books = OrderBooks(house)
        data = MarketData(
            house=house, clock=clock, info=ExchangeInfo(house=house, clock=clock, limits=limits)
        )  # fmt: skip
        orders = Orders(
            house=house, clock=clock, limits=limits, data=data, books=books, mishaps=self._mishaps, seed=seed
        )  # fmt: skip
        self._lists = lists = OrderLists(orders=orders, books=books)
        lists.news = self._news.listed
        reads = AccountReads(orders=orders, books=books, mishaps=self._mishaps, limits=limits)
        wallet = Wallet(reads=reads, clock=clock, limits=limits)
        return Desks(data, Tickers(data), orders, lists, reads, wallet)
