"""What a client says on a socket of streams, and what is answered. binance/binance-spot-api-docs a5e0bc3 (2026-07-21),
web-socket-streams.md "Live Subscribing/Unsubscribing to streams" and "Error Messages".
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
_LONGEST_NAME = 100
_MOST_NAMES = 1024
_ID = re.compile(r"[A-Za-z0-9]{1,36}|[A-Za-z0-9\-]{36}", re.ASCII)


@dataclass(slots=True)
class Answered:
    reply: str
    subscribe: list[str] = field(default_factory=list)
    unsubscribe: list[str] = field(default_factory=list)
    combined: bool | None = None


class _Bad(Exception):
    def __init__(self, code: int, words: str, **more: Any) -> None:
        super().__init__(words)
        self.told = {"code": code, "msg": words, **more}


def answer(message: str | bytes, *, streams: list[str], is_combined: bool) -> Answered:
    try:
        return _answer(message, streams, is_combined)
    except _Bad as bad:
        return Answered(json.dumps(bad.told, separators=(",", ":")))


def _answer(message: str | bytes, streams: list[str], is_combined: bool) -> Answered:
    text = message.decode(errors="replace") if isinstance(message, bytes) else message
    asked = _parsed(text)
    line, column = text.count("\n") + 1, len(text.rsplit("\n", 1)[-1])
    if "method" not in asked:
        raise _Bad(2, f"Invalid request: missing field `method` at line {line} column {column}")
    method, number = asked["method"], asked.get("id", False)
    if method not in _METHODS:
        known = ", ".join(f"`{one}`" for one in _METHODS)
        at = f"at line {line} column {max(1, text.find(str(method)) + len(str(method)) + 1)}"
        raise _Bad(2, f"Invalid request: unknown variant `{str(method)[:50]}`, expected one of {known} {at}")
    if not _is_id(number):
        raise _Bad(2, "Invalid request: request ID must be an unsigned integer")
    if set(asked) - {"method", "params", "id"}:
        raise _Bad(2, "Invalid request: too many parameters")
    wanted = asked.get("params")
    match method:
        case "SUBSCRIBE":
            return Answered(_reply(None, number), subscribe=_names(wanted))
        case "UNSUBSCRIBE":
            return Answered(_reply(None, number), unsubscribe=_names(wanted))
        case "LIST_SUBSCRIPTIONS":
            return Answered(_reply(streams, number))
        case "GET_PROPERTY":
            _property(wanted, 1, number)
            return Answered(_reply(is_combined, number))
        case _:
            value = _property(wanted, 2, number)
            if not isinstance(value, bool):
                raise _Bad(1, "Invalid value type: expected Boolean")
            return Answered(_reply(None, number), combined=value)


def _parsed(text: str) -> dict[str, Any]:
    try:
        asked = json.loads(text)
    except RecursionError:
        raise _Bad(3, "Invalid JSON: expected value at line 1 column 1") from None
    except json.JSONDecodeError as error:
        raise _Bad(3, f"Invalid JSON: expected value at line {error.lineno} column {error.colno}") from None
    if not isinstance(asked, dict):
        raise _Bad(3, "Invalid JSON: expected value at line 1 column 1")
    return asked


def _is_id(number: Any) -> bool:
    if number is None:
        return True
    if isinstance(number, str):
        return _ID.fullmatch(number) is not None
    return isinstance(number, int) and not isinstance(number, bool) and -(2**63) <= number < 2**63


def _names(wanted: Any) -> list[str]:
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
        raise _Bad(2, "Invalid request: params must be an array of strings")
    if len(wanted) > _MOST_NAMES:
        raise _Bad(2, "Invalid request: too many parameters")
    return [one[:_LONGEST_NAME] for one in wanted]


def _property(wanted: Any, count: int, number: Any) -> Any:
    if not isinstance(wanted, list) or not wanted or not isinstance(wanted[0], str):
        raise _Bad(2, "Invalid request: property name must be a string")
    if len(wanted) > count:
        raise _Bad(2, "Invalid request: too many parameters")
    if wanted[0] != "combined":
        raise _Bad(0, "Unknown property", id=number)
    return wanted[1] if len(wanted) > 1 else None


def _reply(result: Any, number: Any) -> str:
    return json.dumps({"result": result, "id": number}, separators=(",", ":"))
