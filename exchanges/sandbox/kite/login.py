"""The page on which somebody logs in to an app, and the way back to it.

kite.trade/docs/connect/v3/user#login-flow (read 2026-11-21): /connect/login?v=3&api_key=…, then a redirect to the
app's address with request_token, action, type and status, and with redirect_params handed through. Nobody has a
password here.
"""

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from exchanges.sandbox.kite.errors import HTML
from exchanges.sandbox.kite.tokens import App, Tokens
from exchanges.sandbox.orders import Account
from exchanges.sandbox.server import Reply, Request

_MOST_PARAMS = 2_000
_SAFE = (
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in to the sandbox</title>
<style>
:root {{ color-scheme: light dark; --line: #8885; --strong: #2f5d50; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0; display: grid; place-items: center; min-height: 100vh; }}
main {{ width: min(26rem, calc(100vw - 2rem)); padding: 2rem 0; }}
h1 {{ font-size: 1.35rem; margin: 0 0 .5rem; }}
p {{ margin: 0 0 1rem; }}
fieldset {{ border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 1rem; padding: .5rem 1rem; }}
label {{ display: flex; gap: .75rem; align-items: center; min-height: 2.75rem; overflow-wrap: anywhere; }}
.buttons {{ display: flex; gap: .75rem; }}
button {{ font: inherit; min-height: 2.75rem; padding: 0 1.25rem; border-radius: .5rem; cursor: pointer;
 border: 1px solid var(--line); background: none; color: inherit; }}
button[value=login] {{ background: var(--strong); border-color: var(--strong); color: #fff; }}
small {{ opacity: .8; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
_FORM = """<h1>Log in to the sandbox</h1>
<p>The app <code>{key}</code> asks for access. This venue is made up: prices and money are synthetic.</p>
<form method="post" action="/connect/login">
<input type="hidden" name="v" value="3">
<input type="hidden" name="api_key" value="{key}">
<input type="hidden" name="redirect_params" value="{params}">
<fieldset>
<legend>Who logs in</legend>
{accounts}
</fieldset>
<p class="buttons"><button name="action" value="login">Log in</button>
<button name="action" value="cancel">Cancel</button></p>
</form>
<p><small>Either way you are sent {redirect}</small></p>"""
#: What the venue does not do: an app without an address of its own is told its token here, for whoever reads it off.
_TOLD = """<h1>Logged in</h1>
<p>This app has no redirect address, so its <code>request_token</code> stands here. It is good once.</p>
<p><code>{token}</code></p>"""
_ACCOUNT = '<label><input type="radio" name="user_id" value="{user}"{checked}> <span>{user} {name}</span></label>'


def _page(status: int, body: str) -> Reply:
    return Reply(status, _PAGE.format(body=body).encode(), headers=_SAFE, type=HTML)


def _words(title: str, text: str, status: int = 400) -> Reply:
    return _page(status, f"<h1>{escape(title)}</h1>\n<p>{escape(text)}</p>")


class Login:
    def __init__(self, tokens: Tokens, accounts: dict[str, Account]) -> None:
        self._tokens, self._accounts = tokens, accounts

    def show(self, request: Request) -> Reply:
        fields = request.fields
        app = self._tokens.apps.get(fields.get("api_key", ""))
        refused = self._refused(app, fields)
        if app is None or refused is not None:
            return refused or _words("No such app", "")
        people = self._people(app)
        accounts = "\n".join(
            _ACCOUNT.format(user=escape(user), name=escape(account.name), checked=" checked" if n == 0 else "")
            for n, (user, account) in enumerate(people.items())
        )
        form = _FORM.format(
            key=escape(app.key),
            params=escape(fields.get("redirect_params", "")),
            accounts=accounts,
            redirect=f"back to {escape(app.redirect)}" if app.redirect else "to no app: this one has no address",
        )
        return _page(200, form)

    def finish(self, request: Request) -> Reply:
        """Back to the app, with a token or without."""
        fields = request.fields
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
            return _words("Not from here", "This page is filled in at the venue itself.", 403)
        app = self._tokens.apps.get(fields.get("api_key", ""))
        refused = self._refused(app, fields)
        if app is None or refused is not None:
            return refused or _words("No such app", "")
        told = {"action": "login", "type": "login"}
        if fields.get("action") == "cancel":
            told["status"] = "cancelled"
        else:
            account = self._people(app).get(fields.get("user_id", ""))
            if account is None:
                return _words("No such user", "Nobody of this name uses this app. Go back and choose one.")
            told |= {"status": "success", "request_token": self._tokens.ask(app, account)}
        if not app.redirect:
            token = told.get("request_token")
            return _page(200, _TOLD.format(token=token)) if token else _words("Not logged in", "Cancelled.", 200)
        return Reply(302, b"", headers=(("location", _sent_to(app, fields, told)), *_SAFE), type=HTML)

    # ---- within ----

    def _refused(self, app: App | None, fields: dict[str, str]) -> Reply | None:
        if app is None:
            return _words("No such app", "Invalid `api_key`. Open the log-in from the app that has the right one.")
        if fields.get("v", "3") != "3":
            return _words("Not this version", "The sandbox speaks version 3 of Kite Connect.")
        if len(fields.get("redirect_params", "")) > _MOST_PARAMS:
            return _words("Too long", f"`redirect_params` has at most {_MOST_PARAMS} characters.")
        return None

    def _people(self, app: App) -> dict[str, Account]:
        found = [self._accounts[number] for number in app.accounts if number in self._accounts]
        return {str(account.words["user_id"]): account for account in found}


def _sent_to(app: App, fields: dict[str, str], told: dict[str, str]) -> str:
    address = urlsplit(app.redirect)
    query = parse_qsl(address.query, keep_blank_values=True)
    query += [
        pair for pair in parse_qsl(fields.get("redirect_params", ""), keep_blank_values=True) if pair[0] not in told
    ]
    return urlunsplit(address._replace(query=urlencode([*query, *told.items()])))
