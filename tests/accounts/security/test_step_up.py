"""Asking again before what could harm: a factor of the last five minutes, and nothing typed is lost."""

import base64
import datetime as dt
import os

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import path

from accounts.doors import person_page
from accounts.step_up import step_up
from kernel import clock
from tests.accounts.security.soft_passkey import SoftPasskey
from tests.factories.people import PASSWORD
from tests.log_in import is_logged_in, log_in, log_in_with_factor, turn_on_app

pytestmark = pytest.mark.django_db

sent: list[dict[str, str]] = []


@person_page
@step_up()
def harmful(request):
    if request.method == "POST":
        sent.append({name: request.POST[name] for name in request.POST if name != "csrfmiddlewaretoken"})
        return HttpResponse("done")
    return HttpResponse("the form")


@person_page
@step_up(needs_factor=True)
def needs_factor(request):
    return HttpResponse("done")


from config.urls import urlpatterns as _ours  # noqa: E402

urlpatterns = [*_ours, path("account/harmful/", harmful), path("account/needs-factor/", needs_factor)]


@pytest.fixture(autouse=True)
def _urls(settings):
    settings.ROOT_URLCONF = __name__
    sent.clear()


@pytest.fixture
def later():
    """Ten minutes after the log-in."""

    def go(minutes=10):
        return time_machine.travel(clock.now() + dt.timedelta(minutes=minutes), tick=True)

    return go


def test_fresh_factor_lets_the_act_happen(client, verified):
    log_in_with_factor(client, verified)
    assert client.post("/account/harmful/", {"word": "one"}).content == b"done"


def test_old_factor_is_asked_again_and_what_was_sent_is_done_then(client, verified, later):
    app = log_in_with_factor(client, verified)
    with later():
        app.ahead = 1
        asked = client.post("/account/harmful/?way=1", {"word": "ünïcødé", "other": "2"})
        assert asked["Location"].startswith("/account/confirm/")
        assert sent == []
        answer = client.post(asked["Location"], {"code": app.code()})
    assert answer.content == b"done"
    assert sent == [{"word": "ünïcødé", "other": "2"}]


def test_password_is_no_step_up_for_who_has_a_factor(client, verified, later):
    log_in_with_factor(client, verified)
    with later():
        client.post("/account/harmful/", {"word": "one"})
        assert client.post("/account/confirm/", {"password": PASSWORD}).status_code == 422
        assert client.post("/account/harmful/", {"word": "one"}).status_code == 302
    assert sent == []


def test_password_is_enough_for_who_has_no_factor(client, verified, later):
    log_in(client, verified)
    with later():
        client.post("/account/harmful/", {"word": "one"})
        assert client.post("/account/confirm/", {"password": "wrong"}).status_code == 422
        assert sent == []
        assert client.post("/account/confirm/", {"password": PASSWORD}).content == b"done"
    assert sent == [{"word": "one"}]


def test_act_that_needs_a_factor_leads_to_adding_one(client, verified):
    log_in(client, verified)
    answer = client.post("/account/needs-factor/", follow=True)
    assert answer.redirect_chain == [("/account/security/", 302)]
    assert "needs a second factor" in answer.content.decode()


def test_factor_added_elsewhere_binds_this_session_at_once(client, verified):
    log_in(client, verified)
    turn_on_app(verified)
    assert client.post("/account/harmful/", {"word": "one"}).status_code == 302
    assert sent == []


def test_form_that_waits_is_sealed_in_the_session(client, verified, later):
    log_in_with_factor(client, verified)
    with later():
        client.post("/account/harmful/", {"word": "Zq7Secret"})
        session = Session.objects.get(session_key=client.session.session_key)
        assert "suspended_form" in session.get_decoded()
        assert "Zq7Secret" not in str(session.get_decoded())


def test_form_that_waited_too_long_is_not_sent(client, verified, later):
    app = log_in_with_factor(client, verified)
    with later():
        client.post("/account/harmful/", {"word": "one"})
    with later(minutes=30):
        app.ahead = 1
        assert client.post("/account/confirm/", {"code": app.code()}).status_code == 302
    assert sent == []


@pytest.fixture
def drop_key(settings):
    """Rotates to a new key and drops the old one, as an operator does."""

    def rotate():
        fresh = "k9:" + base64.b64encode(os.urandom(32)).decode()
        settings.ENCRYPTION_KEYS = f"{fresh},{settings.ENCRYPTION_KEYS}"
        call_command("rotate_keys")
        settings.ENCRYPTION_KEYS = fresh

    return rotate


def test_form_whose_key_was_dropped_meanwhile_is_not_sent(client, verified, later, drop_key):
    app = log_in_with_factor(client, verified)
    with later():
        client.post("/account/harmful/", {"word": "one"})
        drop_key()
        assert client.post("/account/confirm/", {"code": app.code()}).status_code == 302
        assert client.post("/account/harmful/", {"word": "two"}).content == b"done"
    assert sent == [{"word": "two"}]


def test_authenticator_whose_key_was_dropped_meanwhile_is_shown_anew(client, verified, drop_key):
    log_in(client, verified)
    before = client.get("/account/security/authenticator/").context["secret"]
    drop_key()
    answer = client.post("/account/security/authenticator/", {"code": "000000"})
    assert answer.status_code == 422
    assert answer.context["secret"] != before


def test_form_that_waits_is_sent_once(client, verified, later):
    app = log_in_with_factor(client, verified)
    with later():
        client.post("/account/harmful/", {"word": "one"})
        app.ahead = 1
        client.post("/account/confirm/", {"code": app.code()})
        client.post("/account/confirm/", {"code": app.code()})
    assert sent == [{"word": "one"}]


def test_large_form_is_not_kept_and_says_so(client, verified, later):
    app = log_in_with_factor(client, verified)
    with later():
        app.ahead = 1
        asked = client.post("/account/harmful/", {"word": "x" * 70_000})
        assert "Nothing was changed yet" in client.get(asked["Location"]).content.decode()
        assert client.post(asked["Location"], {"code": app.code()}).status_code == 302
    assert sent == []


def test_form_of_one_person_is_never_sent_by_the_next(client, verified, bob, later):
    log_in_with_factor(client, verified)
    with later():
        client.post("/account/harmful/", {"word": "one"})
        client.post("/account/logout/")
        log_in_with_factor(client, bob)
        client.post("/account/confirm/", {"code": "000000"})
    assert sent == []


@pytest.mark.parametrize(
    "next_page", ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "http:evil"]
)
def test_confirming_never_leads_to_another_site(client, verified, next_page):
    log_in(client, verified)
    answer = client.post("/account/confirm/", {"password": PASSWORD, "next": next_page})
    assert answer["Location"] == "/account/security/"


def test_page_asked_by_htmx_is_led_as_a_whole(client, verified, later):
    log_in_with_factor(client, verified)
    with later():
        answer = client.post("/account/harmful/", {"word": "one"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/account/confirm/")


def test_passkey_is_a_step_up(client, verified, passkey: SoftPasskey, later):
    with later():
        client.post("/account/harmful/", {"word": "one"})
        options = client.post("/account/confirm/challenge/").json()
        assert client.post("/account/confirm/", {"credential": passkey.prove(options)}).content == b"done"


def test_recovery_code_at_the_step_up_counts_as_recovered(client, verified, recovery, app, later):
    log_in(client, verified)
    client.post("/account/login/second-factor/", {"code": app.code()})
    with later():
        client.post("/account/harmful/", {"word": "one"})
        assert client.post("/account/confirm/", {"code": recovery[0]}).content == b"done"
    verified.refresh_from_db()
    assert verified.factors_changed_at is not None
    assert is_logged_in(client)


def test_every_page_that_changes_factors_address_or_password_asks_again(client, verified, later):
    """Torn-out decorators would show here."""
    log_in_with_factor(client, verified)
    authenticator = verified.authenticator_set.get(type="totp")
    pages = [
        "/account/security/authenticator/",
        "/account/security/passkey/",
        "/account/security/passkey/challenge/",
        "/account/security/recovery-codes/",
        f"/account/security/factors/{authenticator.pk}/remove/",
        "/account/password/change/",
        "/account/mail-addresses/",
    ]
    with later():
        for page in pages:
            answer = client.post(page, {"email": "evil@example.org", "action_add": "", "name": "x"})
            assert answer.status_code == 302, page
            assert answer["Location"].startswith("/account/confirm/"), page
