"""From nothing to a connected venue in a browser: a good key, a greedy one, a wrong one, and paper."""

import time

from tests.e2e.conftest import Somebody
from tests.exchanges.fake_binance import GOOD, GREEDY


def connects(person: Somebody, room: str, name: str, key: str, secret: str) -> None:
    person.goes(f"{room}connections/add/")
    person.follows("Connect with real money at Binance")
    person.fills(name=name, api_key=key, secret=secret)
    person.presses("Connect and check")


def test_binance_is_connected_within_two_minutes_and_says_what_its_key_may_do(somebody, house):
    mira = somebody("mira@desk.example", viewport={"width": 360, "height": 740}, bypass_csp=True)
    mira.signs_up("Mira Desk")
    mira.protects_himself()
    room = mira.finds_his_room()
    began = time.monotonic()
    connects(mira, room, "Main", *GOOD)
    mira.sees_that_it_stands()
    mira.sees("The key may read and trade. It cannot move money away.")
    mira.page.locator("#told", has_text="BTC").wait_for(timeout=20_000)
    assert time.monotonic() - began < 120
    assert mira.finds_nothing_wrong() == []
    mira.goes(f"{room}holdings/")
    mira.sees("BTC")
    mira.goes(f"{room}connections/health/")
    mira.sees("ANSWERS")
    assert mira.finds_nothing_wrong() == []

    connects(mira, room, "Greedy", *GREEDY)
    mira.page.locator("#state .tag.bad", has_text="REFUSED").wait_for(timeout=20_000)
    mira.sees("The key may move money away")
    connects(mira, room, "Swapped", GOOD[0], GREEDY[1])
    mira.page.locator("#state .tag.bad", has_text="BLOCKED").wait_for(timeout=20_000)
    mira.sees("Signature for this request is not valid")
    assert mira.finds_nothing_wrong() == []
    told = house.everything_said()
    assert [one for one in (*GOOD, *GREEDY) if one in told] == []


def test_paper_needs_no_factor_and_no_key(somebody):
    ravi = somebody("ravi@desk.example", viewport={"width": 360, "height": 740}, bypass_csp=True)
    ravi.signs_up("Ravi Desk")
    room = ravi.finds_his_room()
    ravi.goes(f"{room}connections/add/")
    ravi.follows("Take a paper account")
    ravi.page.locator("main form button.primary").click()
    ravi.page.locator("#told", has_text="10,000").or_(ravi.page.locator("#told", has_text="10000")).first.wait_for(
        timeout=20_000
    )
    ravi.sees("PAPER")
    assert ravi.finds_nothing_wrong() == []
