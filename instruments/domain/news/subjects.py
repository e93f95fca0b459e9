"""What news is about: an asset or a company, not each of the instruments that trade it.

News of Bitcoin is news of every pair, perpetual and option of it. A match is kept once, for its subject, and an
instrument finds its news by its own.
"""

from instruments.domain.listings import Kind

LONGEST_SUBJECT = 100


def subject_of(*, kind: str, base: str, quote: str, is_always_open: bool) -> str:
    """The subject of an instrument, by what it is; the same for every way of trading it."""
    from instruments.domain.news.names import goods_of  # noqa: PLC0415

    match Kind(kind):
        case Kind.SPOT:
            return f"coin:{base}"
        case Kind.EQUITY | Kind.ETF:
            return f"share:{base}:{quote}"
        case Kind.INDEX:
            return f"index:{base}"
        case Kind.FOREX:
            return f"pair:{base}/{quote}"
        case Kind.COMMODITY:
            return f"goods:{goods_of(base) or base}"
        case Kind.FUTURE | Kind.OPTION:
            # Contracts on coins are traded day and night; others are on a share of the same name.
            return f"coin:{base}" if is_always_open else f"share:{base}:{quote}"
