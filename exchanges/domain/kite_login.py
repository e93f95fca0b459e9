"""Where a person logs in at Kite. Wire: kite.trade/docs/connect/v3/user (read 2026-11-21) and pykiteconnect 5.2.2.

Built here and not by the SDK, because a page needs it and no web process loads the SDK.
"""

from urllib.parse import urlencode, urlsplit, urlunsplit

PAGE = "https://kite.zerodha.com/connect/login"
VERSION = "3"


def login_address(*, app: str, state: str, elsewhere: str | None = None) -> str:
    """`state` comes back to the redirect address among its parameters. `elsewhere`: a host in place of Kite's own."""
    parts = urlsplit(PAGE)
    if elsewhere is not None:
        other = urlsplit(elsewhere)
        parts = parts._replace(scheme=other.scheme, netloc=other.netloc)
    told = {"api_key": app, "v": VERSION, "redirect_params": urlencode({"state": state})}
    return urlunsplit(parts._replace(query=urlencode(told)))
