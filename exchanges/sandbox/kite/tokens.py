"""Apps, log-ins and the tokens that come of them.

kite.trade/docs/connect/v3/user (read 2026-11-21): a request token lives a few minutes and is exchanged once, with the
checksum SHA-256(api_key + request_token + api_secret); an access token lives until six the next morning, until it is
invalidated, or until the account is logged in to elsewhere. Refresh tokens are for approved platforms alone.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from hmac import compare_digest
from itertools import count

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.kite.errors import KiteError, bad_input, bad_token
from exchanges.sandbox.kite.times import Days
from exchanges.sandbox.orders import Account

_REQUEST_SECONDS = 300
_MOST_REQUESTS = 5_000
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def drawn(seed: str, length: int, letters: str = _LETTERS) -> str:
    """Letters that depend on the seed alone."""
    number = int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=64).digest())
    found = []
    for _ in range(length):
        number, rest = divmod(number, len(letters))
        found.append(letters[rest])
    return "".join(found)


@dataclass(slots=True)
class App:
    """What a developer registered."""

    key: str
    secret: str
    number: int
    redirect: str
    postback: str
    accounts: list[str]


@dataclass(slots=True)
class Session:
    account: Account
    app: App
    access_token: str
    public_token: str
    enctoken: str
    refresh_token: str
    began: int
    dies: int


@dataclass(frozen=True, slots=True)
class _Asked:
    account: Account
    app: App
    dies: int


class Tokens:
    def __init__(self, *, clock: Clock, days: Days, seed: str) -> None:
        self._clock, self._days, self._seed = clock, days, seed
        self.apps: dict[str, App] = {}
        self._requests: OrderedDict[str, _Asked] = OrderedDict()
        self._sessions: dict[str, Session] = {}
        #: By account, its one session.
        self._of: dict[str, Session] = {}
        #: By account, the session that its one refresh token came with: it outlives it.
        self._refresh: dict[str, Session] = {}
        self._numbers = count(1)

    def go_on(self) -> None:
        """After an earlier run, whose log-ins are over: none of its tokens is drawn again."""
        self._numbers = count(self._clock.now())

    # ---- the log-in ----

    def ask(self, app: App, account: Account) -> str:
        """A request token for whoever logged in."""
        token = self._draw("request", 32)
        dies = self._clock.now() + self._clock.milliseconds(_REQUEST_SECONDS)
        self._requests[token] = _Asked(account, app, dies)
        while len(self._requests) > _MOST_REQUESTS:
            self._requests.popitem(last=False)
        return token

    def exchange(self, api_key: str, request_token: str, checksum: str, *, refreshes: bool) -> Session:
        app = self._app(api_key)
        wanted = hashlib.sha256((app.key + request_token + app.secret).encode(errors="replace")).hexdigest()
        if not compare_digest(wanted, checksum.lower().encode("ascii", "replace").decode()):
            raise bad_token("Invalid `checksum`.")
        asked = self._requests.get(request_token)
        if asked is None or asked.app is not app or asked.dies <= self._clock.now():
            raise bad_token("Token is invalid or has expired.")
        del self._requests[request_token]
        return self._begin(asked.account, app, refreshes=refreshes)

    def refresh(self, api_key: str, refresh_token: str, checksum: str) -> Session:
        app = self._app(api_key)
        wanted = hashlib.sha256((app.key + refresh_token + app.secret).encode(errors="replace")).hexdigest()
        if not compare_digest(wanted, checksum.lower().encode("ascii", "replace").decode()):
            raise bad_token("Invalid `checksum`.")
        session = self._refreshed(refresh_token)
        if session is None or session.app is not app:
            raise bad_token("Token is invalid or has expired.")
        return self._begin(session.account, app, refreshes=True)

    # ---- while it lasts ----

    def session(self, api_key: str, access_token: str) -> Session | None:
        found = self._sessions.get(access_token)
        if found is None or found.app.key != api_key:
            return None
        if found.dies <= self._clock.now():
            self.end(found)
            return None
        return found

    def session_of(self, account_id: str) -> Session | None:
        found = self._of.get(account_id)
        return found and self.session(found.app.key, found.access_token)

    def demand(self, authorization: str) -> Session:
        """Whose request this is, or the refusal."""
        kind, _, pair = authorization.partition(" ")
        api_key, _, token = pair.strip().partition(":")
        found = self.session(api_key, token) if kind.lower() == "token" else None
        if found is None:
            raise bad_token()
        return found

    def end(self, session: Session) -> None:
        self._sessions.pop(session.access_token, None)
        if self._of.get(session.account.id) is session:
            del self._of[session.account.id]

    def end_all(self, account: str | None) -> list[Session]:
        """Those of one account, or everybody's."""
        ended = [one for one in list(self._sessions.values()) if account in (None, one.account.id)]
        for one in ended:
            self.end(one)
        return ended

    def end_refresh(self, token: str) -> bool:
        session = self._refreshed(token)
        return session is not None and self._refresh.pop(session.account.id, None) is not None

    def forget(self, account_id: str) -> None:
        """An account that is closed, and its app where nobody else has it."""
        self.end_all(account_id)
        self._refresh.pop(account_id, None)
        for key, app in list(self.apps.items()):
            if account_id in app.accounts:
                app.accounts.remove(account_id)
                if not app.accounts:
                    del self.apps[key]

    # ---- within ----

    def _app(self, api_key: str) -> App:
        app = self.apps.get(api_key)
        if app is None:
            raise KiteError(403, "TokenException", "Invalid `api_key`.") if api_key else _missing("api_key")
        return app

    def _begin(self, account: Account, app: App, *, refreshes: bool) -> Session:
        """A log-in ends the one before it."""
        before = self._of.get(account.id)
        if before is not None:
            self.end(before)
        self._refresh.pop(account.id, None)
        session = Session(
            account=account,
            app=app,
            access_token=self._draw("access", 32),
            public_token=self._draw("public", 32),
            enctoken=self._draw("enc", 64),
            refresh_token=self._draw("refresh", 32) if refreshes else "",
            began=self._clock.told(),
            dies=self._days.token_dies(self._clock.now()),
        )
        self._sessions[session.access_token] = self._of[account.id] = session
        if refreshes:
            self._refresh[account.id] = session
        return session

    def _refreshed(self, token: str) -> Session | None:
        return next((one for one in self._refresh.values() if one.refresh_token == token), None)

    def _draw(self, kind: str, length: int) -> str:
        return drawn(f"{self._seed}:{kind}:{next(self._numbers)}", length)


def _missing(name: str) -> KiteError:
    return bad_input(f"Missing or empty field `{name}`")
