"""The platform's tables of what can be traded, and its prices: readable by all, written in the operator's scope."""

from instruments.models.candle import CandleRow
from instruments.models.instrument import Instrument
from instruments.models.last_price import LastPrice
from instruments.models.listing import Listing

__all__ = ["CandleRow", "Instrument", "LastPrice", "Listing"]
