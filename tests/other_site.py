"""Goes to the fake other site and back, following each redirect by hand as a browser does."""

import html
import re
from typing import Any
from urllib.parse import urlsplit

import httpx
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import AuditDetail, Person
from kernel.tenancy.scope import operator
from tests.accounts.security.fake_site import CLIENT_ID, CLIENT_SECRET, FakeSite

THERE = "/account/login/other-site/"
BACK = "/account/login/other-site/back/"
SIGN_UP = "/account/sign-up/other-site/"
CONNECT = "/account/security/log-ins/connect/"
NAME = "Example ID"


def name_site(settings: Any, address: str) -> None:
    settings.OIDC_NAME, settings.OIDC_SERVER = NAME, address
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    settings.SITE_ADDRESS = "http://testserver"


def way_back(site: FakeSite, page: Any) -> str:
    """The path with which the site sends back whom this page sent there."""
    assert page.status_code == 200, (page.status_code, page.content.decode()[:2000])
    found = re.search(rf'href="({re.escape(site.address)}/[^"]+)"', page.content.decode())
    assert found, page.content.decode()[:2000]
    sent = httpx.get(html.unescape(found[1]), follow_redirects=False, trust_env=False).headers["Location"]
    parts = urlsplit(sent)
    assert f"{parts.scheme}://{parts.netloc}" == "http://testserver"
    return f"{parts.path}?{parts.query}"


def come_by(browser: Client, site: FakeSite, start: str = THERE, **fields: str) -> Any:
    """What is answered to who comes back from the site."""
    return browser.get(way_back(site, browser.post(start, fields)))


def sign_up_by(browser: Client, site: FakeSite, **changes: str) -> Any:
    """A new person, all the way through the form."""
    assert come_by(browser, site)["Location"] == SIGN_UP
    return browser.post(SIGN_UP, sign_up_form(browser, **changes))


def sign_up_form(browser: Client, **changes: str) -> dict[str, str]:
    page = browser.get(SIGN_UP).content.decode()
    hidden = dict(re.findall(r'name="(\w+_version)" value="([^"]+)"', page))
    assert set(hidden) == {"terms_version", "privacy_version"}, page
    return {"name": "Dora", "accepts": "on", **hidden, **changes}


def dora() -> Person:
    """Whom the other site tells of, unless a test says otherwise."""
    return Person.objects.get(email="dora@example.org")


def acts(person: Person) -> list[str]:
    """What the trail holds of this person, the oldest first."""
    with operator():
        found = AuditDetail.objects.filter(person_id=person.pk).select_related("entry").order_by("entry__sequence")
        return [detail.entry.action for detail in found]


def disconnect_path(log_in: SocialAccount) -> str:
    return f"/account/security/log-ins/{log_in.pk}/disconnect/"
