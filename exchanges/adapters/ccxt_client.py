"""A ccxt client that signs and addresses, and decides nothing: our session, our clock, our budget, no second try."""

import logging
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import ccxt

from exchanges.adapters.wire import WireSession
from exchanges.venue import Clock

# At its debug level ccxt logs the headers of every request, and the key is one of them.
logging.getLogger("ccxt").setLevel(logging.WARNING)


def ccxt_client(
    name: str, *, wire: WireSession, clock: Clock, base_url: str | None, config: dict[str, Any]
) -> ccxt.Exchange:
    """The client of one account. `base_url` replaces scheme and host of every address; None leaves the venue's own."""
    made: ccxt.Exchange = getattr(ccxt, name)(
        {
            **config,
            "enableRateLimit": False,
            "timeout": int(wire.seconds * 1000),
            "maxRetriesOnFailure": 0,
            "session": wire,
        }
    )
    made.session = wire
    made.milliseconds = lambda: int(clock().timestamp() * 1000)
    made.urls["api"] = moved(made.urls["api"], base_url)
    return made


def moved(urls: Any, base_url: str | None) -> Any:
    """The same paths under another scheme and host; None leaves them as they are."""
    if base_url is None:
        return urls
    if isinstance(urls, dict):
        return {name: moved(url, base_url) for name, url in urls.items()}
    old, new = urlsplit(urls), urlsplit(base_url)
    is_socket = old.scheme in {"ws", "wss"}
    scheme = {"http": "ws", "https": "wss"}[new.scheme] if is_socket else new.scheme
    return urlunsplit((scheme, new.netloc, old.path, old.query, old.fragment))
