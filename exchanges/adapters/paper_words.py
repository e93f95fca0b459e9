"""What the paper venue's rows say, in the reports of every venue."""

from collections.abc import Sequence

from exchanges.adapters.digits import plain
from exchanges.domain.outcomes import Reply
from exchanges.domain.paper_account import PaperFill, PaperOrder
from exchanges.domain.reports import FeeKind, FillReport, OrderReport
from kernel.money.amount import Amount


def order_report(one: PaperOrder, fills: Sequence[PaperFill] = ()) -> OrderReport:
    return OrderReport(
        venue_id=str(one.number),
        mark=one.mark,
        symbol=one.symbol,
        side=one.side,
        status=one.status,
        status_word=one.status.value,
        type_word=one.type.value.replace("_", " "),
        quantity=one.quantity,
        filled=one.filled,
        average_price=one.moved / one.filled if one.filled else None,
        limit_price=one.limit_price,
        trigger_price=one.trigger_price,
        placed_at=one.placed_at,
        changed_at=one.changed_at,
        reason=one.reason,
        is_dormant=one.is_asleep,
        fills=tuple(fill_report(fill) for fill in fills),
        raw={"held": plain(one.held), "segment": one.segment, "product": one.product.value},
    )


def fill_report(one: PaperFill) -> FillReport:
    return FillReport(
        trade_id=str(one.number),
        venue_order_id=str(one.order),
        symbol=one.symbol,
        side=one.side,
        price=one.price,
        quantity=one.quantity,
        at=one.at,
        fee=Amount(one.fee, one.fee_in),
        fee_kind=FeeKind.ESTIMATED,
        mark=one.mark,
        is_maker=one.is_maker,
        raw={**one.made_from, "moved": plain(one.moved)},
    )


def reply_of(status: int, code: str, message: str) -> Reply:
    """What a wire would have carried: paper has none, and its words are kept all the same."""
    return Reply(status, f"{status} {code} {message}".replace("  ", " "), code, message)
