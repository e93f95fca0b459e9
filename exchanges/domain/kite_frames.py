"""The binary frames of Kite's ticker, read to exact numbers. Layout: kite.trade/docs/connect/v3/websocket, 2026-11-21.

A frame holds a count and so many packets, each after its length; all numbers are big-endian, and prices are whole
numbers of a small unit. The SDK's own reading makes floats of them and local times without a zone: it is not used.
"""

import datetime as dt
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from exchanges.domain.market import Level


class Mode(StrEnum):
    LAST = "ltp"
    QUOTE = "quote"
    FULL = "full"


class BadFrame(ValueError):
    """The frame is not what the document says. Nothing of it is used."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What one packet says. None: this mode, or an index, does not tell it."""

    token: int
    mode: Mode
    #: False for an index.
    is_tradable: bool
    last: Decimal
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    #: Of the day before.
    close: Decimal | None = None
    last_quantity: int | None = None
    average: Decimal | None = None
    volume: int | None = None
    bid_quantity: int | None = None
    ask_quantity: int | None = None
    last_trade_at: dt.datetime | None = None
    at: dt.datetime | None = None
    open_interest: int | None = None
    highest_interest: int | None = None
    lowest_interest: int | None = None
    #: The best first.
    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()


#: The last byte of a token names its segment.
_CURRENCIES, _BSE_CURRENCIES, _INDICES, _NSE_COMMODITIES = 3, 6, 9, 12
#: How many digits of a price stand behind the point; two everywhere else.
_PLACES = {_CURRENCIES: 7, _BSE_CURRENCIES: 4, _NSE_COMMODITIES: 4}
_LAST, _INDEX_QUOTE, _INDEX_FULL, _QUOTE, _FULL = 8, 28, 32, 44, 184
_LEVEL = struct.Struct(">IIH2x")
_LEVELS_BEGIN, _EACH_SIDE = 64, 5


def ticks_of(frame: bytes) -> tuple[Tick, ...]:
    """The ticks of a frame; none in a heartbeat, which is one byte."""
    return tuple(_tick(packet) for packet in _packets(frame)) if len(frame) != 1 else ()


def _packets(frame: bytes) -> Iterator[bytes]:
    count, at = _short(frame, 0), 2
    for _ in range(count):
        length = _short(frame, at)
        packet = frame[at + 2 : at + 2 + length]
        if len(packet) != length:
            raise BadFrame(f"a packet of {length} bytes ends after {len(packet)}")
        yield packet
        at += 2 + length
    if at != len(frame):
        raise BadFrame(f"{len(frame) - at} bytes follow the last packet")


def _short(frame: bytes, at: int) -> int:
    if len(frame) < at + 2:
        raise BadFrame(f"the frame ends at {len(frame)} bytes")
    return int.from_bytes(frame[at : at + 2], "big")


def _tick(packet: bytes) -> Tick:
    size = len(packet)
    if size not in (_LAST, _INDEX_QUOTE, _INDEX_FULL, _QUOTE, _FULL):
        raise BadFrame(f"no packet has {size} bytes")
    whole = min(size, _LEVELS_BEGIN) // 4
    token, last, *rest = struct.unpack_from(f">{whole}I", packet)
    segment = token & 0xFF
    places = _PLACES.get(segment, 2)

    def price(units: int) -> Decimal:
        return Decimal(units).scaleb(-places)

    is_tradable = segment != _INDICES
    if size == _LAST:
        return Tick(token, Mode.LAST, is_tradable, price(last))
    if size in (_INDEX_QUOTE, _INDEX_FULL):
        # The fifth is the change of the price, which the others tell.
        high, low, first, close, _ = map(price, rest[:5])
        at = _moment(rest[5]) if size == _INDEX_FULL else None
        mode = Mode.FULL if size == _INDEX_FULL else Mode.QUOTE
        return Tick(token, mode, is_tradable, price(last), first, high, low, close, at=at)
    last_quantity, average, volume, bid_quantity, ask_quantity, first, high, low, close = rest[:9]
    tick = Tick(
        token,
        Mode.FULL if size == _FULL else Mode.QUOTE,
        is_tradable,
        price(last),
        price(first),
        price(high),
        price(low),
        price(close),
        last_quantity,
        price(average),
        volume,
        bid_quantity,
        ask_quantity,
    )
    if size == _QUOTE:
        return tick
    traded_at, interest, highest, lowest, told_at = rest[9:14]
    levels = [
        Level(price(of_level), Decimal(quantity))
        for quantity, of_level, _orders in _LEVEL.iter_unpack(packet[_LEVELS_BEGIN:])
    ]
    return replace(
        tick,
        last_trade_at=_moment(traded_at),
        at=_moment(told_at),
        open_interest=interest,
        highest_interest=highest,
        lowest_interest=lowest,
        bids=_told(levels[:_EACH_SIDE]),
        asks=_told(levels[_EACH_SIDE:]),
    )


def _told(levels: list[Level]) -> tuple[Level, ...]:
    """The steps that are there: the empty ones are told with a price of nought."""
    return tuple(level for level in levels if level.price > 0)


def _moment(seconds: int) -> dt.datetime | None:
    """Nought is no time: nothing was traded yet."""
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC) if seconds else None
