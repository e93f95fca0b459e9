"""An order as its sender says it, checked for what is there and what must not be, in ticks and lots.

binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "New order (TRADE)", "New Order list - OCO (TRADE)".
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from exchanges.domain.matching import SelfTrade, Stay
from exchanges.sandbox.binance import errors
from exchanges.sandbox.binance.exchange_info import ORDER_TYPES, STP_MODES
from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.listings import atoms
from exchanges.sandbox.market import Market
from exchanges.sandbox.orders import Ask

RESPONSES = {"ACK", "RESULT", "FULL"}
_STAYS = {"GTC": Stay.RESTS, "IOC": Stay.IMMEDIATE_OR_CANCEL, "FOK": Stay.FILL_OR_KILL}
_SELF_TRADES = {
    "NONE": SelfTrade.ALLOWED,
    "EXPIRE_TAKER": SelfTrade.ENDS_TAKER,
    "EXPIRE_MAKER": SelfTrade.ENDS_MAKER,
    "EXPIRE_BOTH": SelfTrade.ENDS_BOTH,
}
_PLACES = 8
_LEAST_STRATEGY = 1_000_000

#: By type, what else must be said.
_NEEDS = {
    "LIMIT": ("timeInForce", "quantity", "price"),
    "LIMIT_MAKER": ("quantity", "price"),
    "MARKET": (),
    "STOP_LOSS": ("quantity", "stopPrice"),
    "STOP_LOSS_LIMIT": ("timeInForce", "quantity", "price", "stopPrice"),
    "TAKE_PROFIT": ("quantity", "stopPrice"),
    "TAKE_PROFIT_LIMIT": ("timeInForce", "quantity", "price", "stopPrice"),
}
_MAY = {"MARKET": ("quantity", "quoteOrderQty")}
_OF_TYPE = ("timeInForce", "quantity", "price", "stopPrice", "quoteOrderQty")


@dataclass(slots=True)
class Wanted:
    """Figures are atoms."""

    market: Market
    is_buy: bool
    type: str
    tif: str
    stp: str
    mark: str
    quantity: int | None = None
    quote: int | None = None
    price: int | None = None
    stop: int | None = None
    words: dict[str, Any] = field(default_factory=dict)

    @property
    def is_algo(self) -> bool:
        return self.stop is not None

    @property
    def is_market(self) -> bool:
        return self.price is None

    @property
    def wakes_rising(self) -> bool:
        return self.is_buy == self.type.startswith("STOP_LOSS")

    @property
    def lots(self) -> int:
        return (self.quantity or 0) // self.market.lot_atoms

    def ask(self, *, lots: int | None = None) -> Ask:
        """`lots` instead of the amount, when that was reckoned out."""
        tick = self.market.listing.tick_atoms
        words = {"type": self.type, "tif": self.tif, "stp": self.stp, **self.words}
        if self.quote is not None:
            words["quote_qty"] = self.quote
        return Ask(
            is_buy=self.is_buy,
            lots=self.lots if lots is None else lots,
            amount=self.quote if lots is None else None,
            price=None if self.price is None else self.price // tick,
            trigger=None if self.stop is None else self.stop // tick,
            wakes_rising=self.wakes_rising,
            stay=_STAYS[self.tif],
            is_maker_only=self.type == "LIMIT_MAKER",
            self_trade=_SELF_TRADES[self.stp],
            mark=self.mark,
            words=words,
        )


def read_order(asked: Parameters, market: Market, *, mark: str) -> Wanted:
    """`mark`: the one that is made when none is sent."""
    side, kind = read_side(asked), read_type(asked.must("type"))
    return _read(
        asked, market, is_buy=side, kind=kind, names={name: name for name in _OF_TYPE}, id_name="newClientOrderId",
        strategy=("strategyId", "strategyType"), mark=mark,
    )  # fmt: skip


def read_leg(asked: Parameters, market: Market, *, leg: str, mark: str) -> Wanted:
    """`leg`: above or below."""
    kind = read_type(asked.must(f"{leg}Type"))
    if kind in {"LIMIT", "MARKET"}:
        raise errors.Refusal(-1158, "Order type not supported in OCO.")
    names = {
        name: "quantity" if name == "quantity" else f"{leg}{name[0].upper()}{name[1:]}"
        for name in _OF_TYPE
    }  # fmt: skip
    return _read(
        asked, market, is_buy=read_side(asked), kind=kind, names=names, id_name=f"{leg}ClientOrderId",
        strategy=(f"{leg}StrategyId", f"{leg}StrategyType"), mark=mark,
    )  # fmt: skip


def read_side(asked: Parameters) -> bool:
    side = asked.must("side")
    if side not in {"BUY", "SELL"}:
        raise errors.bad_side()
    return side == "BUY"


def read_type(kind: str) -> str:
    if kind not in ORDER_TYPES:
        raise errors.bad_type()
    return kind


def read_response(asked: Parameters, usual: str) -> str:
    kind = asked.text("newOrderRespType") or usual
    if kind not in RESPONSES:
        raise errors.bad_value("newOrderRespType")
    return kind


def read_stp(asked: Parameters) -> str:
    mode = asked.text("selfTradePreventionMode") or STP_MODES[0]
    if mode in {"DECREMENT", "TRANSFER"}:
        raise errors.invalid("This symbol does not allow the specified self-trade prevention mode.")
    if mode not in STP_MODES:
        raise errors.bad_value("selfTradePreventionMode")
    return mode


# ---- within ----


def _read(
    asked: Parameters, market: Market, *, is_buy: bool, kind: str, names: dict[str, str], id_name: str,
    strategy: tuple[str, str], mark: str,
) -> Wanted:  # fmt: skip
    _refuse_what_is_not_here(asked)
    needs = _NEEDS[kind]
    may = needs + _MAY.get(kind, ())
    for name in needs:
        if asked.text(names[name]) is None:
            raise errors.missing(names[name])
    for name, sent in names.items():
        if asked.has(sent) and name not in may:
            raise errors.unwanted(sent)
    tif = asked.text(names["timeInForce"]) or "GTC"
    if tif not in _STAYS:
        raise errors.bad_tif()
    wanted = Wanted(
        market=market, is_buy=is_buy, type=kind, tif=tif, stp=read_stp(asked),
        mark=asked.client_id(id_name) or mark,
        price=_money(asked, names["price"], "Invalid price.") if "price" in may else None,
        stop=_money(asked, names["stopPrice"], "Invalid stopPrice.") if "stopPrice" in may else None,
        quantity=_money(asked, names["quantity"], "Invalid quantity."),
        quote=_money(asked, names["quoteOrderQty"], "Invalid quote order qty.") if "quoteOrderQty" in may else None,
    )  # fmt: skip
    if kind == "MARKET" and (wanted.quantity is None) == (wanted.quote is None):
        if wanted.quantity is None:
            raise errors.neither("quantity", "quoteOrderQty")
        raise errors.bad_combination()
    _read_strategy(asked, strategy, wanted)
    return wanted


def _refuse_what_is_not_here(asked: Parameters) -> None:
    if any(name.lower().endswith("trailingdelta") for name in asked.told):
        raise errors.rejected("Trailing stop orders are not supported for this symbol.")
    if any(name.lower().endswith("icebergqty") for name in asked.told):
        raise errors.rejected("Iceberg orders are not supported for this symbol.")
    if any("peg" in name.lower() for name in asked.told):
        raise errors.rejected("Pegged orders are not supported for this symbol.")


def _money(asked: Parameters, name: str, words: str) -> int | None:
    found = asked.figure(name)
    if found is None:
        return None
    if _places(found) > _PLACES:
        raise errors.too_precise(name)
    if found == 0:
        raise errors.invalid(words)
    return atoms(found)


def _places(figure: Decimal) -> int:
    exponent = figure.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _read_strategy(asked: Parameters, names: tuple[str, str], wanted: Wanted) -> None:
    number, kind = asked.whole(names[0]), asked.whole(names[1])
    if number is not None:
        wanted.words["strategyId"] = number
    if kind is not None:
        if kind < _LEAST_STRATEGY:
            raise errors.Refusal(-1134, "`strategyType` was less than 1000000.")
        wanted.words["strategyType"] = kind
