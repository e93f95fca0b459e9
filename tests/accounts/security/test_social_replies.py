"""What another site answers with: states, codes, tokens and servers that are odd, stale or forged are refused in
words."""

import re
import threading

import pytest
from django.test import Client

from accounts.adapters import openid
from kernel import clock
from tests.accounts.security.fake_site import OTHER_KEY, as_json
from tests.log_in import is_logged_in
from tests.other_site import BACK, NAME, THERE, come_by, way_back

pytestmark = pytest.mark.django_db


def test_state_works_once(client, site, log_in_there):
    path = way_back(site, client.post(THERE))
    client.get(path)
    client.post("/account/logout/")
    again = client.get(path)
    assert again.status_code == 400
    assert "way back does not fit" in again.content.decode()
    assert not is_logged_in(client)


def test_state_of_another_browser_opens_nothing(client, site, log_in_there):
    path = way_back(site, client.post(THERE))
    other = Client()
    assert other.get(path).status_code == 400
    other.post(THERE)
    assert other.get(path).status_code == 400
    assert not is_logged_in(other)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?code=x",
        "?state=x",
        "?state=x&code=y",
        "?state=%00&code=%00",
        f"?state={'s' * 5000}",
        "?error=access_denied",
    ],
)
def test_way_back_without_a_state_of_ours_is_refused_in_words(client, site, query):
    answer = client.get(BACK + query)
    assert answer.status_code == 400
    assert "Begin once more" in answer.content.decode()
    assert site.asked == []


@pytest.mark.parametrize("code", ["", "%00", "x" * 5000, "unknown"])
def test_code_that_is_none_is_refused_in_words(client, site, code):
    path = re.sub(r"code=[^&]+", f"code={code}", way_back(site, client.post(THERE)))
    assert client.get(path).status_code == 400


def test_code_works_once_also_in_another_visit(client, site, log_in_there):
    used = way_back(site, client.post(THERE))
    client.get(used)
    client.post("/account/logout/")
    fresh = way_back(site, client.post(THERE))
    mixed = re.sub(r"code=[^&]+", re.search(r"code=[^&]+", used)[0], fresh)
    assert client.get(mixed).status_code == 400
    assert not is_logged_in(client)


def test_code_of_another_visit_is_refused(site, log_in_there):
    """Somebody slips his own unused code into the victim's way back, or hers into his."""
    one, other = Client(), Client()
    hers, his = way_back(site, one.post(THERE)), way_back(site, other.post(THERE))
    mixed = re.sub(r"code=[^&]+", re.search(r"code=[^&]+", hers)[0], his)
    assert other.get(mixed).status_code == 400
    assert not is_logged_in(other)


def test_who_breaks_off_there_is_led_back_with_a_word(client, site):
    site.refuses = "access_denied"
    answer = client.get(way_back(site, client.post(THERE)), follow=True)
    assert answer.redirect_chain[-1][0] == "/account/login/"
    assert f"You broke off at {NAME}. Nothing was changed." in answer.content.decode()


def test_other_refusal_there_is_a_page(client, site):
    site.refuses = "server_error"
    answer = client.get(way_back(site, client.post(THERE)))
    assert answer.status_code == 502
    assert f"{NAME} gives no answer" in answer.content.decode()


NOW = clock.unix_milliseconds() // 1000
BENT = {
    "nonce of another": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "odd nonce": {"nonce": ["\ud800"]},
    "another audience": {"aud": "another"},
    "two audiences, ours not the one it was given to": {"aud": ["plumbline", "another"], "azp": "another"},
    "two audiences and none named": {"aud": ["plumbline", "another"]},
    "no audience": {"aud": None},
    "odd audience": {"aud": {"plumbline": 1}},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "ended": {"exp": NOW - 3600},
    "no end": {"exp": None},
    "odd end": {"exp": "tomorrow"},
    "endless": {"exp": 1e300},
    "from tomorrow": {"iat": NOW + 86_400},
    "nobody": {"sub": None},
    "empty": {"sub": ""},
    "a number": {"sub": 4711},
    "too long": {"sub": "s" * 192},
    "control letters": {"sub": "47\x0011"},
}


@pytest.mark.parametrize("bent", BENT.values(), ids=BENT)
def test_token_that_does_not_fit_is_not_believed(client, site, log_in_there, bent):
    site.bend = lambda claims: claims.update(bent)
    answer = come_by(client, site)
    assert answer.status_code == 400
    assert "That proved nothing" in answer.content.decode()
    assert not is_logged_in(client)


@pytest.mark.parametrize(
    ("key", "kid", "algorithm"),
    [
        (OTHER_KEY, "k1", "RS256"),
        (OTHER_KEY, "k2", "RS256"),
        ("the site's secret: 1 % & more, long enough", "k1", "HS256"),
        (None, "k1", "none"),
    ],
    ids=["another key", "an unknown key", "a shared secret", "no signature"],
)
def test_token_that_the_site_did_not_sign_is_not_believed(client, site, log_in_there, key, kid, algorithm):
    site.key, site.kid, site.algorithm = key, kid, algorithm
    assert come_by(client, site).status_code == 400
    assert not is_logged_in(client)


RUBBISH = {
    "an error": lambda: (500, b"{}"),
    "another way": lambda: (302, b"{}"),
    "a page": lambda: (200, b"<html>"),
    "a list": lambda: as_json([]),
    "nothing": lambda: (200, b""),
    "deep": lambda: (200, b"[" * 200_000),
    "empty": lambda: as_json({}),
    "too much": lambda: (200, b'{"a": "' + b"x" * 400_000 + b'"}'),
    "bytes": lambda: (200, b"\xff\xfe\x00"),
    "odd values": lambda: as_json(
        {
            "issuer": 1,
            "authorization_endpoint": [],
            "token_endpoint": None,
            "jwks_uri": {},
            "id_token": {},
            "keys": [1, None, {"kty": "RSA"}],
            "sub": 4711,
        }
    ),
}


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys", "/about"])
@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
def test_rubbish_from_there_is_a_page_and_opens_nothing(client, site, log_in_there, path, rubbish):
    del site.person["email"]
    site.says[path] = rubbish
    page = client.post(THERE)
    answer = client.get(way_back(site, page)) if page.status_code == 200 else page
    assert answer.status_code in {400, 502}
    assert "Nothing was changed" in answer.content.decode()
    assert not is_logged_in(client)


@pytest.mark.parametrize("token", ["", "a.b.c", "....", "e30.e30.", "\ud800", "x" * 100_000])
def test_rubbish_for_a_token_is_not_believed(client, site, log_in_there, token):
    site.says["/token"] = lambda: as_json({"access_token": "a", "id_token": token})
    assert come_by(client, site).status_code == 400
    assert not is_logged_in(client)


@pytest.mark.parametrize(
    "address",
    ["http://id.example/x", "javascript:alert(1)", "//evil.example", "https://a@evil.example/", "https://x/'><script>"],
)
def test_door_that_is_not_https_is_not_gone_through(client, site, address):
    site.describe = lambda said: said.update(authorization_endpoint=address)
    answer = client.post(THERE)
    assert answer.status_code == 502
    assert address not in answer.content.decode()


def test_server_that_calls_itself_otherwise_is_not_believed(client, site):
    site.describe = lambda said: said.update(issuer="https://evil.example")
    assert client.post(THERE).status_code == 502


def test_way_back_that_names_another_issuer_is_refused(client, site, log_in_there):
    path = re.sub(r"iss=[^&]+", "iss=https://evil.example", way_back(site, client.post(THERE)))
    assert client.get(path).status_code == 400
    assert not is_logged_in(client)


def test_server_that_is_down_is_a_page(client, site, settings):
    settings.OIDC_SERVER = "http://127.0.0.1:9"
    answer = client.post(THERE)
    assert answer.status_code == 502
    assert f"{NAME} gives no answer" in answer.content.decode()


def test_server_that_dawdles_is_given_up(client, site, monkeypatch):
    monkeypatch.setattr(openid, "TIMEOUT", 0.2)
    is_given_up = threading.Event()

    def dawdle():
        is_given_up.wait(10)
        return as_json({})

    site.says["/.well-known/openid-configuration"] = dawdle
    began = clock.monotonic()
    assert client.post(THERE).status_code == 502
    assert clock.monotonic() - began < 8
    is_given_up.set()


def test_secret_goes_in_the_form_where_the_site_wants_it_there(client, site, log_in_there):
    site.describe = lambda said: said.update(token_endpoint_auth_methods_supported=["client_secret_post"])
    come_by(client, site)
    assert is_logged_in(client)


def test_wrong_secret_is_a_page_and_says_so_to_the_operator_alone(client, site, settings, log_in_there):
    settings.OIDC_CLIENT_SECRET = "another"
    answer = come_by(client, site)
    assert answer.status_code == 502
    assert "SECRET" not in answer.content.decode()
