"""A broker where one logs in each day: there and back between two sites, and what the page says of it meanwhile."""

from tests.e2e.conftest import Somebody
from tests.exchanges.fake_kite import API_KEY, API_SECRET, BACK
from tests.waiting import wait_for


def connects(person: Somebody) -> str:
    """A new person with a factor and a connection to Zerodha; its page."""
    person.signs_up("Asha Rao")
    person.protects_himself()
    room = person.finds_his_room()
    person.goes(f"{room}connections/add/")
    person.follows("Connect with real money at Zerodha")
    person.sees(f"{person.house.address}{BACK}")
    person.fills(name="Kite", api_key=API_KEY, secret=API_SECRET)
    person.page.check("main [name=attested]")
    person.presses("Connect")
    person.sees("Nobody has logged in at Zerodha yet")
    return person.page.url


def logs_in_there(person: Somebody, kite, *, words: str = "Log in at Zerodha") -> None:
    person.presses(words)
    person.page.wait_for_url(f"{kite.address}/connect/login**")
    person.page.get_by_role("link", name="Log in as").click()
    person.page.wait_for_url("**/connections/**")


def test_person_logs_in_at_zerodha_each_day_and_sees_how_it_stands(somebody, house, kite):
    asha = somebody("asha@rao.example", viewport={"width": 360, "height": 740}, bypass_csp=True)
    page = connects(asha)
    assert asha.finds_nothing_wrong() == []
    logs_in_there(asha, kite)
    # Nobody loads the page again: it says by itself what the worker found.
    asha.sees_that_it_stands()
    asha.page.locator("#told", has_text="INR").wait_for(timeout=15_000)
    assert asha.finds_nothing_wrong() == []

    house.rows("UPDATE exchanges_connection SET token_ends_at = now() + interval '70 min' RETURNING 1")
    asha.page.reload()
    asha.sees("in 1 h 09 min")
    asha.sees("EXPIRING")
    kite.end()
    asha.presses("Ask again")
    asha.page.locator("#state .tag.bad", has_text="LOGGED OUT").wait_for(timeout=15_000)
    assert asha.finds_nothing_wrong() == []

    asha.presses("Log in at Zerodha")
    asha.page.wait_for_url(f"{kite.address}/connect/login**")
    asha.page.get_by_role("link", name="Cancel").click()
    asha.sees("You broke off at Zerodha")
    logs_in_there(asha, kite)
    asha.sees_that_it_stands()
    assert asha.page.url == page
    wait_for(lambda: kite.living, seconds=5)
    said = house.everything_said()
    assert [given for given in [*kite.exchanges, *kite.tokens, API_SECRET] if given in said] == []
