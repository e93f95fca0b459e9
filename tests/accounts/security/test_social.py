"""Another site's log-in: nothing of it is there until the operator names one, it proves one factor, and it opens no
log-in here but the one that was connected to it."""

import datetime as dt
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db import connection
from django.test import Client

from accounts.adapters import openid
from accounts.doors import access_of
from accounts.models import AuditDetail, Consent, DoneStep, Membership, Person, SignIn, Workspace
from accounts.models.workspace import Role
from accounts.registries import person_exporters
from accounts.selectors import workspaces_of
from accounts.services.closing import close_account
from accounts.services.invitations import invite
from accounts.services.members import Standing
from accounts.services.workspaces import create_workspace
from kernel import clock
from kernel.tenancy.scope import operator, tenant
from tests.accounts.security.fake_site import OTHER_KEY, as_json
from tests.factories.people import PASSWORD, PersonFactory
from tests.log_in import SECOND, confirm_address, is_logged_in, log_in, log_in_with_factor, turn_on_app
from tests.mails import forget_mails, sent_mails
from tests.other_site import BACK, CONNECT, NAME, SIGN_UP, THERE, come_by, sign_up_by, sign_up_form, way_back

pytestmark = pytest.mark.django_db
SECURITY_QUERIES = 9
ROUTES = [("post", THERE), ("get", THERE), ("get", BACK), ("get", SIGN_UP), ("post", SIGN_UP), ("post", CONNECT)]


@pytest.fixture
def log_in_there(site, verified) -> SocialAccount:
    """The log-in at the other site that opens Alice's."""
    return SocialAccount.objects.create(
        user=verified, provider=site.address, uid="4711", extra_data={"email": "dora@example.org"}
    )


def dora() -> Person:
    return Person.objects.get(email="dora@example.org")


def acts(person: Person) -> list[str]:
    with operator():
        found = AuditDetail.objects.filter(person_id=person.pk).select_related("entry").order_by("entry__sequence")
        return [detail.entry.action for detail in found]


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


# --- a new person ------------------------------------------------------------------------------------------------


def test_new_person_whose_address_is_vouched_for_is_in_after_one_form(client, site):
    answer = sign_up_by(client, site)
    assert (answer.status_code, answer["Location"]) == (302, "/home/")
    assert is_logged_in(client)
    person = dora()
    assert (person.name, person.has_usable_password()) == ("Dora", False)
    assert EmailAddress.objects.filter(user=person).values_list("email", "verified", "primary").get() == (
        "dora@example.org",
        True,
        True,
    )
    (kept,) = SocialAccount.objects.filter(user=person)
    assert (kept.provider, kept.uid) == (site.address, "4711")
    assert kept.extra_data == {"email": "dora@example.org", "email_verified": True, "name": "Dora"}
    assert not SocialToken.objects.exists()
    assert sorted(Consent.objects.filter(person=person).values_list("document", flat=True)) == ["privacy", "terms"]
    (own,) = workspaces_of(person.pk)
    assert own.kind == Workspace.Kind.PERSONAL
    assert DoneStep.objects.get(person=person).step == "verify-email"
    assert SignIn.objects.get(person=person).way == "another site's log-in"
    assert UserSession.objects.filter(user=person).count() == 1
    assert {"consent.given", "log_in.connected", "person.signed_in"} <= set(acts(person))
    assert [mail.subject for mail in sent_mails()] == []


@pytest.mark.parametrize("vouching", [False, "true", 1, None], ids=repr)
def test_address_that_is_not_plainly_vouched_for_is_confirmed_by_mail(client, site, vouching):
    site.person["email_verified"] = vouching
    answer = sign_up_by(client, site, email="dora@example.org")
    assert (answer.status_code, answer["Location"]) == (302, "/account/confirm-mail/")
    assert not is_logged_in(client)
    assert not EmailAddress.objects.get(user=dora()).verified
    (mail,) = sent_mails()
    client.post(re.search(r"/account/confirm-mail/\S+", mail.body)[0])
    assert EmailAddress.objects.get(user=dora()).verified
    elsewhere = Client()
    come_by(elsewhere, site)
    assert is_logged_in(elsewhere)


def test_who_has_no_address_there_types_one_and_confirms_it(client, site):
    del site.person["email"]
    answer = sign_up_by(client, site, email="typed@example.org")
    assert answer["Location"] == "/account/confirm-mail/"
    person = Person.objects.get(email="typed@example.org")
    assert [one.verified for one in EmailAddress.objects.filter(user=person)] == [False]
    assert not is_logged_in(client)


def test_address_that_is_told_on_a_second_question_counts_for_the_same_person_alone(client, site):
    del site.person["email"]
    site.about_person = {"email": "dora@example.org"}
    assert sign_up_by(client, site, email="dora@example.org")["Location"] == "/account/confirm-mail/"
    site.about_person = {"email": "dora@example.org", "email_verified": True, "sub": "somebody else"}
    answer = come_by(Client(), site)
    assert answer.status_code == 400
    assert "proved nothing" in answer.content.decode()


def test_vouched_address_cannot_be_changed_in_the_form(client, site):
    sign_up_by(client, site, email="alice@example.org")
    assert [person.email for person in Person.objects.all()] == ["dora@example.org"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "n" * 10_000}, "at most 120 characters; this one has 10000"),
        ({"name": ""}, "by which name"),
        ({"accepts": ""}, "Without this there is no log-in"),
        ({"terms_version": "2020-01-01"}, "terms of use changed while you were here"),
    ],
)
def test_mistake_in_the_form_is_named_and_nobody_is_made(client, site, changes, words):
    answer = sign_up_by(client, site, **changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Person.objects.exists()
    assert client.post(SIGN_UP, sign_up_form(client)).status_code == 302


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("n" * 10_000, "n" * 120),
        (None, ""),
        (["a", {}], ""),
        ("שלום", "שלום"),
        ("a\x00b\ud800c\n", "ab c"),
        ("🙂", "🙂"),
    ],
    ids=["long", "none", "a list", "right to left", "control letters", "emoji"],
)
def test_any_name_from_there_is_offered_as_far_as_it_is_one(client, site, name, offered):
    site.person["name"] = name
    assert come_by(client, site)["Location"] == SIGN_UP
    page = client.get(SIGN_UP).content.decode()
    found = re.search(r'name="name"(?: value="([^"]*)")?', page)
    assert (found[1] or "").replace(" ", "") == offered.replace(" ", "")


@pytest.mark.parametrize("email", ["no address", "a" * 300 + "@example.org", 7, ["a@b.c"], "a\x00@example.org", ""])
def test_odd_address_from_there_is_asked_for_instead(client, site, email):
    site.person["email"] = email
    assert come_by(client, site)["Location"] == SIGN_UP
    assert 'name="email"' in client.get(SIGN_UP).content.decode()


def test_closed_house_takes_nobody_new_and_lets_its_people_in(client, site, settings):
    settings.SIGN_UP = "closed"
    assert "Sign-up is closed here" in come_by(client, site).content.decode()
    assert not Person.objects.exists()
    person = PersonFactory()
    confirm_address(person)
    SocialAccount.objects.create(user=person, provider=site.address, uid="4711")
    come_by(client, site)
    assert is_logged_in(client)


def test_house_by_invitation_takes_who_was_invited_alone(client, site, settings, team):
    settings.SIGN_UP = "invited"
    assert "Sign-up is closed here" in come_by(client, site).content.decode()
    with tenant(team.pk):
        access = access_of(Membership.objects.get(role=Role.OWNER))
        invite(access=access, email="dora@example.org", standing=Standing(Role.VIEWER, False), now=clock.now())
    client.get(re.search(r"/account/invitation/\S+", sent_mails()[-1].body)[0])
    assert sign_up_by(client, site).status_code == 302
    assert client.get("/home/")["Location"] == "/account/invitation/"


def test_sign_up_that_closes_meanwhile_is_closed(client, site, settings):
    come_by(client, site)
    form = sign_up_form(client)
    settings.SIGN_UP = "closed"
    assert client.post(SIGN_UP, form).status_code == 403
    assert not Person.objects.exists()


def test_form_that_lay_open_too_long_begins_again(client, site, monkeypatch):
    come_by(client, site)
    form, then = sign_up_form(client), clock.now()
    monkeypatch.setattr(clock, "now", lambda: then + dt.timedelta(minutes=31))
    assert client.post(SIGN_UP, form)["Location"] == "/account/login/"
    assert not Person.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_double_click_makes_one_log_in_and_no_error(site):
    clients = [Client(), Client()]
    for client in clients:
        come_by(client, site)
    forms = [sign_up_form(client) for client in clients]

    def send(number: int) -> int:
        try:
            return clients[number].post(SIGN_UP, forms[number]).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(send, range(2))) <= {302, 422}
    assert len(workspaces_of(dora().pk)) == 1
    assert SocialAccount.objects.count() == 1


def test_sign_up_without_having_been_there_leads_to_the_log_in(client, site):
    assert client.get(SIGN_UP)["Location"] == "/account/login/"
    assert client.post(SIGN_UP, {"name": "x", "accepts": "on"})["Location"] == "/account/login/"


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


# --- what comes back is odd --------------------------------------------------------------------------------------


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

    def dawdle():
        time.sleep(1)
        return as_json({})

    site.says["/.well-known/openid-configuration"] = dawdle
    began = clock.monotonic()
    assert client.post(THERE).status_code == 502
    assert clock.monotonic() - began < 0.9


def test_secret_goes_in_the_form_where_the_site_wants_it_there(client, site, log_in_there):
    site.describe = lambda said: said.update(token_endpoint_auth_methods_supported=["client_secret_post"])
    come_by(client, site)
    assert is_logged_in(client)


def test_wrong_secret_is_a_page_and_says_so_to_the_operator_alone(client, site, settings, log_in_there):
    settings.OIDC_CLIENT_SECRET = "another"
    answer = come_by(client, site)
    assert answer.status_code == 502
    assert "SECRET" not in answer.content.decode()


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


def disconnect_path(log_in: SocialAccount) -> str:
    return f"/account/security/log-ins/{log_in.pk}/disconnect/"


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


# --- a person without a password ---------------------------------------------------------------------------------


def test_person_without_a_password_sets_one_by_mail_and_can_do_everything(client, site):
    sign_up_by(client, site)
    page = client.get("/account/security/authenticator/", follow=True)
    text = page.content.decode()
    assert "You have neither a password nor a second factor" in text
    assert 'name="password"' not in text
    assert client.post("/account/confirm/", {"password": ""}).status_code == 422
    assert client.post("/account/password/set/", {"password1": "x", "password2": "x"})["Location"].startswith(
        "/account/confirm/"
    )
    assert client.post("/account/password/reset/", {"email": "dora@example.org"}).status_code == 302
    assert client.get("/account/password/reset/sent/").status_code == 200
    link = re.search(r"/account/password/reset/\S+", sent_mails()[-1].body)[0]
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    assert dora().check_password(PASSWORD)
    own = Client()
    log_in(own, dora())
    assert own.get("/account/security/authenticator/").status_code == 200
    assert own.post(disconnect_path(SocialAccount.objects.get())).status_code == 302


def test_person_without_a_password_confirms_with_the_factor_alone(client, site, log_in_there, verified):
    app = turn_on_app(verified)
    verified.set_unusable_password()
    verified.save()
    come_by(client, site)
    client.post(SECOND, {"code": app.code()})
    assert client.get("/account/security/recovery-codes/").status_code == 200
    answer = client.post("/account/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 302
    verified.refresh_from_db()
    assert verified.check_password(PASSWORD)


def test_security_page_leads_who_has_no_password_to_set_one(client, site):
    sign_up_by(client, site)
    text = client.get("/account/security/").content.decode()
    assert f"Your log-in needs {NAME} alone." in text
    assert "/account/password/set/" in text
    assert "/account/password/change/" not in text


# --- leaving -----------------------------------------------------------------------------------------------------


def test_copy_of_ones_data_holds_the_connected_log_in(log_in_there, verified):
    (row,) = person_exporters()[SocialAccount](verified)
    assert (row["uid"], row["extra_data"]) == ("4711", {"email": "dora@example.org"})


def test_closing_the_account_forgets_the_log_in_and_who_comes_back_is_new(client, site, log_in_there, verified):
    create_workspace(owner=verified, name="Own", kind=Workspace.Kind.PERSONAL, now=clock.now())
    close_account(person=verified, typed=verified.email, now=clock.now())
    assert not SocialAccount.objects.exists()
    assert come_by(client, site)["Location"] == SIGN_UP
