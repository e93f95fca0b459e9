"""The list of what is traded, as CSV, packed when the client takes it so.

kite.trade/docs/connect/v3/market-quotes#csv-response-columns (read 2026-11-21).
"""

import csv
import gzip
import io
from collections.abc import Iterable

from exchanges.sandbox.kite.errors import bad_input
from exchanges.sandbox.market import Market
from exchanges.sandbox.server import Reply

_COLUMNS = (
    "instrument_token", "exchange_token", "tradingsymbol", "name", "last_price", "expiry", "strike", "tick_size",
    "lot_size", "instrument_type", "segment", "exchange",
)  # fmt: skip
_EXCHANGES = ("NSE", "BSE", "NFO", "BFO", "CDS", "BCD", "MCX", "MF")


def instruments(markets: Iterable[Market], exchange: str | None, *, packs: bool) -> Reply:
    if exchange is not None and exchange not in _EXCHANGES:
        raise bad_input("Invalid `exchange`.")
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for market in markets:
        facts = market.listing.facts
        if market.is_halted or exchange not in (None, facts["exchange"]):
            continue
        token = int(facts["token"])
        rows.writerow(
            (
                token,
                token >> 8,
                facts["symbol"],
                f"{facts['name']} (SYNTHETIC)",
                "0.0",
                "",
                "0.0",
                "0" if facts["is_index"] else market.listing.tick,
                0 if facts["is_index"] else 1,
                "EQ",
                "INDICES" if facts["is_index"] else facts["exchange"],
                facts["exchange"],
            )
        )
    body = text.getvalue().encode()
    if packs:
        return Reply(200, gzip.compress(body, mtime=0), headers=(("content-encoding", "gzip"),), type="text/csv")
    return Reply(200, body, type="text/csv")
