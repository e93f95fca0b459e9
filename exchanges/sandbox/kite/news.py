"""What became of an order, told to whoever listens: the sockets of its account, and its app's postback address.

kite.trade/docs/connect/v3/postbacks and /websocket (read 2026-11-21). Faults of news bite here.
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable
from typing import Any

from exchanges.sandbox.faults import Faults, Point
from exchanges.sandbox.kite.order_book import Told
from exchanges.sandbox.kite.postbacks import Postbacks
from exchanges.sandbox.kite.times import stamp
from exchanges.sandbox.kite.tokens import App, Tokens

#: Postbacks are sent for these alone.
_POSTED = frozenset({"COMPLETE", "CANCELLED", "REJECTED", "UPDATE"})


class News:
    """`push` hands a message to the sockets of an account; `listens` says whether there are any."""

    def __init__(
        self,
        *,
        faults: Faults,
        tokens: Tokens,
        postbacks: Postbacks,
        push: Callable[[str, str], None],
        listens: Callable[[str], bool],
    ) -> None:
        self._faults, self._tokens, self._postbacks = faults, tokens, postbacks
        self._push, self._listens = push, listens
        #: Messages of an account that are still lost, and such as wait to come after later ones.
        self._lost: dict[str, int] = {}
        self._late: dict[str, deque[str]] = {}

    def tell(self, told: Told, status: str) -> None:
        account = told.account
        app = self._app(told)
        listens, posts = self._listens(account.id), app is not None and bool(app.postback) and status in _POSTED
        if app is None or not (listens or posts):
            return
        update = told.update(checksum=_checksum(told, app.secret), app=app.number, status=status)
        if listens:
            self._to_sockets(told, _worded(update))
            if told.filled and self._meets("altered", told) is not None:
                self._push(account.id, _worded(update | {"filled_quantity": told.filled + 1}))
        if posts:
            self._to_address(told, app, update)

    def forget(self, account_id: str) -> None:
        self._lost.pop(account_id, None)
        self._late.pop(account_id, None)

    # ---- within ----

    def _app(self, told: Told) -> App | None:
        session = self._tokens.session_of(told.account.id)
        return session.app if session else self._tokens.apps.get(str(told.account.words["api_key"]))

    def _meets(self, name: str, told: Told) -> dict[str, Any] | None:
        fault = self._faults.meets(
            Point.NEWS, venue="kite", act="order_update", mark=told.mark, account=told.account.id, name=name
        )
        return None if fault is None else fault.given

    def _to_sockets(self, told: Told, message: str) -> None:
        number = told.account.id
        lost = self._lost.get(number, 0)
        if not lost:
            gap = self._meets("gap", told)
            lost = int(gap["messages"]) if gap else 0
        if lost:
            self._lost[number] = lost - 1
            return
        late = self._late.get(number)
        if late is None and (swapped := self._meets("reordered", told)):
            late = self._late[number] = deque(maxlen=max(2, int(swapped["messages"])))
        if late is not None:
            late.appendleft(message)
            if len(late) == late.maxlen:
                del self._late[number]
                for one in late:
                    self._push(number, one)
            return
        self._push(number, message)
        if self._meets("doubled", told) is not None:
            self._push(number, message)

    def _to_address(self, told: Told, app: App, update: dict[str, Any]) -> None:
        if self._meets("altered_postback", told) is not None:
            update = update | {
                "checksum": _checksum(told, app.secret[::-1]),
                "filled_quantity": told.wanted.quantity + 1,
            }
        body = json.dumps(update).encode()
        for _ in range(2 if self._meets("doubled_postback", told) is not None else 1):
            self._postbacks.send(app.postback, body)


def _worded(update: dict[str, Any]) -> str:
    return json.dumps({"type": "order", "id": "", "data": update})


def _checksum(told: Told, secret: str) -> str:
    """SHA-256(order_id + order_timestamp + api_secret): it says nothing of status, quantity or price."""
    at = stamp(told.steps[-1].at if told.steps else told.ordered_at)
    return hashlib.sha256(f"{told.id}{at}{secret}".encode()).hexdigest()
