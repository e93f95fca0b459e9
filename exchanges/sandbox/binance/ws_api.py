"""The WebSocket API. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), web-socket-api.md.

`session.logon` needs an Ed25519 key at the venue, and those are not made here: it is refused as the venue refuses a key
of another kind, and a session is never authenticated.
"""

import asyncio
import json
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import orjson

from exchanges.sandbox.binance import errors
from exchanges.sandbox.binance.broken import server_error
from exchanges.sandbox.binance.calls import Call, Route, Security
from exchanges.sandbox.binance.errors import Refusal
from exchanges.sandbox.binance.limits import Limits
from exchanges.sandbox.binance.news import News
from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.binance.signing import Keys
from exchanges.sandbox.binance.user_events import terminated
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.faults import Fault, Faults, Point
from exchanges.sandbox.orders import Account
from exchanges.sandbox.server import Reply, Socket

_DAY, _WARNED = 86_400, 30
#: "APIs have a timeout of 10 seconds when processing a request."
_PATIENCE = 10.0
_MOST_ACTIVE, _MOST_SUBSCRIBED = 1000, 65_535
#: What may be said with every request.
_OF_CALLS = {"apiKey", "returnRateLimits"}
#: Answered without the table, all at a weight of 2.
_SESSION_WEIGHT = 2


class Session:
    """One client's socket."""

    def __init__(self, socket: Socket, name: int, clock: Clock) -> None:
        self.socket, self.name = socket, name
        self.connected_at = clock.told()
        self.ends_at = clock.now() + clock.milliseconds(_DAY)
        self.warns_at = self.ends_at - clock.milliseconds(_WARNED)
        self.is_warned = False
        query = parse_qs(socket.query)
        self.shows_limits = query.get("returnRateLimits", ["true"])[0].lower() != "false"
        #: Whom each subscription is to.
        self.subscriptions: dict[int, Account] = {}
        self.numbers = count(0)


class WsApi:
    def __init__(
        self, *, routes: dict[str, Route], keys: Keys, limits: Limits, news: News, clock: Clock, faults: Faults,
        broken: Callable[[Fault], Reply],
    ) -> None:  # fmt: skip
        self._routes, self._keys, self._limits, self._news = routes, keys, limits, news
        self._clock, self._faults, self._broken = clock, faults, broken
        self.sessions: dict[int, Session] = {}
        self._names = count(1)
        self._late: set[asyncio.Task[None]] = set()
        self._own: dict[str, Callable[[Session, Parameters], Any]] = {
            "session.status": self._status,
            "session.logon": self._log_on,
            "session.logout": self._status,
            "session.subscriptions": self._subscriptions,
            "userDataStream.subscribe": self._subscribe_session,
            "userDataStream.subscribe.signature": self._subscribe,
            "userDataStream.unsubscribe": self._unsubscribe,
        }

    async def serve(self, socket: Socket) -> None:
        self._limits.arrive(socket.address, _SESSION_WEIGHT)
        await socket.accept()
        session = Session(socket, next(self._names), self._clock)
        self.sessions[session.name] = session
        try:
            await socket.run(lambda message: self._take(session, message))
        finally:
            del self.sessions[session.name]
            for number, account in session.subscriptions.items():
                self._news.leave(account.id, (session.name, number))

    def pulse(self) -> None:
        now = self._clock.now()
        for session in list(self.sessions.values()):
            if now >= session.warns_at and not session.is_warned:
                self.warn(session)
            if now >= session.ends_at:
                session.socket.end(1000)

    def warn(self, session: Session) -> None:
        session.is_warned = True
        session.socket.push(_told({"event": {"e": "serverShutdown", "E": self._clock.told()}}))

    # ---- requests ----

    def _take(self, session: Session, message: str | bytes) -> None:
        try:
            asked = _parsed(message)
        except ValueError:
            session.socket.push(_told(_failed(None, Refusal(-1135, "Invalid JSON Request"))))
            return
        if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
            session.socket.push(_told(_failed(None, errors.missing("method"))))
            return
        number = asked.get("id")
        if "id" not in asked or not (number is None or isinstance(number, int | str)) or isinstance(number, bool):
            session.socket.push(_told(_failed(None, errors.missing("id"))))
            return
        self._met(session, asked)

    def _met(self, session: Session, asked: dict[str, Any]) -> None:
        """With the faults that a request of REST would meet on its way."""
        if not self._faults.ordered():
            session.socket.push(_told(self._answer(session, asked)))
            return
        method = asked["method"].removeprefix("v3/")
        route, sent = self._routes.get(method), asked.get("params")
        told = sent if isinstance(sent, dict) else {}
        account = self._keys.account_of(str(told.get("apiKey", "")))
        about = {
            "venue": "binance",
            "act": "socket" if route is None else route.act,
            "mark": str(told.get("newClientOrderId") or told.get("origClientOrderId") or ""),
            "account": "" if account is None else account.id,
        }
        before = self._faults.meets(Point.ARRIVAL, **about)
        if before is not None and before.name != "slow_accept":
            self._spoil(session, asked, before, None)
            return
        if before is not None:
            self._later(session, asked, float(before.given["seconds"]), about)
            return
        self._finish(session, asked, about, 0)

    def _finish(self, session: Session, asked: dict[str, Any], about: dict[str, str], arrived_at: int) -> None:
        reply = self._answer(session, asked, arrived_at)
        after = self._faults.meets(Point.ANSWER, **about)
        if after is None:
            session.socket.push(_told(reply))
        else:
            self._spoil(session, asked, after, reply)

    def _later(self, session: Session, asked: dict[str, Any], seconds: float, about: dict[str, str]) -> None:
        arrived_at = self._clock.told()

        async def wait() -> None:
            if seconds <= _PATIENCE:
                await asyncio.sleep(self._clock.seconds(seconds))
                self._finish(session, asked, about, arrived_at)
                return
            await asyncio.sleep(self._clock.seconds(_PATIENCE))
            error = orjson.loads(server_error(504).body)
            session.socket.push(_told({"id": asked["id"], "status": 504, "error": error}))
            await asyncio.sleep(self._clock.seconds(seconds - _PATIENCE))
            self._answer(session, asked, arrived_at)

        task = asyncio.get_running_loop().create_task(wait())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def _spoil(self, session: Session, asked: dict[str, Any], fault: Fault, reply: dict[str, Any] | None) -> None:
        if fault.name.startswith("timeout"):
            return
        if fault.name == "truncated":
            told = _told(reply)
            session.socket.push(told[: len(told) // 2])
            session.socket.end(1011)
        elif fault.name.startswith("reset"):
            session.socket.end(1011)
        else:
            broken = self._broken(fault)
            try:
                error = orjson.loads(broken.body)
            except ValueError:
                error = {"code": -1000, "msg": "An unknown error occurred while processing the request."}
            session.socket.push(_told({"id": asked.get("id"), "status": broken.status, "error": error}))

    def _answer(self, session: Session, asked: dict[str, Any], arrived_at: int = 0) -> dict[str, Any]:
        method, number = asked["method"].removeprefix("v3/"), asked["id"]
        shows, account = session.shows_limits, None
        route = self._routes.get(method)
        try:
            parameters, shows = _parameters(asked.get("params"), shows)
            own = self._own.get(method)
            if route is None and own is None:
                raise Refusal(-1130, "Data sent for parameter 'method' is not valid.")
            self._limits.arrive(session.socket.address, _SESSION_WEIGHT if route is None else route.weigh(parameters))
            if route is None:
                assert own is not None
                result = own(session, parameters)
            else:
                parameters.allow(route.names | _OF_CALLS)
                if route.security:
                    account = self._keys.check_call(parameters, route.security, arrived_at)
                result = route.do(Call(parameters, account))
            told = {"id": number, "status": 200, "result": result}
        except Refusal as refusal:
            told = _failed(number, refusal, now=self._clock.told())
            if refusal.status == 418:
                session.socket.end(1008)
        if shows:
            limits = [self._limits.weight_count(session.socket.address)]
            if route is not None and route.act in {"place", "place_pair"} and account is not None:
                limits = self._limits.order_counts(account.id) + limits
            told["rateLimits"] = limits
        return told

    # ---- the session's own ----

    def _status(self, session: Session, parameters: Parameters) -> dict[str, Any]:
        return {
            "apiKey": None,
            "authorizedSince": None,
            "connectedSince": session.connected_at,
            "returnRateLimits": session.shows_limits,
            "serverTime": self._clock.told(),
            "userDataStream": bool(session.subscriptions),
        }

    def _log_on(self, session: Session, parameters: Parameters) -> Any:
        self._keys.check_call(parameters, Security.READ)
        raise Refusal(-4056, "HMAC_SHA256 API key is not supported.", status=403)

    def _subscribe_session(self, session: Session, parameters: Parameters) -> Any:
        raise Refusal(-2015, "Invalid API-key, IP, or permissions for action.", status=401)

    def _subscribe(self, session: Session, parameters: Parameters) -> dict[str, Any]:
        parameters.allow({"timestamp", "signature", "recvWindow", *_OF_CALLS})
        account = self._keys.check_call(parameters, Security.READ)
        if account in session.subscriptions.values():
            raise Refusal(-2035, "User Data Stream subscription already active.")
        if len(session.subscriptions) >= _MOST_ACTIVE:
            words = f"Too many subscriptions. Connection may create up to '{_MOST_ACTIVE}' subscriptions at a time."
            raise Refusal(-1191, words)
        number = next(session.numbers)
        if number >= _MOST_SUBSCRIBED:
            raise Refusal(-2042, "Maximum subscription ID reached for this connection.")
        session.subscriptions[number] = account
        self._news.listen(account, (session.name, number), lambda told: session.socket.push(told.decode()))
        return {"subscriptionId": number}

    def _unsubscribe(self, session: Session, parameters: Parameters) -> dict[str, Any]:
        parameters.allow({"subscriptionId", *_OF_CALLS})
        number = parameters.whole("subscriptionId")
        if (number is not None and number not in session.subscriptions) or not session.subscriptions:
            raise Refusal(-2036, "User Data Stream subscription not active.")
        for one in [number] if number is not None else list(session.subscriptions):
            account = session.subscriptions.pop(one)
            self._news.leave(account.id, (session.name, one))
            session.socket.push(_told({"subscriptionId": one, "event": terminated(at=self._clock.told())}))
        return {}

    def _subscriptions(self, session: Session, parameters: Parameters) -> list[dict[str, int]]:
        return [{"subscriptionId": number} for number in session.subscriptions]


def _parsed(message: str | bytes) -> Any:
    """Figures with a point stay the characters that they were: a signature is over these."""
    found = orjson.loads(message)
    sent = found.get("params") if isinstance(found, dict) else None
    if isinstance(sent, dict) and any(isinstance(value, float) for value in sent.values()):
        return json.loads(message, parse_float=str)
    return found


def _parameters(sent: Any, shows: bool) -> tuple[Parameters, bool]:
    if sent is None:
        return Parameters({}), shows
    if not isinstance(sent, dict):
        raise errors.bad_value("params")
    told: dict[str, str] = {}
    for name, value in sent.items():
        if value is None:
            continue
        told[name] = _word(name, value)
    return Parameters(told), told["returnRateLimits"] == "true" if "returnRateLimits" in told else shows


def _word(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return orjson.dumps(value).decode()
    if isinstance(value, str | int | float):
        return str(value)
    raise errors.bad_value(name)


def _failed(number: Any, refusal: Refusal, *, now: int = 0) -> dict[str, Any]:
    error = refusal.body()
    if refusal.retry_at is not None:
        error["data"] = {"serverTime": now, "retryAfter": refusal.retry_at}
    return {"id": number, "status": refusal.status, "error": error}


def _told(reply: Any) -> str:
    return orjson.dumps(reply).decode()
