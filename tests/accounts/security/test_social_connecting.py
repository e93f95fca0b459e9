"""Another site's log-in connected to an account that is there, taken off again, and gone with the account."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import Workspace
from accounts.registries import person_exporters
from accounts.services.closing import close_account
from accounts.services.workspaces import create_workspace
from kernel import clock
from tests.factories.people import PASSWORD
from tests.log_in import SECOND, confirm_address, is_logged_in, log_in, turn_on_app
from tests.mails import forget_mails, sent_mails
from tests.other_site import CONNECT, NAME, SIGN_UP, acts, come_by, disconnect_path, way_back

pytestmark = pytest.mark.django_db
SECURITY_QUERIES = 9


# --- connecting and disconnecting --------------------------------------------------------------------------------


def test_person_connects_it_after_proving_himself(client, site, verified):
    """Who came by password a while ago is asked for it first, and what he wanted goes on after that."""
    log_in(client, verified)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    assert client.post(CONNECT)["Location"].startswith("/account/confirm/")
    assert site.asked == []
    page = client.post("/account/confirm/", {"password": PASSWORD})
    answer = client.get(way_back(site, page), follow=True)
    assert answer.redirect_chain[-1][0] == "/account/security/"
    text = answer.content.decode()
    assert f"{NAME} opens your log-in now." in text
    assert "dora@example.org" in text
    assert SocialAccount.objects.filter(user=verified, provider=site.address, uid="4711").count() == 1
    assert "log_in.connected" in acts(verified)
    (mail,) = sent_mails()
    assert (mail.subject, mail.to) == ("Another way in was added", ["alice@example.org"])
    assert f"{NAME} (dora@example.org)" in mail.body
    elsewhere = Client()
    come_by(elsewhere, site)
    assert is_logged_in(elsewhere)


def test_connecting_twice_changes_nothing(client, site, log_in_there, verified):
    log_in(client, verified)
    forget_mails()
    assert "already" in client.get(come_by(client, site, CONNECT)["Location"]).content.decode()
    assert SocialAccount.objects.count() == 1
    assert sent_mails() == []


def test_log_in_that_is_somebody_elses_is_not_connected(client, site, log_in_there, charlie):
    confirm_address(charlie)
    log_in(client, charlie)
    forget_mails()
    text = client.get(come_by(client, site, CONNECT)["Location"]).content.decode()
    assert "opens another Plumbline log-in. Nothing was changed." in text
    assert "alice@example.org" not in text
    assert SocialAccount.objects.get().user.email == "alice@example.org"
    assert sent_mails() == []


def test_way_back_of_one_person_connects_nothing_to_another(client, site, verified, charlie):
    confirm_address(charlie)
    log_in(client, verified)
    path = way_back(site, client.post(CONNECT))
    kept = client.session["socialaccount_states"]
    client.post("/account/logout/")
    log_in(client, charlie)
    session = client.session
    session["socialaccount_states"] = kept
    session.save()
    assert client.get(path).status_code == 400
    assert not SocialAccount.objects.exists()


def test_visitor_connects_nothing(client, site):
    assert client.post(CONNECT)["Location"].startswith("/account/login/")
    assert site.asked == []


def test_breaking_off_leads_back_to_security(client, site, verified):
    log_in(client, verified)
    site.refuses = "access_denied"
    assert come_by(client, site, CONNECT)["Location"] == "/account/security/"


def test_disconnecting_asks_ends_other_sessions_and_mails(client, site, log_in_there, verified):
    elsewhere = Client()
    come_by(elsewhere, site)
    log_in(client, verified)
    forget_mails()
    page = client.get(disconnect_path(log_in_there))
    assert "Disconnect it" in page.content.decode()
    assert client.post(disconnect_path(log_in_there))["Location"] == "/account/security/"
    assert not SocialAccount.objects.exists()
    assert is_logged_in(client)
    assert not is_logged_in(elsewhere)
    assert "log_in.disconnected" in acts(verified)
    (mail,) = sent_mails()
    assert (mail.subject, mail.to) == ("A way in was removed", ["alice@example.org"])
    assert client.get(disconnect_path(log_in_there)).status_code == 404


def test_disconnecting_is_a_step_up(client, site, log_in_there, verified):
    come_by(client, site)
    assert client.get(disconnect_path(log_in_there))["Location"].startswith("/account/confirm/")
    assert client.post(disconnect_path(log_in_there))["Location"].startswith("/account/confirm/")
    assert SocialAccount.objects.exists()


def test_last_way_in_stays_and_the_page_says_why(client, site, log_in_there, verified):
    app = turn_on_app(verified)
    verified.set_unusable_password()
    verified.save()
    come_by(client, site)
    client.post(SECOND, {"code": app.code()})
    assert "You have no password" in client.get(disconnect_path(log_in_there)).content.decode()
    assert client.post(disconnect_path(log_in_there)).status_code == 409
    assert SocialAccount.objects.exists()
    # One that the site of today does not answer for is no way in, and holds nothing.
    old = SocialAccount.objects.create(user=verified, provider="https://old.example", uid="1")
    assert "https://old.example" in client.get("/account/security/").content.decode()
    assert client.post(disconnect_path(log_in_there)).status_code == 409
    assert client.post(disconnect_path(old)).status_code == 302
    assert SocialAccount.objects.get() == log_in_there


@pytest.mark.parametrize("how_many", [1, 3])
def test_security_page_asks_as_often_for_three_as_for_one(client, site, verified, how_many, django_assert_num_queries):
    for number in range(how_many):
        SocialAccount.objects.create(user=verified, provider=site.address, uid=str(number), extra_data={})
    log_in(client, verified)
    client.get("/account/security/")
    with django_assert_num_queries(SECURITY_QUERIES):
        client.get("/account/security/")


# --- leaving -----------------------------------------------------------------------------------------------------


def test_copy_of_ones_data_holds_the_connected_log_in(log_in_there, verified):
    (row,) = person_exporters()[SocialAccount](verified)
    assert (row["uid"], row["extra_data"]) == ("4711", {"email": "dora@example.org"})


def test_closing_the_account_forgets_the_log_in_and_who_comes_back_is_new(client, site, log_in_there, verified):
    create_workspace(owner=verified, name="Own", kind=Workspace.Kind.PERSONAL, now=clock.now())
    close_account(person=verified, typed=verified.email, now=clock.now())
    assert not SocialAccount.objects.exists()
    assert come_by(client, site)["Location"] == SIGN_UP
