"""A paper account's book-keeping: what it holds, its orders, and what prices make of them. Nothing here is invented:
an order meets the last price that the followed venue told, or it is refused.

How orders are filled
- What takes is filled at the touch of the other side, or walks the book where one was told. Without a book the touch
  holds as much as is asked, since nobody told how much is there; an order of paper uses nothing of it up.
- What rests is filled at its own limit, as a maker, when the other side's touch reaches that limit.
- A stop wakes on the last price, and then takes.
- A price older than `OLDEST` is no price. What happened between two told prices is not seen.
- Fees are reckoned at the followed venue's published rate, rounded down to its places.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from exchanges.domain.followed import Followed, TakenIn
from exchanges.domain.matching import Ended, Event, Matching, Order, SelfTrade, Stay, Trade, Why, Woke
from exchanges.domain.orders import Lasting, OrderRequest, OrderType, Quantity
from exchanges.domain.paper_account import OLDEST, Asset, Ledger, PaperFill, PaperOrder, Quote, Traded
from exchanges.domain.reports import Status
from instruments.domain.calendars import AlwaysOpen, BeyondCalendar, is_open, session_at
from instruments.domain.rules import Asked, Side, TradingRules, Unfit, fit
from kernel.money.amount import Amount
from kernel.money.rounding import NotStorable, ceil_to_step, exact_for_storage, floor_to_step

_SMALLEST = Decimal(1).scaleb(-18)
_MARKET, _OWN = "market", "own"
#: What is kept of a symbol that nobody lists.
_LONGEST = 80
_STAYS = {
    Lasting.UNTIL_CANCELLED: Stay.RESTS,
    Lasting.DAY: Stay.RESTS,
    Lasting.IMMEDIATE_OR_CANCEL: Stay.IMMEDIATE_OR_CANCEL,
    Lasting.FILL_OR_KILL: Stay.FILL_OR_KILL,
}
_ENDS = {
    Why.NO_LIQUIDITY: (Status.EXPIRED, "NO_LIQUIDITY"),
    Why.NOT_ALL: (Status.EXPIRED, "NOT_ALL_AT_ONCE"),
    Why.SELF_TRADE: (Status.EXPIRED, "SELF_TRADE"),
    Why.WOULD_TAKE: (Status.REJECTED, "WOULD_TAKE"),
}


@dataclass(frozen=True, slots=True)
class No:
    """Why an order is refused: a stable code, and its figures."""

    code: str
    figures: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.figures}".strip()


#: What the followed venue lists by a symbol and last told of its price; None: it tells nothing.
Look = Callable[[str], tuple[Traded | None, Quote | None]]


def place(
    ledger: Ledger, request: OrderRequest, traded: Traded | None, quote: Quote | None, *, now: dt.datetime
) -> PaperOrder:
    """The order as it stands after it met the market; a refused one is kept too, with why."""
    symbol = request.symbol[:_LONGEST]
    known = traded or Traded(symbol, "", Asset(symbol), "", False, TradingRules(), AlwaysOpen())
    order = _written(ledger.next_order, request, known, now=now)
    for value in (order.quantity.value, order.limit_price, order.trigger_price):
        try:
            exact_for_storage(value or Decimal(0))
        except NotStorable:
            # No row could hold it, so none is made: nothing was placed, and the mark is free still.
            return replace(order, status=Status.REJECTED, reason=f"NUMBER_NOT_KEPT got={value}")
    ledger.next_order += 1
    if traded is None:
        return _refuse(ledger, order, No("NOT_LISTED", f"symbol={symbol}"))
    no = _refusal(order, traded, quote, now=now)
    if no is not None or quote is None:
        return _refuse(ledger, order, no or No("NO_PRICE"))
    if order.lasting is Lasting.DAY:
        session = session_at(traded.calendar, now)
        order = replace(order, ends_at=session.closes if session else None)
    order = replace(order, is_asleep=not _is_awake(order, quote), priced_at=quote.moment)
    events = [] if order.is_asleep else _meet(ledger, order, quote)
    need = _need(ledger.followed, order)
    if order.limit_price is None and not order.is_asleep:
        need = _cost(ledger.followed, order, events)
    if need > (free := ledger.free(order.held_in)):
        return _refuse(ledger, order, No("INSUFFICIENT_BALANCE", f"need={_plain(need)} free={_plain(free)}"))
    order = ledger.put(replace(order, held=need))
    return order if order.is_asleep else _take(ledger, order, events, quote, now=now)


def cancel(ledger: Ledger, order: PaperOrder, *, now: dt.datetime) -> PaperOrder:
    return ledger.put(replace(order, status=Status.CANCELLED, changed_at=now, reason="CANCELLED"))


def lower(
    ledger: Ledger, order: PaperOrder, quantity: Quantity, rules: TradingRules, *, now: dt.datetime
) -> PaperOrder | No:
    """The order with a smaller quantity; it keeps its place."""
    if quantity.unit is not order.quantity.unit:
        return No("OTHER_UNIT", f"got={quantity.unit}")
    if not order.filled < quantity.value < order.quantity.value:
        figures = f"filled={_plain(order.filled)} is={_plain(order.quantity.value)} got={_plain(quantity.value)}"
        return No("QUANTITY_NOT_LOWER", figures)
    changed = replace(order, quantity=quantity, changed_at=now)
    # Bands and notional were judged by the market when it came; now its own price is all that is asked for.
    no = _misfit(changed, rules, order.limit_price if order.limit_price is not None else order.trigger_price)
    if no is not None:
        return no
    return ledger.put(replace(changed, held=_need(ledger.followed, changed)))


def advance(ledger: Ledger, look: Look, *, now: dt.datetime) -> None:
    """What became of the standing orders by the prices that are known now."""
    for order in list(ledger.orders.values()):
        if order.ends_at is not None and order.ends_at <= now:
            ledger.put(replace(order, status=Status.EXPIRED, changed_at=now, reason="DAY_OVER"))
    for symbol in sorted({order.symbol for order in ledger.orders.values()}):
        traded, quote = look(symbol)
        if traded is None or quote is None or quote.is_old or not _trades(traded, now):
            # It stands as it did: on no price, or an old one, nothing is filled and nothing ends.
            continue
        _fill_resting(ledger, symbol, quote, now=now)
        for order in _woken(ledger, symbol, quote):
            woken = ledger.put(replace(order, is_asleep=False, priced_at=quote.moment, changed_at=now))
            _take(ledger, woken, _meet(ledger, woken, quote), quote, now=now)


# ---- what is refused ----


def _refusal(order: PaperOrder, traded: Traded, quote: Quote | None, *, now: dt.datetime) -> No | None:
    try:
        is_trading = _trades(traded, now)
    except BeyondCalendar:
        return No("CALENDAR_ENDS", f"calendar={traded.calendar.name}")
    if not traded.is_tradable:
        return No("NOT_TRADABLE", f"symbol={traded.symbol}")
    if not is_trading:
        return No("MARKET_CLOSED", f"calendar={traded.calendar.name}")
    try:
        Amount(Decimal(0), traded.quote)
        Amount(Decimal(0), traded.quote if traded.base.is_security else traded.base.name)
    except ValueError:
        return No("ASSET_NOT_KEPT", f"base={traded.base.name} quote={traded.quote}")
    return _price_refusal(order, quote) or _misfit(order, traded.rules, quote.last if quote else None)


def _price_refusal(order: PaperOrder, quote: Quote | None) -> No | None:
    """No order meets a price that nobody told, or an old one."""
    if quote is None:
        return No("NO_PRICE", "age=never")
    age = f"age={quote.age.total_seconds():.1f} limit={OLDEST.total_seconds():.0f} source={quote.source}"
    if quote.is_old:
        return No("NO_PRICE", age)
    if order.trigger_price is not None and quote.last is None:
        return No("NO_PRICE", f"side=last {age}")
    if order.type is not OrderType.STOP_LIMIT and not list(_offered(quote, to=order.side, at_least=Decimal(1))):
        return No("NO_PRICE", f"side={'ask' if order.side is Side.BUY else 'bid'} {age}")
    return None


def _misfit(order: PaperOrder, rules: TradingRules, reference: Decimal | None) -> No | None:
    """The listing's filters, as the venue would apply them: a number that is off is refused, and never mended."""
    asked = Asked(order.side, order.quantity.value, order.limit_price, order.trigger_price)
    fitted = fit(asked, rules, reference=reference)
    if isinstance(fitted, Unfit):
        return No(fitted.code, f"bound={_plain(fitted.bound)} got={_plain(fitted.got)}")
    for code, got, bound in (
        ("QUANTITY_OFF_STEP", asked.quantity, fitted.quantity),
        ("PRICE_OFF_TICK", asked.price, fitted.price),
        ("TRIGGER_OFF_TICK", asked.trigger, fitted.trigger),
    ):
        if got is not None and bound is not None and got != bound:
            return No(code, f"bound={_plain(bound)} got={_plain(got)}")
    return None


def _trades(traded: Traded, now: dt.datetime) -> bool:
    return traded.is_tradable and (traded.calendar.is_always_open or is_open(traded.calendar, now))


def _refuse(ledger: Ledger, order: PaperOrder, no: No) -> PaperOrder:
    return ledger.put(replace(order, status=Status.REJECTED, reason=str(no)))


def _written(number: int, request: OrderRequest, traded: Traded, *, now: dt.datetime) -> PaperOrder:
    return PaperOrder(
        number=number,
        mark=request.mark,
        symbol=traded.symbol,
        segment=traded.segment,
        base=traded.base,
        quote=traded.quote,
        side=request.side,
        type=request.type,
        lasting=request.lasting,
        product=request.product,
        quantity=request.quantity,
        limit_price=request.limit_price,
        trigger_price=request.trigger_price,
        is_maker_only=request.is_maker_only,
        placed_at=now,
        changed_at=now,
    )


# ---- meeting the market ----


def _offered(quote: Quote, *, to: Side, at_least: Decimal) -> Iterable[tuple[Decimal, Decimal]]:
    """What stands there for one who buys (or sells): (price, quantity), the best first."""
    if quote.book is not None:
        levels = quote.book.asks if to is Side.BUY else quote.book.bids
        return [(level.price, level.quantity) for level in levels]
    touch = quote.ask if to is Side.BUY else quote.bid
    return [] if touch is None else [(touch, at_least)]


def _meet(ledger: Ledger, order: PaperOrder, quote: Quote) -> list[Event]:
    """What comes of the order against the market and the account's own orders of the other side. Nothing is moved yet.

    Its own stand before the market's at the same price: an order never gets past one of its own.
    """
    book = Matching()
    for own in sorted(ledger.orders.values(), key=lambda one: one.number):
        if own.symbol == order.symbol and own.side is not order.side and not own.is_asleep:
            book.submit(_resting(own))
    for number, (price, quantity) in enumerate(_offered(quote, to=order.side, at_least=order.left)):
        book.submit(Order(f"{_MARKET}{number}", _MARKET, order.side is Side.SELL, quantity, price))
    return book.submit(
        Order(
            str(order.number),
            _OWN,
            is_buy=order.side is Side.BUY,
            quantity=order.left,
            price=order.limit_price,
            stay=_STAYS[order.lasting],
            is_maker_only=order.is_maker_only,
            self_trade=SelfTrade.ENDS_TAKER,
        )
    )


def _take(ledger: Ledger, order: PaperOrder, events: list[Event], quote: Quote, *, now: dt.datetime) -> PaperOrder:
    """Books what came of meeting the market."""
    cost, has = _cost(ledger.followed, order, events), order.held + ledger.free(order.held_in)
    if cost > has:
        # A stop without a limit woke at a price that the account cannot pay.
        reason = f"INSUFFICIENT_BALANCE need={_plain(cost)} free={_plain(has)}"
        return ledger.put(replace(order, status=Status.EXPIRED, changed_at=now, reason=reason))
    for event in events:
        match event:
            case Trade():
                order = _fill(ledger, order, event, quote, is_maker=False, now=now)
            case Ended():
                status, reason = _ENDS[event.why]
                order = ledger.put(replace(order, status=status, changed_at=now, reason=reason))
    return order


def _fill_resting(ledger: Ledger, symbol: str, quote: Quote, *, now: dt.datetime) -> None:
    """The market's touch comes to those that rest: they are filled at their own limits."""
    for side in Side:
        resting = [
            one
            for one in sorted(ledger.orders.values(), key=lambda one: one.number)
            if one.symbol == symbol and one.side is side and not one.is_asleep and _is_news(quote, one)
        ]
        if not resting:
            continue
        book = Matching()
        for one in resting:
            book.submit(_resting(one))
        everything = sum((one.left for one in resting), Decimal(0))
        is_met = False
        for number, (price, quantity) in enumerate(_offered(quote, to=side, at_least=everything)):
            stay = Stay.IMMEDIATE_OR_CANCEL
            comes = Order(f"{_MARKET}{number}", _MARKET, side is Side.SELL, quantity, price, stay=stay)
            for event in book.submit(comes):
                if isinstance(event, Trade):
                    is_met = True
                    _fill(ledger, ledger.orders[int(event.maker)], event, quote, is_maker=True, now=now)
        if is_met:
            # What was offered is used up for all of them, also for those that came too late to get any.
            for one in resting:
                if one.number in ledger.orders:
                    ledger.put(replace(ledger.orders[one.number], priced_at=quote.moment))


def _is_news(quote: Quote, order: PaperOrder) -> bool:
    return order.priced_at is None or quote.moment > order.priced_at


def _woken(ledger: Ledger, symbol: str, quote: Quote) -> list[PaperOrder]:
    """Those whose trigger the last price reached, in the order in which they wake."""
    if quote.last is None:
        return []
    book = Matching()
    for one in sorted(ledger.orders.values(), key=lambda one: one.number):
        if one.symbol == symbol and one.is_asleep:
            book.submit(replace(_resting(one), trigger=one.trigger_price, wakes_rising=one.side is Side.BUY))
    return [ledger.orders[int(event.order)] for event in book.move_last(quote.last) if isinstance(event, Woke)]


def _is_awake(order: PaperOrder, quote: Quote) -> bool:
    if order.trigger_price is None or quote.last is None:
        return order.trigger_price is None
    return quote.last >= order.trigger_price if order.side is Side.BUY else quote.last <= order.trigger_price


def _resting(order: PaperOrder) -> Order:
    return Order(str(order.number), _OWN, order.side is Side.BUY, order.left, order.limit_price)


# ---- money ----


def _fill(
    ledger: Ledger, order: PaperOrder, trade: Trade, quote: Quote, *, is_maker: bool, now: dt.datetime
) -> PaperOrder:
    price, quantity = Decimal(trade.price), Decimal(trade.quantity)
    moved = floor_to_step(price * quantity, _SMALLEST)
    fee, fee_in = _fee(ledger.followed, order, moved, quantity, is_maker=is_maker)
    money, is_buy = Asset(order.quote), order.side is Side.BUY
    filled = order.filled + quantity
    after = replace(
        order,
        filled=filled,
        moved=order.moved + moved,
        status=Status.FILLED if filled == order.quantity.value else Status.PARTIAL,
        changed_at=now,
    )
    # What is left first, so that what it keeps back is right before anything is moved.
    after = ledger.put(replace(after, held=_need(ledger.followed, after)))
    ledger.move(money, -moved if is_buy else moved)
    ledger.move(order.base, quantity if is_buy else -quantity)
    ledger.move(fee_in, -fee)
    ledger.fills.append(
        PaperFill(
            number=ledger.next_fill,
            order=order.number,
            mark=order.mark,
            symbol=order.symbol,
            side=order.side,
            price=price,
            quantity=Quantity(quantity, order.quantity.unit),
            moved=moved,
            fee=fee,
            fee_in=fee_in.name,
            is_maker=is_maker,
            at=now,
            made_from=_made_from(quote),
        )
    )
    ledger.next_fill += 1
    return after


def _fee(
    followed: Followed, order: PaperOrder, moved: Decimal, quantity: Decimal, *, is_maker: bool
) -> tuple[Decimal, Asset]:
    rate = followed.rates[order.side].of(is_maker=is_maker)
    is_in_base = followed.taken_in is TakenIn.RECEIVED and order.side is Side.BUY
    fee = floor_to_step((quantity if is_in_base else moved) * rate, followed.fee_step)
    return fee, order.base if is_in_base else Asset(order.quote)


def _need(followed: Followed, order: PaperOrder) -> Decimal:
    """What is kept back for what is left: a seller's goods, a buyer's money at his limit or trigger, and its fee."""
    if order.status.is_final or order.left == 0:
        return Decimal(0)
    if order.side is Side.SELL:
        return order.left
    price = order.limit_price if order.limit_price is not None else order.trigger_price
    if price is None:
        return Decimal(0)
    return _with_fee(followed, order.left * price, followed.rates[Side.BUY].dearer)


def _cost(followed: Followed, order: PaperOrder, events: Iterable[Event]) -> Decimal:
    """What the trades take of what is held: money and fee of a buyer, goods of a seller."""
    trades = [event for event in events if isinstance(event, Trade)]
    if order.side is Side.SELL:
        return sum((Decimal(one.quantity) for one in trades), Decimal(0))
    paid = sum((Decimal(one.price) * Decimal(one.quantity) for one in trades), Decimal(0))
    return _with_fee(followed, paid, followed.rates[Side.BUY].taker)


def _with_fee(followed: Followed, paid: Decimal, rate: Decimal) -> Decimal:
    """Rounded up, each part, so that what is rounded down later never takes more."""
    fee = Decimal(0) if followed.taken_in is TakenIn.RECEIVED else ceil_to_step(paid * rate, followed.fee_step)
    return ceil_to_step(paid, _SMALLEST) + fee


def _made_from(quote: Quote) -> dict[str, str]:
    told = {"bid": quote.bid, "ask": quote.ask, "last": quote.last}
    return {
        **{name: _plain(value) for name, value in told.items() if value is not None},
        "told_at": quote.moment.isoformat(),
        "age": f"{quote.age.total_seconds():.3f}",
        "source": quote.source,
        "depth": "book" if quote.book is not None else "touch only",
    }


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


__all__ = ["Look", "No", "advance", "cancel", "lower", "place"]
