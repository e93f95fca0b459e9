"""An order as a client words it: read, checked, and turned into steps of price and shares.

kite.trade/docs/connect/v3/orders (read 2026-11-21). Where a refusal's own text was found in reports of clients
(zerodha/pykiteconnect issue 242 of 2026-09-02, kite.trade/forum), it is used; else it is the sandbox's.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from exchanges.sandbox.kite.errors import KiteError, bad_input
from exchanges.sandbox.kite.figures import number
from exchanges.sandbox.market import Market

VARIETIES = ("regular", "amo", "co", "iceberg", "auction")
_NOT_OFFERED = {
    "co": "Cover orders are not allowed for this account. Use variety `regular`.",
    "iceberg": "Iceberg orders are not allowed for this account. Use variety `regular`.",
    "auction": "There is no auction for this instrument.",
}
_TYPES = ("MARKET", "LIMIT", "SL", "SL-M")
_VALIDITIES = ("DAY", "IOC", "TTL")
_PRODUCTS = ("CNC", "MIS", "NRML", "MTF")
_EXCHANGES = ("NSE", "BSE", "NFO", "BFO", "CDS", "BCD", "MCX")
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_FIGURE = re.compile(r"-?\d{1,9}(\.\d{1,6})?", re.ASCII)
_TAG = 20
_UNPROTECTED = (
    "Market orders without market protection are not allowed via API. "
    "Please set market protection or use a Limit order."
)
#: Automatic protection of shares, in percent by price. zerodha.com, "market price protection".
_AUTOMATIC = ((Decimal(100), Decimal(2)), (Decimal(500), Decimal(1)))
_AUTOMATIC_ABOVE = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order that is worded rightly. Prices are ticks."""

    market: Market
    variety: str
    is_buy: bool
    quantity: int
    product: str
    order_type: str
    price: int
    trigger: int
    validity: str
    ttl: int
    disclosed: int
    tag: str | None
    #: What the venue itself adds to the tag.
    tags: tuple[str, ...] = ()

    @property
    def symbol(self) -> str:
        return str(self.market.listing.facts["symbol"])


def read_order(variety: str, fields: dict[str, str], markets: dict[str, Market]) -> tuple[Wanted, bool, Decimal | None]:
    """The order, whether it may be sliced, and its protection. Raises the refusal."""
    if variety not in VARIETIES:
        raise bad_input("Invalid `variety`.")
    if variety in _NOT_OFFERED:
        raise bad_input(_NOT_OFFERED[variety])
    exchange = _one_of(fields, "exchange", _EXCHANGES)
    symbol = _given(fields, "tradingsymbol")
    side = _one_of(fields, "transaction_type", ("BUY", "SELL"))
    product = _one_of(fields, "product", _PRODUCTS)
    order_type = _one_of(fields, "order_type", _TYPES)
    quantity = _count(fields, "quantity")
    market = traded(markets, exchange, symbol)
    _check_product(market, product)
    tag = fields.get("tag") or None
    if tag is not None and len(tag) > _TAG:
        raise bad_input("Invalid `tag`. It should be a maximum of 20 characters.")
    validity = _one_of(fields, "validity", _VALIDITIES) if fields.get("validity") else "DAY"
    ttl = _ttl(fields, validity)
    has_price, has_trigger = order_type in {"LIMIT", "SL"}, order_type in {"SL", "SL-M"}
    wanted = Wanted(
        market=market,
        variety=variety,
        is_buy=side == "BUY",
        quantity=quantity,
        product=product,
        order_type=order_type,
        price=_ticks(market, fields, "price") if has_price else 0,
        trigger=_ticks(market, fields, "trigger_price") if has_trigger else 0,
        validity=validity,
        ttl=ttl,
        disclosed=_disclosed(fields, quantity),
        tag=tag,
    )
    may_slice = _one_of(fields, "autoslice", ("true", "false")) == "true" if fields.get("autoslice") else False
    protection = read_protection(fields) if order_type in {"MARKET", "SL-M"} else None
    return wanted, may_slice, protection


def read_change(fields: dict[str, str], was: Wanted) -> tuple[Wanted, Decimal | None]:
    """What a modification asks for; what it does not name stays."""
    order_type = _one_of(fields, "order_type", _TYPES) if fields.get("order_type") else was.order_type
    market = was.market
    quantity = _count(fields, "quantity") if "quantity" in fields else was.quantity
    price, trigger = was.price, was.trigger
    if fields.get("price") and order_type in {"LIMIT", "SL"}:
        price = _ticks(market, fields, "price")
    if fields.get("trigger_price") and order_type in {"SL", "SL-M"}:
        trigger = _ticks(market, fields, "trigger_price")
    if order_type in {"SL", "SL-M"} and not trigger:
        raise _missing("trigger_price")
    if order_type in {"LIMIT", "SL"} and not price:
        raise _missing("price")
    validity = _one_of(fields, "validity", _VALIDITIES) if fields.get("validity") else was.validity
    wanted = replace(
        was,
        quantity=quantity,
        order_type=order_type,
        price=price,
        trigger=trigger if order_type in {"SL", "SL-M"} else 0,
        validity=validity,
        ttl=_ttl(fields, validity) if fields.get("validity_ttl") else was.ttl,
        disclosed=_disclosed(fields, quantity) if "disclosed_quantity" in fields else was.disclosed,
    )
    return wanted, read_protection(fields) if order_type in {"MARKET", "SL-M"} else None


def read_protection(fields: dict[str, str]) -> Decimal:
    """In percent; minus one lets the venue choose."""
    told = fields.get("market_protection", "")
    if not told:
        raise bad_input(_UNPROTECTED)
    if not _FIGURE.fullmatch(told):
        raise bad_input("Invalid `market_protection`.")
    protection = Decimal(told)
    if protection == 0:
        raise bad_input(_UNPROTECTED)
    if protection != -1 and not 0 < protection <= 100:
        raise bad_input("Invalid `market_protection`. It should be -1, or greater than 0 and up to 100.")
    return protection


def protected(wanted: Wanted, protection: Decimal, last: int) -> Wanted:
    """With the limit that its protection gives it.

    The recorded payloads (zerodha/kiteconnect-mocks c7a8123, orders.json) and forum comment 52371 of 2026-04 show such
    an order as LIMIT under the tags `mktp` and `mktp:2.00`; that a stop becomes SL in the same way is deduced.
    """
    base = wanted.trigger or last
    if protection == -1:
        rupees = wanted.market.listing.tick * base
        protection = next((percent for below, percent in _AUTOMATIC if rupees < below), _AUTOMATIC_ABOVE)
    factor = 1 + protection / 100 if wanted.is_buy else 1 - protection / 100
    limit = int(base * factor) if wanted.is_buy else -int(-base * factor // 1)
    return replace(
        wanted,
        order_type="SL" if wanted.trigger else "LIMIT",
        price=max(1, limit),
        tags=(*(tag for tag in wanted.tags if not tag.startswith("mktp")), "mktp", f"mktp:{protection:.2f}"),
    )


def traded(markets: dict[str, Market], exchange: str, symbol: str) -> Market:
    market = markets.get(f"{exchange}:{symbol}")
    if market is None or market.listing.facts["is_index"] or market.is_halted:
        raise bad_input("The instrument you are placing an order for has either expired or does not exist.")
    return market


# ---- one field ----


def _given(fields: dict[str, str], name: str) -> str:
    told = fields.get(name, "").strip()
    if not told:
        raise _missing(name)
    return told


def _one_of(fields: dict[str, str], name: str, words: tuple[str, ...]) -> str:
    told = _given(fields, name)
    if told not in words:
        raise bad_input(f"Invalid `{name}`.")
    return told


def _count(fields: dict[str, str], name: str) -> int:
    told = _given(fields, name)
    if not _WHOLE.fullmatch(told) or int(told) < 1:
        raise bad_input(f"Invalid `{name}`.")
    return int(told)


def _ttl(fields: dict[str, str], validity: str) -> int:
    if validity != "TTL":
        return 0
    minutes = _count(fields, "validity_ttl")
    if minutes > 1440:
        raise bad_input("Invalid `validity_ttl`.")
    return minutes


def _disclosed(fields: dict[str, str], quantity: int) -> int:
    told = fields.get("disclosed_quantity", "") or "0"
    if not _WHOLE.fullmatch(told):
        raise bad_input("Invalid `disclosed_quantity`.")
    shown = int(told)
    if shown > quantity:
        raise bad_input("Disclosed quantity should be less than or equal to the quantity.")
    if shown and shown * 10 < quantity:
        raise bad_input("Disclosed quantity should be at least 10% of the quantity.")
    return shown


def _ticks(market: Market, fields: dict[str, str], name: str) -> int:
    told = _given(fields, name)
    if not _FIGURE.fullmatch(told) or Decimal(told) <= 0:
        raise bad_input(f"Invalid `{name}`.")
    steps, rest = divmod(Decimal(told), market.listing.tick)
    if rest:
        tick = number(market.listing.tick)
        raise bad_input(
            f"Tick size for this script is {tick}. Kindly enter {name.replace('_', ' ')} in the multiple of tick size "
            "for this script."
        )
    return int(steps)


def _check_product(market: Market, product: str) -> None:
    if product == "NRML":
        raise bad_input("NRML is not allowed for equity. Use CNC for delivery or MIS for intraday.")
    if product == "MTF":
        raise bad_input("MTF is not enabled for this account. Use CNC or MIS.")
    if product == "MIS" and not market.listing.facts["is_intraday"]:
        raise bad_input(
            f"MIS orders are currently blocked for {market.listing.facts['symbol']}. Use CNC to place the order."
        )


def _missing(name: str) -> KiteError:
    return bad_input(f"Missing or empty field `{name}`")
