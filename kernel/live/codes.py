"""The codes a live socket is closed with. The page's script acts on them.

All of an application's own range: daphne lets it say no other.
"""

from enum import IntEnum


class CloseCode(IntEnum):
    #: What let the socket in no longer holds: log-out, revoked token, lost or changed membership.
    ENTRY_ENDED = 4401
    #: It did not read for too long.
    TOO_SLOW = 4408
    #: It sent more than a listener has to say.
    TOO_BIG = 4413
    #: It is a day old; a fresh one is welcome at once.
    WORN_OUT = 4410
    #: Its right to be open could not be checked for too long.
    UNCHECKED = 4503
    FAILED = 4500
