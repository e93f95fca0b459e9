"""Keys: UUIDv7, made here. They sort by time, and a database that lost its tail never gives one twice."""

import os
import threading
import uuid

from kernel import clock

_lock = threading.Lock()
_last = 0


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562) that is larger than every earlier one of this process."""
    global _last
    stamp = clock.unix_milliseconds() << 12
    with _lock:
        # 48 bits of milliseconds and 12 of counter; a clock that jumps back keeps counting up instead.
        _last = max(_last + 1, stamp)
        ordered = _last
    tail = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return uuid.UUID(int=(ordered >> 12) << 80 | 0x7 << 76 | (ordered & 0xFFF) << 64 | 0b10 << 62 | tail)


def created_at_milliseconds(key: uuid.UUID) -> int:
    """The time inside a UUIDv7, in milliseconds since 1970."""
    return key.int >> 80
