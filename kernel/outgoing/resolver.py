"""Asks the system for a host's addresses, and stops waiting when the time is up."""

import queue
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address

from kernel.outgoing.addresses import Address

#: Host, port and the seconds left → every address of the host.
Resolver = Callable[[str, int, float], list[Address]]


class NotResolved(OSError):
    """The host has no address, or its name server did not answer in time."""


def system_resolver(host: str, port: int, seconds: float) -> list[Address]:
    """Every address that the system's resolver knows for the host."""
    answers: queue.SimpleQueue[list[Address] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            # A scope such as %eth0 is cut off: what is left is link-local and refused.
            answers.put(list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    # getaddrinfo knows no time limit; the thread outlives us at most by the resolver's own.
    threading.Thread(target=ask, name="outgoing-resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0.001))
    except queue.Empty as error:
        raise NotResolved("its name server did not answer") from error
    if isinstance(answer, Exception):
        raise NotResolved("its name is not known") from answer
    return answer
