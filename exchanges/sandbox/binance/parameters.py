"""What a request says, read and checked in Binance's way and order.

binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md "General Information on Endpoints", errors.md 11xx.
"""

import json
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from urllib.parse import parse_qsl

from exchanges.sandbox.binance import errors
from exchanges.sandbox.server import Request

SYMBOL = r"^[\w\-._&&[^a-z]]{1,50}$"
CLIENT_ID = r"^[a-zA-Z0-9-_]{1,36}$"
WHOLE = r"^[0-9]{1,20}$"
FIGURE = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"

#: The venue's pattern is Java's; `[^a-z]` is cut out of it here.
_SYMBOL = re.compile(r"(?:(?![a-z])[\w\-.]){1,50}")
_CLIENT_ID = re.compile(r"[a-zA-Z0-9\-_]{1,36}")
_WHOLE = re.compile(r"[0-9]{1,20}", re.ASCII)
_FIGURE = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_LONG = 2**63 - 1
_MOST_FIELDS = 100


class Parameters:
    __slots__ = ("told",)

    def __init__(self, told: Mapping[str, str]) -> None:
        self.told = told

    @classmethod
    def of(cls, request: Request) -> "Parameters":
        """Out of address and body; what the address says is used where both say it."""
        told = _pairs(request.query)
        if request.method != "GET" and request.body:
            for name, word in _pairs(request.body.decode("latin-1")).items():
                told.setdefault(name, word)
        return cls(told)

    def allow(self, names: Collection[str]) -> None:
        """All that was sent is read, or nothing is done."""
        known = sum(1 for name in self.told if name in names)
        if known != len(self.told):
            if not names:
                raise errors.too_many_parameters(0, len(self.told))
            raise errors.unread(known, len(self.told))

    def has(self, name: str) -> bool:
        return name in self.told

    def text(self, name: str) -> str | None:
        word = self.told.get(name)
        if word == "":
            raise errors.empty(name)
        return word

    def must(self, name: str) -> str:
        word = self.text(name)
        if word is None:
            raise errors.missing(name)
        return word

    def symbol(self) -> str | None:
        word = self.text("symbol")
        if word is not None and not _SYMBOL.fullmatch(word):
            raise errors.illegal("symbol", SYMBOL)
        return word

    def client_id(self, name: str) -> str | None:
        word = self.text(name)
        if word is not None and not _CLIENT_ID.fullmatch(word):
            raise errors.illegal(name, CLIENT_ID)
        return word

    def whole(self, name: str) -> int | None:
        word = self.text(name)
        if word is None:
            return None
        if not _WHOLE.fullmatch(word):
            raise errors.illegal(name, WHOLE)
        if int(word) > _LONG:
            raise errors.overflowed(name)
        return int(word)

    def count(self, name: str, usual: int, most: int) -> int:
        found = self.whole(name)
        if found is None:
            return usual
        if found < 1:
            raise errors.bad_value(name)
        return min(found, most)

    def moment(self, name: str) -> int | None:
        """Milliseconds; microseconds are understood too."""
        found = self.whole(name)
        return found // 1000 if found is not None and found > 10**15 else found

    def figure(self, name: str) -> Decimal | None:
        word = self.text(name)
        if word is None:
            return None
        if not _FIGURE.fullmatch(word):
            raise errors.illegal(name, FIGURE)
        return Decimal(word)

    def flag(self, name: str, usual: bool) -> bool:
        word = self.text(name)
        if word is None:
            return usual
        if word.lower() not in {"true", "false"}:
            raise errors.bad_value(name)
        return word.lower() == "true"

    def listed(self, name: str) -> list[str] | None:
        """An array of strings in JSON."""
        word = self.text(name)
        if word is None:
            return None
        try:
            found = json.loads(word)
        except ValueError:
            raise errors.illegal(name, r'^\["[\w\-._&&[^a-z]]{1,50}"(,"[\w\-._&&[^a-z]]{1,50}"){0,}\]$') from None
        if not isinstance(found, list) or not found or not all(isinstance(one, str) for one in found):
            raise errors.bad_value(name)
        return found


def _pairs(text: str) -> dict[str, str]:
    if not text:
        return {}
    if "%" not in text and "+" not in text and text.count("&") < _MOST_FIELDS:
        # Nothing is written in another way, which is the rule: it need only be cut.
        parts = [part.partition("=") for part in text.split("&") if part]
        told = {name: word for name, _, word in parts}
        if len(told) != len(parts):
            raise errors.doubled()
        return told
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise errors.too_many_parameters(_MOST_FIELDS, text.count("&") + 1) from None
    told = dict(pairs)
    if len(told) != len(pairs):
        raise errors.doubled()
    return told
