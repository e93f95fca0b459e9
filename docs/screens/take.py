"""Takes the pictures beside this file anew, of an install of its own that lives just as long: `make screens`.

Names take some of them only: `make screens ARGS="tokens sessions"`. Look at what was taken before you commit it.
"""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.conftest import ARGUMENTS, NAMES, NOBODY, PASSWORD, Somebody
from tests.e2e.test_sandbox import connects
from tests.exchanges.fake_binance import GOOD, FakeBinance
from tests.exchanges.fake_kite import API_KEY, API_SECRET
from tests.house.house import House, standing_house
from tests.waiting import wait_for

HERE = Path(__file__).parent
DESK, PHONE = (1280, 800), (360, 740)
#: name: (width and height, colour scheme)
LOOKS = {"light": (DESK, "light"), "dark": (DESK, "dark"), "phone": (PHONE, "light"), "phone-dark": (PHONE, "dark")}
#: Tall pages end here: what comes below tells nothing new.
TALLEST = 2400

VISITORS = {
    "landing": ("/", "light dark phone"),
    "sign-up": ("/account/sign-up/", "light"),
    "log-in": ("/account/login/", "light phone-dark"),
    "privacy": ("/legal/privacy/", "phone"),
    "error": ("/nothing-here/", "light"),
}
MEERAS = {
    "security": ("/account/security/", "light phone"),
    "sessions": ("/account/sessions/", "dark"),
    "data": ("/account/data/", "light"),
    "dashboard": ("{team}", "light dark phone"),
    "members": ("{team}members/", "light"),
    "tokens": ("{team}tokens/", "light"),
    "notifications": ("{team}notifications/", "light"),
    "audit": ("{team}audit/", "light phone"),
    "jobs": ("{team}jobs/", "phone"),
}
VENUES = {
    "connections": ("{team}connections/", "light phone"),
    "connect": ("{team}connections/add/", "light"),
    "connect-live": ("{team}connections/add/binance/live/", "light phone-dark"),
    "connect-paper": ("{team}connections/add/paper/paper/", "phone"),
    "connection": ("{team}connections/{binance}/", "light dark phone"),
    "connection-paper": ("{team}connections/{paper}/", "light"),
    "connection-log-in": ("{team}connections/{zerodha}/", "light phone"),
    "holdings": ("{team}holdings/", "light phone"),
    "venue-health": ("{team}connections/health/", "light phone"),
}
#: Of a house of their own, whose sandbox is a market: there prices and books move, and bars are real.
MARKETS = {
    "markets": ("{room}markets/?venue=binance.sandbox", "light dark phone"),
    "markets-found": ("{room}markets/?q=bitcion", "light"),
    "instrument": ("{room}markets/{bitcoin}/?listing={bitcoin_listing}&interval=1h", "light dark phone"),
    "bars": ("{room}markets/{bitcoin}/{bitcoin_listing}/bars/?interval=1d", "light phone"),
    "news": ("{room}news/", "light dark phone"),
    "watchlists": ("{room}watchlists/", "light phone"),
    "watchlist": ("{room}watchlists/{watchlist}/", "light dark phone"),
    "alerts": ("{room}alerts/", "light dark phone"),
    "alert": ("{room}alerts/{alert}/", "light"),
    "data-health": ("{room}data-health/", "light dark phone"),
    "data-quality": ("{room}data-quality/", "light dark phone"),
    "checked-series": ("{room}data-quality/{series}/", "light dark phone"),
}
OPERATORS_OF_MARKETS = {
    "operators-splits": ("/operator/instruments/corporateaction/", "light"),
    "operators-split-add": ("/operator/instruments/corporateaction/do/add/", "light phone-dark"),
    "operators-feeds": ("/operator/instruments/newssource/", "light"),
    "operators-feed-add": ("/operator/instruments/newssource/new/", "light phone-dark"),
    "operators-series": ("/operator/instruments/candleseries/", "light"),
}
OLGAS = {
    "operators": ("/operator/", "light dark"),
    "operators-people": ("/operator/accounts/person/", "dark phone"),
    "operators-person": ("/operator/accounts/person/{meera}/change/", "light"),
    "operators-suspend": ("/operator/accounts/person/{meera}/do/suspend/", "light phone-dark"),
    "operators-trading": ("/operator/trading/", "light"),
    "operators-live": ("/operator/live/", "dark"),
    "operators-listings": ("/operator/instruments/listing/", "light"),
    "operators-connections": ("/operator/exchanges/connection/", "light"),
    "components": ("/styleguide/", "light dark"),
}


@dataclass
class Camera:
    house: House
    browser: Browser
    wanted: set[str]

    def wants(self, name: str) -> bool:
        return not self.wanted or name in self.wanted

    def take(self, person: Somebody | None, pages: dict[str, tuple[str, str]], **words: str) -> None:
        for name, (path, looks) in pages.items():
            for look in looks.split() if self.wants(name) else ():
                with self.page(person, look) as page:
                    page.goto(self.house.address + path.format(**words))
                    self.keep(page, f"{name}-{look}")

    @contextmanager
    def page(self, person: Somebody | None, look: str) -> Iterator[Page]:
        """A page of this person's, or of a visitor's, in this look."""
        (width, height), scheme = LOOKS[look]
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            storage_state=person.context.storage_state() if person else None,
        )
        yield context.new_page()
        context.close()

    def keep(self, page: Page, name: str, *, is_whole: bool = True) -> None:
        """The page as it stands, as far down as it goes; a dialog is shown over the window alone."""
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready")
        if page.locator("[data-canvas]").count():
            page.locator("[data-sources]", has_text=re.compile(r"\d+ bars")).wait_for(timeout=40_000)
            page.locator("#book-panel .book-table").wait_for(timeout=40_000)
        if is_whole:
            # A window as tall as the page, so that what is fixed to its foot stands at the foot.
            width = (page.viewport_size or {"width": DESK[0]})["width"]
            tall = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": min(tall, TALLEST)})
        page.screenshot(path=HERE / f"{name}.png")
        print(f"  {name}")


def new_person(camera: Camera, email: str) -> Somebody:
    context = camera.browser.new_context(viewport={"width": DESK[0], "height": DESK[1]})
    return Somebody(camera.house, context, context.new_page(), email)


def meera_at_work(camera: Camera) -> tuple[Somebody, str]:
    """Somebody a day in: a team, an authenticator, an invitation on its way, a token, a channel, a checked trail."""
    meera = new_person(camera, "meera@nair.example")
    meera.signs_up("Meera Nair")
    if camera.wants("first-morning"):
        for look in ("light", "dark"):
            with camera.page(meera, look) as page:
                page.goto(camera.house.address + "/home/")
                camera.keep(page, f"first-morning-{look}")
    meera.protects_himself()
    if camera.wants("recovery-codes"):
        camera.keep(meera.page, "recovery-codes-light", is_whole=False)
    meera.goes("/account/workspaces/")
    meera.fills(name="Night desk")
    meera.page.locator("main form button.primary").last.click()
    meera.page.wait_for_url(re.compile(r".*/w/night-desk-.*"))
    found = re.search(r"/w/[^/]+/", meera.page.url)
    assert found, meera.page.url
    team = found[0]
    meera.goes(team + "members/invite/")
    meera.fills(email="tom@okafor.example")
    meera.page.locator("main form button.primary").click()
    meera.sees("is invited")
    meera.goes(team + "tokens/new/")
    meera.fills(name="Rebalancing script", days="90")
    meera.presses("Make the token")
    meera.sees("The new token")
    if camera.wants("token-made"):
        camera.keep(meera.page, "token-made-light", is_whole=False)
    meera.goes(team + "channels/add/?kind=webhook")
    meera.fills(label="Desk server", address="https://hooks.nair.example/plumbline")
    meera.page.locator("main form button.primary").click()
    meera.sees("Take the signing key now")
    if camera.wants("signing-key"):
        camera.keep(meera.page, "signing-key-light", is_whole=False)
    meera.goes(team + "jobs/")
    meera.page.locator("main form button").first.click()
    meera.page.wait_for_load_state()
    return meera, team


def connect(meera: Somebody, team: str) -> dict[str, str]:
    """Binance with a good key, paper, and Zerodha before anybody logged in there; the key of each connection."""
    made = {}
    for name, path, fields in (
        ("binance", "binance/live/", {"name": "Main", "api_key": GOOD[0], "secret": GOOD[1]}),
        ("zerodha", "zerodha/live/", {"name": "Kite", "api_key": API_KEY, "secret": API_SECRET}),
        ("paper", "paper/paper/", {"name": "Paper"}),
    ):
        meera.goes(f"{team}connections/add/{path}")
        meera.fills(**fields)
        if meera.page.locator("main [name=attested]").count():
            meera.page.check("main [name=attested]")
        meera.page.locator("main form button.primary").click()
        meera.page.wait_for_url(re.compile(r".*/connections/[0-9a-f-]{36}/$"))
        made[name] = meera.page.url.rstrip("/").rpartition("/")[2]
    meera.goes(f"{team}connections/{made['binance']}/")
    meera.page.locator("#told table").first.wait_for(timeout=30_000)
    meera.goes(f"{team}connections/{made['paper']}/")
    meera.page.locator("#told table").first.wait_for(timeout=30_000)
    return made


def stop_dialog(camera: Camera, meera: Somebody, team: str) -> None:
    for look in ("light", "phone"):
        with camera.page(meera, look) as page:
            page.goto(camera.house.address + team)
            page.keyboard.press("!")
            page.locator("dialog[open]").wait_for()
            camera.keep(page, f"stop-{look}", is_whole=False)


def too_often(camera: Camera) -> None:
    with camera.page(None, "phone") as page:
        for _ in range(4):
            page.goto(camera.house.address + "/account/password/reset/")
            page.fill("main [name=email]", "tom@okafor.example")
            page.locator("main form button.primary").click()
            page.wait_for_load_state()
        camera.keep(page, "too-often-phone")


def maintenance(camera: Camera) -> None:
    house = camera.house
    house.stop("web")
    house.environment["MAINTENANCE"] = "true"
    house.start("web")
    with camera.page(None, "dark") as page:

        def is_shut() -> bool:
            answer = page.request.get(house.address + "/", fail_on_status_code=False)
            return answer.status == 503

        wait_for(lambda: _tried(is_shut))
        page.goto(house.address)
        camera.keep(page, "maintenance-dark")


def _tried(look: Callable[[], bool]) -> bool:
    try:
        return look()
    except Exception as error:  # the server is still coming up: Playwright has one class for everything
        if "ECONNREFUSED" in str(error) or "socket hang up" in str(error):
            return False
        raise


def markets(browser: Browser, wanted: set[str]) -> None:
    with standing_house(EGRESS_ADDRESSES="203.0.113.7", SELF_HOSTED="true") as house:
        camera = Camera(house, browser, wanted)
        meera = new_person(camera, "meera@nair.example")
        meera.signs_up("Meera Nair")
        room = meera.finds_his_room()
        connects(meera, room, "Binance")
        wait_for(lambda: house.rows("SELECT 1 FROM instruments_listing WHERE venue = 'binance.sandbox'"))
        house.run("from docs.screens import markets; markets.ask_for_bars()")
        unread = "SELECT 1 FROM kernel_job WHERE kind = 'instruments.collect' AND ended_at IS NULL"
        wait_for(lambda: not house.rows(unread), seconds=300)
        keys = house.run(f"from docs.screens import markets; markets.fill({room.strip('/').rpartition('/')[2]!r})")
        # What stands on a list is listened to.
        prices = "SELECT count(*) FROM instruments_lastprice HAVING count(*) >= 4"
        wait_for(lambda: house.rows(prices), seconds=60)
        camera.take(meera, MARKETS, room=room, **json.loads(keys.splitlines()[-1]))
        house.manage("add_corporate_action", "AAPL", "split", "2020-08-31", "4:1")
        house.manage("add_corporate_action", "AAPL", "dividend", "2021-02-05", "0.205")
        olga = operator_of(camera)
        camera.take(olga, OPERATORS_OF_MARKETS)


def operator_of(camera: Camera) -> Somebody:
    camera.house.manage("create_operator", "olga@ray.example", "--name", "Olga Ray", OPERATOR_PASSWORD=PASSWORD)
    olga = new_person(camera, "olga@ray.example")
    olga.logs_in()
    olga.protects_himself()
    return olga


def main(wanted: set[str]) -> None:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise SystemExit("No Chromium on this machine: install one (apt install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        of_markets = {*MARKETS, *OPERATORS_OF_MARKETS}
        if not wanted or wanted - of_markets:
            everything_else(browser, wanted)
        if not wanted or wanted & of_markets:
            markets(browser, wanted)
        browser.close()


def everything_else(browser: Browser, wanted: set[str]) -> None:
    binance = FakeBinance().start()
    with (
        standing_house(
            VENUE_ADDRESSES=f"binance={binance.address},zerodha={NOBODY},kraken={NOBODY},coinbase={NOBODY}",
            SANDBOX_ADDRESS=binance.address,
            EGRESS_ADDRESSES="203.0.113.7",
            SELF_HOSTED="true",
        ) as house,
    ):
        camera = Camera(house, browser, wanted)
        camera.take(None, VISITORS)
        meera, team = meera_at_work(camera)
        camera.take(meera, MEERAS, team=team)
        if not wanted or wanted & {*VENUES, *OLGAS}:
            camera.take(meera, VENUES, team=team, **connect(meera, team))
        if camera.wants("stop"):
            stop_dialog(camera, meera, team)
        olga = operator_of(camera)
        ((key,),) = house.rows("SELECT id FROM accounts_person WHERE email = %s", meera.email)
        camera.take(olga, OLGAS, meera=str(key))
        if camera.wants("too-often"):
            too_often(camera)
        if camera.wants("maintenance"):
            maintenance(camera)


if __name__ == "__main__":
    main(set(sys.argv[1:]))
