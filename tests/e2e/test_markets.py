"""Markets in a browser: found though misspelt, drawn, watched, waited for, and alive without a reload."""

import re
import time

from tests.e2e.conftest import Somebody
from tests.e2e.test_sandbox import connects
from tests.waiting import wait_for

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
SANDBOX = "binance.sandbox"
#: Which column of a table of bars; what is marked may stand behind it.
GIVEN_BY = 6
#: In milliseconds; a busy machine is no fault of the pages.
PATIENCE = 90_000


def moves_in(person: Somebody, name: str) -> str:
    """A new person whose workspace is connected to the sandbox, so that its market is listened to."""
    person.signs_up(name)
    room = person.finds_his_room()
    connects(person, room, "Binance")
    person.sees_that_it_stands()
    return room


def types_into_markets(person: Somebody, room: str, words: str) -> None:
    person.goes(f"{room}markets/")
    person.page.locator("#id_q").press_sequentially(words, delay=30)
    person.page.locator("#market-rows h2", has_text=words).wait_for(timeout=PATIENCE)


def opens_bitcoin(person: Somebody, room: str) -> None:
    """By its misspelt name; the sandbox's own listing, whose catalogue comes a moment after the connection."""
    types_into_markets(person, room, "bitcion")
    person.sees("also shown is what holds")
    person.page.locator("#market-rows a.row-link", has_text="BTC/USDT").first.click()
    person.page.wait_for_url(re.compile(r".*/markets/[0-9a-f-]{36}/.*"))
    row = person.page.locator("#listings a.row-link", has_text=SANDBOX)
    row.wait_for(timeout=PATIENCE)
    row.click()
    person.page.wait_for_url("**?listing=*")
    person.page.locator("#shown-price h2", has_text=SANDBOX).wait_for()


#: How many pixels of the chart's canvases bear any ink. They are copied first: who reads a canvas often makes it slow.
_INK = """() => [...document.querySelectorAll("[data-canvas] canvas")].reduce((sum, one) => {
    if (!one.width || !one.height) return sum;
    const copy = new OffscreenCanvas(one.width, one.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(one, 0, 0);
    const ink = copy.getImageData(0, 0, one.width, one.height).data;
    let count = 0;
    for (let at = 3; at < ink.length; at += 4) count += ink[at] > 0;
    return sum + count;
}, 0)"""


def sees_the_chart(person: Somebody) -> None:
    person.page.locator("[data-sources]", has_text=re.compile(r"\d+ bars")).wait_for(timeout=PATIENCE)
    person.page.wait_for_function(f"({_INK})() > 1000", timeout=PATIENCE)


def told_bars(person: Somebody) -> list[list[str]]:
    """The rows of the table one link below the chart, newest first."""
    return [
        [cell.inner_text() for cell in row.locator("td").all()]
        for row in person.page.locator("main .table tbody tr").all()
    ]


def test_instrument_is_found_drawn_watched_and_waited_for(somebody):
    nora = somebody("nora@markets.example", viewport=DESK, bypass_csp=True)
    room = moves_in(nora, "Nora Markets")
    opens_bitcoin(nora, room)
    sees_the_chart(nora)
    assert nora.finds_nothing_wrong() == []

    page = nora.page.url
    nora.follows("As a table")
    nora.page.wait_for_url("**/bars/**")
    rows = told_bars(nora)
    assert len(rows) == 100
    assert {row[GIVEN_BY] for row in rows} == {SANDBOX}
    assert nora.finds_nothing_wrong() == []
    # The same figures as the chart was given: its last bar that is over is the table's first row.
    listing = re.search(r"/([0-9a-f-]{36})/bars/", nora.page.url)[1]
    given = nora.page.request.get(f"{nora.page.url.partition('/bars/')[0]}/bars.json?interval=1h").json()
    assert given["listing"] == listing
    closes = [f"{close:,.2f}" for close in given["close"][-100:]]
    # Between the two an hour may end.
    assert closes[::-1][1:50] == [row[4] for row in rows][1:50] or closes[::-1][2:50] == [row[4] for row in rows][1:49]

    nora.page.goto(page)
    nora.page.locator(".chart-panel nav a", has_text="15m").click()
    nora.page.wait_for_url("**interval=15m**")
    nora.page.locator(".chart-panel nav a[aria-current=true]", has_text="15m").wait_for()
    sees_the_chart(nora)

    nora.page.locator(".page-head").get_by_role("button", name="Watch").click()
    nora.page.locator(".page-head button[aria-pressed=true]", has_text="Watching").wait_for()
    nora.page.reload()
    nora.page.locator(".page-head button[aria-pressed=true]", has_text="Watching").wait_for()

    nora.page.locator("#alert-form select[name=kind]").select_option("above")
    nora.fills(threshold="999999", note="Sell the boat")
    nora.presses("Set the alert")
    nora.sees("rises through 999,999")
    nora.goes(f"{room}alerts/")
    row = nora.page.locator("#alert-rows tr", has_text="BTC/USDT")
    row.wait_for(timeout=PATIENCE)
    assert "ARMED" in row.inner_text()
    assert "Sell the boat" in row.inner_text()
    assert nora.finds_nothing_wrong() == []
    nora.goes(f"{room}watchlists/")
    nora.page.locator("main .table a.name", has_text="Watchlist").click()
    nora.page.locator("#watched-rows", has_text="BTC/USDT").wait_for()
    assert nora.finds_nothing_wrong() == []


def test_price_and_book_come_alive_without_a_reload(somebody):
    ivo = somebody("ivo@markets.example", viewport=DESK, bypass_csp=True)
    room = moves_in(ivo, "Ivo Markets")
    opens_bitcoin(ivo, room)
    ivo.hears("open")
    ivo.page.evaluate("window.never_loaded_again = true")
    price = ivo.page.locator("#shown-price [data-price]")
    price.wait_for(timeout=PATIENCE)
    before = price.get_attribute("data-at")
    ivo.page.wait_for_function(
        "before => document.querySelector('#shown-price [data-price]')?.dataset.at > before",
        arg=before,
        timeout=PATIENCE,
    )
    # Young: what is a quarter of a minute old would be shown as old.
    assert "fresh" in price.get_attribute("class")

    book = ivo.page.locator("#book-panel .book-table")
    book.wait_for(timeout=PATIENCE)
    seen = book.inner_text()
    ivo.page.wait_for_function(
        "seen => document.querySelector('#book-panel .book-table').innerText !== seen", arg=seen, timeout=PATIENCE
    )
    bids, asks = (
        [float(one.replace(",", "")) for one in ivo.page.locator(f"#book-panel td.{side}").all_inner_texts() if one]
        for side in ("buy", "sell")
    )
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]
    assert ivo.page.evaluate("window.never_loaded_again") is True
    assert ivo.finds_nothing_wrong() == []


def test_search_is_not_lost_to_the_list_that_is_read_again_meanwhile(somebody):
    lena = somebody("lena@markets.example", viewport=DESK, bypass_csp=True)
    lena.signs_up("Lena Markets")
    room = lena.finds_his_room()
    lena.goes(f"{room}markets/")
    # The answer to the search is late, and a page that lost its socket reads its list again in between.
    lena.page.route("**/markets/?*q=bitcion*", lambda route: (time.sleep(2), route.continue_()))
    lena.page.evaluate("""() => document.body.addEventListener("htmx:beforeSend", (event) => {
        if (event.detail.elt.id === "market-filter") setTimeout(() => htmx.trigger("#market-rows", "resync"), 50);
    })""")
    lena.page.locator("#id_q").press_sequentially("bitcion", delay=30)
    lena.page.locator("#market-rows h2", has_text="bitcion").wait_for(timeout=20_000)


def test_data_health_and_quality_tell_of_the_bars_on_a_phone(somebody, house):
    rhea = somebody("rhea@markets.example", viewport=PHONE, bypass_csp=True)
    room = moves_in(rhea, "Rhea Markets")
    opens_bitcoin(rhea, room)
    sees_the_chart(rhea)
    rhea.goes(f"{room}data-health/")
    rhea.page.locator("main", has_text="BTCUSDT").wait_for()
    assert SANDBOX in rhea.page.locator("main").inner_text()
    assert rhea.finds_nothing_wrong() == []

    # What the hourly task does, now.
    house.run("from instruments.tasks import check_all_series; check_all_series()")
    row = rhea.page.locator("main .table tbody a", has_text="BTCUSDT").first

    def is_checked() -> bool:
        rhea.goes(f"{room}data-quality/")
        return row.count() > 0

    wait_for(is_checked, seconds=PATIENCE / 1000)
    assert rhea.finds_nothing_wrong() == []
    row.click()
    rhea.page.wait_for_url(re.compile(r".*/data-quality/[0-9a-f-]{36}/"))
    rhea.page.locator("figure.series-chart svg polyline").wait_for(state="attached")
    assert rhea.finds_nothing_wrong() == []
