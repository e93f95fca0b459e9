"""The log-in with a second factor: what opens the door, and what does not."""

import datetime as dt

import pytest

from accounts.models import Person, RecoveryCode, SignIn
from accounts.services.guessing import TooManyGuesses, count_guess
from kernel import clock
from tests.accounts.security.soft_passkey import SoftPasskey, add_passkey
from tests.factories.people import PASSWORD
from tests.log_in import SECOND, is_logged_in, log_in
from tests.mails import forget_mails, sent_mails

pytestmark = pytest.mark.django_db


def test_password_alone_opens_nothing_when_there_is_a_factor(client, verified, app):
    answer = log_in(client, verified)
    assert answer.status_code == 302
    assert answer["Location"] == SECOND
    assert not is_logged_in(client)


def test_code_of_the_app_opens_the_door(client, verified, app):
    log_in(client, verified)
    assert client.post(SECOND, {"code": app.code()}).status_code == 302
    assert is_logged_in(client)
    assert SignIn.objects.get().way == "password and authenticator"


def test_code_opens_the_door_once(client, verified, app):
    log_in(client, verified)
    code = app.code()
    client.post(SECOND, {"code": code})
    client.post("/account/logout/")
    log_in(client, verified)
    answer = client.post(SECOND, {"code": code})
    assert answer.status_code == 422
    assert "used already" in answer.content.decode()
    assert not is_logged_in(client)


def test_code_typed_at_enrolment_opens_nothing_later(client, verified, app):
    app.ahead -= 1
    log_in(client, verified)
    assert client.post(SECOND, {"code": app.code()}).status_code == 422


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "1" * 10_000, "١٢٣٤٥٦", "\x00", "aaaa-aaaa-aaaa-aaaa"])
def test_what_is_no_code_of_hers_opens_nothing(client, verified, app, recovery, code):
    log_in(client, verified)
    assert client.post(SECOND, {"code": code}).status_code == 422
    assert not is_logged_in(client)


def test_second_step_is_nobodys_before_the_first(client, verified, app):
    assert client.post(SECOND, {"code": app.code()})["Location"] == "/account/login/"
    assert not is_logged_in(client)


def test_recovery_code_opens_the_door_once_and_puts_everybody_else_out(client, verified, app, recovery):
    other = type(client)()
    log_in(other, verified)
    other.post(SECOND, {"code": app.code()})
    assert is_logged_in(other)
    forget_mails()

    log_in(client, verified)
    assert client.post(SECOND, {"code": recovery[3].upper().replace("-", " ")}).status_code == 302

    assert is_logged_in(client)
    assert not is_logged_in(other)
    assert [message.subject for message in sent_mails()] == ["A recovery code was used"]
    assert Person.objects.get(pk=verified.pk).factors_changed_at is not None
    client.post("/account/logout/")
    log_in(client, verified)
    assert client.post(SECOND, {"code": recovery[3]}).status_code == 422
    assert RecoveryCode.objects.filter(used_at=None).count() == 9


def test_fifth_wrong_code_is_the_last_that_is_looked_at(client, verified, app):
    log_in(client, verified)
    forget_mails()
    for _ in range(5):
        client.post(SECOND, {"code": "000000"})
    answer = client.post(SECOND, {"code": app.code()})
    assert answer.status_code == 422
    assert "Too many tries" in answer.content.decode()
    assert not is_logged_in(client)
    assert [message.subject for message in sent_mails()] == ["Somebody is guessing your codes"]


def test_passkey_opens_the_door_as_second_factor(client, verified, passkey):
    client.post("/account/logout/")
    log_in(client, verified)
    assert not is_logged_in(client)
    options = client.post(f"{SECOND}challenge/").json()
    assert client.post(SECOND, {"credential": passkey.prove(options)}).status_code == 302
    assert is_logged_in(client)


def test_passkey_unlocked_by_its_holder_opens_the_door_alone(client, verified, passkey):
    client.post("/account/logout/")
    options = client.post("/account/login/passkey/challenge/").json()
    assert client.post("/account/login/passkey/", {"credential": passkey.prove(options)}).status_code == 302
    assert is_logged_in(client)
    assert SignIn.objects.first().way == "passkey"


def test_passkey_that_nobody_unlocked_is_no_whole_log_in(client, verified, passkey):
    client.post("/account/logout/")
    options = client.post("/account/login/passkey/challenge/").json()
    client.post("/account/login/passkey/", {"credential": passkey.prove(options, is_verified=False)})
    assert not is_logged_in(client)


@pytest.mark.parametrize(
    "origin", ["http://testserver.evil.example", "https://testserver", "http://testserver:81", "null", ""]
)
def test_passkey_of_another_origin_opens_nothing(client, verified, passkey, origin):
    client.post("/account/logout/")
    passkey.origin = origin
    options = client.post("/account/login/passkey/challenge/").json()
    client.post("/account/login/passkey/", {"credential": passkey.prove(options)})
    assert not is_logged_in(client)


def test_passkey_made_for_another_site_is_not_added(client, verified):
    log_in(client, verified)
    stranger = SoftPasskey(origin="http://testserver", site="evil.example")
    options = client.post("/account/security/passkey/challenge/").json()
    answer = client.post("/account/security/passkey/", {"name": "", "credential": stranger.make(options)})
    assert answer.status_code == 422
    assert "No passkey" in client.get("/account/security/").content.decode()


def test_answer_of_a_passkey_is_taken_once(client, verified, passkey):
    client.post("/account/logout/")
    options = client.post("/account/login/passkey/challenge/").json()
    answer = passkey.prove(options, counts=False)
    session = client.session
    state = session["passkey_challenge"]
    client.post("/account/login/passkey/", {"credential": answer})
    client.post("/account/logout/")
    # A second request that read the session at the same moment still has the challenge.
    client.post("/account/login/passkey/challenge/")
    session = client.session
    session["passkey_challenge"] = state
    session.save()
    client.post("/account/login/passkey/", {"credential": answer})
    assert not is_logged_in(client)


def test_passkey_that_counts_backwards_is_refused_as_a_copy(client, verified, passkey):
    passkey.count = 5
    for _ in range(2):
        client.post("/account/logout/")
        options = client.post("/account/login/passkey/challenge/").json()
        client.post("/account/login/passkey/", {"credential": passkey.prove(options, counts=False)})
    assert not is_logged_in(client)


def test_passkey_of_another_person_is_no_second_factor_of_hers(client, verified, app, bob):
    other = type(client)()
    other.force_login(bob)
    bobs = SoftPasskey()
    _confirm_password(other)
    add_passkey(other, bobs)
    log_in(client, verified)
    options = client.post(f"{SECOND}challenge/").json()
    assert client.post(SECOND, {"credential": bobs.prove(options)}).status_code == 422
    assert not is_logged_in(client)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"rawId": 7}',
        '{"rawId": "", "response": {}}',
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","authenticatorData":"AA","signature":"AA"}}',
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}',
        "[" * 60_000,
        "x" * 200_000,
    ],
)
@pytest.mark.parametrize("page", ["/account/login/passkey/", SECOND, "/account/security/passkey/", "/account/confirm/"])
def test_forged_answer_is_refused_in_words(client, verified, app, page, answer):
    inside = page not in {"/account/login/passkey/", SECOND}
    log_in(client, verified)
    if inside:
        client.post(SECOND, {"code": app.code()})
        challenge = page + "challenge/"
    else:
        challenge = page + "challenge/"
    client.post(challenge)
    status = client.post(page, {"credential": answer, "name": "x"}).status_code
    assert status in {302, 422}


def test_sign_in_from_a_new_browser_is_told_by_mail(client, verified):
    log_in(client, verified, HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    client.post("/account/logout/", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    forget_mails()
    log_in(client, verified, HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/141.0")
    client.post("/account/logout/", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/141.0")
    assert sent_mails() == []
    log_in(client, verified, HTTP_USER_AGENT="Mozilla/5.0 (Windows) Chrome/150.0", REMOTE_ADDR="203.0.113.9")
    (told,) = sent_mails()
    assert told.subject == "A sign-in from somewhere new"
    assert told.to == [verified.email]
    assert "203.0.113.9" in told.body


def test_wrong_passwords_lock_the_account_for_strangers_but_not_at_an_address_she_uses(client, verified):
    log_in(client, verified, REMOTE_ADDR="198.51.100.1")
    client.post("/account/logout/")
    stranger = type(client)()
    for number in range(12):
        stranger.post(
            "/account/login/",
            {"login": verified.email, "password": "wrong"},
            REMOTE_ADDR=f"203.0.113.{number}",
        )
    locked = log_in(stranger, verified, REMOTE_ADDR="203.0.113.99")
    assert "Too many tries" in locked.content.decode()
    assert not is_logged_in(stranger)
    assert log_in(client, verified, REMOTE_ADDR="198.51.100.1").status_code == 302


def test_one_address_may_not_guess_at_everybody(client, verified):
    for number in range(30):
        client.post("/account/login/", {"login": f"nobody{number}@example.org", "password": "wrong"})
    assert "Too many tries" in log_in(client, verified).content.decode()


def test_right_password_does_not_wipe_what_was_guessed_before(client, verified, settings):
    for _ in range(9):
        client.post("/account/login/", {"login": verified.email, "password": "wrong"})
    log_in(client, verified)
    client.post("/account/logout/")
    SignIn.objects.all().delete()
    client.post("/account/login/", {"login": verified.email, "password": "wrong"})
    assert "Too many tries" in log_in(client, verified).content.decode()


def test_limits_end_with_their_window(db):
    now = clock.now()
    for _ in range(5):
        count_guess("factor.person", "somebody", now=now)
    with pytest.raises(TooManyGuesses):
        count_guess("factor.person", "somebody", now=now + dt.timedelta(minutes=4))
    count_guess("factor.person", "somebody", now=now + dt.timedelta(minutes=6))


def _confirm_password(client):
    assert client.post("/account/confirm/", {"password": PASSWORD}).status_code == 302
