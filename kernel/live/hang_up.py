"""Cuts the connection of a peer that takes nothing any more.

ASGI has no word for it: a close frame would wait behind what he does not read, and a polite close as well.
"""

from typing import Any


def hang_up(send: Any) -> None:
    """Ends the connection behind an ASGI `send` at once where the server lets us: uvicorn does.

    Daphne needs no help: its pings go unanswered, and it drops the connection by itself.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    abort = getattr(transport, "abort", None)
    if callable(abort):
        abort()
