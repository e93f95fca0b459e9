"""What vendors call a thing that nobody named to them, where they have a rule for its symbol or its currencies."""

from instruments.domain.listings import Kind

_SHARES = {Kind.EQUITY, Kind.ETF}


def vendor_name(vendor: str, *, kind: str, symbol: str, base: str, quote: str) -> str | None:
    """None where the vendor has no rule for such a thing: the operator names it by `choose_source`."""
    if vendor == "yahoo" and kind in _SHARES:
        # A class of shares: BRK.B is BRK-B there.
        return symbol.replace(".", "-")
    if vendor == "yahoo" and kind == Kind.FOREX:
        return f"{base}{quote}=X"
    if vendor in {"frankfurter", "alpha_vantage"} and kind == Kind.FOREX:
        return f"{base}/{quote}"
    return None
