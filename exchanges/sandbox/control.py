"""The sandbox's own language: accounts made on demand, faults ordered, the truth told. For tests and for its page.

Whoever reaches it sees and moves everything; it listens on loopback, and answers no page of another site.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from exchanges.sandbox.faults import KINDS, Fault, Point, UnknownFault
from exchanges.sandbox.house import House, TooMany
from exchanges.sandbox.ledger import Short
from exchanges.sandbox.listings import atoms, figure
from exchanges.sandbox.market import Market
from exchanges.sandbox.orders import Account, Placed
from exchanges.sandbox.rows import timeline
from exchanges.sandbox.server import Named, Reply, Request, Socket
from exchanges.sandbox.sessions import is_open

if TYPE_CHECKING:
    from exchanges.sandbox.world import World

_ALL = 1_000_000
_HOME = {"localhost", "127.0.0.1", "[::1]", "::1", "testserver"}


class Refusal(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class ControlWire:
    name = "control"

    def __init__(self, *, world: "World") -> None:
        self._world = world
        self._routes: dict[tuple[str, str], Callable[[Request, list[str]], Any]] = {
            ("GET", ""): self._about,
            ("POST", "accounts"): self._open,
            ("GET", "accounts"): self._accounts,
            ("DELETE", "accounts"): self._close,
            ("POST", "deposits"): self._deposit,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._order,
            ("DELETE", "faults"): self._take_back,
            ("GET", "truth"): self._truth,
            ("GET", "sums"): self._sums,
            ("GET", "markets"): self._markets,
            ("POST", "clock"): self._clock,
        }

    def speaks(self, path: str, *, is_socket: bool) -> bool:
        return path == "/control" or path.startswith("/control/")

    def named(self, request: Request) -> Named:
        return Named("control")

    def answer(self, request: Request) -> Reply:
        _, _, what, *more = [*request.path.split("/"), ""]
        more = [one for one in more if one]
        try:
            self._check(request)
            do = self._routes.get((request.method, what))
            if do is None:
                raise Refusal(404, f"{request.method} {request.path} is nothing here; GET /control says what is")
            return _json(200, do(request, more))
        except Refusal as refusal:
            return _json(refusal.status, {"error": str(refusal)})
        except (UnknownFault, Short, TooMany, ArithmeticError, ValueError, TypeError, KeyError) as error:
            return _json(400, {"error": str(error) or type(error).__name__})

    def broken(self, fault: Fault) -> Reply:
        raise AssertionError("control has no faults")

    async def serve(self, socket: Socket) -> None:
        await socket.refuse(404, b"{}")

    def pulse(self) -> None: ...

    def close_sockets(self) -> None: ...

    # ---- what is asked ----

    def _about(self, request: Request, more: list[str]) -> Any:
        world = self._world
        return {
            "seed": world.seed,
            "scale": world.clock.scale,
            "now": world.clock.now(),
            "told": world.clock.told(),
            "skew": world.clock.skew,
            "venues": {
                name: {
                    "accounts": len(house.accounts),
                    "sessions": "given" if world.has_given_sessions and name == "kite" else "always open",
                    "markets": {symbol: market.series.days.origin for symbol, market in house.markets.items()},
                }
                for name, house in world.houses.items()
            },
            "faults": {
                kind.name: {"words": kind.words, "point": kind.point.value, "given": dict(kind.given)}
                for kind in KINDS.values()
            },
            "routes": sorted(f"{method} /control/{what}" for method, what in self._routes),
        }

    def _open(self, request: Request, more: list[str]) -> Any:
        told = _told(request)
        house = self._house(told.get("venue"))
        wanted = told.get("balances") or {}
        if not isinstance(wanted, dict):
            raise Refusal(400, "balances are an object of assets and figures")
        balances = {asset: atoms(Decimal(str(count))) for asset, count in wanted.items()}
        wire = self._world.wires[str(told["venue"])]
        account = wire.open_account(
            name=str(told.get("name", "")), balances=balances or None, words=told.get("words") or {}
        )
        return _account(house, account)

    def _accounts(self, request: Request, more: list[str]) -> Any:
        if not more:
            return [
                {"venue": name, "id": account.id, "name": account.name}
                for name, house in self._world.houses.items()
                for account in house.accounts.values()
            ]
        house, account = self._account(more)
        return _account(house, account, most=_most(request, "orders"))

    def _close(self, request: Request, more: list[str]) -> Any:
        house, account = self._account(more)
        house.close_account(account)
        return {}

    def _deposit(self, request: Request, more: list[str]) -> Any:
        told = _told(request)
        house, account = self._account([str(told["venue"]), str(told["account"])])
        house.bring(account, str(told["asset"]), atoms(Decimal(str(told["amount"]))))
        return _account(house, account)

    def _faults(self, request: Request, more: list[str]) -> Any:
        faults, most = self._world.faults, _most(request, "fired")
        fired = list(faults.fired)
        return {
            "ordered": [_fault(one) for one in faults.ordered()],
            "fired": [
                {
                    "at": one.at, "fault": one.fault, "name": one.name, "venue": one.venue, "act": one.act,
                    "mark": one.mark, "account": one.account,
                }
                for one in fired[max(0, len(fired) - most) :]
            ],
        }  # fmt: skip

    def _order(self, request: Request, more: list[str]) -> Any:
        told = _told(request)
        name, times, chance = str(told.pop("name", "")), told.pop("times", 1), told.pop("chance", 1)
        if not isinstance(chance, int | Decimal):
            raise Refusal(400, "a chance is a number")
        if times is not None and not isinstance(times, int):
            raise Refusal(400, "a number of times is a whole number, or null for ever")
        for word, usual in (KINDS[name].given if name in KINDS else {}).items():
            if not isinstance(usual, str) and not isinstance(told.get(word, usual), int | float | Decimal):
                raise Refusal(400, f"{word} is a number")
        given: dict[str, Any] = {
            word: float(said) if isinstance(said, Decimal) else said for word, said in told.items()
        }
        return _fault(self._world.faults.order(name, times=times, chance=float(chance), **given))

    def _take_back(self, request: Request, more: list[str]) -> Any:
        self._world.faults.take_back(int(more[0]) if more else None)
        return {}

    def _truth(self, request: Request, more: list[str]) -> Any:
        """All that was taken, when it arrived, what it was filled with, who has what, and that it sums to nought."""
        return {
            "now": self._world.clock.now(),
            "accounts": [
                _account(house, account) | {"venue": name}
                for name, house in self._world.houses.items()
                for account in house.accounts.values()
            ],
            "sums": self._sums(request, more),
        }

    def _sums(self, request: Request, more: list[str]) -> Any:
        """Of each asset, what all that is anywhere sums to: nought."""
        return {asset: str(figure(count)) for asset, count in self._world.sums().items()}

    def _markets(self, request: Request, more: list[str]) -> Any:
        if len(more) != 2:
            return {name: sorted(house.markets) for name, house in self._world.houses.items()}
        house = self._house(more[0])
        if more[1] not in house.markets:
            raise Refusal(404, f"{more[0]} lists no {more[1]}")
        market, now = house.look(house.markets[more[1]]), self._world.clock.now()
        is_index = bool(market.listing.facts.get("is_index"))
        # What makes an index move is a crowd too, but there is no book of it that anybody could meet.
        bids, asks = ([], []) if is_index else market.matching.depth(20)
        return {
            "symbol": more[1],
            "base": market.listing.base,
            "quote": market.listing.quote,
            "origin": market.series.days.origin,
            "is_open": is_open(market.series.sessions, now),
            "is_halted": market.is_halted,
            "is_index": is_index,
            "at": now,
            "last": _price(market, market.last),
            "bids": [[_price(market, int(price)), _lots(market, int(lots))] for price, lots in bids],
            "asks": [[_price(market, int(price)), _lots(market, int(lots))] for price, lots in asks],
            "tape": [
                {
                    "number": one.number, "price": _price(market, one.price), "quantity": _lots(market, one.lots),
                    "at": one.at, "taker_is_buy": one.taker_is_buy,
                }
                for one in list(market.tape)[-20:]
                if not is_index
            ],
        }  # fmt: skip

    def _clock(self, request: Request, more: list[str]) -> Any:
        told, clock = _told(request), self._world.clock
        clock.skew = round(float(told["skew"]) * 1000)
        return {"now": clock.now(), "told": clock.told(), "skew": clock.skew}

    # ---- within ----

    def _check(self, request: Request) -> None:
        """No page of another site gets at it, by whatever name that site goes."""
        host = request.headers.get("host", "")
        if (urlsplit(f"//{host}").hostname or "") not in _HOME:
            raise Refusal(403, "the sandbox's control is reached by the names of this machine alone")
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            raise Refusal(403, "the sandbox's control answers its own page alone")
        if request.method == "POST" and not request.headers.get("content-type", "").startswith("application/json"):
            raise Refusal(415, "tell it in JSON")

    def _house(self, name: object) -> House:
        try:
            return self._world.houses[str(name)]
        except KeyError:
            raise Refusal(404, f"no venue {name}; there are {', '.join(self._world.houses)}") from None

    def _account(self, more: list[str]) -> tuple[House, Account]:
        house = self._house(more[0] if more else None)
        account = house.accounts.get(more[1] if len(more) > 1 else "")
        if account is None:
            raise Refusal(404, "no such account")
        return house, account


def _told(request: Request) -> dict[str, Any]:
    try:
        told = json.loads(request.body or b"{}", parse_float=Decimal)
    except ValueError:
        raise Refusal(400, "that is no JSON") from None
    if not isinstance(told, dict):
        raise Refusal(400, "a JSON object is wanted")
    return told


def _json(status: int, content: Any) -> Reply:
    return Reply(status, json.dumps(content, default=str).encode())


def _price(market: Market, ticks: int) -> str:
    return str(market.listing.tick * ticks)


def _lots(market: Market, lots: int) -> str:
    return str(market.listing.lot * lots)


def _most(request: Request, name: str) -> int:
    """How many of the newest are wanted; without a word, all."""
    return int(request.fields.get(name, _ALL))


def _account(house: House, account: Account, *, most: int = _ALL) -> dict[str, Any]:
    orders = list(account.orders.values())
    return {
        "id": account.id,
        "name": account.name,
        **account.words,
        "balances": {
            asset: {"free": str(figure(purse.free)), "held": str(figure(purse.held))} for asset, purse in account.purses
        },
        "orders": [_placed(one) for one in orders[max(0, len(orders) - most) :]],
    }


def _placed(order: Placed) -> dict[str, Any]:
    market = order.market
    return {
        "number": order.number,
        "symbol": market.listing.symbol,
        "mark": order.ask.mark,
        "side": "buy" if order.ask.is_buy else "sell",
        "quantity": _lots(market, order.lots),
        "price": None if order.ask.price is None else _price(market, order.ask.price),
        "trigger": None if order.ask.trigger is None else _price(market, order.ask.trigger),
        "state": order.state.value,
        "filled": _lots(market, order.filled),
        "paid": str(figure(order.paid)),
        "arrived_at": order.arrived_at,
        "is_asleep": order.is_asleep,
        "why": order.why,
        "partner": order.partner.number if order.partner else None,
        "hidden_until": order.hidden_until,
        "timeline": timeline(order),
        "words": {name: str(word) for name, word in order.ask.words.items()},
        "fills": [
            {
                "number": fill.number,
                "price": _price(market, fill.price),
                "quantity": _lots(market, fill.lots),
                "at": fill.at,
                "is_maker": fill.is_maker,
                "fee": str(figure(fill.fee)),
                "fee_asset": fill.fee_asset,
            }
            for fill in order.fills
        ],
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "name": fault.name,
        "venue": fault.venue,
        "act": fault.act,
        "mark": fault.mark,
        "account": fault.account,
        "times": fault.times,
        "chance": fault.chance,
        "fired": fault.fired,
        "is_spent": fault.is_spent,
        "given": fault.given,
        "point": Point(fault.kind.point).value,
    }
