"""The first hour of a new person: in, safer, with a team, and out again where somebody else is."""

import re
import time

from tests.e2e.conftest import PASSWORD, Somebody


def _adds_an_authenticator(meera: Somebody) -> list[str]:
    """Sets up the app; the recovery codes that came with it."""
    meera.protects_himself()
    return meera.page.locator("textarea.codes").input_value().split()


def test_new_person_signs_up_protects_herself_and_comes_back_each_way(somebody):
    meera = somebody("meera@nair.example")
    meera.has_a_passkey_device()
    meera.signs_up("Meera Nair")
    assert meera.is_inside

    codes = _adds_an_authenticator(meera)
    assert len(codes) == 10
    meera.goes("/account/security/passkey/")
    meera.fills(name="Laptop")
    meera.presses("Add the passkey")
    meera.sees("is on.")
    meera.sees("10 of 10 are unused")

    meera.logs_out()
    assert not meera.is_inside
    meera.logs_in()
    assert not meera.is_inside
    meera.page.fill("main [name=code]", meera.shown_code())
    meera.page.locator("form:not(.passkey) button", has_text="Log in").click()
    meera.page.wait_for_url("**/w/**")

    meera.logs_out()
    meera.goes("/account/login/")
    meera.presses("Log in with a passkey")
    meera.page.wait_for_url("**/w/**")

    meera.logs_out()
    meera.logs_in()
    meera.presses("Use a passkey")
    meera.page.wait_for_url("**/w/**")

    meera.logs_out()
    meera.logs_in()
    meera.page.fill("main [name=code]", codes[4])
    meera.page.locator("form:not(.passkey) button", has_text="Log in").click()
    meera.page.wait_for_url("**/w/**")
    meera.sees("A recovery code was used")
    meera.goes("/account/security/")
    meera.sees("9 of 10 are unused")
    meera.sees("Adding a live venue opens again on")


def test_forgotten_password_is_set_anew_by_mail(somebody):
    omar = somebody("omar@example.test")
    omar.signs_up("Omar")
    omar.logs_out()
    omar.goes("/account/password/reset/")
    omar.fills(email=omar.email)
    omar.presses("Send the link")
    omar.sees("A mail is on its way")
    omar.opens_the_mail(r"http://localhost:\d+/account/password/reset/\S+")
    new = PASSWORD[::-1]
    omar.fills(password1=new, password2=new)
    omar.presses("Set the password")
    omar.sees("The password is set")
    omar.goes("/account/login/")
    omar.fills(login=omar.email, password=new)
    omar.presses("Log in")
    omar.page.wait_for_url("**/w/**")


def test_owner_invites_a_team_mate_who_signs_up_by_the_link(somebody):
    lena, tom = somebody("lena@example.test"), somebody("tom@example.test")
    lena.signs_up("Lena")
    lena.goes("/account/workspaces/")
    lena.fills(name="Night desk")
    lena.page.locator("main form button.primary").last.click()
    lena.page.wait_for_url(re.compile(r".*/w/night-desk-.*"))
    workspace = re.search(r"/w/[^/]+/", lena.page.url)[0]
    lena.goes(workspace + "members/invite/")
    lena.fills(email=tom.email)
    lena.page.locator("main form button.primary").click()
    lena.sees("is invited")

    tom.opens_the_mail(r"http://localhost:\d+/account/invitation/\S+")
    tom.signs_up("Tom")
    tom.goes("/account/invitation/")
    tom.page.locator("main form button.primary").click()
    tom.page.wait_for_url(f"**{workspace}**")

    lena.goes(workspace + "members/")
    lena.sees("tom@example.test")


def test_revoked_session_sees_its_page_end_within_five_seconds(somebody):
    here, elsewhere = somebody("ravi@example.test"), somebody("ravi@example.test")
    here.signs_up("Ravi")
    elsewhere.logs_in()
    elsewhere.hears("open")

    here.goes("/account/sessions/")
    here.presses("End all others")
    began = time.monotonic()
    elsewhere.hears("ended")
    took = time.monotonic() - began

    assert took < 5
    elsewhere.sees("This log-in has ended")
    assert not elsewhere.is_inside
    assert here.is_inside


def test_keys_and_stop_work_from_anywhere(somebody):
    noor, watching = somebody("noor@example.test"), somebody("noor@example.test")
    noor.signs_up("Noor")
    watching.logs_in()
    watching.hears("open")

    noor.goes("/account/security/")
    noor.page.keyboard.press("/")
    assert noor.page.evaluate("document.activeElement.type") == "search"
    noor.page.keyboard.press("Escape")
    noor.page.evaluate("document.activeElement.blur()")
    noor.page.keyboard.press("g")
    noor.page.keyboard.press("d")
    noor.page.wait_for_url("**/w/**")
    noor.page.keyboard.press("?")
    noor.page.locator("dialog[open]").wait_for()
    noor.page.keyboard.press("Escape")

    noor.page.keyboard.press("!")
    noor.page.locator("dialog[open]").wait_for()
    noor.page.keyboard.press("Enter")
    watching.page.locator("#trading-state", has_text="HALTED").wait_for(timeout=10_000)


def test_newcomer_from_another_site_is_in_after_one_form_and_shows_her_factor_when_she_comes_back(somebody, other_site):
    other_site.person = {"sub": "e2e", "email": "lena@berg.example", "email_verified": True, "name": "Lena Berg"}
    lena = somebody("lena@berg.example")
    lena.goes("/account/sign-up/")
    lena.presses("Continue with Example ID")
    lena.sees("You are new here.")
    lena.page.check("main [name=accepts]")
    lena.presses("Sign up")
    lena.page.wait_for_url("**/w/**")

    lena.goes("/account/security/authenticator/")
    lena.sees("You have neither a password nor a second factor")
    lena.presses("Mail me the link")
    lena.opens_the_mail(r"http://localhost:\d+/account/password/reset/\S+")
    lena.page.fill("main [name=password1]", PASSWORD)
    lena.page.fill("main [name=password2]", PASSWORD)
    lena.page.locator("main form button.primary").click()
    lena.page.wait_for_load_state()
    lena.logs_in()
    _adds_an_authenticator(lena)

    lena.logs_out()
    lena.goes("/account/login/")
    lena.presses("Continue with Example ID")
    lena.page.wait_for_url("**/account/login/second-factor/")
    assert not lena.is_inside
    lena.page.fill("main [name=code]", lena.shown_code())
    lena.page.locator("form:not(.passkey) button", has_text="Log in").click()
    lena.page.wait_for_url("**/w/**")

    lena.goes("/account/security/")
    lena.follows("Disconnect")
    lena.presses("Disconnect it")
    lena.sees("does not open your log-in any more")
