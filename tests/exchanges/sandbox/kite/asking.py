"""Kite's wire asked in this process, without a network, at a clock that a test moves."""

import datetime as dt
import hashlib
import json
from urllib.parse import parse_qs, urlencode, urlsplit

from exchanges.sandbox.clock import SetClock
from exchanges.sandbox.faults import Point
from exchanges.sandbox.server import Request
from exchanges.sandbox.world import World

#: Three in the afternoon in India, on a Friday.
NOW = int(dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC).timestamp() * 1000)
HOME = "http://127.0.0.1:9/back"
FORM = {"content-type": "application/x-www-form-urlencoded"}
BUY = {
    "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": "10", "product": "CNC",
    "order_type": "LIMIT", "validity": "DAY",
}  # fmt: skip
SELL = BUY | {"transaction_type": "SELL"}


class Refused(Exception):
    def __init__(self, status, told):
        super().__init__(f"{status} {told['error_type']}: {told['message']}")
        self.status, self.kind, self.words, self.told = status, told["error_type"], told["message"], told


class Venue:
    """A world of its own. Each request moves the clock on, so that no limit is met unless a test wants to."""

    def __init__(self, *, at=NOW, scale=1.0, sessions=None, pace=1.05):
        self.clock = SetClock(at, scale=scale)
        self.world = World(seed="test", clock=self.clock, sessions=sessions)
        self.wire, self.house, self.faults = self.world.wires["kite"], self.world.kite, self.world.faults
        self.pace = pace

    def send(self, method, path, fields=None, *, headers=None, body=None, address="127.0.0.1"):
        self.clock.move(self.pace * self.clock.scale)
        told = urlencode(fields or {}, doseq=True)
        in_address = method in {"GET", "DELETE"}
        request = Request(
            method=method,
            path=path,
            query=told if in_address else "",
            headers=FORM | (headers or {}),
            body=body if body is not None else b"" if in_address else told.encode(),
            address=address,
        )
        named = self.wire.named(request)
        fault = self.faults.meets(Point.ARRIVAL, venue="kite", act=named.act, mark=named.mark, account=named.account)
        return self.wire.broken(fault) if fault else self.wire.answer(request)

    def open(self, *, balances=None, **words):
        account = self.wire.open_account(name="one", balances=balances, words={"redirect": HOME} | words)
        return User(self, account)

    def sums(self):
        return {name: count for name, count in self.world.sums().items() if count}

    def pulse(self):
        self.world.tick()
        self.wire.pulse()


class User:
    def __init__(self, venue, account):
        self.venue, self.account, self.words = venue, account, account.words
        self.token = ""

    def request_token(self, **more):
        fields = {"api_key": self.words["api_key"], "user_id": self.words["user_id"], "action": "login"} | more
        reply = self.venue.send("POST", "/connect/login", fields)
        assert reply.status == 302, reply.body
        return parse_qs(urlsplit(dict(reply.headers)["location"]).query)["request_token"][0]

    def checksum(self, token, secret=None):
        told = self.words["api_key"] + token + (secret or self.words["api_secret"])
        return hashlib.sha256(told.encode()).hexdigest()

    def exchange(self, token, checksum=None):
        fields = {
            "api_key": self.words["api_key"],
            "request_token": token,
            "checksum": checksum or self.checksum(token),
        }
        return self.ask("POST", "/session/token", fields, is_open=True)

    def log_in(self):
        told = self.exchange(self.request_token())
        self.token = told["access_token"]
        return self

    @property
    def headers(self):
        return {"x-kite-version": "3", "authorization": f"token {self.words['api_key']}:{self.token}"}

    def ask(self, method, path, fields=None, *, is_open=False, told=None, **more):
        headers = {} if is_open else self.headers
        if told is not None:
            more["body"] = json.dumps(told).encode()
            headers = headers | {"content-type": "application/json"}
        reply = self.venue.send(method, path, fields, headers=headers, **more)
        answer = json.loads(reply.body)
        if answer["status"] == "error":
            assert reply.status >= 400
            raise Refused(reply.status, answer)
        assert (reply.status, set(answer)) == (200, {"status", "data"})
        return answer["data"]

    def refusal(self, *told, **more):
        """What it is refused with, or nothing."""
        try:
            self.ask(*told, **more)
        except Refused as refused:
            return refused
        return None

    # ---- in short ----

    def last(self, symbol="NSE:INFY"):
        market = self.venue.house.look(self.venue.house.markets[symbol])
        return float(market.listing.tick * market.last)

    def place(self, variety="regular", **fields):
        return self.ask("POST", f"/orders/{variety}", fields)["order_id"]

    def order(self, number):
        return next(one for one in self.ask("GET", "/orders") if one["order_id"] == number)

    def steps(self, number):
        return [one["status"] for one in self.ask("GET", f"/orders/{number}")]

    def cash(self):
        return self.ask("GET", "/user/margins/equity")["net"]

    def holding(self, symbol="INFY"):
        rows = {one["tradingsymbol"]: one for one in self.ask("GET", "/portfolio/holdings")}
        return rows.get(symbol)

    def position(self, product="CNC", symbol="INFY"):
        rows = self.ask("GET", "/portfolio/positions")["net"]
        return next((one for one in rows if (one["product"], one["tradingsymbol"]) == (product, symbol)), None)


def tick(price, up=0):
    """A price on INFY's grid, so many rupees away."""
    return f"{round((price + up) / 0.05) * 0.05:.2f}"
