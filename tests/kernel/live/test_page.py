"""The page's script in a real browser, with the vendored htmx and a policy that forbids eval and inline script."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from playwright.sync_api import Page, Route, sync_playwright

from accounts.models import Notification
from kernel.live.broadcaster import _broadcasters
from kernel.live.codes import CloseCode
from kernel.live.news import numbers_key, publish
from kernel.live.registry import forget_live, register_live
from kernel.tenancy.scope import tenant
from tests.kernel.live.listeners import cookie_of
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on the PATH; set CHROMIUM to one")


@pytest.fixture
def page(monkeypatch) -> Iterator[Page]:
    # Playwright keeps a loop in this thread; the database work of these tests is not run by it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        # The page itself is answered by the test, which Chromium does not count as loopback.
        arguments = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser.new_page()
        browser.close()


class Watched:
    """A page over the live server: its HTML and scripts come from here, its socket is the real one."""

    def __init__(self, page: Page, listening: Any, workspace: Any, cookie: str, rows: str) -> None:
        self.page, self.rows = page, rows
        self.readings = self.expected = 0
        self.complaints: list[str] = []
        self.origin = f"http://127.0.0.1:{listening.port}"
        html = (ROOT / "tests/kernel/live/templates/_page.html").read_text()
        self.html = html.replace("SLUG", workspace.slug).replace("ROWS", rows)
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.origin}])
        page.route("**/*", self.answer)
        page.goto(f"{self.origin}/page")
        page.wait_for_selector("html[data-live=open]", timeout=6000)

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(self.origin)
        if path.startswith("/static/"):
            route.fulfill(path=ROOT / path.lstrip("/"), content_type="text/javascript")
        elif path == "/page":
            route.fulfill(body=self.html, content_type="text/html", headers={"Content-Security-Policy": POLICY})
        elif path == "/notices":
            self.readings += 1
            route.fulfill(body=self.rows, content_type="text/html")
        else:
            route.fulfill(status=404)

    def shows(self, text: str) -> None:
        self.page.locator("#notices", has_text=text).wait_for(timeout=5000)

    def reads_again(self) -> None:
        wait_for(lambda: self.page.wait_for_timeout(20) or self.readings > self.expected, 8)
        self.expected = self.readings


def close_all(code: CloseCode) -> None:
    """Closes every socket of this process from the server's side."""
    for loop, (running, _) in list(_broadcasters.items()):
        for socket in running.feeds.sockets():
            loop.call_soon_threadsafe(socket.close, code)


def drawn(row: Notification, title: str) -> str:
    return f'<tr id="notice-{row.pk}"><td>{title}</td></tr>'


def test_labelled_row_is_swapped_a_new_one_fetched_and_a_gone_one_removed(page, listening, write, team, alice):
    row = write(team, alice, "first")
    watched = Watched(page, listening, team, cookie_of(alice), drawn(row, "first"))
    watched.reads_again()  # the last news may be younger than the page
    write(team, alice, "second", row)
    watched.shows("second")
    assert page.locator("#notices tr").count() == 1
    page.locator("#age", has_text="days ago").wait_for(timeout=5000)

    fresh = write(team, alice, "brand new")
    watched.rows = drawn(row, "second") + drawn(fresh, "brand new")
    page.wait_for_selector(f"#notice-{fresh.pk}")

    with tenant(team.pk):
        Notification.objects.filter(pk=row.pk).delete()
        publish("notice", row.pk)
    page.wait_for_selector(f"#notice-{row.pk}", state="detached")
    assert page.locator("#notices tr").count() == 1
    assert watched.complaints == []


def test_page_reads_again_after_a_gap_a_reconnect_and_never_for_nothing(
    page, listening, write, settings, team, alice, bob
):
    row = write(team, alice, "old news")
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.hincrby(numbers_key(team.pk), "at", -60_000)
        watched = Watched(page, listening, team, cookie_of(alice), drawn(row, "old news"))
        page.wait_for_timeout(600)
        assert watched.readings == 0, "the page was drawn long after the last news"
        write(team, alice, "in between", row)
        watched.shows("in between")
        broker.hincrby(numbers_key(team.pk), "number", 1)
        write(team, alice, "after a gap", row)
        watched.reads_again()
    for code in (CloseCode.WORN_OUT, CloseCode.TOO_SLOW, CloseCode.UNCHECKED, CloseCode.FAILED):
        close_all(code)
        watched.reads_again()
        page.wait_for_selector("html[data-live=open]")
    assert watched.complaints == []


def test_json_row_becomes_an_event_and_an_ended_entry_is_shown(page, listening, write, team, alice, bob):
    register_live("candle", lambda key: {"close": "101.5"}, encoder=lambda row: row, is_public=False)
    try:
        watched = Watched(page, listening, team, cookie_of(bob), "")
        page.evaluate("document.addEventListener('live:candle', (e) => { window.seen = e.detail.row.close })")
        with tenant(team.pk):
            publish("candle", alice.pk)
        wait_for(lambda: page.evaluate("window.seen") == "101.5")
        bob.is_active = False
        bob.save()
        page.wait_for_selector('html[data-live="ended"]')
        assert watched.complaints == []
    finally:
        forget_live("candle")
