"""The public pages and the errors: honest words, landmarks, one heading, no database where it may be gone."""

import re
from functools import partial
from itertools import pairwise

import pytest
from django.test import RequestFactory
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from kernel.views import errors

PUBLIC = ("/", "/pricing/", "/account/login/", "/nothing-here/")


def headings(html):
    return [int(level) for level in re.findall(r"<h([1-6])\b", html)]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC)
def test_page_has_its_landmarks_and_its_headings_in_order(client, path):
    html = client.get(path).content.decode()
    assert '<html lang="en"' in html
    assert html.count("<main") == 1
    assert 'href="#content"' in html
    found = headings(html)
    assert found.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(found))


@pytest.mark.django_db
def test_first_page_says_what_does_not_work_yet_and_names_no_venue(client):
    html = client.get("/").content.decode()
    assert html.count("NOT YET") >= 2
    assert "It does not trade yet." in html
    assert not re.search(r"Zerodha|Binance|₹|\d %", html)


@pytest.mark.django_db
@pytest.mark.parametrize(("sign_up", "is_offered"), [("open", True), ("invited", False), ("closed", False)])
def test_first_page_offers_sign_up_only_while_it_is_open(client, settings, sign_up, is_offered):
    settings.SIGN_UP = sign_up
    assert (f'href="{reverse("account_signup")}"' in client.get("/").content.decode()) == is_offered


@pytest.mark.django_db
def test_prices_are_one_honest_sentence(client):
    assert "Nothing is sold here yet." in client.get("/pricing/").content.decode()


@pytest.mark.django_db
def test_components_are_for_staff(client, alice):
    assert client.get("/styleguide/").status_code == 404
    client.force_login(alice)
    assert client.get("/styleguide/").status_code == 404
    alice.is_staff = True
    alice.save()
    html = client.get("/styleguide/", {"theme": "dark"}).content.decode()
    assert 'data-theme="dark"' in html
    assert 'data-theme="' not in client.get("/styleguide/", {"theme": "no-theme"}).content.decode()
    for word in ("UNKNOWN", "HALTED", "DAILY_LOSS_LIMIT", "₹18,85,588.10", "SANDBOX"):
        assert word in html


@pytest.mark.parametrize("path", ["/x/", "/api/v1/x"])
def test_too_many_says_how_long_to_wait(path):
    answer = errors.too_many(RequestFactory().get(path), retry_after=42)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "42"
    assert b"TOO_MANY_REQUESTS" in answer.content
    if path == "/x/":
        assert b"<strong>42 s</strong>" in answer.content


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 429, 500, 503])
def test_error_has_a_sentence_of_its_own(status):
    page = errors.answer(RequestFactory().get("/x/"), status, "CODE", "What happened.").content.decode()
    assert f"{status} CODE" in page
    assert f"<h1>{errors.TITLES[status]}</h1>" in page
    assert "What happened." in page


@pytest.mark.parametrize(
    ("draw", "code"),
    [(errors.server_error, "SERVER_ERROR"), (partial(errors.maintenance, retry_after=60), "MAINTENANCE")],
)
def test_failure_is_drawn_without_database_session_or_person(draw, code):
    """No database fixture, and nobody behind the request: whatever asks for either raises."""
    request = RequestFactory().get("/x/")
    request.user = SimpleLazyObject(lambda: 1 / 0)
    assert code in draw(request).content.decode()


def test_maintenance_closes_pages_and_api_and_leaves_the_health_checks(client, settings):
    settings.MAINTENANCE = True
    page = client.get("/")
    assert page.status_code == 503
    assert page["Retry-After"] == "300"
    assert "Closed for maintenance" in page.content.decode()
    assert client.get("/api/v1/me").json()["code"] == "MAINTENANCE"
    assert client.get("/healthz").status_code == 200
