"""What is listed and by which rules. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "Exchange
information", filters.md, enums.md.

All kinds of filters that the venue has on a coin's market are listed. Iceberg and trailing orders are not taken here,
and the symbols say so; their filters are told as the venue tells them.
"""

from decimal import Decimal
from typing import Any

from exchanges.sandbox.binance import errors
from exchanges.sandbox.binance.calls import Call
from exchanges.sandbox.binance.figures import ZERO, eight, lots, price
from exchanges.sandbox.binance.limits import Limits
from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.house import House
from exchanges.sandbox.listings import atoms
from exchanges.sandbox.market import Market

MOST_ORDERS, MOST_ALGO_ORDERS, MOST_LISTS, MOST_AMENDS = 200, 5, 20, 10
#: By how much a price may differ from the average, and over how many minutes that is taken.
BAND_UP, BAND_DOWN, AVERAGE_MINUTES = Decimal(5), Decimal("0.2"), 5
MOST_NOTIONAL = atoms(Decimal(9_000_000))
STP_MODES = ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH")
ORDER_TYPES = (
    "LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
)  # fmt: skip
STATUSES = {"TRADING", "HALT", "BREAK"}
PERMISSIONS = {"SPOT", "MARGIN", "LEVERAGED", *(f"TRD_GRP_{n:03d}" for n in range(2, 26))}
#: The dearest price, in atoms.
MOST_PRICE = 10**6 * 10**18


def most_lots(market: Market) -> int:
    return int(market.listing.facts["most"] / market.listing.lot)


def most_market_lots(market: Market) -> int:
    """The venue takes less by a market's order than by a limit's."""
    return max(1, most_lots(market) // 50)


def least_notional(market: Market) -> int:
    return atoms(market.listing.facts["notional"])


def status_of(market: Market) -> str:
    return "BREAK" if market.is_halted else "TRADING"


class ExchangeInfo:
    def __init__(self, *, house: House, clock: Clock, limits: Limits) -> None:
        self._house, self._clock, self._limits = house, clock, limits

    def market(self, parameters: Parameters) -> Market:
        """The one that a request must name."""
        symbol = parameters.symbol()
        if symbol is None:
            raise errors.missing("symbol")
        return self.named(symbol)

    def named(self, symbol: str) -> Market:
        market = self._house.markets.get(symbol)
        if market is None:
            raise errors.bad_symbol()
        return market

    def markets(self, parameters: Parameters) -> list[Market] | None:
        """Those of `symbol` or `symbols`; None when neither is sent."""
        symbol, symbols = parameters.symbol(), parameters.listed("symbols")
        if symbol is not None and symbols is not None:
            raise errors.bad_combination()
        if symbol is not None:
            return [self.named(symbol)]
        if symbols is not None:
            if len(set(symbols)) != len(symbols):
                raise errors.Refusal(-1151, "Symbol is present multiple times in the list.")
            return [self.named(one) for one in symbols]
        return None

    def all(self, parameters: Parameters) -> dict[str, Any]:
        markets, status = self.markets(parameters), parameters.text("symbolStatus")
        wanted = _permissions(parameters)
        if markets is not None and (status is not None or wanted is not None):
            raise errors.bad_combination()
        if status is not None and status not in STATUSES:
            raise errors.Refusal(-1122, "Invalid symbolStatus.")
        shows_sets = parameters.flag("showPermissionSets", True)
        found = list(self._house.markets.values()) if markets is None else markets
        if wanted is not None and "SPOT" not in wanted:
            found = []
        return {
            "timezone": "UTC",
            "serverTime": self._clock.told(),
            "rateLimits": self._limits.rules(),
            "exchangeFilters": [],
            "symbols": [_symbol(one, shows_sets) for one in found if status in (None, status_of(one))],
        }

    def filters(self, call: Call) -> dict[str, Any]:
        """Those that an account meets; there are none of an asset."""
        return {"exchangeFilters": [], "symbolFilters": filters_of(self.market(call.parameters)), "assetFilters": []}


def _permissions(parameters: Parameters) -> set[str] | None:
    word = parameters.text("permissions")
    if word is None:
        return None
    wanted = set(parameters.listed("permissions") or []) if word.startswith("[") else {word}
    if not wanted <= PERMISSIONS:
        raise errors.bad_value("permissions")
    return wanted


def _symbol(market: Market, shows_sets: bool) -> dict[str, Any]:
    listing = market.listing
    return {
        "symbol": listing.symbol,
        "status": status_of(market),
        "baseAsset": listing.base,
        "baseAssetPrecision": 8,
        "quoteAsset": listing.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": list(ORDER_TYPES),
        "icebergAllowed": False,
        "ocoAllowed": True,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": True,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters_of(market),
        "permissions": [],
        "permissionSets": [["SPOT"]] if shows_sets else [],
        "defaultSelfTradePreventionMode": STP_MODES[0],
        "allowedSelfTradePreventionModes": list(STP_MODES),
    }


def filters_of(market: Market) -> list[dict[str, Any]]:
    band = {"up": str(BAND_UP), "down": str(BAND_DOWN)}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": price(market, 1),
            "maxPrice": eight(MOST_PRICE),
            "tickSize": price(market, 1),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": lots(market, 1),
            "maxQty": lots(market, most_lots(market)),
            "stepSize": lots(market, 1),
        },
        {"filterType": "ICEBERG_PARTS", "limit": 10},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": ZERO,
            "maxQty": lots(market, most_market_lots(market)),
            "stepSize": ZERO,
        },
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": 10,
            "maxTrailingAboveDelta": 2000,
            "minTrailingBelowDelta": 10,
            "maxTrailingBelowDelta": 2000,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": band["up"],
            "bidMultiplierDown": band["down"],
            "askMultiplierUp": band["up"],
            "askMultiplierDown": band["down"],
            "avgPriceMins": AVERAGE_MINUTES,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": eight(least_notional(market)),
            "applyMinToMarket": True,
            "maxNotional": eight(MOST_NOTIONAL),
            "applyMaxToMarket": False,
            "avgPriceMins": AVERAGE_MINUTES,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": MOST_ORDERS},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": MOST_LISTS},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": MOST_ALGO_ORDERS},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": MOST_AMENDS},
    ]
