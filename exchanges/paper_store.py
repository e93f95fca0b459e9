"""Where paper accounts are kept, and the market that they follow: the adapter's store and market over our tables."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError

from exchanges.adapters.paper import Paper, StoreAway
from exchanges.domain.followed import followed_venues
from exchanges.domain.orders import Lasting, OrderType, Product, Quantity, Unit
from exchanges.domain.paper_account import Asset, Ledger, PaperFill, PaperOrder, Quote, Traded
from exchanges.domain.reports import Status
from exchanges.models import Account, Connection, PaperBalance, PaperBook
from exchanges.models import PaperFill as FillRow
from exchanges.models import PaperOrder as OrderRow
from exchanges.venue import Clock
from instruments import selectors
from instruments.domain.listings import Kind
from instruments.domain.rules import Side
from instruments.selectors import AmbiguousSymbol, UnknownListing
from kernel import clock
from kernel.jobs.enqueue import enqueue
from kernel.tenancy.scope import operator, tenant

#: Has the followed venue asked for a price, by venue and symbol; an answer is kept, and silence is borne.
Ask = Callable[[str, str], None]
#: An order meets what a socket told so lately; of an older price the venue is asked first.
NEW = dt.timedelta(seconds=2)
_STANDS = (Status.ACCEPTED.value, Status.PARTIAL.value)
#: Kinds of instruments that are held as securities.
_SECURITIES = {Kind.EQUITY, Kind.ETF}
#: What an order's row says otherwise than the order does.
_CHANGING = ("quantity", "status", "filled", "moved", "held", "changed_at", "priced_at", "is_asleep", "reason")


class NoBook(LookupError):
    """The account follows no venue and has no book: it cannot trade."""


def paper_line(connection: Connection, *, ask: Ask) -> Paper:
    """The paper venue as this connection's account meets it."""
    with tenant(connection.workspace_id):
        account = Account.objects.get(connection=connection)
    if account.follows not in followed_venues():
        raise NoBook(f"account {account.pk} follows {account.follows or 'nothing'}")
    return Paper(
        store=AccountStore(account), market=FollowedMarket(account.follows, clock=clock.now, ask=ask), clock=clock.now
    )


def symbols_that_stand(venue: str) -> set[str]:
    """Of the paper accounts that follow this venue, the symbols whose price their standing orders wait for."""
    with operator():
        standing = OrderRow.objects.filter(account__follows=venue, status__in=_STANDS)
        return set(standing.exclude(account__connection__closed_at__isnull=False).values_list("symbol", flat=True))


class AccountStore:
    """One account's rows. Whoever changes them holds the book's row, so that two never do at once."""

    def __init__(self, account: Account) -> None:
        self._account = account.pk
        self._connection: UUID = account.connection_id
        self._workspace: UUID = account.workspace_id
        self._followed = followed_venues()[account.follows]

    @contextmanager
    def changing(self) -> Iterator[Ledger]:
        with self._within():
            book = PaperBook.objects.select_for_update().get(account_id=self._account)
            ledger = self._open(book)
            yield ledger
            self._save(book, ledger)

    def order_of_mark(self, mark: str) -> PaperOrder | None:
        return self._one(mark=mark)

    def order_of_number(self, number: int) -> PaperOrder | None:
        return self._one(number=number)

    def orders_since(self, since: dt.datetime, symbol: str) -> Sequence[PaperOrder]:
        with self._within():
            rows = OrderRow.objects.filter(account_id=self._account, symbol=symbol, changed_at__gte=since)
            return [_order(row) for row in rows]

    def fills_since(self, since: dt.datetime, symbol: str) -> Sequence[PaperFill]:
        with self._within():
            rows = FillRow.objects.filter(account_id=self._account, order__symbol=symbol, at__gte=since)
            return [_fill(row) for row in rows.select_related("order")]

    # ---- within ----

    @contextmanager
    def _within(self) -> Iterator[None]:
        """The tenant's scope; a database that does not answer is StoreAway. What was not committed never was."""
        try:
            with tenant(self._workspace):
                yield
        except (DatabaseError, InterfaceError) as error:
            raise StoreAway(type(error).__name__) from error

    def _one(self, **named: Any) -> PaperOrder | None:
        with self._within():
            row = OrderRow.objects.filter(account_id=self._account, **named).first()
            return None if row is None else _order(row)

    def _open(self, book: PaperBook) -> Ledger:
        held = PaperBalance.objects.filter(account_id=self._account)
        standing = OrderRow.objects.filter(account_id=self._account, status__in=_STANDS)
        return Ledger(
            followed=self._followed,
            totals={Asset(row.asset, row.is_security): row.total for row in held},
            orders={row.number: _order(row) for row in standing},
            next_order=book.next_order,
            next_fill=book.next_fill,
        )

    def _save(self, book: PaperBook, ledger: Ledger) -> None:
        if not ledger.changed:
            return
        whose: dict[str, Any] = {"workspace_id": self._workspace, "account_id": self._account}
        for asset in sorted(ledger.touched):
            named = {**whose, "asset": asset.name, "is_security": asset.is_security}
            PaperBalance.objects.update_or_create(**named, defaults={"total": ledger.totals[asset]})
        rows: dict[int, UUID] = {}
        for order in ledger.changed.values():
            named = {**whose, "number": order.number}
            if order.number >= book.next_order:
                rows[order.number] = OrderRow.objects.create(**named, **_columns(order)).pk
            else:
                kept = {name: value for name, value in _columns(order).items() if name in _CHANGING}
                OrderRow.objects.filter(**named).update(**kept)
        met = {fill.order for fill in ledger.fills} - set(rows)
        rows |= dict(OrderRow.objects.filter(**whose, number__in=met).values_list("number", "pk"))
        FillRow.objects.bulk_create(FillRow(**whose, **_fill_columns(fill, rows[fill.order])) for fill in ledger.fills)
        book.next_order, book.next_fill = ledger.next_order, ledger.next_fill
        book.save(update_fields=["next_order", "next_fill"])
        # What pages show of the account follows; where this nudge is lost, the next one or a look brings it.
        enqueue("exchanges.refresh_accounts", self._workspace, self._connection)


class FollowedMarket:
    """What the catalogue and the last prices say of one venue."""

    def __init__(self, venue: str, *, clock: Clock, ask: Ask) -> None:
        self._venue, self._clock, self._ask = venue, clock, ask

    def traded(self, symbol: str) -> Traded | None:
        row = self._listing(symbol)
        if row is None:
            return None
        is_security = Kind(row.instrument.kind) in _SECURITIES
        base = Asset(symbol if is_security else row.instrument.base, is_security)
        return Traded(symbol, row.segment, base, row.instrument.quote, row.is_tradable, row.rules, row.sessions)

    def quote(self, symbol: str) -> Quote | None:
        row = self._listing(symbol)
        seen = None if row is None else selectors.last_price(row, now=self._clock())
        if seen is None:
            return None
        moment = seen.heard_at if seen.at is None else seen.at
        return Quote(seen.last, seen.bid, seen.ask, moment, seen.age, seen.source)

    def freshen(self, symbol: str) -> None:
        quote = self.quote(symbol)
        if quote is None or quote.age > NEW:
            self._ask(self._venue, symbol)

    def _listing(self, symbol: str) -> Any:
        try:
            return selectors.listing_of(self._venue, symbol)
        except (UnknownListing, AmbiguousSymbol):
            return None


_Read = Callable[[Any], Any]
#: Columns that are kept as they are.
_SAME = (
    "number",
    "mark",
    "symbol",
    "segment",
    "quote",
    "limit_price",
    "trigger_price",
    "is_maker_only",
    "placed_at",
    "changed_at",
    "filled",
    "moved",
    "held",
    "priced_at",
    "ends_at",
    "is_asleep",
    "reason",
)
_WORDS: dict[str, _Read] = {
    "side": Side,
    "type": OrderType,
    "lasting": Lasting,
    "product": Product,
    "status": Status,
}


def _order(row: OrderRow) -> PaperOrder:
    same = {name: getattr(row, name) for name in _SAME}
    words = {name: read(getattr(row, name)) for name, read in _WORDS.items()}
    base = Asset(row.base, row.is_security)
    return PaperOrder(**same, **words, base=base, quantity=Quantity(row.quantity, Unit(row.unit)))


def _columns(order: PaperOrder) -> dict[str, Any]:
    same = {name: getattr(order, name) for name in _SAME if name != "number"}
    words = {name: getattr(order, name).value for name in _WORDS}
    quantity = {"quantity": order.quantity.value, "unit": order.quantity.unit.value}
    base = {"base": order.base.name[:80], "is_security": order.base.is_security}
    return {**same, **words, **quantity, **base, "symbol": order.symbol[:80], "reason": order.reason[:400]}


def _fill(row: FillRow) -> PaperFill:
    order = row.order
    return PaperFill(
        number=row.number,
        order=order.number,
        mark=order.mark,
        symbol=order.symbol,
        side=Side(order.side),
        price=row.price,
        quantity=Quantity(row.quantity, Unit(order.unit)),
        moved=row.moved,
        fee=row.fee,
        fee_in=row.fee_in,
        is_maker=row.is_maker,
        at=row.at,
        made_from=row.made_from,
    )


def _fill_columns(fill: PaperFill, order_id: UUID) -> dict[str, Any]:
    same = ("number", "price", "moved", "fee", "fee_in", "is_maker", "at")
    told = {name: getattr(fill, name) for name in same}
    return {**told, "quantity": fill.quantity.value, "order_id": order_id, "made_from": dict(fill.made_from)}
