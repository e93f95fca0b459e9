"""The ticker's binary frames.

kite.trade/docs/connect/v3/websocket#message-structure (read 2026-11-21): big-endian; a count of packets in two bytes,
then each packet after its length in two. Prices are paise. A listing's packet has 8 bytes in ltp mode, 44 in quote,
184 in full; an index's 8, 28 and 32, with high, low, open, close in this order. A heartbeat is a single byte.
"""

import struct

from exchanges.sandbox.kite.figures import paise
from exchanges.sandbox.kite.quotes import Level, View
from exchanges.sandbox.market import Market

HEARTBEAT = b"\x00"
MODES = ("ltp", "quote", "full")
_LTP = struct.Struct(">II")
_QUOTE = struct.Struct(">11I")
_REST = struct.Struct(">5I")
_LEVEL = struct.Struct(">IIHH")
_INDEX = struct.Struct(">6Ii")
_INDEX_FULL = struct.Struct(">6IiI")
_MOST = 2**32 - 1


def packet(view: View, mode: str) -> bytes:
    market = view.market
    token = market.listing.facts["token"]
    last = _price(market, view.last)
    if mode == "ltp":
        return _LTP.pack(token, last)
    opened, high, low, close = (_price(market, one) for one in (view.open, view.high, view.low, view.close))
    if market.listing.facts["is_index"]:
        if mode == "quote":
            return _INDEX.pack(token, last, high, low, opened, close, last - close)
        return _INDEX_FULL.pack(token, last, high, low, opened, close, last - close, view.at // 1000)
    quote = _QUOTE.pack(
        token, last, view.last_lots, _price(market, view.average), min(view.volume, _MOST), min(view.buying, _MOST),
        min(view.selling, _MOST), opened, high, low, close,
    )  # fmt: skip
    if mode == "quote":
        return quote
    depth = b"".join(_level(view, one) for one in (*view.bids, *view.asks))
    return quote + _REST.pack(view.last_at // 1000, 0, 0, 0, view.at // 1000) + depth


def frame(packets: list[bytes]) -> bytes:
    parts = [struct.pack(">H", len(packets))]
    for one in packets:
        parts += [struct.pack(">H", len(one)), one]
    return b"".join(parts)


def _level(view: View, level: Level) -> bytes:
    at, lots, orders = level
    return _LEVEL.pack(min(lots, _MOST), _price(view.market, at), min(orders, 65_535), 0)


def _price(market: Market, ticks: int) -> int:
    """In paise; what a fault drives beyond four bytes is told as the most they hold."""
    return min(paise(market, ticks), _MOST)
