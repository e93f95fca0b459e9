"""What a venue brings to the contract over the sandbox: an account there, our adapter of it, and orders that do this or
that. Nothing stands between the two but the wire.
"""

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from exchanges.adapters.binance import Binance
from exchanges.adapters.streams.binance import BinanceFills, BinancePrices
from exchanges.adapters.streams.zerodha import ZerodhaSocket
from exchanges.adapters.wire import NoManners, WireSession
from exchanges.adapters.zerodha import Zerodha
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.catalogue import GivenCatalogue
from exchanges.domain.orders import Lasting, OrderRef, OrderRequest, OrderType, Product, Quantity, Unit
from exchanges.domain.venues.binance import BINANCE
from exchanges.domain.venues.zerodha import ZERODHA
from exchanges.venue import Credentials
from instruments.domain.rules import Side
from kernel import clock
from kernel.encryption.secret import Secret
from tests.exchanges.sandbox.serving import Running

BACK = "http://testserver/back/"


@dataclass(frozen=True)
class Place:
    """A venue as the sandbox plays it."""

    facts: VenueFacts
    #: What the sandbox calls it.
    name: str
    adapter: Callable[..., Any]
    prices: Callable[..., Any]
    fills: Callable[..., Any]
    symbol: str
    unit: Unit
    lasting: Lasting
    #: A quantity that the crowd always has, and one that nobody can pay for.
    little: Decimal
    much: Decimal
    words: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    #: What the sandbox calls the question for the book of orders, when a fault is ordered for it.
    lists: str = "open_orders"
    #: Seconds between two questions of one kind.
    pace: float = 0.05
    #: What it wants said with an order at the market's price; its book then tells of an order with a limit.
    bound: Mapping[str, Any] = field(default_factory=dict)


BINANCE_PLACE = Place(
    facts=BINANCE,
    name="binance",
    adapter=Binance,
    prices=BinancePrices,
    fills=BinanceFills,
    symbol="BTCUSDT",
    unit=Unit.BASE,
    lasting=Lasting.UNTIL_CANCELLED,
    little=Decimal("0.01"),
    much=Decimal(500),
)
ZERODHA_PLACE = Place(
    facts=ZERODHA,
    name="kite",
    adapter=Zerodha,
    prices=ZerodhaSocket,
    fills=ZerodhaSocket,
    symbol="NSE:INFY",
    unit=Unit.SHARES,
    lasting=Lasting.DAY,
    little=Decimal(3),
    much=Decimal(50_000),
    words={"redirect": BACK},
    lists="orders",
    pace=1.1,
    more={"product": Product.DELIVERY},
    bound={"protection_percent": Decimal(3)},
)
PLACES = {place.facts.name: place for place in (BINANCE_PLACE, ZERODHA_PLACE)}


class Here:
    """One account of a place, and our adapter of it."""

    def __init__(self, running: Running, place: Place, *, seconds: float = 3.0, **words: Any) -> None:
        self.running, self.place, self.seconds = running, place, seconds
        made = self.control("POST", "accounts", venue=place.name, name="contract", words={**place.words, **words})
        self.account = str(made["id"])
        made = {"secret": made.get("api_secret"), **made}
        keys = {one.name: Secret(str(made[one.name])) for one in place.facts.credentials.fields}
        self.credentials = Credentials(keys)
        if place.facts.credentials.needs_log_in:
            self.log_in()
        self.marks = 0

    def line(self, *, catalogue: Any = None, credentials: Credentials | None = None) -> Any:
        return self.place.adapter(
            credentials=credentials or self.credentials,
            wire=WireSession(manners=NoManners(), seconds=self.seconds),
            clock=clock.now,
            catalogue=catalogue or GivenCatalogue(),
            base_url=self.running.address,
        )

    def log_in(self) -> None:
        """As a person does: the venue's page in a browser, and back with what it gave."""
        line = self.line()
        answer = log_in_by_browser(line.login_address(state="state-of-ours"))
        login = line.finish_login(answer)
        self.credentials = Credentials(self.credentials.fields, login.token, login.ends_at)

    def control(self, method: str, path: str, **told: Any) -> Any:
        answer = httpx.request(method, f"{self.running.address}/control/{path}", json=told or None, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, name: str, **told: Any) -> int:
        return int(self.control("POST", "faults", name=name, venue=self.place.name, **told)["id"])

    def fired(self, name: str) -> int:
        return sum(one["name"] == name for one in self.control("GET", "faults")["fired"])

    def truth(self) -> Mapping[str, Any]:
        told = self.control("GET", "truth")
        assert {Decimal(count) for count in told["sums"].values()} == {Decimal(0)}
        return next(one for one in told["accounts"] if (one["venue"], one["id"]) == (self.place.name, self.account))

    # ---- orders ----

    def mark(self) -> str:
        self.marks += 1
        return f"plcontract{self.account.rjust(3, 'x')[-3:]}{self.marks:04d}"

    def order(self, kind: OrderType = OrderType.LIMIT, **more: Any) -> OrderRequest:
        """One that rests far from the market, unless it says otherwise."""
        price = self.last()
        given: dict[str, Any] = {
            "mark": self.mark(),
            "symbol": self.place.symbol,
            "side": Side.BUY,
            "type": kind,
            "quantity": Quantity(self.place.little, self.place.unit),
            "lasting": self.place.lasting,
            **self.place.more,
        }
        side = more.get("side", Side.BUY)
        if kind.has_limit:
            given["limit_price"] = _rounded(price * (Decimal("0.97") if side is Side.BUY else Decimal("1.03")))
        elif not kind.has_limit:
            given |= self.place.bound
        if kind.has_trigger:
            is_above = (kind in {OrderType.STOP, OrderType.STOP_LIMIT}) is (side is Side.BUY)
            given["trigger_price"] = _rounded(price * (Decimal("1.02") if is_above else Decimal("0.98")))
            if kind.has_limit:
                given["limit_price"] = given["trigger_price"]
        return OrderRequest(**{**given, **more})

    def crossing(self, **more: Any) -> OrderRequest:
        """One that is filled at once."""
        return self.order(limit_price=_rounded(self.last() * Decimal("1.01")), **more)

    def pause(self) -> None:
        """As long as the venue wants between two questions."""
        threading.Event().wait(self.place.pace)

    def last(self) -> Decimal:
        found = self.control("GET", f"markets/{self.place.name}/{self.place.symbol}")
        return Decimal(found["last"])

    def ref(self, order: OrderRequest) -> OrderRef:
        return OrderRef(order.mark, order.symbol, clock.now() - dt.timedelta(seconds=1))


def _rounded(price: Decimal) -> Decimal:
    """To whole units: every tick here divides one."""
    return price.quantize(Decimal(1))


class _Links(HTMLParser):
    """Where a page leads: its links and its forms, with what the forms would send."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(told.get("href", ""))
        elif tag == "form":
            self.forms.append((told.get("method", "get").lower(), told.get("action", ""), {}))
        elif tag in {"input", "button"} and self.forms and told.get("name"):
            # The first of several buttons or choices is the one that is pressed.
            self.forms[-1][2].setdefault(told["name"], told.get("value", ""))


def log_in_by_browser(address: str) -> dict[str, str]:
    """Opens a venue's log-in page, presses its first button, and says what the way back carries."""
    with httpx.Client(timeout=10) as browser:
        page = browser.get(address)
        assert page.status_code == 200, page.text
        there = _Links()
        there.feed(page.text)
        if there.forms:
            method, action, told = there.forms[0]
            asked = {"params": told} if method == "get" else {"data": told}
            answer = browser.request(method.upper(), urljoin(address, action), **asked)  # type: ignore[arg-type]
        else:
            answer = browser.get(urljoin(address, there.links[0]))
        assert answer.status_code in {302, 303}, answer.text
        back = answer.headers["location"]
    assert back.startswith(BACK), back
    return {name: values[-1] for name, values in parse_qs(urlsplit(back).query).items()}
