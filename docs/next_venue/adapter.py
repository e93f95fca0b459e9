"""Next Venue over REST. Wire: name the document, its version and its date.

One request for each act, our mark always sent, figures as plain digits. What a reply means is the table's matter.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NoReturn

from docs.next_venue.facts import NEXT_VENUE
from docs.next_venue.words import SIDE_WORDS, TYPE_WORDS, moment, order_of
from exchanges.adapters.digits import plain
from exchanges.adapters.rest import RestVenue
from exchanges.adapters.wire import Answer, Call, WireSession
from exchanges.domain.catalogue import NOTHING_READ, Catalogue
from exchanges.domain.classifier import Verdict
from exchanges.domain.failures import Refused
from exchanges.domain.holdings import Balance
from exchanges.domain.limits import Act
from exchanges.domain.orders import Change, OrderRef, OrderRequest
from exchanges.domain.outcomes import Absent, CommandOutcome, Found, Lookup, Outcome
from exchanges.domain.reports import OrderReport
from exchanges.venue import Clock, Credentials

#: The venue's code for an order that it does not have.
_NO_SUCH_ORDER = "NO_SUCH_ORDER"


class NextVenue(RestVenue):
    facts = NEXT_VENUE

    def __init__(
        self,
        *,
        credentials: Credentials | None,
        wire: WireSession,
        clock: Clock,
        catalogue: Catalogue = NOTHING_READ,
        base_url: str | None = None,
    ) -> None:
        super().__init__(wire=wire)
        self._credentials, self._clock, self._catalogue = credentials, clock, catalogue
        self._address = base_url or "https://venue.example"

    def envelope(self, answer: Answer, content: Any) -> tuple[str, str]:
        if isinstance(content, dict) and "error" in content:
            return str(content["error"]), str(content.get("message", ""))
        # A success in no envelope of the venue's is none.
        return ("", "") if isinstance(content, dict) and "result" in content else ("unnamed", "")

    def place(self, order: OrderRequest) -> Outcome:
        sent = {
            "client_id": order.mark,
            "symbol": order.symbol,
            "side": SIDE_WORDS[order.side],
            "type": TYPE_WORDS[order.type],
            "quantity": plain(order.quantity.value),
            "price": plain(order.limit_price or Decimal(0)),
        }
        told = self.tell(Call(Act.PLACE, order.symbol), lambda: self._send("POST", "/orders", sent))
        if told.verdict is not Verdict.ACCEPTED:
            return self.undecided(told)
        return self.accepted(told, lambda content: order_of(content["result"]))

    def cancel(self, order: OrderRef) -> CommandOutcome:
        call = Call(Act.CANCEL, order.symbol)
        told = self.tell(call, lambda: self._send("DELETE", "/orders", {"client_id": order.mark}))
        if told.verdict is not Verdict.ACCEPTED:
            return self.undecided(told)
        return self.done(told, lambda content: order_of(content["result"]))

    def modify(self, order: OrderRef, change: Change) -> CommandOutcome:
        raise self.not_offered(Act.MODIFY)

    def find(self, order: OrderRef) -> Lookup:
        call = Call(Act.FIND, order.symbol)
        try:
            content = self.ask(call, lambda: self._send("GET", "/orders/one", {"client_id": order.mark}))
        except Refused as refused:
            if refused.reply is None or refused.reply.code != _NO_SUCH_ORDER:
                raise
            return Absent("the order of this mark")
        return Found(self.reading(lambda: order_of(content["result"])))

    def open_orders(self) -> Sequence[OrderReport]:
        content = self.ask(Call(Act.OPEN_ORDERS), lambda: self._send("GET", "/orders", {}))
        return self.reading(lambda: [order_of(one) for one in content["result"]])

    def balances(self) -> Sequence[Balance]:
        content = self.ask(Call(Act.BALANCES), lambda: self._send("GET", "/balances", {}))
        return self.reading(
            lambda: [Balance(one["asset"], Decimal(one["free"]), Decimal(one["held"])) for one in content["result"]]
        )

    def clock(self) -> dt.datetime:
        content = self.ask(Call(Act.CLOCK), lambda: self._send("GET", "/time", {}))
        return self.reading(lambda: moment(content["result"]))

    def _send(self, method: str, path: str, sent: dict[str, str]) -> None:
        """As the venue's document has it; here the fields in their order are signed. One request, and no retry."""
        headers = {}
        if self._credentials is not None:
            text = "&".join(f"{name}={value}" for name, value in sent.items())
            secret = self._credentials.reveal("secret").encode()
            signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
            headers = {"X-Key": self._credentials.reveal("api_key"), "X-Signature": signature}
        place: dict[str, Any] = {"params": sent} if method == "GET" else {"data": sent}
        self.wire.request(method, self._address + path, headers=headers, **place)

    # ---- what is not declared; each of these goes when it is ----

    def orders_since(self, since: dt.datetime, symbol: str) -> NoReturn:
        raise self.not_offered(Act.ORDERS_SINCE)

    def trades_since(self, since: dt.datetime, symbol: str) -> NoReturn:
        raise self.not_offered(Act.TRADES_SINCE)

    def holdings(self) -> NoReturn:
        raise self.not_offered(Act.HOLDINGS)

    def positions(self) -> NoReturn:
        raise self.not_offered(Act.POSITIONS)

    def margins(self) -> NoReturn:
        raise self.not_offered(Act.MARGINS)

    def rights(self) -> NoReturn:
        raise self.not_offered(Act.RIGHTS)

    def listings(self) -> NoReturn:
        raise self.not_offered(Act.LISTINGS)

    def ticker(self, symbol: str) -> NoReturn:
        raise self.not_offered(Act.TICKER)

    def book(self, symbol: str, depth: int) -> NoReturn:
        raise self.not_offered(Act.BOOK)

    def candles(self, symbol: str, interval: str, since: dt.datetime, at_most: int) -> NoReturn:
        raise self.not_offered(Act.CANDLES)
