"""What cash there is, and what orders would need of it.

kite.trade/docs/connect/v3/user#funds-and-margins and /margins (read 2026-11-21).
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.house import House
from exchanges.sandbox.kite.charges import Charges, none_told
from exchanges.sandbox.kite.errors import bad_input
from exchanges.sandbox.kite.figures import last_ticks, number, rupees
from exchanges.sandbox.kite.money import ShareMoney
from exchanges.sandbox.kite.order_words import traded
from exchanges.sandbox.orders import Account
from exchanges.sandbox.server import Request

_MOST = 100
_MOST_FIGURE = 10**9


class Margins:
    """`told_cash` is what reads say of an account's free cash: faults may make it another than it is."""

    def __init__(self, *, house: House, money: ShareMoney, clock: Clock, told_cash: Callable[[Account], int]) -> None:
        self._house, self._money, self._clock, self._told_cash = house, money, clock, told_cash

    def of(self, account: Account) -> dict[str, Any]:
        return {"equity": self.segment(account, "equity"), "commodity": self.segment(account, "commodity")}

    def segment(self, account: Account, name: str) -> dict[str, Any]:
        if name not in {"equity", "commodity"}:
            raise bad_input("Invalid `segment`.")
        is_equity = name == "equity"
        net = self._told_cash(account) if is_equity else 0
        opening = self._money.estate(account).opening_cash if is_equity else 0
        return {
            "enabled": is_equity,
            "net": rupees(net),
            "available": {
                "adhoc_margin": 0,
                "cash": rupees(opening),
                "opening_balance": rupees(opening),
                "live_balance": rupees(net),
                "collateral": 0,
                "intraday_payin": 0,
            },
            "utilised": {
                "debits": rupees(opening - net),
                "exposure": 0,
                "m2m_realised": 0,
                "m2m_unrealised": 0,
                "option_premium": 0,
                "payout": 0,
                "span": 0,
                "holding_sales": 0,
                "turnover": 0,
                "liquid_collateral": 0,
                "stock_collateral": 0,
                "delivery": 0,
            },
        }

    # ---- what orders would need ----

    def orders(self, request: Request) -> list[dict[str, Any]]:
        return [self._order(one) for one in _listed(request)]

    def basket(self, request: Request) -> dict[str, Any]:
        orders = [self._order(one) for one in _listed(request)]
        total = number(sum((Decimal(str(one["total"])) for one in orders), Decimal(0)))
        whole = _margin("", "", "", 0, leverage=0) | {"total": total, "var": total}
        is_compact = request.fields.get("mode") == "compact"
        return {
            "initial": whole,
            "final": dict(whole),
            "orders": [] if is_compact else orders,
            "charges": none_told(),
        }

    def charges(self, request: Request) -> list[dict[str, Any]]:
        told = []
        for one in _listed(request):
            market, quantity, price, charges = self._read(one, price_field="average_price")
            told.append(
                {
                    "transaction_type": one["transaction_type"],
                    "tradingsymbol": market.listing.facts["symbol"],
                    "exchange": market.listing.facts["exchange"],
                    "variety": one.get("variety", "regular"),
                    "product": one["product"],
                    "order_type": one.get("order_type", "LIMIT"),
                    "quantity": quantity,
                    "price": number(price),
                    "charges": charges.told(),
                }
            )
        return told

    def _order(self, told: dict[str, Any]) -> dict[str, Any]:
        """Cash in full, whatever the product; a sale out of holdings needs none."""
        market, quantity, price, charges = self._read(told, price_field="price")
        is_free = told["product"] == "CNC" and told["transaction_type"] == "SELL"
        needed = number(Decimal(0) if is_free else price * quantity)
        facts = market.listing.facts
        return _margin("equity", facts["symbol"], facts["exchange"], needed, leverage=1) | {"charges": charges.told()}

    def _read(self, told: Any, *, price_field: str) -> tuple[Any, int, Decimal, Charges]:
        if not isinstance(told, dict):
            raise bad_input("Invalid JSON request.")
        market = traded(self._house.markets, str(told.get("exchange", "")), str(told.get("tradingsymbol", "")))
        side, product, quantity = told.get("transaction_type"), told.get("product"), told.get("quantity")
        if side not in ("BUY", "SELL"):
            raise bad_input("Invalid `transaction_type`.")
        if product not in ("CNC", "MIS"):
            raise bad_input("Invalid `product`.")
        if not _is_figure(quantity) or not quantity or int(quantity) != quantity:
            raise bad_input("Invalid `quantity`.")
        price = told.get(price_field)
        if price is None:
            price = 0
        if not _is_figure(price):
            raise bad_input(f"Invalid `{price_field}`.")
        price = Decimal(price) or market.listing.tick * last_ticks(market, self._clock.now())
        exchange = str(market.listing.facts["exchange"])
        charges = Charges(exchange=exchange, product=product, is_buy=side == "BUY", value=price * int(quantity))
        return market, int(quantity), price, charges


def _listed(request: Request) -> list[Any]:
    try:
        told = json.loads(request.body or b"null", parse_float=Decimal, parse_constant=_no)
    except (ValueError, RecursionError):
        raise bad_input("Invalid JSON request.") from None
    if not isinstance(told, list) or not told:
        raise bad_input("Invalid JSON request.")
    if len(told) > _MOST:
        raise bad_input(f"Max {_MOST} orders are allowed.")
    return told


def _is_figure(told: Any) -> bool:
    return isinstance(told, int | Decimal) and not isinstance(told, bool) and 0 <= told < _MOST_FIGURE


def _no(word: str) -> None:
    raise ValueError(word)


def _margin(kind: str, symbol: str, exchange: str, needed: int | float, *, leverage: int) -> dict[str, Any]:
    return {
        "type": kind,
        "tradingsymbol": symbol,
        "exchange": exchange,
        "span": 0,
        "exposure": 0,
        "option_premium": 0,
        "additional": 0,
        "bo": 0,
        "cash": 0,
        "var": needed,
        "pnl": {"realised": 0, "unrealised": 0},
        "leverage": leverage,
        "charges": none_told(),
        "total": needed,
    }
