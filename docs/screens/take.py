"""Takes the pictures beside this file anew, of an install of its own that lives just as long: `make screens`.

Names take some of them only: `make screens ARGS="tokens sessions"`. Look at what was taken before you commit it.
"""

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.conftest import ARGUMENTS, NAMES, PASSWORD, Somebody
from tests.house.house import House, standing_house, wait_for

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
OLGAS = {
    "operators": ("/operator/", "light dark"),
    "operators-people": ("/operator/accounts/person/", "dark phone"),
    "operators-person": ("/operator/accounts/person/{meera}/change/", "light"),
    "operators-suspend": ("/operator/accounts/person/{meera}/do/suspend/", "light phone-dark"),
    "operators-trading": ("/operator/trading/", "light"),
    "operators-live": ("/operator/live/", "dark"),
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


def protect(person: Somebody) -> None:
    person.goes("/account/security/authenticator/")
    person.secret = person.page.locator("code.key").inner_text().replace(" ", "")
    person.fills(code=person.shown_code())
    person.presses("Turn it on")
    person.sees("Your recovery codes")


def meera_at_work(camera: Camera) -> tuple[Somebody, str]:
    """Somebody a day in: a team, an authenticator, an invitation on its way, a token, a channel, a checked trail."""
    meera = new_person(camera, "meera@nair.example")
    meera.signs_up("Meera Nair")
    if camera.wants("first-morning"):
        for look in ("light", "dark"):
            with camera.page(meera, look) as page:
                page.goto(camera.house.address + "/home/")
                camera.keep(page, f"first-morning-{look}")
    protect(meera)
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


def main(wanted: set[str]) -> None:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise SystemExit("No Chromium on this machine: install one (apt install chromium).")
    with standing_house() as house, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        camera = Camera(house, browser, wanted)
        camera.take(None, VISITORS)
        meera, team = meera_at_work(camera)
        camera.take(meera, MEERAS, team=team)
        if camera.wants("stop"):
            stop_dialog(camera, meera, team)
        house.manage("create_operator", "olga@ray.example", "--name", "Olga Ray", OPERATOR_PASSWORD=PASSWORD)
        olga = new_person(camera, "olga@ray.example")
        olga.logs_in()
        protect(olga)
        ((key,),) = house.rows("SELECT id FROM accounts_person WHERE email = %s", meera.email)
        camera.take(olga, OLGAS, meera=str(key))
        if camera.wants("too-often"):
            too_often(camera)
        if camera.wants("maintenance"):
            maintenance(camera)
        browser.close()


if __name__ == "__main__":
    main(set(sys.argv[1:]))
