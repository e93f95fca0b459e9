"""Kite Connect 3 as a client meets it. kite.trade/docs/connect/v3 (read 2026-11-21).

It answers every path that no other wire speaks, and sockets at `/`. Faults name its requests by the acts of
`routes.py`.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.faults import Fault, Faults
from exchanges.sandbox.house import House
from exchanges.sandbox.kite.desk import Desk
from exchanges.sandbox.kite.errors import JSON, KiteError, bad_token, broken, refusal
from exchanges.sandbox.kite.keeping import kept_of, take_back
from exchanges.sandbox.kite.routes import GUARDED, ROUTES, Call, Route, check_address
from exchanges.sandbox.kite.tokens import Session
from exchanges.sandbox.orders import Account
from exchanges.sandbox.server import Named, Reply, Request, Socket

Found = tuple[Route | None, tuple[str, ...]]

_NOT_FOUND = KiteError(404, "GeneralException", "Route not found")
_NOT_ALLOWED = KiteError(405, "GeneralException", "Method not allowed")
#: Acts whose path ends in the id of an order.
_BY_ID = {"order": 0, "order_trades": 0, "modify": 1, "cancel": 1}


class KiteWire:
    name = "kite"

    def __init__(self, *, house: House, clock: Clock, faults: Faults, seed: str) -> None:
        self.desk = Desk(house=house, clock=clock, faults=faults, seed=f"{seed}:kite")
        #: The request that was looked up last: it is asked about twice.
        self._found: tuple[Request | None, Found] = (None, (None, ()))
        #: By the number of a path's parts and the first of them.
        self._routes: defaultdict[tuple[int, str], list[tuple[str, tuple[str, ...], Route]]] = defaultdict(list)
        # A fixed part goes before one that may be anything.
        for (method, path), route in sorted(ROUTES.items(), key=lambda one: one[0][1].replace("*", "~")):
            parts = tuple(path.strip("/").split("/"))
            self._routes[len(parts), parts[0]].append((method, parts, route))

    def open_account(
        self, *, name: str, balances: dict[str, int] | None, words: dict[str, Any] | None = None
    ) -> Account:
        """One made on demand, with its keys in its words. What `words` may be told: `opening.py`."""
        return self.desk.opening.open(name=name, balances=balances, words=words or {})

    # ---- what outlives a run ----

    def kept(self, account: Account) -> dict[str, Any]:
        return kept_of(account, money=self.desk.money, tokens=self.desk.tokens)

    def adopt(self, account: Account, kept: Mapping[str, Any]) -> None:
        desk = self.desk
        take_back(account, kept, house=desk.house, money=desk.money, tokens=desk.tokens)

    def resumed(self) -> None:
        self.desk.tokens.go_on()
        self.desk.orders.go_on()

    # ---- requests ----

    def speaks(self, path: str, *, is_socket: bool) -> bool:
        return True

    def named(self, request: Request) -> Named:
        route, more = self._find(request)
        if route is None:
            return Named("other")
        session = None if route.is_open else self._session(request)
        mark = ""
        if route.act == "place":
            mark = request.fields.get("tag", "")
        elif route.act in _BY_ID and session is not None:
            told = self.desk.book.find(session.account, more[_BY_ID[route.act]])
            mark = told.mark if told else ""
        return Named(route.act, mark=mark, account=session.account.id if session else "")

    def answer(self, request: Request) -> Reply:
        self.desk.wake()
        try:
            route, more = self._find(request)
            if route is None:
                raise _NOT_ALLOWED if more else _NOT_FOUND
            session = None if route.is_open else self._session(request)
            if session is None and not route.is_open:
                raise bad_token()
            call = Call(self.desk, request, more, session)
            if route.act in GUARDED:
                check_address(call)
            self.desk.limits.count(session.account.id if session else request.address, route.limit)
            return route.do(call)
        except KiteError as error:
            return refusal(error)

    def broken(self, fault: Fault) -> Reply:
        return broken(fault)

    async def serve(self, socket: Socket) -> None:
        if socket.path != "/":
            await socket.refuse(404, refusal(_NOT_FOUND).body, JSON)
            return
        await self.desk.ticker.serve(socket)

    def pulse(self) -> None:
        self.desk.pulse()

    def close_sockets(self) -> None:
        self.desk.ticker.close()

    # ---- within ----

    def _session(self, request: Request) -> Session | None:
        try:
            found = self.desk.tokens.demand(request.headers.get("authorization", ""))
        except KiteError:
            return None
        return found if found.account.id in self.desk.house.accounts else None

    def _find(self, request: Request) -> Found:
        """The route and its own parts; no route, and some parts, where the path is right and the method is not."""
        before, found = self._found
        if before is not request:
            found = self._look_up(request)
            self._found = request, found
        return found

    def _look_up(self, request: Request) -> Found:
        parts = request.path.strip("/").split("/")
        is_path = False
        for method, pattern, route in self._routes.get((len(parts), parts[0]), ()):
            if all(wanted in ("*", given) for wanted, given in zip(pattern, parts, strict=True)):
                if method == request.method:
                    more = tuple(given for wanted, given in zip(pattern, parts, strict=True) if wanted == "*")
                    return route, more
                is_path = True
        return None, ("",) if is_path else ()
