"""Orders, lists and fills as Binance tells them. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md
"Trading endpoints" and "Account Endpoints", enums.md.
"""

from dataclasses import dataclass, field
from typing import Any

from exchanges.domain.matching import Why
from exchanges.sandbox.binance.figures import ZERO, eight, lots, price
from exchanges.sandbox.orders import Fill, Placed, State

_STATUSES = {
    State.NEW: "NEW",
    State.PARTIAL: "PARTIALLY_FILLED",
    State.FILLED: "FILLED",
    State.CANCELLED: "CANCELED",
    State.EXPIRED: "EXPIRED",
    State.REJECTED: "REJECTED",
}


@dataclass(slots=True, eq=False)
class OrderList:
    """Two orders of which one cancels the other."""

    number: int
    client_id: str
    symbol: str
    placed_at: int
    orders: list[Placed] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return all(order.state.is_over for order in self.orders)


def status_of(order: Placed) -> str:
    if order.state is State.EXPIRED and order.why == Why.SELF_TRADE.value:
        return "EXPIRED_IN_MATCH"
    return _STATUSES[order.state]


def expiry_of(order: Placed) -> str:
    """Why an expired order expired."""
    if order.why == Why.NOT_ALL.value:
        return "UNFILLED_FOK_ORDER_EXPIRED"
    if order.why == Why.NO_LIQUIDITY.value:
        return "UNFILLED_IOC_QUANTITY_EXPIRED" if order.ask.words["tif"] == "IOC" else "INSUFFICIENT_LIQUIDITY"
    if order.why == "" and order.partner is not None:
        return "OCO_TRIGGER"
    return "EXCHANGE_CANCELED"


def list_number(order: Placed) -> int:
    found = order.ask.words.get("list")
    return -1 if found is None else found.number


def quantity_of(order: Placed) -> str:
    """Of an order by amount it is what was had for it."""
    return lots(order.market, max(order.lots, order.filled))


def price_of(order: Placed) -> str:
    return ZERO if order.ask.price is None else price(order.market, order.ask.price)


def stop_of(order: Placed) -> str:
    return ZERO if order.ask.trigger is None else price(order.market, order.ask.trigger)


def conditional(order: Placed) -> dict[str, Any]:
    """Fields that are there on their conditions alone."""
    told: dict[str, Any] = {}
    words = order.ask.words
    if order.ask.trigger is not None:
        told["stopPrice"] = stop_of(order)
    for name in ("strategyId", "strategyType"):
        if name in words:
            told[name] = words[name]
    return told | ended(order)


def ended(order: Placed) -> dict[str, Any]:
    if status_of(order) == "EXPIRED_IN_MATCH":
        return {
            "preventedMatchId": order.ask.words.get("prevented", 0),
            "preventedQuantity": lots(order.market, max(0, order.left)),
        }
    return {"expiryReason": expiry_of(order)} if order.state is State.EXPIRED else {}


def taken(order: Placed, kind: str) -> dict[str, Any]:
    """The answer to whoever placed it: ACK, RESULT or FULL."""
    told = {
        "symbol": order.market.listing.symbol,
        "orderId": order.number,
        "orderListId": list_number(order),
        "clientOrderId": order.ask.mark,
        "transactTime": order.placed_at if order.state is State.NEW else order.changed_at,
    }
    if kind == "ACK":
        return told
    told |= _common(order)
    told["workingTime"] = order.working_at or -1
    told["selfTradePreventionMode"] = order.ask.words["stp"]
    told |= conditional(order)
    if kind == "FULL":
        told["fills"] = [_fill_of(order, fill) for fill in order.fills]
    return told


def cancelled(order: Placed, client_id: str) -> dict[str, Any]:
    return {
        "symbol": order.market.listing.symbol,
        "origClientOrderId": order.ask.mark,
        "orderId": order.number,
        "orderListId": list_number(order),
        "clientOrderId": client_id,
        "transactTime": order.changed_at,
        **_common(order),
        **conditional(order),
        "selfTradePreventionMode": order.ask.words["stp"],
    }


def queried(order: Placed) -> dict[str, Any]:
    common = _common(order)
    amount = common.pop("origQuoteOrderQty")
    return {
        "symbol": order.market.listing.symbol,
        "orderId": order.number,
        "orderListId": list_number(order),
        "clientOrderId": order.ask.mark,
        **common,
        "stopPrice": stop_of(order),
        "icebergQty": ZERO,
        "time": order.placed_at,
        "updateTime": order.changed_at,
        "isWorking": not order.is_asleep and order.working_at > 0,
        "workingTime": order.working_at or -1,
        "origQuoteOrderQty": amount,
        "selfTradePreventionMode": order.ask.words["stp"],
        **conditional(order),
    }


def amended(order: Placed, before: str, execution: int) -> dict[str, Any]:
    common = _common(order)
    return {
        "transactTime": order.changed_at,
        "executionId": execution,
        "amendedOrder": {
            "symbol": order.market.listing.symbol,
            "orderId": order.number,
            "orderListId": list_number(order),
            "origClientOrderId": before,
            "clientOrderId": order.ask.mark,
            "price": common["price"],
            "qty": common["origQty"],
            "executedQty": common["executedQty"],
            "preventedQty": ZERO,
            "quoteOrderQty": common["origQuoteOrderQty"],
            "cumulativeQuoteQty": common["cummulativeQuoteQty"],
            "status": common["status"],
            "timeInForce": common["timeInForce"],
            "type": common["type"],
            "side": common["side"],
            "workingTime": order.working_at or -1,
            "selfTradePreventionMode": order.ask.words["stp"],
        },
    }


def listed(found: OrderList, *, at: int | None = None) -> dict[str, Any]:
    symbol = found.symbol
    return {
        "orderListId": found.number,
        "contingencyType": "OCO",
        "listStatusType": "ALL_DONE" if found.is_over else "EXEC_STARTED",
        "listOrderStatus": "ALL_DONE" if found.is_over else "EXECUTING",
        "listClientOrderId": found.client_id,
        "transactionTime": found.placed_at if at is None else at,
        "symbol": symbol,
        "orders": [
            {"symbol": symbol, "orderId": order.number, "clientOrderId": order.ask.mark} for order in found.orders
        ],
    }


def trade(order: Placed, fill: Fill) -> dict[str, Any]:
    market = order.market
    return {
        "symbol": market.listing.symbol,
        "id": fill.number,
        "orderId": order.number,
        "orderListId": list_number(order),
        "price": price(market, fill.price),
        "qty": lots(market, fill.lots),
        "quoteQty": eight(fill.price * fill.lots * market.worth),
        "commission": eight(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": fill.at,
        "isBuyer": order.ask.is_buy,
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }


def _common(order: Placed) -> dict[str, Any]:
    words = order.ask.words
    return {
        "price": price_of(order),
        "origQty": quantity_of(order),
        "executedQty": lots(order.market, order.filled),
        "origQuoteOrderQty": eight(words.get("quote_qty", 0)),
        "cummulativeQuoteQty": eight(order.paid),
        "status": status_of(order),
        "timeInForce": words["tif"],
        "type": words["type"],
        "side": "BUY" if order.ask.is_buy else "SELL",
    }


def _fill_of(order: Placed, fill: Fill) -> dict[str, Any]:
    return {
        "price": price(order.market, fill.price),
        "qty": lots(order.market, fill.lots),
        "commission": eight(fill.fee),
        "commissionAsset": fill.fee_asset,
        "tradeId": fill.number,
    }
