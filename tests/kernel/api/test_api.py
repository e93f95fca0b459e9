"""The API's base: tokens, problems with stable codes, pages, limits, exact numbers."""

import datetime as dt
import io
import json
import re
from decimal import Decimal

import pytest
from django.core.cache import cache

from accounts.doors import access_of
from accounts.models import ApiToken, Membership
from accounts.services.tokens import create_token, revoke_token
from kernel import clock
from kernel.api import parsers, renderers
from kernel.api.codes import CODES
from kernel.jobs.services import start_job
from kernel.tenancy.access import Right
from kernel.tenancy.scope import tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def token_for(team):
    """Makes a token of a member of the team."""

    def make(person, scopes=(Right.VIEW, Right.EDIT, Right.MANAGE), **options):
        with tenant(team.pk):
            access = access_of(Membership.objects.get(person=person))
            token, secret = create_token(
                access=access,
                name="Test",
                scopes=set(scopes),
                now=options.pop("now", clock.now()),
                lifetime=options.pop("lifetime", dt.timedelta(days=1)),
                **options,
            )
        return token, {"Authorization": f"Bearer {secret.reveal()}"}

    return make


def problem(answer):
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] in CODES
    assert set(body) >= {"type", "title", "status", "code", "detail", "request"}
    return answer.status_code, body["code"]


def test_token_says_whose_it_is(client, team, alice, token_for):
    _, headers = token_for(alice)
    body = client.get("/api/v1/me", headers=headers).json()
    assert body["person"] == str(alice.pk)
    assert body["workspace"] == str(team.pk)
    assert (body["role"], body["may_trade"], body["scopes"]) == ("owner", False, ["edit", "manage", "view"])


def test_call_without_a_token_is_401_and_says_what_to_send(client):
    answer = client.get("/api/v1/me")
    assert problem(answer) == (401, "NOT_AUTHENTICATED")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("given", ["Bearer nonsense", "Bearer pl_aaaaaaaaaa_" + "A" * 43, "Basic eHg6eHg=", "Bearer"])
def test_token_that_is_not_known_is_refused(client, given):
    status, code = problem(client.get("/api/v1/me", headers={"Authorization": given}))
    assert status == 401
    assert code in {"BAD_TOKEN", "NOT_AUTHENTICATED"}


def test_token_with_a_right_prefix_and_a_wrong_secret_is_refused(client, alice, token_for):
    token, _ = token_for(alice)
    headers = {"Authorization": f"Bearer pl_{token.prefix}_{'A' * 43}"}
    assert problem(client.get("/api/v1/me", headers=headers)) == (401, "BAD_TOKEN")


def test_revoked_token_opens_nothing(client, team, alice, token_for):
    token, headers = token_for(alice)
    with tenant(team.pk):
        revoke_token(access=access_of(Membership.objects.get(person=alice)), token=token, now=clock.now())
    answer = client.get("/api/v1/me", headers=headers)
    assert problem(answer) == (401, "BAD_TOKEN")
    assert "revoked" in answer.json()["detail"]


def test_expired_token_says_when_it_expired(client, alice, token_for):
    _, headers = token_for(alice, now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), lifetime=dt.timedelta(days=1))
    assert "expired on 2026-01-02 00:00 UTC" in client.get("/api/v1/me", headers=headers).json()["detail"]


@pytest.mark.parametrize(
    ("networks", "status"), [(["127.0.0.0/8"], 200), (["10.0.0.0/8", "2001:db8::/32"], 401), ([], 200)]
)
def test_token_is_for_its_addresses_alone(client, alice, token_for, networks, status):
    _, headers = token_for(alice, addresses=networks)
    assert client.get("/api/v1/me", headers=headers).status_code == status


def test_address_is_not_believed_from_a_header_unless_a_proxy_is_trusted(client, alice, token_for, settings):
    _, headers = token_for(alice, addresses=["192.0.2.0/24"])
    forged = {**headers, "X-Forwarded-For": "192.0.2.1"}
    assert client.get("/api/v1/me", headers=forged).status_code == 401
    settings.TRUSTED_PROXIES = 1
    assert client.get("/api/v1/me", headers=forged).status_code == 200
    assert client.get("/api/v1/me", headers={**headers, "X-Forwarded-For": "192.0.2.1, 203.0.113.9"}).status_code == 401


def test_token_of_somebody_who_left_opens_nothing(client, team, bob, token_for):
    _, headers = token_for(bob, scopes=(Right.VIEW,))
    with tenant(team.pk):
        Membership.objects.filter(person=bob).delete()
    assert problem(client.get("/api/v1/me", headers=headers)) == (401, "BAD_TOKEN")


def test_scopes_narrow_what_the_role_may_do(client, alice, token_for):
    _, headers = token_for(alice, scopes=(Right.VIEW,))
    assert client.get("/api/v1/jobs", headers=headers).status_code == 200
    assert problem(client.post("/api/v1/jobs", {}, headers=headers, content_type="application/json")) == (
        403,
        "NOT_ALLOWED",
    )


def test_scopes_never_widen_what_the_role_may_do(client, bob, token_for):
    _, headers = token_for(bob, scopes=tuple(Right))
    assert problem(client.post("/api/v1/jobs", {}, headers=headers, content_type="application/json")) == (
        403,
        "NOT_ALLOWED",
    )


def test_last_use_is_kept_to_the_minute(client, team, alice, token_for):
    token, headers = token_for(alice)
    client.get("/api/v1/me", headers=headers)
    with tenant(team.pk):
        used = ApiToken.objects.get(pk=token.pk)
        assert used.last_used_from == "127.0.0.1"
        first = used.last_used_at
    client.get("/api/v1/me", headers=headers)
    with tenant(team.pk):
        assert ApiToken.objects.get(pk=token.pk).last_used_at == first


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("get", "/api/v1/nothing", None, (404, "NOT_FOUND")),
        ("get", "/api/v1/jobs/01a1fbed-bf02-7000-9deb-f4d8fe0da477", None, (404, "NOT_FOUND")),
        ("delete", "/api/v1/me", None, (405, "METHOD_NOT_ALLOWED")),
        ("post", "/api/v1/jobs", "{not json", (400, "UNREADABLE_BODY")),
        ("post", "/api/v1/jobs", '{"kind": NaN}', (400, "UNREADABLE_BODY")),
        ("post", "/api/v1/jobs", "[" * 100_000, (400, "UNREADABLE_BODY")),
        ("post", "/api/v1/jobs", '{"kind": "rm -rf"}', (400, "INVALID")),
        ("post", "/api/v1/jobs", "[]", (400, "INVALID")),
        ("get", "/api/v1/jobs?cursor=cD0x", None, (400, "BAD_CURSOR")),
    ],
)
def test_bad_calls_are_problems_with_a_stable_code(client, alice, token_for, method, path, body, expected):
    _, headers = token_for(alice)
    options = {"data": body, "content_type": "application/json"} if body else {}
    assert problem(getattr(client, method)(path, headers=headers, **options)) == expected


def test_body_of_another_kind_is_415(client, alice, token_for):
    _, headers = token_for(alice)
    answer = client.post("/api/v1/jobs", {"kind": "x"}, headers=headers)
    assert problem(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_pages_follow_each_other_without_repeating_or_missing_a_row(client, team, alice, token_for):
    with tenant(team.pk):
        made = [str(start_job("accounts.check_audit", now=clock.now()).pk) for _ in range(7)]
    _, headers = token_for(alice)
    seen, path = [], "/api/v1/jobs?limit=3"
    while path:
        body = client.get(path, headers=headers).json()
        seen += [row["id"] for row in body["results"]]
        path = body["next"]
    assert seen == list(reversed(made))


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_a_fixed_number_of_queries(client, team, alice, token_for, rows, django_assert_num_queries):
    with tenant(team.pk):
        for _ in range(rows):
            start_job("accounts.check_audit", now=clock.now())
    _, headers = token_for(alice)
    client.get("/api/v1/jobs", headers=headers)
    with django_assert_num_queries(14):
        client.get("/api/v1/jobs", headers=headers)


def test_limit_is_told_and_kept(client, alice, token_for, settings):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {"token": "3/min", "address": "2/min"},
    }
    cache.clear()
    _, headers = token_for(alice)
    answers = [client.get("/api/v1/me", headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[0]["RateLimit-Limit"] == "3"
    assert problem(answers[3]) == (429, "TOO_MANY_REQUESTS")
    assert 1 <= int(answers[3]["Retry-After"]) <= 61
    guesses = [client.get("/api/v1/me", headers={"Authorization": "Bearer x"}).status_code for _ in range(3)]
    assert guesses == [401, 401, 429]


def test_limit_is_kept_by_the_process_alone_when_redis_is_away(client, alice, token_for, settings):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {"token": "2/min", "address": "9/min"},
    }
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    _, headers = token_for(alice)
    assert [client.get("/api/v1/me", headers=headers).status_code for _ in range(3)] == [200, 200, 429]


def test_decimals_go_out_as_texts_and_come_in_exactly():
    assert json.loads(
        renderers.JSON().render({"price": Decimal("0.10"), "big": Decimal("1E+3"), "none": Decimal("0E-18")})
    ) == {
        "price": "0.1",
        "big": "1000",
        "none": "0",
    }
    assert parsers.JSON().parse(io.BytesIO(b'{"price": 0.1}')) == {"price": Decimal("0.1")}


def test_schema_is_openapi_31_and_names_every_route(client):
    schema = client.get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    assert schema["openapi"].startswith("3.1")
    assert set(schema["paths"]) >= {
        "/api/v1/me",
        "/api/v1/jobs",
        "/api/v1/jobs/{job}",
        "/api/v1/jobs/{job}/cancel",
        "/api/v1/audit",
    }


def test_reference_page_needs_no_other_host_and_no_inline_script(client):
    page = client.get("/api/v1/docs/").content.decode()
    assert "/api/v1/jobs/{job}/cancel" in page
    assert "results[].state" in page
    assert re.findall(r'<script(?! defer src="/static/)', page) == []
    assert "//" not in page.replace("http://www.w3.org", "")
    for code in CODES:
        assert f'id="{code}"' in page


def test_path_means_the_same_with_a_slash_at_its_end(client, token_for, alice):
    _, headers = token_for(alice)
    plain, slashed = (client.get(f"/api/v1/me{end}", headers=headers) for end in ("", "/"))
    assert (slashed.status_code, slashed.content) == (plain.status_code, plain.content) == (200, plain.content)


def test_what_is_sent_to_a_path_with_a_slash_is_taken(client, token_for, alice):
    _, headers = token_for(alice)
    body = {"name": "Second", "scopes": ["view"]}
    told = client.post("/api/v1/tokens/", json.dumps(body), content_type="application/json", headers=headers)
    assert (
        told.status_code
        == client.post("/api/v1/tokens", json.dumps(body), content_type="application/json", headers=headers).status_code
    )
    assert told.status_code not in {301, 302, 307, 308, 404}
