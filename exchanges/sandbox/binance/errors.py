"""What Binance refuses with. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), errors.md.

Statuses are those that rest-api.md names under "HTTP Return Codes"; 401 for keys is as the venue answers.
"""

from typing import Any


class Refusal(Exception):
    def __init__(self, code: int, words: str, *, status: int = 400, retry_at: int | None = None) -> None:
        super().__init__(words)
        self.code, self.words, self.status = code, words, status
        #: When to come back, in milliseconds since 1970.
        self.retry_at = retry_at

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "msg": self.words}


# ---- 10xx: the server, limits, keys and time ----


def too_much_weight(limit: int, per: str, retry_at: int) -> Refusal:
    words = f"Too much request weight used; current limit is {limit} request weight per {per}. "
    return Refusal(
        -1003, words + "Please use WebSocket Streams for live updates to avoid polling the API.", status=429,
        retry_at=retry_at,
    )  # fmt: skip


def too_many_requests(retry_at: int) -> Refusal:
    return Refusal(-1003, "Too many requests queued.", status=429, retry_at=retry_at)


def banned(until: int) -> Refusal:
    words = f"Way too much request weight used; IP banned until {until}. "
    return Refusal(
        -1003, words + "Please use WebSocket Streams for live updates to avoid bans.", status=418, retry_at=until
    )


def too_many_orders(limit: int, per: str, retry_at: int) -> Refusal:
    words = f"Too many new orders; current limit is {limit} orders per {per}."
    return Refusal(-1015, words, status=429, retry_at=retry_at)


def too_many_connections(limit: int, per: str) -> Refusal:
    words = f"Too many connection attempts from IP; current limit is {limit} per '{per}'."
    return Refusal(-1034, words, status=429)


def outside_window() -> Refusal:
    return Refusal(-1021, "Timestamp for this request is outside of the recvWindow.")


def ahead() -> Refusal:
    return Refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")


def bad_signature() -> Refusal:
    return Refusal(-1022, "Signature for this request is not valid.")


def bad_key_form() -> Refusal:
    return Refusal(-2014, "API-key format invalid.", status=401)


def bad_key() -> Refusal:
    return Refusal(-2015, "Invalid API-key, IP, or permissions for action.", status=401)


# ---- 11xx: parameters ----


def illegal(name: str, legal: str) -> Refusal:
    return Refusal(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def too_many_parameters(expected: int, got: int) -> Refusal:
    return Refusal(-1101, f"Too many parameters; expected '{expected}' and received '{got}'.")


def doubled() -> Refusal:
    return Refusal(-1101, "Duplicate values for a parameter detected.")


def missing(name: str) -> Refusal:
    return Refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def neither(one: str, other: str) -> Refusal:
    return Refusal(-1102, f"Param '{one}' or '{other}' must be sent, but both were empty/null!")


def too_great(name: str, most: int) -> Refusal:
    return Refusal(-1102, f"'{name}' contains unexpected value. Cannot be greater than {most}.")


def unread(read: int, got: int) -> Refusal:
    return Refusal(-1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{got}'.")


def empty(name: str) -> Refusal:
    return Refusal(-1105, f"Parameter '{name}' was empty.")


def unwanted(name: str) -> Refusal:
    return Refusal(-1106, f"Parameter '{name}' sent when not required.")


def overflowed(name: str) -> Refusal:
    return Refusal(-1108, f"Parameter '{name}' overflowed.")


def too_precise(name: str) -> Refusal:
    return Refusal(-1111, f"Parameter '{name}' has too much precision.")


def bad_value(name: str) -> Refusal:
    return Refusal(-1130, f"Data sent for parameter '{name}' is not valid.")


def bad_tif() -> Refusal:
    return Refusal(-1115, "Invalid timeInForce.")


def bad_type() -> Refusal:
    return Refusal(-1116, "Invalid orderType.")


def bad_side() -> Refusal:
    return Refusal(-1117, "Invalid side.")


def bad_interval() -> Refusal:
    return Refusal(-1120, "Invalid interval.")


def bad_symbol() -> Refusal:
    return Refusal(-1121, "Invalid symbol.")


def bad_combination() -> Refusal:
    return Refusal(-1128, "Combination of optional parameters invalid.")


def too_long_ago(hours: int) -> Refusal:
    return Refusal(-1127, f"More than {hours} hours between startTime and endTime.")


# ---- orders ----


def invalid(words: str) -> Refusal:
    """What is refused before the matching engine sees it."""
    return Refusal(-1013, words)


def filtered(name: str) -> Refusal:
    return invalid(f"Filter failure: {name}")


def rejected(words: str) -> Refusal:
    """What the matching engine refuses."""
    return Refusal(-2010, words)


def short() -> Refusal:
    return rejected("Account has insufficient balance for requested action.")


def not_cancelled(words: str = "Unknown order sent.") -> Refusal:
    return Refusal(-2011, words)


def no_order() -> Refusal:
    return Refusal(-2013, "Order does not exist.")


def not_amended(words: str) -> Refusal:
    return Refusal(-2038, words)
