"""What can be asked, with its weight and its parameters: the table of REST and that of the WebSocket API.

binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md and web-socket-api.md: each endpoint's "Weight" and
"Parameters". Acts are the names that faults go by.
"""

from dataclasses import dataclass, replace
from typing import Any

from exchanges.sandbox.binance.account import AccountReads
from exchanges.sandbox.binance.calls import Call, Do, Route, Security, Weigh
from exchanges.sandbox.binance.market_data import MarketData
from exchanges.sandbox.binance.order_lists import OLD_NAMES, OrderLists
from exchanges.sandbox.binance.orders import Orders, amount_of
from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.binance.tickers import Tickers
from exchanges.sandbox.binance.wallet import Wallet

NONE, READ, TRADE = Security.NONE, Security.READ, Security.TRADE
_SIGNED = {"timestamp", "recvWindow", "signature"}
_WANTED = (
    "symbol side type timeInForce quantity quoteOrderQty price newClientOrderId strategyId strategyType stopPrice "
    "trailingDelta icebergQty newOrderRespType selfTradePreventionMode pegPriceType pegOffsetValue pegOffsetType"
)
_LEG = (
    "Type",
    "ClientOrderId",
    "IcebergQty",
    "Price",
    "StopPrice",
    "TrailingDelta",
    "TimeInForce",
    "StrategyId",
    "StrategyType",
    "PegPriceType",
    "PegOffsetType",
    "PegOffsetValue",
)
_OCO = "symbol listClientOrderId side quantity newOrderRespType selfTradePreventionMode " + " ".join(
    f"{leg}{name}" for leg in ("above", "below") for name in _LEG
)
_REPLACED = _WANTED + (
    " cancelReplaceMode cancelNewClientOrderId cancelOrigClientOrderId cancelOrderId cancelRestrictions "
    "orderRateLimitExceededMode"
)
_ONE = "symbol orderId origClientOrderId"
_PICKED = "symbol symbols symbolStatus"
_KLINES = "symbol interval startTime endTime timeZone limit"
_SPAN = "startTime endTime limit"


@dataclass(frozen=True, slots=True)
class Desks:
    """Whoever answers."""

    data: MarketData
    tickers: Tickers
    orders: Orders
    lists: OrderLists
    reads: AccountReads
    wallet: Wallet


def rest_routes(desks: Desks) -> dict[tuple[str, str], Route]:
    data, tickers, orders, lists, reads, wallet = (
        desks.data, desks.tickers, desks.orders, desks.lists, desks.reads, desks.wallet,
    )  # fmt: skip
    api = {
        ("GET", "ping"): _route("ping", _ping, 1),
        ("GET", "time"): _route("time", lambda call: {"serverTime": data.clock.told()}, 1),
        ("GET", "exchangeInfo"): _route(
            "instruments", lambda call: data.info.all(call.parameters), 20,
            "symbol symbols permissions showPermissionSets symbolStatus",
        ),
        ("GET", "depth"): _route("depth", data.depth, _depth_weight, "symbol limit symbolStatus"),
        ("GET", "trades"): _route("market_trades", data.trades, 25, "symbol limit"),
        ("GET", "historicalTrades"): _route("market_trades", data.trades, 25, "symbol limit fromId"),
        ("GET", "aggTrades"): _route("market_trades", data.agg_trades, 4, "symbol fromId " + _SPAN),
        ("GET", "klines"): _route("candles", data.klines, 2, _KLINES),
        ("GET", "uiKlines"): _route("candles", data.klines, 2, _KLINES),
        ("GET", "avgPrice"): _route("ticker", data.average, 2, "symbol"),
        ("GET", "ticker/24hr"): _route("ticker", tickers.day, _day_weight, _PICKED + " type"),
        ("GET", "ticker/tradingDay"): _route("ticker", tickers.trading_day, _four_each, _PICKED + " type timeZone"),
        ("GET", "ticker/price"): _route("ticker", data.prices, _price_weight, _PICKED),
        ("GET", "ticker/bookTicker"): _route("ticker", data.tops, _price_weight, _PICKED),
        ("GET", "ticker"): _route("ticker", tickers.rolling, _four_each, _PICKED + " type windowSize"),
        ("POST", "order"): _route("place", orders.place, 1, _WANTED, TRADE),
        ("POST", "order/test"): _route("test", orders.test, amount_of, _WANTED + " computeCommissionRates", TRADE),
        ("GET", "order"): _route("order", reads.order, 4, _ONE, READ),
        ("DELETE", "order"): _route("cancel", orders.cancel, 1, _ONE + " newClientOrderId cancelRestrictions", TRADE),
        ("PUT", "order/amend/keepPriority"): _route("amend", orders.amend, 4, _ONE + " newClientOrderId newQty", TRADE),
        ("POST", "order/cancelReplace"): _route("place", orders.replace, 1, _REPLACED, TRADE),
        ("GET", "myFilters"): _route("instruments", data.info.filters, 40, "symbol", READ),
        ("GET", "order/amendments"): _route("order", reads.amendments, 4, "symbol orderId fromExecutionId limit", READ),
        ("GET", "openOrders"): _route("open_orders", reads.open_orders, _open_weight, "symbol", READ),
        ("DELETE", "openOrders"): _route("cancel_all", orders.cancel_all, 1, "symbol", TRADE),
        ("GET", "allOrders"): _route("orders", reads.all_orders, 20, "symbol orderId " + _SPAN, READ),
        ("POST", "orderList/oco"): _route("place_pair", lists.place, 1, _OCO, TRADE),
        ("POST", "order/oco"): _route("place_pair", lists.place_old, 1, " ".join(OLD_NAMES), TRADE),
        ("GET", "orderList"): _route("order", lists.one, 4, "orderListId origClientOrderId", READ),
        ("DELETE", "orderList"): _route(
            "cancel", lists.cancel, 1, "symbol orderListId listClientOrderId newClientOrderId", TRADE
        ),
        ("GET", "allOrderList"): _route("orders", lists.all, 20, "fromId " + _SPAN, READ),
        ("GET", "openOrderList"): _route("open_orders", lists.open, 6, "", READ),
        ("GET", "account"): _route("balances", reads.account, 20, "omitZeroBalances", READ),
        ("GET", "account/commission"): _route("rights", reads.commission, 20, "symbol", READ),
        ("GET", "myTrades"): _route("trades", reads.trades, _trades_weight, "symbol orderId fromId " + _SPAN, READ),
        ("GET", "rateLimit/order"): _route("limits", reads.order_counts, 40, "", READ),
    }  # fmt: skip
    beside = {
        ("GET", "/sapi/v1/system/status"): _route("time", wallet.system, 1),
        ("GET", "/sapi/v1/account/apiRestrictions"): _route("rights", wallet.rights, 1, "", READ),
        ("GET", "/sapi/v1/capital/config/getall"): _route("instruments", wallet.coins, 10, "", READ),
        ("GET", "/sapi/v1/margin/allPairs"): _route("instruments", wallet.nothing, 1, "symbol"),
        ("GET", "/sapi/v1/margin/isolated/allPairs"): _route("instruments", wallet.nothing, 10, "symbol"),
        ("GET", "/sapi/v1/margin/allAssets"): _route("instruments", wallet.nothing, 1, "asset"),
        ("GET", "/fapi/v1/exchangeInfo"): _route("instruments", wallet.no_futures, 1),
        ("GET", "/dapi/v1/exchangeInfo"): _route("instruments", wallet.no_futures, 1),
    }
    # Margin's lists are asked with a key, and by some with a signature too; both are let be.
    for key in [key for key in beside if "margin" in key[1]]:
        beside[key] = replace(beside[key], names=beside[key].names | _SIGNED)
    return {(method, f"/api/v3/{path}"): route for (method, path), route in api.items()} | beside


#: The methods of the WebSocket API and the endpoint of REST that each is.
_SAME = {
    "ping": ("GET", "ping"),
    "time": ("GET", "time"),
    "exchangeInfo": ("GET", "exchangeInfo"),
    "depth": ("GET", "depth"),
    "trades.recent": ("GET", "trades"),
    "trades.historical": ("GET", "historicalTrades"),
    "trades.aggregate": ("GET", "aggTrades"),
    "klines": ("GET", "klines"),
    "uiKlines": ("GET", "uiKlines"),
    "avgPrice": ("GET", "avgPrice"),
    "ticker.24hr": ("GET", "ticker/24hr"),
    "ticker.tradingDay": ("GET", "ticker/tradingDay"),
    "ticker": ("GET", "ticker"),
    "ticker.price": ("GET", "ticker/price"),
    "ticker.book": ("GET", "ticker/bookTicker"),
    "order.place": ("POST", "order"),
    "order.test": ("POST", "order/test"),
    "order.status": ("GET", "order"),
    "order.cancel": ("DELETE", "order"),
    "order.amend.keepPriority": ("PUT", "order/amend/keepPriority"),
    "order.cancelReplace": ("POST", "order/cancelReplace"),
    "myFilters": ("GET", "myFilters"),
    "order.amendments": ("GET", "order/amendments"),
    "openOrders.status": ("GET", "openOrders"),
    "openOrders.cancelAll": ("DELETE", "openOrders"),
    "allOrders": ("GET", "allOrders"),
    "orderList.place": ("POST", "order/oco"),
    "orderList.place.oco": ("POST", "orderList/oco"),
    "orderList.status": ("GET", "orderList"),
    "orderList.cancel": ("DELETE", "orderList"),
    "openOrderLists.status": ("GET", "openOrderList"),
    "allOrderLists": ("GET", "allOrderList"),
    "account.status": ("GET", "account"),
    "account.commission": ("GET", "account/commission"),
    "account.rateLimits.orders": ("GET", "rateLimit/order"),
    "myTrades": ("GET", "myTrades"),
}


def socket_routes(rest: dict[tuple[str, str], Route]) -> dict[str, Route]:
    return {name: rest[method, f"/api/v3/{path}"] for name, (method, path) in _SAME.items()}


# ---- within ----


def _route(act: str, do: Do, weight: int | Weigh, names: str = "", security: Security = NONE) -> Route:
    told = set(names.split())
    return Route(act, do, weight, frozenset(told | _SIGNED if security is not NONE else told), security)


def _ping(call: Call) -> Any:
    return {}


def _depth_weight(asked: Parameters) -> int:
    most = int(word) if (word := asked.told.get("limit", "100")).isdecimal() and len(word) < 9 else 100
    return next((weight for limit, weight in ((100, 5), (500, 25), (1000, 50)) if most <= limit), 250)


def _day_weight(asked: Parameters) -> int:
    if asked.told.get("symbol"):
        return 2
    symbols = asked.told.get("symbols")
    count = 1000 if symbols is None else symbols.count(",") + 1
    return next((weight for most, weight in ((20, 2), (100, 40)) if count <= most), 80)


def _price_weight(asked: Parameters) -> int:
    return 2 if asked.told.get("symbol") else 4


def _four_each(asked: Parameters) -> int:
    return min(200, 4 * (asked.told.get("symbols", "").count(",") + 1))


def _open_weight(asked: Parameters) -> int:
    return 6 if asked.told.get("symbol") else 80


def _trades_weight(asked: Parameters) -> int:
    return 5 if asked.told.get("orderId") else 20
