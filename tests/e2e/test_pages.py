"""Every page, in light and dark, on a phone and on a desk: an accessibility engine finds nothing of weight on it, and
nothing scrolls sideways."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import PASSWORD, Somebody
from tests.house.market_rows import keys_of_markets

OPEN = [
    "/",
    "/pricing/",
    "/legal/terms/",
    "/legal/privacy/",
    "/legal/risk-disclosure/",
    "/api/v1/docs/",
    "/account/login/",
    "/account/sign-up/",
    "/account/login/other-site/back/",
    "/account/confirm-mail/",
    "/account/password/reset/",
    "/account/password/reset/sent/",
    "/account/invitation/unknown/",
    "/demo/mail/",
    "/nothing-here/",
]
#: For whom another site has named, and who is nobody here yet.
NEWCOMERS = ["/account/sign-up/other-site/"]
PERSONS = [
    "/account/security/",
    "/account/security/authenticator/",
    "/account/security/passkey/",
    "/account/security/recovery-codes/",
    "/account/confirm/",
    "/account/sessions/",
    "/account/mail-addresses/",
    "/account/password/change/",
    "/account/preferences/",
    "/account/consents/",
    "/account/data/",
    "/account/delete/",
    "/account/workspaces/",
]
WORKSPACES = [
    "",
    "jobs/",
    "audit/",
    "members/",
    "members/invite/",
    "settings/",
    "settings/delete/",
    "tokens/",
    "tokens/new/",
    "stop/",
    "search/?q=a",
    "notifications/",
    "channels/",
    "channels/add/",
    "connections/",
    "connections/add/",
    "connections/add/paper/paper/",
    "connections/add/zerodha/live/",
    "connections/add/binance/live/",
    "connections/health/",
    "holdings/",
]
MARKETS = [
    "markets/",
    "markets/?q=bitcion",
    "markets/?q=zzzzzzzzzz",
    "markets/{unpriced}/",
    "markets/{instrument}/",
    "markets/{instrument}/?listing={listing}&interval=1d",
    "markets/{instrument}/{listing}/bars/?interval=1h",
    "markets/{instrument}/{listing}/bars/?interval=1d",
    "news/",
    "news/?instrument=bitcoin&tone=negative",
    "news/?instrument=zzzzzzzzzz",
    "watchlists/",
    "watchlists/{watchlist}/",
    "watchlists/{watchlist}/delete/",
    "alerts/",
    "alerts/{alert}/",
    "alerts/{alert}/delete/",
    "data-health/",
    "data-quality/",
    "data-quality/{series}/",
    "data-quality/{series}/?severity=error",
]
OPERATORS = [
    "",
    "live/",
    "trading/",
    "accounts/person/",
    "accounts/person/{person}/change/",
    "accounts/person/{person}/kyc/",
    "accounts/person/{person}/do/end-sessions/",
    "accounts/auditentry/",
    "accounts/killswitch/",
    "accounts/mail/",
    "usersessions/usersession/",
    "kernel/job/",
]
OPERATORS_OF_MARKETS = [
    "instruments/instrument/",
    "instruments/instrument/{instrument}/change/",
    "instruments/listing/",
    "instruments/listing/{listing}/change/",
    "instruments/cataloguereading/",
    "instruments/candleseries/",
    "instruments/candleseries/{candles}/change/",
    "instruments/candlefile/",
    "instruments/sourcechoice/",
    "instruments/sourcestanding/",
    "instruments/failover/",
    "instruments/disagreement/",
    "instruments/listingfigures/",
    "instruments/checkedseries/",
    "instruments/checkedseries/{series}/change/",
    "instruments/qualityfinding/",
    "instruments/qualityscore/",
    "instruments/repairproposal/",
    "instruments/repairproposal/{repair}/change/",
    "instruments/repairproposal/{repair}/do/accept/",
    "instruments/corporateaction/",
    "instruments/corporateaction/do/add/",
    "instruments/corporateaction/{action}/change/",
    "instruments/corporateaction/{action}/do/withdraw/",
    "instruments/newssource/",
    "instruments/newssource/new/",
    "instruments/newssource/{feed}/change/",
    "instruments/newssource/{feed}/edit/",
    "instruments/newssource/{feed}/do/resume/",
    "instruments/newsitem/",
    "instruments/newsitem/{item}/change/",
    "instruments/newsmatch/",
    "instruments/newsmatch/{match}/change/",
]
SIZES = {"a phone": (360, 740), "a desk": (1440, 900)}


#: What reaches over the edge and is cut by nothing around it.
WIDEST = """() => {
    const edge = document.documentElement.clientWidth;
    const isCut = (one) => one && (getComputedStyle(one).overflowX !== "visible" || isCut(one.parentElement));
    return [...document.querySelectorAll("main *")]
        .filter((one) => one.getBoundingClientRect().right > edge + 0.5 && !isCut(one.parentElement))
        .map((one) => `<${one.tagName.toLowerCase()} class="${one.className}"> ${one.textContent.trim().slice(0, 40)}`)
        .slice(-3);
}"""


@pytest.fixture(scope="module")
def states(house, chromium, other_site) -> dict[str, dict]:
    """Who is logged in, as cookies that further browsers may take."""
    house.manage("create_operator", "ops@example.test", "--name", "Olga", OPERATOR_PASSWORD=PASSWORD)
    context = chromium.new_context()
    olga = Somebody(house, context, context.new_page(), "ops@example.test")
    olga.logs_in()
    olga.protects_himself()
    olga.goes("/account/workspaces/")
    olga.fills(name="Night desk")
    olga.page.locator("main form button.primary").last.click()
    olga.page.wait_for_url(re.compile(r".*/w/night-desk-.*"))
    ((person,),) = house.rows("SELECT id FROM accounts_person WHERE email = %s", olga.email)
    workspace = re.search(r"/w/[^/]+/", olga.page.url)[0]
    state = {
        "storage": context.storage_state(),
        "workspace": workspace,
        "person": str(person),
        "keys": {"person": str(person), **keys_of_markets(house, workspace)},
    }
    context.close()
    other_site.person = {"sub": "new", "email": "new@person.example", "email_verified": True, "name": "New Person"}
    context = chromium.new_context()
    newcomer = Somebody(house, context, context.new_page(), "")
    newcomer.goes("/account/login/")
    newcomer.presses("Continue with Example ID")
    newcomer.sees("You are new here.")
    state["newcomers"] = context.storage_state()
    context.close()
    return state


# The first of them makes the house's people and rows too; how fast that is says nothing about the pages.
@pytest.mark.timeout(900)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "group", ["open", "newcomers", "persons", "workspaces", "markets", "operators", "operators of markets"]
)
def test_pages_are_accessible_and_fit(house, chromium, states, group, scheme, size):
    width, height = SIZES[size]
    context = chromium.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        bypass_csp=True,
        **({} if group == "open" else {"storage_state": states.get(group, states["storage"])}),
    )
    page, found = context.new_page(), []
    addresses = {
        "open": OPEN,
        "newcomers": NEWCOMERS,
        "persons": PERSONS,
        "workspaces": [states["workspace"] + path for path in WORKSPACES],
        "markets": [states["workspace"] + path.format(**states["keys"]) for path in MARKETS],
        "operators": [f"/operator/{path}".format(**states["keys"]) for path in OPERATORS],
        "operators of markets": [f"/operator/{path}".format(**states["keys"]) for path in OPERATORS_OF_MARKETS],
    }[group]
    for address in addresses:
        answer = page.goto(house.address + address)
        assert answer.status < 500, address
        assert page.get_attribute("html", "lang") == "en", f"{address} is not drawn by a template of ours"
        assert group == "open" or (answer.status == 200 and "/login/" not in page.url), (address, page.url)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            found.append(f"{address} is {wider} px too wide: {page.evaluate(WIDEST)}")
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in {"moderate", "serious", "critical"}:
                targets = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
                found.append(f"{address}: {violation['id']} at {targets[:3]}")
    context.close()
    assert found == []
