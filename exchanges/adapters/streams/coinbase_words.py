"""The words of Coinbase's sockets, which name an order's figures otherwise than REST does."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from exchanges.adapters.coinbase_words import SIDES, STATUSES, id_of, moment
from exchanges.adapters.digits import above_nought
from exchanges.domain.market import Level, Ticker
from exchanges.domain.news import FillNews, Hint
from exchanges.domain.orders import Quantity, Unit
from exchanges.domain.reports import OrderReport, partial_if_filled


def ticker_of(one: Mapping[str, Any], told_at: str) -> Ticker:
    return Ticker(
        symbol=one["product_id"],
        last=Decimal(one["price"]),
        bid=above_nought(one["best_bid"] or 0),
        ask=above_nought(one["best_ask"] or 0),
        at=moment(told_at),
        volume=Decimal(one["volume_24_h"]),
        raw=one,
    )


def levels_of(told: Iterable[Mapping[str, Any]]) -> tuple[list[Level], list[Level]]:
    """Bids and asks, each with what stands there now."""
    found: dict[str, list[Level]] = {"bid": [], "offer": []}
    for one in told:
        found[one["side"]].append(Level(Decimal(one["price_level"]), Decimal(one["new_quantity"])))
    return found["bid"], found["offer"]


def news_of(one: Mapping[str, Any]) -> Iterator[FillNews]:
    report = order_of(one)
    yield report
    if report.filled > 0:
        yield Hint(report.venue_id, report.symbol)


def order_of(one: Mapping[str, Any]) -> OrderReport:
    word, filled = one["status"], Decimal(one["cumulative_quantity"])
    limit = above_nought(one.get("limit_price") or 0)
    status = STATUSES[word]
    return OrderReport(
        venue_id=id_of(one["order_id"]),
        mark=one["client_order_id"],
        symbol=one["product_id"],
        side=SIDES[one["order_side"]],
        status=partial_if_filled(status, filled),
        status_word=word,
        type_word=one["order_type"],
        # What is left is told in the currency of the order's size, and only an order with a limit names that for sure.
        quantity=Quantity(filled + Decimal(one["leaves_quantity"]), Unit.BASE) if limit else None,
        filled=filled,
        average_price=Decimal(one["avg_price"]) if filled > 0 else None,
        limit_price=limit,
        trigger_price=above_nought(one.get("stop_price") or 0),
        placed_at=moment(one["creation_time"]),
        changed_at=None,
        reason=one.get("reject_reason") or one.get("cancel_reason") or "",
        is_dormant=one.get("trigger_status") == "STOP_PENDING" and not status.is_final,
        raw=one,
    )
