"""A venue of one's own from a browser: an account by one click, no key, no factor; and the daily log-in of a broker."""

from tests.e2e.conftest import Somebody


def connects(person: Somebody, room: str, venue: str) -> None:
    person.goes(f"{room}connections/add/")
    person.follows(f"Connect the sandbox of {venue}")
    person.sees("Its money is worth nothing")
    person.presses("Make an account and connect")
    person.page.wait_for_url("**/connections/*-*/")
    person.sees("SANDBOX")


def test_sandbox_of_binance_is_connected_by_one_click(somebody):
    lina = somebody("lina@sand.example", viewport={"width": 360, "height": 740}, bypass_csp=True)
    lina.signs_up("Lina Sand")
    room = lina.finds_his_room()
    connects(lina, room, "Binance")
    lina.sees_that_it_stands()
    lina.sees("The key may read and trade. It cannot move money away.")
    lina.page.locator("#told", has_text="BTC").wait_for(timeout=20_000)
    assert lina.finds_nothing_wrong() == []


def test_sandbox_of_zerodha_is_logged_in_to_at_its_own_page(somebody):
    omar = somebody("omar@sand.example", viewport={"width": 360, "height": 740}, bypass_csp=True)
    omar.signs_up("Omar Sand")
    room = omar.finds_his_room()
    connects(omar, room, "Zerodha")
    omar.presses("Log in at Zerodha")
    omar.page.wait_for_url("**/connect/login**")
    omar.page.get_by_role("button", name="Log in").or_(omar.page.get_by_role("link", name="Log in")).first.click()
    omar.page.wait_for_url("**/connections/**")
    omar.sees_that_it_stands()
    omar.page.locator("#told", has_text="INR").wait_for(timeout=20_000)
    assert omar.finds_nothing_wrong() == []
