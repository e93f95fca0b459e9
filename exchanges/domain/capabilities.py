"""The language in which a venue says what it can do. What it does not declare, nobody asks of it.

A venue has segments; a segment says what its orders may be; a listing may narrow that further. `NATIVE` is done by the
venue and stands when we are down; `EMULATED` is done by us, is labelled so, and stops when we are down.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from exchanges.domain.credentials import CredentialScheme
from exchanges.domain.limits import Act, Budget
from exchanges.domain.market import Listing
from exchanges.domain.marks import MarkPolicy
from exchanges.domain.orders import Hours, Lasting, OrderType, Product, Unit
from exchanges.domain.rights import RightsQuery


class Support(StrEnum):
    NATIVE = "native"
    EMULATED = "emulated"


class Group(StrEnum):
    """Orders that belong together."""

    ONE_CANCELS_OTHER = "oco"
    BRACKET = "bracket"


class Modifying(StrEnum):
    NONE = "none"
    #: Price and quantity, keeping the id.
    IN_PLACE = "in_place"
    QUANTITY_DOWN = "quantity_down"
    #: The venue cancels and makes another order with another id.
    NEW_ID = "new_id"


class Protection(StrEnum):
    """How an order without a limit is kept from paying any price."""

    #: Market orders need none here.
    NONE = "none"
    #: The venue takes a greatest slippage in percent, and refuses without it.
    PERCENT = "percent"
    #: There is no market order: a limit that crosses is sent, and shown as such.
    CROSSING_LIMIT = "crossing_limit"


class Splitting(StrEnum):
    """Whether one request may become several orders."""

    NEVER = "never"
    #: The venue slices what is above its freeze quantity; each slice has its own fate.
    SLICES = "slices"
    #: Several orders may be sent in one call.
    BATCH = "batch"


class FillFee(StrEnum):
    IN_FILL = "in_fill"
    LATER = "later"
    NEVER = "never"


class Carrier(StrEnum):
    """How news comes."""

    JSON = "json"
    TEXT_AND_BINARY = "text_and_binary"
    PROTOBUF = "protobuf"
    MSGPACK = "msgpack"
    OWN_TCP = "own_tcp"
    POLLING = "polling"


class Joining(StrEnum):
    """How a book's changes join its snapshot."""

    WHOLE_EACH_TIME = "whole_each_time"
    SEQUENCE = "sequence"
    CHECKSUM = "checksum"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SegmentCapabilities:
    orders: Mapping[OrderType, Support]
    lasting: frozenset[Lasting]
    units: frozenset[Unit]
    #: Names of calendars; empty trades always.
    calendar: str = ""
    products: frozenset[Product] = frozenset({Product.NONE})
    hours: frozenset[Hours] = frozenset({Hours.REGULAR})
    groups: Mapping[Group, Support] = field(default_factory=dict)
    modifying: Modifying = Modifying.NONE
    protection: Protection = Protection.NONE
    splitting: Splitting = Splitting.NEVER
    is_fractional: bool = False
    has_maker_only: bool = False
    has_holdings: bool = False
    #: Before a sale out of the demat account the person authorises it at the depository.
    needs_sale_authorisation: bool = False
    most_changes: int | None = None

    def __post_init__(self) -> None:
        if self.protection is Protection.CROSSING_LIMIT and self.orders.get(OrderType.MARKET) is Support.NATIVE:
            raise ValueError("a segment without market orders cannot call them native")

    def support(self, order_type: OrderType, listing: Listing | None = None) -> Support | None:
        """How this type is done here; None: not at all. A listing takes away, it never adds."""
        declared = self.orders.get(order_type)
        if declared is not Support.NATIVE or listing is None or listing.order_types is None:
            return declared
        return declared if order_type in listing.order_types else None


@dataclass(frozen=True, slots=True)
class StreamCapabilities:
    carrier: Carrier
    most_symbols: int | None = None
    most_sockets: int | None = None
    longest_life: dt.timedelta | None = None
    heartbeat: dt.timedelta | None = None
    #: The address is made anew for each connection.
    has_one_time_address: bool = False
    #: One socket carries prices and orders.
    is_shared: bool = False
    #: Some messages carry only what changed.
    sends_changes_only: bool = False
    joining: Joining = Joining.NONE


@dataclass(frozen=True, slots=True)
class SendWindow:
    """Until when something sent may still be taken."""

    #: What the request itself names; None: the venue has no such thing, and one waits `settle`.
    length: dt.timedelta | None
    #: How long the venue may sit on a request it took in time.
    processing: dt.timedelta
    settle: dt.timedelta

    def deadline(self, sent_at: dt.datetime) -> dt.datetime:
        """From then on an order that cannot be found was not taken, if every other proof agrees."""
        return sent_at + (self.length or dt.timedelta()) + self.processing + self.settle

    @property
    def is_proof(self) -> bool:
        """False: nothing ends the time in which the order may appear, and only a person can say that it will not."""
        return self.length is not None


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """Everything a venue declares."""

    name: str
    title: str
    segments: Mapping[str, SegmentCapabilities]
    acts: frozenset[Act]
    mark: MarkPolicy
    window: SendWindow
    credentials: CredentialScheme
    budgets: tuple[Budget, ...]
    rights: RightsQuery
    candle_intervals: frozenset[str] = frozenset()
    most_candles: int = 0
    prices: StreamCapabilities | None = None
    fills: StreamCapabilities | None = None
    fee: FillFee = FillFee.IN_FILL
    has_trade_ids: bool = True
    #: Orders of earlier days are gone from its book.
    forgets_at_night: bool = False
    #: A session must be connected and kept, and may be lost to a competing one.
    is_stateful: bool = False
    #: The order does not live until the venue's question is answered.
    may_ask: bool = False
    #: Its clock tells the time in steps of so much, rounded down.
    clock_step: dt.timedelta = dt.timedelta(milliseconds=1)
    #: Its answers name assets by ids that its list of listings explains: without that list no balance can be read.
    names_assets_apart: bool = False
    #: It has a market of pretended money, under its own login.
    has_test_market: bool = False
    countries: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        changing = any(segment.modifying is not Modifying.NONE for segment in self.segments.values())
        if changing != (Act.MODIFY in self.acts):
            raise ValueError(f"{self.name}: whether orders can be changed is said in two ways that disagree")
        holding = any(segment.has_holdings for segment in self.segments.values())
        if holding != (Act.HOLDINGS in self.acts):
            raise ValueError(f"{self.name}: whether it keeps holdings is said in two ways that disagree")
        if (Act.RIGHTS in self.acts) != (self.rights is RightsQuery.ANSWERS):
            raise ValueError(f"{self.name}: whether it tells a key's rights is said in two ways that disagree")
        if bool(self.candle_intervals) != (Act.CANDLES in self.acts):
            raise ValueError(f"{self.name}: candles are declared without intervals, or the other way round")

    def segment(self, name: str) -> SegmentCapabilities:
        return self.segments[name]
