"""Every way in, tried by somebody who knows the password and reads the mail, but holds no factor: none opens.

Each way is tried for each set of factors, with and without a flush of Redis before each step. After a way was tried,
every door is looked at: pages, the operators' pages, the API, the socket, the acts that need a step-up.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import redis
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.test import Client

from accounts.consumers import WorkspaceDoor
from accounts.doors import access_of
from accounts.models import Membership, Person, Workspace
from accounts.models.workspace import Role
from accounts.services.factors import make_recovery_codes
from accounts.services.invitations import invite
from accounts.services.members import Standing
from accounts.services.workspaces import create_workspace
from kernel import clock
from kernel.live.door import Handshake, Refused
from kernel.tenancy.scope import tenant
from tests.accounts.security.fake_site import FakeSite
from tests.accounts.security.soft_passkey import SoftPasskey, add_passkey
from tests.factories.people import PASSWORD, PersonFactory
from tests.log_in import SECOND, App, confirm_address, log_in, turn_on_app
from tests.mails import forget_mails, sent_mails
from tests.other_site import CONNECT, SIGN_UP, THERE, way_back

pytestmark = pytest.mark.django_db

AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


@dataclass
class Victim:
    person: Person
    workspace: Workspace
    app: App | None = None
    passkey: SoftPasskey | None = None
    #: What the attacker saw over the shoulder: each of them was used.
    used_code: str = ""
    used_recovery_code: str = ""
    used_answer: str = ""


@dataclass
class Attacker:
    """A browser that knows the victim's password and mailbox."""

    browser: Client
    victim: Victim
    flushes: bool
    site: FakeSite
    inside: list[str] = field(default_factory=list)

    def post(self, path: str, fields: dict[str, str] | None = None):
        self._flush()
        return self.browser.post(path, fields or {})

    def get(self, path: str):
        self._flush()
        return self.browser.get(path)

    def password(self, **fields: str):
        return self.post("/account/login/", {"login": self.victim.person.email, "password": PASSWORD, **fields})

    def comes_by_the_other_site(self, **fields: str):
        return self.get(way_back(self.site, self.post(THERE, fields)))

    def _flush(self) -> None:
        if self.flushes:
            redis.Redis.from_url(settings.REDIS_URL).flushdb()


Way = Callable[[Attacker], None]
WAYS: dict[str, Way] = {}


def way(function: Way) -> Way:
    WAYS[function.__name__] = function
    return function


@way
def stops_after_the_password(attacker: Attacker) -> None:
    attacker.password()


@way
def names_the_page_to_go_on_to(attacker: Attacker) -> None:
    attacker.password(next=f"/w/{attacker.victim.workspace.slug}/")
    attacker.get(f"/account/login/?next=/w/{attacker.victim.workspace.slug}/")


@way
def proves_the_password_again(attacker: Attacker) -> None:
    attacker.password()
    attacker.post("/account/confirm/", {"password": PASSWORD})
    attacker.password()


@way
def adds_a_factor_of_his_own_halfway(attacker: Attacker) -> None:
    attacker.password()
    attacker.get("/account/security/authenticator/")
    attacker.post("/account/security/authenticator/", {"code": "000000"})
    attacker.post("/account/security/passkey/challenge/")
    attacker.post("/account/security/passkey/", {"name": "mine", "credential": "{}"})
    attacker.post("/account/security/recovery-codes/")


@way
def removes_the_factors_halfway(attacker: Attacker) -> None:
    attacker.password()
    for factor in attacker.victim.person.authenticator_set.all():
        attacker.post(f"/account/security/factors/{factor.pk}/remove/")
    attacker.password()


@way
def sets_a_new_password_by_mail(attacker: Attacker) -> None:
    attacker.post("/account/password/reset/", {"email": attacker.victim.person.email})
    link = re.search(r"/account/password/reset/\S+", sent_mails()[-1].body)[0]
    page = attacker.browser.get(link, follow=True)
    new = "another correct horse"
    attacker.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    attacker.victim.person.refresh_from_db()
    assert attacker.victim.person.check_password(new)
    attacker.post("/account/login/", {"login": attacker.victim.person.email, "password": new})


@way
def confirms_an_address_halfway(attacker: Attacker) -> None:
    EmailAddress.objects.filter(user=attacker.victim.person).update(verified=False)
    attacker.password()
    link = re.search(r"/account/confirm-mail/\S+", sent_mails()[-1].body)[0]
    attacker.get(link)
    attacker.post(link)


@way
def signs_up_with_the_victims_address(attacker: Attacker) -> None:
    fields = {"email": attacker.victim.person.email, "password1": PASSWORD, "password2": PASSWORD, "name": "x"}
    attacker.post("/account/sign-up/", fields)


@way
def uses_a_code_again(attacker: Attacker) -> None:
    attacker.password()
    attacker.post(SECOND, {"code": attacker.victim.used_code})


@way
def uses_a_recovery_code_again(attacker: Attacker) -> None:
    attacker.password()
    attacker.post(SECOND, {"code": attacker.victim.used_recovery_code})


@way
def uses_a_passkeys_answer_again(attacker: Attacker) -> None:
    attacker.post("/account/login/passkey/challenge/")
    attacker.post("/account/login/passkey/", {"credential": attacker.victim.used_answer})
    attacker.password()
    attacker.post(f"{SECOND}challenge/")
    attacker.post(SECOND, {"credential": attacker.victim.used_answer})


@way
def guesses_codes_until_the_right_one(attacker: Attacker) -> None:
    attacker.password()
    for _ in range(5):
        attacker.post(SECOND, {"code": "000000"})
    if attacker.victim.app:
        attacker.post(SECOND, {"code": attacker.victim.app.code()})


@way
def begins_anew_between_guesses(attacker: Attacker) -> None:
    for _ in range(5):
        attacker.browser.cookies.clear()
        attacker.password()
        attacker.post(SECOND, {"code": "000000"})
    if attacker.victim.app:
        attacker.post(SECOND, {"code": attacker.victim.app.code()})


@way
def shows_a_passkey_of_his_own(attacker: Attacker) -> None:
    own = SoftPasskey()
    own.user = attacker.victim.person.pk.bytes
    options = attacker.post("/account/login/passkey/challenge/").json()
    attacker.post("/account/login/passkey/", {"credential": own.prove(options)})
    attacker.password()
    answer = attacker.post(f"{SECOND}challenge/")
    if answer.status_code == 200:
        attacker.post(SECOND, {"credential": own.prove(answer.json())})


@way
def lures_the_passkey_to_another_origin(attacker: Attacker) -> None:
    lured = attacker.victim.passkey
    if lured is None:
        return
    lured.origin = "http://testserver.evil.example"
    options = attacker.post("/account/login/passkey/challenge/").json()
    attacker.post("/account/login/passkey/", {"credential": lured.prove(options)})


@way
def finds_the_security_key_but_not_its_pin(attacker: Attacker) -> None:
    """The device alone is one factor, and here the password is not known."""
    found = attacker.victim.passkey
    if found is None:
        return
    options = attacker.post("/account/login/passkey/challenge/").json()
    attacker.post("/account/login/passkey/", {"credential": found.prove(options, is_verified=False)})


@way
def takes_a_challenge_asked_for_somebody_else(attacker: Attacker) -> None:
    """Answers with his own passkey, asked as himself, in the middle of the victim's log-in."""
    own, key = PersonFactory(email="mallory@example.org"), SoftPasskey()
    confirm_address(own)
    elsewhere = Client(HTTP_USER_AGENT=AGENT)
    log_in(elsewhere, own)
    add_passkey(elsewhere, key)
    options = attacker.post("/account/login/passkey/challenge/").json()
    attacker.password()
    attacker.post(SECOND, {"credential": key.prove(options)})


@way
def logs_in_as_himself_first(attacker: Attacker) -> None:
    """What his own session proved must not count for the victim's."""
    own = PersonFactory(email="mallory@example.org")
    confirm_address(own)
    key = SoftPasskey()
    log_in(attacker.browser, own)
    add_passkey(attacker.browser, key)
    attacker.password()
    attacker.post("/account/logout/")
    options = attacker.post("/account/login/passkey/challenge/").json()
    attacker.post("/account/login/passkey/", {"credential": key.prove(options)})
    attacker.password()
    attacker.post("/account/logout/")
    attacker.password()


@way
def gives_the_operators_form_a_password(attacker: Attacker) -> None:
    fields = {"username": attacker.victim.person.email, "password": PASSWORD, "next": "/operator/"}
    attacker.post("/operator/login/", fields)
    attacker.post("/operator/login/?next=/operator/", fields)


@way
def sends_the_session_to_the_api(attacker: Attacker) -> None:
    attacker.password()
    for header in (f"Bearer {attacker.browser.session.session_key}", "Basic YWxpY2U6cGFzc3dvcmQ=", "Session x"):
        answer = attacker.browser.get("/api/v1/me", headers={"Authorization": header})
        if answer.status_code == 200:
            attacker.inside.append("api")


@way
def brings_a_cookie_that_trusts_him(attacker: Attacker) -> None:
    attacker.browser.cookies["mfa_trusted"] = json.dumps([[str(attacker.victim.person.pk), 99_999_999_999]])
    attacker.password()


@way
def asks_with_other_methods(attacker: Attacker) -> None:
    attacker.password()
    for method in ("get", "head", "put", "patch", "delete", "options"):
        getattr(attacker.browser, method)(SECOND)
        getattr(attacker.browser, method)("/account/login/passkey/")


@way
def accepts_an_invitation_halfway(attacker: Attacker) -> None:
    host, now = PersonFactory(), clock.now()
    team = create_workspace(owner=host, name="Elsewhere", kind=Workspace.Kind.TEAM, now=now)
    with tenant(team.pk):
        access = access_of(Membership.objects.get())
        invite(access=access, email=attacker.victim.person.email, standing=Standing(Role.VIEWER, False), now=now)
    link = re.search(r"/account/invitation/\S+", sent_mails()[-1].body)[0]
    attacker.password()
    attacker.get(link)
    attacker.post("/account/invitation/")
    with tenant(team.pk):
        if Membership.objects.filter(person=attacker.victim.person).exists():
            attacker.inside.append("the team that invited her")


@way
def comes_by_the_other_site(attacker: Attacker) -> None:
    """He has taken over the log-in there that she has connected here."""
    attacker.comes_by_the_other_site()


@way
def comes_by_the_other_site_and_proves_the_password(attacker: Attacker) -> None:
    attacker.password()
    attacker.comes_by_the_other_site()
    attacker.post("/account/confirm/", {"password": PASSWORD})
    attacker.password()
    attacker.comes_by_the_other_site(next=f"/w/{attacker.victim.workspace.slug}/")
    attacker.get("/account/login/?next=/operator/live/")


@way
def connects_a_log_in_of_his_own_halfway(attacker: Attacker) -> None:
    """Hers opens no door without the factor, so his own must not be hung on it in between."""
    attacker.password()
    attacker.post(CONNECT)
    attacker.comes_by_the_other_site()
    attacker.post(CONNECT)
    attacker.site.person |= {"sub": "his own", "email": attacker.victim.person.email}
    attacker.comes_by_the_other_site()
    assert not SocialAccount.objects.filter(uid="his own").exists()


@way
def has_the_other_site_vouch_for_her_address(attacker: Attacker) -> None:
    """A log-in of his own there, with her address on it."""
    attacker.site.person |= {"sub": "his own", "email": attacker.victim.person.email, "email_verified": True}
    attacker.comes_by_the_other_site()
    attacker.post(SIGN_UP, {"name": "x", "accepts": "on", "email": attacker.victim.person.email})
    assert not SocialAccount.objects.filter(uid="his own").exists()


@way
def comes_back_from_the_other_site_twice(attacker: Attacker) -> None:
    path = way_back(attacker.site, attacker.post(THERE))
    attacker.get(path)
    attacker.get(path)
    attacker.post(SECOND, {"code": attacker.victim.used_code})
    attacker.get(path)


@way
def types_nothing_at_all(attacker: Attacker) -> None:
    attacker.password()
    for fields in ({}, {"code": ""}, {"credential": ""}, {"code": "", "credential": ""}, {"code": "null"}):
        attacker.post(SECOND, fields)


FACTORS = ("app", "passkey", "both")


@pytest.fixture
def victim(team: Workspace, alice: Person, site: FakeSite, request: pytest.FixtureRequest) -> Victim:
    """Alice owns a workspace and is an operator too; somebody watched her log in with each of her factors."""
    confirm_address(alice)
    SocialAccount.objects.create(user=alice, provider=site.address, uid=site.person["sub"])
    alice.is_staff = alice.is_superuser = True
    alice.save()
    victim, own = Victim(alice, team), Client(HTTP_USER_AGENT=AGENT)
    kinds = request.param
    log_in(own, alice)
    if kinds in {"app", "both"}:
        victim.app = turn_on_app(alice)
        codes = make_recovery_codes(person=alice, now=clock.now())
        victim.used_code, victim.used_recovery_code = victim.app.code(), codes[0].reveal()
        for code in (victim.used_code, victim.used_recovery_code):
            own.post("/account/logout/")
            log_in(own, alice)
            assert own.post(SECOND, {"code": code}).status_code == 302
    if kinds in {"passkey", "both"}:
        victim.passkey = add_passkey(own)
        own.post("/account/logout/")
        options = own.post("/account/login/passkey/challenge/").json()
        victim.used_answer = victim.passkey.prove(options)
        assert own.post("/account/login/passkey/", {"credential": victim.used_answer}).status_code == 302
    # By the other site she comes in too, once she shows a factor there as everywhere.
    if victim.app:
        own.post("/account/logout/")
        own.get(way_back(site, own.post(THERE)))
        assert own.post(SECOND, {"code": victim.app.code()}).status_code == 302
    # The positive control of every probe: her own ways do open each door that is looked at.
    assert doors_that_open(own, victim) == DOORS
    own.post("/account/logout/")
    forget_mails()
    return victim


DOORS = ["page", "person's page", "operators", "socket", "step-up"]


def doors_that_open(browser: Client, victim: Victim) -> list[str]:
    found = []
    if browser.get(f"/w/{victim.workspace.slug}/").status_code == 200:
        found.append("page")
    if browser.get("/account/security/").status_code == 200:
        found.append("person's page")
    if browser.get("/operator/live/").status_code == 200:
        found.append("operators")
    if _socket_opens(browser, victim):
        found.append("socket")
    if browser.get("/account/security/recovery-codes/").status_code == 200:
        found.append("step-up")
    return found


def _socket_opens(browser: Client, victim: Victim) -> bool:
    cookie = browser.cookies.get(settings.SESSION_COOKIE_NAME)
    headers = {"origin": "http://testserver", "host": "testserver"}
    if cookie is not None:
        headers["cookie"] = f"{settings.SESSION_COOKIE_NAME}={cookie.value}"
    try:
        WorkspaceDoor().admit(Handshake(workspace=victim.workspace.slug, headers=headers, peer="127.0.0.1"))
    except Refused:
        return False
    return True


@pytest.mark.parametrize("flushes", [False, True], ids=["Redis as it is", "Redis flushed before each step"])
@pytest.mark.parametrize("victim", FACTORS, indirect=True)
@pytest.mark.parametrize("name", sorted(WAYS))
def test_no_way_in_goes_past_the_second_factor(name, victim, site, flushes, record_property):
    attacker = Attacker(Client(HTTP_USER_AGENT=AGENT), victim, flushes, site)
    WAYS[name](attacker)
    record_property("bypass_probes", len(DOORS) + 1)
    inside = attacker.inside + doors_that_open(attacker.browser, victim)
    if name == "logs_in_as_himself_first":
        assert "page" not in inside
        assert "operators" not in inside
    else:
        assert inside == []
