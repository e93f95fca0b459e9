"""Pages: what they show, how many queries they ask, and what they forbid the browser."""

import datetime as dt
import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.doors import access_of
from accounts.models.workspace import Role
from accounts.services.tokens import create_token
from accounts.services.workspaces import add_member
from kernel import clock
from kernel.jobs.models import Job
from kernel.jobs.services import start_job
from kernel.tenancy.scope import tenant
from kernel.views import health
from tests.factories.people import PASSWORD, PersonFactory
from tests.isolation.routes import all_routes

pytestmark = pytest.mark.django_db

PAGES = ("", "jobs/", "audit/", "members/", "search/", "search/?q=example", "tokens/", "stop/", "settings/")


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def fill(team, rows):
    with tenant(team.pk):
        for number in range(rows):
            job = start_job("accounts.check_audit", now=clock.now())
            Job.objects.filter(pk=job.pk).update(state="DONE", done=number, total=3, ended_at=clock.now())
            member = add_member(workspace=team, person=PersonFactory(), role=Role.VIEWER, now=clock.now())
            create_token(
                access=access_of(member), name="t", scopes=set(), now=clock.now(), lifetime=dt.timedelta(days=1)
            )


@pytest.mark.parametrize("page", PAGES)
def test_page_asks_as_many_queries_for_one_row_as_for_three(signed_in, team, page, django_assert_max_num_queries):
    counts = []
    for rows in (1, 2):  # one row, then three
        fill(team, rows)
        signed_in.get(f"/w/{team.slug}/{page}")
        with django_assert_max_num_queries(22) as asked:
            assert signed_in.get(f"/w/{team.slug}/{page}").status_code == 200
        counts.append(len(asked.captured_queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("path", ["/", "/account/login/", "/nothing-here/"])
def test_page_forbids_inline_scripts_and_frames(client, path):
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("page", PAGES)
def test_page_holds_no_inline_script_style_or_handler(signed_in, team, page):
    fill(team, 2)
    html = signed_in.get(f"/w/{team.slug}/{page}").content.decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//', html) == []


def test_log_in_keeps_what_was_typed_and_says_why(client, alice):
    answer = client.post("/account/login/", {"login": "alice@example.org", "password": "wrong"})
    page = answer.content.decode()
    assert 'value="alice@example.org"' in page
    assert "not correct" in page
    assert "wrong" not in page


def test_log_in_and_out(client, team, alice):
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    answer = client.post("/account/login/", {"login": "alice@example.org", "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/w/{team.slug}/"
    client.post("/account/logout/")
    assert client.get(f"/w/{team.slug}/").status_code == 302


def test_demo_log_in_is_for_this_machine_alone(client, alice, settings):
    settings.DEMO_EMAIL = alice.email
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    form = {"login": alice.email.upper(), "password": PASSWORD}
    answer = client.post("/account/login/", form, REMOTE_ADDR="192.0.2.7")
    assert "works on the machine that runs it alone" in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert client.post("/account/login/", form, REMOTE_ADDR="::1").status_code == 302


def test_operators_tree_is_closed_to_everybody_else(client, team, alice):
    """Every address under it, whatever it takes in its path."""
    client.force_login(alice)
    operators = [route for route in all_routes() if route.template.startswith("operator/")]
    led_to_log_in = 0
    for route in operators:
        path = "/" + re.sub(r"\(\?P<\w+>[^)]*\)\$?|<[^>]*>", "1", route.template)
        answer = client.get(path)
        is_refused = answer.status_code == 404 or (answer.status_code == 302 and "login" in answer["Location"])
        led_to_log_in += answer.status_code == 302
        assert is_refused or route.name in {"login", "logout"}, (path, answer.status_code)
    assert led_to_log_in > 30


def test_job_is_begun_and_stopped_from_the_page(signed_in, team):
    assert signed_in.post(f"/w/{team.slug}/jobs/", {"kind": "accounts.check_audit"}).status_code == 302
    with tenant(team.pk):
        job = Job.objects.get()
    assert "QUEUED" in signed_in.get(f"/w/{team.slug}/jobs/").content.decode()
    signed_in.post(f"/w/{team.slug}/jobs/{job.pk}/cancel/")
    page = signed_in.post(f"/w/{team.slug}/jobs/{job.pk}/cancel/", follow=True).content.decode()
    assert "CANCELLED" in page
    assert "had already ended" in page


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/nothing-here/", 404, "NOT_FOUND"), ("/w/x/jobs/not-a-uuid/cancel/", 404, "NOT_FOUND")],
)
def test_error_page_says_what_happened_and_names_the_request(client, path, status, code):
    answer = client.get(path)
    page = answer.content.decode()
    assert answer.status_code == status
    assert code in page
    assert answer["X-Request-ID"] in page


def test_failure_of_ours_tells_no_detail(client, monkeypatch, caplog):
    client.raise_request_exception = False
    monkeypatch.setattr(health, "JsonResponse", lambda *_: 1 / 0)
    answer = client.get("/healthz")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "SERVER_ERROR" in page
    assert "ZeroDivision" not in page


def test_form_of_ten_megabytes_is_413_and_changes_nothing(signed_in, team):
    answer = signed_in.post(f"/w/{team.slug}/jobs/", {"kind": "x" * 10_000_000})
    assert answer.status_code == 413
    assert "BODY_TOO_LARGE" in answer.content.decode()
    with tenant(team.pk):
        assert Job.objects.count() == 0


def test_form_of_another_site_is_refused_in_words(team, alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post(f"/w/{team.slug}/jobs/", {"kind": "accounts.check_audit"})
    assert answer.status_code == 403
    assert "Load the page again" in answer.content.decode()


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 40, "5"])
def test_audit_page_takes_any_cursor(signed_in, team, before):
    assert signed_in.get(f"/w/{team.slug}/audit/", {"before": before}).status_code == 200
