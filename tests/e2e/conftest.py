"""A standing house, and people with browsers in it."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from accounts.domain.totp import STEP_SECONDS, code_at
from kernel import clock
from tests.accounts.security.fake_site import CLIENT_ID, CLIENT_SECRET, FakeSite
from tests.exchanges.fake_binance import FakeBinance
from tests.exchanges.fake_kite import BACK, FakeKite
from tests.house.house import House, standing_house
from tests.waiting import wait_for

#: A place where no venue answers.
NOBODY = "http://127.0.0.1:1"
PASSWORD = "correct horse battery staple"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def other_site() -> Iterator[FakeSite]:
    site = FakeSite().start()
    yield site
    site.stop()


@pytest.fixture(scope="session")
def kite() -> Iterator[FakeKite]:
    """On 127.0.0.1 while the house is on localhost: to a browser these are two sites, as they are in life."""
    one = FakeKite().start()
    yield one
    one.stop()


@pytest.fixture(scope="session")
def binance() -> Iterator[FakeBinance]:
    one = FakeBinance().start()
    yield one
    one.stop()


@pytest.fixture(scope="session")
def house(other_site: FakeSite, kite: FakeKite, binance: FakeBinance) -> Iterator[House]:
    with standing_house(
        OIDC_NAME="Example ID",
        OIDC_SERVER=other_site.address,
        OIDC_CLIENT_ID=CLIENT_ID,
        OIDC_CLIENT_SECRET=CLIENT_SECRET,
        VENUE_ADDRESSES=f"zerodha={kite.address},binance={binance.address},kraken={NOBODY},coinbase={NOBODY}",
        EGRESS_ADDRESSES="203.0.113.7",
    ) as house:
        kite.back = house.address + BACK
        yield house


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail("no Chromium on this machine: install one (apt install chromium) or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Somebody:
    """One person at one browser, whose console must stay silent."""

    house: House
    context: BrowserContext
    page: Page
    email: str
    complaints: list[str] = field(default_factory=list)
    secret: str = ""
    codes_given: int = 0

    def goes(self, path: str) -> None:
        self.page.goto(self.house.address + path)

    def sees(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for(timeout=15_000)

    def sees_that_it_stands(self) -> None:
        """The connection on this page. A token that ends at six in India is about to end when it is five there."""
        self.page.locator("#state .tag", has_text=re.compile("OK|EXPIRING")).wait_for(timeout=60_000)

    def fills(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.fill(f"main [name={name}]", value)

    def presses(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).first.click()

    def follows(self, words: str) -> None:
        self.page.get_by_role("link", name=words).first.click()

    def opens_the_mail(self, pattern: str) -> None:
        """Looks into the demo's mailbox until the link is there, and follows it."""
        reader = self.context.new_page()

        def link() -> str | None:
            reader.goto(self.house.address + "/demo/mail/")
            for panel in reader.locator("section.panel").all():
                text = panel.inner_text()
                found = re.search(pattern, text)
                if self.email in text and found:
                    return found[0]
            return None

        address = wait_for(link, seconds=30)
        reader.close()
        self.page.goto(address)

    def signs_up(self, name: str) -> None:
        self.goes("/account/sign-up/")
        self.fills(name=name, email=self.email, password1=PASSWORD)
        self.page.check("main [name=accepts]")
        self.presses("Sign up")
        self.sees("A mail is on its way")
        self.opens_the_mail(r"http://localhost:\d+/account/confirm-mail/\S+")
        self.presses("Yes, confirm")
        self.page.wait_for_url(lambda address: "confirm-mail" not in address)

    def protects_himself(self) -> None:
        """An authenticator on his phone."""
        self.goes("/account/security/authenticator/")
        self.secret = self.page.locator("code.key").inner_text().replace(" ", "")
        self.fills(code=self.shown_code())
        self.presses("Turn it on")
        self.sees("Your recovery codes")

    def finds_his_room(self) -> str:
        """The address of his own workspace."""
        self.goes("/home/")
        found = re.search(r"/w/[^/]+/", self.page.url)
        assert found, self.page.url
        return found[0]

    def finds_nothing_wrong(self) -> list[str]:
        """What an accessibility engine says of the page; and whether it scrolls sideways."""
        wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        violations = Axe().run(self.page).response["violations"]
        grave = [one["id"] for one in violations if one["impact"] in {"moderate", "serious", "critical"}]
        return grave + ["wide"] * (wider > 0)

    def logs_in(self) -> None:
        self.goes("/account/login/")
        self.fills(login=self.email, password=PASSWORD)
        self.presses("Log in")
        self.page.wait_for_load_state()

    def logs_out(self) -> None:
        self.goes("/account/logout/")
        self.page.get_by_role("button", name="Log out").last.click()
        self.page.wait_for_load_state()

    def shown_code(self) -> str:
        """What the authenticator app shows; never the same twice.

        The first is the code of the half minute before, which is taken until the present one ends: near that we wait.
        """
        left = STEP_SECONDS - clock.unix_milliseconds() / 1000 % STEP_SECONDS
        if left < 5:
            time.sleep(left)
        step = clock.unix_milliseconds() // 1000 // STEP_SECONDS - 1 + self.codes_given
        self.codes_given += 1
        return code_at(self.secret, step)

    def hears(self, state: str) -> None:
        """Waits until the page's socket is in this state."""
        self.page.locator(f"html[data-live={state}]").wait_for(state="attached", timeout=10_000)

    def has_a_passkey_device(self) -> None:
        devtools = self.context.new_cdp_session(self.page)
        devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    @property
    def is_inside(self) -> bool:
        answer = self.page.request.get(self.house.address + "/account/security/", max_redirects=0)
        return answer.status == 200


@pytest.fixture
def somebody(house: House, chromium: Browser) -> Iterator:
    """Makes people, each with a browser of his own; at the end no console may have complained."""
    made: list[Somebody] = []

    def make(email: str, **options) -> Somebody:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        person = Somebody(house, context, context.new_page(), email)
        context.on("console", lambda message: _note(person, message))
        context.on("weberror", lambda error: person.complaints.append(str(error.error)))
        made.append(person)
        return person

    yield make
    complaints = [line for person in made for line in person.complaints]
    for person in made:
        person.context.close()
    assert complaints == []


def _note(person: Somebody, message) -> None:
    # A page that was refused on purpose is no fault of the page.
    if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
        person.complaints.append(f"{person.page.url}: {message.text}")
