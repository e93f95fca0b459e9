"""Another site's log-in: nothing of it is there until the operator names one, it proves one factor, and it opens no
log-in here but the one that was connected to it."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.test import Client

from accounts.models import SignIn
from tests.factories.people import PASSWORD
from tests.log_in import SECOND, confirm_address, is_logged_in, log_in, log_in_with_factor, turn_on_app
from tests.mails import forget_mails, sent_mails
from tests.other_site import BACK, CONNECT, NAME, SIGN_UP, THERE, acts, come_by, sign_up_by, way_back

pytestmark = pytest.mark.django_db
ROUTES = [("post", THERE), ("get", THERE), ("get", BACK), ("get", SIGN_UP), ("post", SIGN_UP), ("post", CONNECT)]


# --- configured or not -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_site_nothing_is_reachable(client, verified, method, path):
    assert getattr(client, method)(path).status_code == 404
    log_in(client, verified)
    assert getattr(client, method)(path).status_code == 404


def test_without_a_site_nothing_is_shown(client, verified):
    pages = [client.get("/account/login/"), client.get("/account/sign-up/")]
    log_in(client, verified)
    pages.append(client.get("/account/security/"))
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200
        assert "other-site" not in text
        assert "Log-ins at other sites" not in text


def test_with_a_site_both_pages_offer_it_and_the_way_keeps_where_one_was_going(client, site):
    for path in ("/account/login/?next=/account/sessions/", "/account/sign-up/?next=/account/sessions/"):
        text = client.get(path).content.decode()
        assert f"Continue with {NAME}" in text
        assert text.count('name="next" value="/account/sessions/"') >= 2


def test_operators_see_whose_log_in_it_opens_and_change_nothing(client, site, log_in_there, verified):
    verified.is_staff = verified.is_superuser = True
    verified.save()
    log_in_with_factor(client, verified)
    pages = "/operator/socialaccount/socialaccount/"
    assert "Alice" in client.get(pages).content.decode()
    assert client.get(f"{pages}{log_in_there.pk}/change/").status_code == 200
    assert client.post(f"{pages}{log_in_there.pk}/change/", {"uid": "x"}).status_code == 403
    assert client.post(f"{pages}{log_in_there.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{pages}add/").status_code == 403
    assert client.get("/operator/socialaccount/socialapp/").status_code == 404
    assert client.get("/operator/socialaccount/socialtoken/").status_code == 404


def test_no_form_of_allauths_for_its_rows_is_in_the_operators_pages():
    assert SocialApp not in admin.site._registry
    assert SocialToken not in admin.site._registry
    ours = admin.site._registry[SocialAccount]
    assert type(ours).__module__ == "accounts.admin.people"
    assert "extra_data" not in ours.fields


# --- an address is no proof --------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_same_address_opens_nothing_that_was_not_connected(client, site, alice, is_confirmed):
    EmailAddress.objects.create(user=alice, email=alice.email, verified=is_confirmed, primary=True)
    site.person["email"] = "Alice@Example.org"
    answer = come_by(client, site)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This address has a log-in already" in page
    assert f"press “Connect {NAME}” on your Security page" in page
    assert not is_logged_in(client)
    assert not SocialAccount.objects.exists()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert sent_mails() == []


def test_who_claims_an_address_without_proof_learns_nothing_of_it(client, site, verified):
    site.person |= {"email": "alice@example.org", "email_verified": False}
    known = sign_up_by(client, site, email="alice@example.org")
    elsewhere = Client()
    site.person |= {"sub": "4712", "email": "new@example.org"}
    unknown = sign_up_by(elsewhere, site, email="new@example.org")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert not SocialAccount.objects.filter(user=verified).exists()
    assert "You have a log-in already" in [mail.subject for mail in sent_mails()]


def test_address_that_changed_there_changes_nothing_here(client, site, log_in_there, verified):
    site.person |= {"email": "elsewhere@example.org", "name": "Somebody"}
    come_by(client, site)
    assert is_logged_in(client)
    verified.refresh_from_db()
    assert (verified.email, verified.name) == ("alice@example.org", "Alice")
    log_in_there.refresh_from_db()
    assert log_in_there.extra_data["email"] == "elsewhere@example.org"


def test_same_subject_at_another_server_is_somebody_else(client, site, verified):
    SocialAccount.objects.create(user=verified, provider="https://old.example", uid="4711")
    assert come_by(client, site)["Location"] == SIGN_UP


# --- logging in --------------------------------------------------------------------------------------------------


def test_connected_log_in_opens_the_door_and_leaves_every_trace(client, site, log_in_there, verified):
    page = client.post(THERE, {"next": "/account/sessions/"})
    assert client.get(way_back(site, page))["Location"] == "/account/sessions/"
    assert is_logged_in(client)
    assert SignIn.objects.get(person=verified).way == "another site's log-in"
    assert UserSession.objects.filter(user=verified).count() == 1
    assert "person.signed_in" in acts(verified)


def test_log_in_from_a_new_browser_is_told_by_mail(site, log_in_there, verified):
    come_by(Client(HTTP_USER_AGENT="Firefox"), site)
    forget_mails()
    come_by(Client(HTTP_USER_AGENT="Chromium"), site)
    (mail,) = sent_mails()
    assert mail.to == [verified.email]
    assert "another site's log-in" in mail.body


def test_other_site_never_leads_on_to_another_host(client, site, log_in_there):
    page = client.post(THERE, {"next": "https://evil.example/"})
    assert client.get(way_back(site, page))["Location"] == "/home/"


def test_second_factor_is_asked_for_all_the_same(client, site, log_in_there, verified):
    app = turn_on_app(verified)
    assert come_by(client, site)["Location"] == SECOND
    assert not is_logged_in(client)
    assert client.post(SECOND, {"code": "000000"}).status_code == 422
    assert not is_logged_in(client)
    assert client.post(SECOND, {"code": app.code()}).status_code == 302
    assert is_logged_in(client)
    assert SignIn.objects.filter(person=verified).latest("at").way == "another site's log-in and authenticator"


def test_log_in_there_is_no_proof_for_an_act_that_asks_again(client, site, log_in_there, verified):
    come_by(client, site)
    for path in ("/account/security/authenticator/", "/account/delete/"):
        answer = client.post(path)
        assert answer["Location"].startswith("/account/confirm/"), path
    assert client.get("/account/security/authenticator/")["Location"].startswith("/account/confirm/")
    other = Client()
    come_by(other, site)
    assert other.post("/account/confirm/", {"password": PASSWORD}).status_code == 302
    assert other.get("/account/security/authenticator/").status_code == 200


def test_log_in_there_does_not_verify_an_operator(client, site, log_in_there, verified):
    verified.is_staff = verified.is_superuser = True
    verified.save()
    turn_on_app(verified)
    come_by(client, site)
    assert client.get("/operator/live/").status_code == 302
    assert not is_logged_in(client)


def test_closed_log_in_stays_closed(client, site, log_in_there, verified):
    verified.is_active = False
    verified.save()
    assert come_by(client, site)["Location"] == "/account/inactive/"
    assert not is_logged_in(client)


def test_demos_log_in_works_here_alone(site, log_in_there, verified, settings):
    settings.DEMO_EMAIL = "alice@example.org"
    far = Client(REMOTE_ADDR="203.0.113.7")
    assert come_by(far, site).status_code == 403
    assert not is_logged_in(far)
    near = Client()
    come_by(near, site)
    assert is_logged_in(near)


def test_who_is_logged_in_is_not_logged_in_as_somebody_else(client, site, log_in_there, charlie):
    confirm_address(charlie)
    page = client.post(THERE)
    log_in(client, charlie)
    assert client.get(way_back(site, page))["Location"] == "/home/"
    assert client.get("/account/security/").context["user"] == charlie
    assert client.post(THERE)["Location"] == "/home/"


def test_going_there_is_limited_by_address(client, site):
    answers = [client.post(THERE).status_code for _ in range(61)]
    assert set(answers[:60]) == {200}
    assert answers[60] == 429
    assert client.get(BACK).status_code == 429
    assert client.get("/account/login/").status_code == 200


def test_going_there_takes_a_form_of_ours(site):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(THERE).status_code == 403
    assert strict.get(THERE).status_code == 405
