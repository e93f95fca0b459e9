"""API tokens on their page: made after a second factor, shown once, seen by whom they concern, ended with a member."""

import datetime as dt
import re

import pytest
from django.test import Client

from accounts.domain.token_text import TokenText
from accounts.models import ApiToken, AuditEntry, Membership
from accounts.services.members import leave_workspace
from accounts.services.tokens import MOST_TOKENS, TooManyTokens, check_token, create_token
from kernel import clock
from kernel.idempotency.models import IdempotencyKey
from kernel.tenancy.access import Right
from kernel.tenancy.scope import tenant
from tests.accounts.rooms.conftest import access, browser_of
from tests.log_in import log_in_with_factor

pytestmark = pytest.mark.django_db

TEXT = re.compile(r"pl_[a-z0-9]{10}_[A-Za-z0-9_-]{43}")
KEY = re.compile(r'name="idempotency_key" value="([^"]+)"')


@pytest.fixture
def proven(team, alice) -> Client:
    """Alice's browser, a factor proven a moment ago."""
    client = Client()
    log_in_with_factor(client, alice)
    return client


def wanted(**changes):
    return {"name": "Export", "scopes": ["view"], "days": "30", "networks": "", **changes}


def make(team, person, name="Script", **options):
    door = access(team, person)
    with tenant(team.pk):
        return create_token(
            access=door,
            name=name,
            scopes={Right.VIEW},
            now=options.pop("now", clock.now()),
            lifetime=dt.timedelta(days=30),
            **options,
        )


def test_token_is_made_shown_once_and_works(proven, team, alice, client):
    answer = proven.post(f"/w/{team.slug}/tokens/new/", wanted(scopes=["view", "manage"], is_paper_only="on"))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    [text] = set(TEXT.findall(answer.content.decode()))
    body = client.get("/api/v1/me", headers={"Authorization": f"Bearer {text}"}).json()
    assert (body["person"], body["scopes"]) == (str(alice.pk), ["manage", "view"])
    assert check_token(text, address="127.0.0.1", now=clock.now())[1].is_paper_only
    for page in ("tokens/", "tokens/new/", "audit/"):
        assert TEXT.findall(proven.get(f"/w/{team.slug}/{page}").content.decode()) == []


def test_form_sent_twice_makes_one_token_and_shows_its_text_in_the_first_answer_alone(proven, team):
    path = f"/w/{team.slug}/tokens/new/"
    key = KEY.search(proven.get(path).content.decode())[1]
    first = proven.post(path, wanted(idempotency_key=key))
    [text] = set(TEXT.findall(first.content.decode()))
    for _ in range(2):
        again = proven.post(path, wanted(idempotency_key=key))
        assert again.status_code == 409
        assert "This token was made already" in again.content.decode()
        assert "Revoke it" in again.content.decode()
        assert text not in again.content.decode()
    assert proven.post(path, wanted(idempotency_key=key, name="Other")).status_code == 422
    with tenant(team.pk):
        assert ApiToken.objects.count() == 1
        kept = IdempotencyKey.objects.get()
        assert TokenText.parse(text).secret not in kept.answer.open().reveal()


def test_token_is_not_made_without_a_factor_or_a_fresh_one(alices, client, team, alice):
    answer = alices.post(f"/w/{team.slug}/tokens/new/", wanted())
    assert answer["Location"] == "/account/security/"
    log_in_with_factor(Client(), alice)  # from now on she has one, and this browser has not proven it
    answer = alices.post(f"/w/{team.slug}/tokens/new/", wanted())
    assert answer["Location"].startswith("/account/confirm/") or "login" in answer["Location"]
    with tenant(team.pk):
        assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "mistake",
    [
        {"name": ""},
        {"name": "x" * 10_000},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"days": "0"},
        {"days": "366"},
        {"days": "x"},
        {"networks": "here"},
    ],
)
def test_form_with_mistakes_is_422_keeps_what_was_typed_and_may_be_sent_again(proven, team, mistake):
    path = f"/w/{team.slug}/tokens/new/"
    key = KEY.search(proven.get(path).content.decode())[1]
    answer = proven.post(path, {**wanted(idempotency_key=key), **mistake})
    assert answer.status_code == 422
    if "name" not in mistake:
        assert 'value="Export"' in answer.content.decode()
    assert proven.post(path, wanted(idempotency_key=key)).status_code == 200


def test_viewer_is_offered_only_what_he_holds(team, bob):
    client = Client()
    log_in_with_factor(client, bob)
    page = client.get(f"/w/{team.slug}/tokens/new/").content.decode()
    assert re.findall(r'name="scopes" value="(\w+)"', page) == ["view"]
    assert client.post(f"/w/{team.slug}/tokens/new/", wanted(scopes=["manage"])).status_code == 422
    assert client.post(f"/w/{team.slug}/tokens/new/", wanted()).status_code == 200


def test_member_sees_and_revokes_his_own_and_an_owner_all(alices, bobs, team, alice, bob):
    hers, _ = make(team, alice, "Alice's script")
    his, _ = make(team, bob, "Bob's script")
    page = bobs.get(f"/w/{team.slug}/tokens/").content.decode()
    assert ("Bob&#x27;s script" in page, "Alice&#x27;s script" in page) == (True, False)
    assert bobs.post(f"/w/{team.slug}/tokens/{hers.pk}/revoke/").status_code == 404
    page = alices.get(f"/w/{team.slug}/tokens/").content.decode()
    assert ("Bob&#x27;s script" in page, "Alice&#x27;s script" in page) == (True, True)
    for browser in (bobs, alices):  # twice is harmless
        assert browser.post(f"/w/{team.slug}/tokens/{his.pk}/revoke/").status_code == 302
    with tenant(team.pk):
        assert ApiToken.objects.get(pk=his.pk).revoked_at
        assert not ApiToken.objects.get(pk=hers.pk).revoked_at
        assert AuditEntry.objects.filter(action="token.revoked").count() == 1


def test_page_tells_the_states_apart(alices, team, alice):
    make(team, alice, "Young")
    make(team, alice, "Old", now=clock.now() - dt.timedelta(days=31))
    gone, _ = make(team, alice, "Gone")
    alices.post(f"/w/{team.slug}/tokens/{gone.pk}/revoke/")
    page = alices.get(f"/w/{team.slug}/tokens/").content.decode()
    for word in ("WORKS", "EXPIRED", "REVOKED"):
        assert page.count(word) == 1


def test_tokens_die_with_their_members_membership(client, team, bob, now):
    _, secret = make(team, bob)
    bearer = {"Authorization": f"Bearer {secret.reveal()}"}
    assert client.get("/api/v1/me", headers=bearer).status_code == 200
    door = access(team, bob)
    with tenant(team.pk):
        leave_workspace(access=door, now=now)
        assert ApiToken.objects.get().revoked_at == now
        Membership.objects.create(workspace=team, person=bob, role="viewer")
    assert client.get("/api/v1/me", headers=bearer).json()["detail"] == "This token was revoked."


def test_fifty_working_tokens_are_enough(team, alice):
    for _ in range(MOST_TOKENS):
        last, _ = make(team, alice)
    with pytest.raises(TooManyTokens):
        make(team, alice)
    with tenant(team.pk):
        ApiToken.objects.filter(pk=last.pk).update(revoked_at=clock.now())
    make(team, alice)


def bearer(team, person, *scopes, **options):
    door = access(team, person)
    with tenant(team.pk):
        token, secret = create_token(
            access=door,
            name="API",
            scopes=set(scopes or (Right.VIEW,)),
            now=clock.now(),
            lifetime=dt.timedelta(days=1),
            **options,
        )
    return token, {"Authorization": f"Bearer {secret.reveal()}"}


def test_api_lists_one_and_revokes_without_a_text(client, team, alice, bob):
    his, _ = make(team, bob, "Bob's script", addresses=["10.0.0.0/8"])
    own, headers = bearer(team, alice, Right.VIEW, Right.MANAGE)
    listed = client.get("/api/v1/tokens", headers=headers).json()["results"]
    assert [row["id"] for row in listed] == [str(own.pk), str(his.pk)]
    assert listed[1]["addresses"] == ["10.0.0.0/8"]
    assert "digest" not in listed[0]
    assert client.get(f"/api/v1/tokens/{his.pk}", headers=headers).json() == listed[1]
    assert client.delete(f"/api/v1/tokens/{his.pk}", headers=headers).status_code == 204
    with tenant(team.pk):
        assert ApiToken.objects.get(pk=his.pk).revoked_at
    assert client.delete(f"/api/v1/tokens/{own.pk}", headers=headers).status_code == 204
    assert client.get("/api/v1/tokens", headers=headers).json()["code"] == "BAD_TOKEN"


def test_api_shows_a_member_his_own_alone(client, team, alice, bob):
    hers, _ = make(team, alice)
    own, headers = bearer(team, bob)
    assert [row["id"] for row in client.get("/api/v1/tokens", headers=headers).json()["results"]] == [str(own.pk)]
    assert client.get(f"/api/v1/tokens/{hers.pk}", headers=headers).status_code == 404
    assert client.delete(f"/api/v1/tokens/{hers.pk}", headers=headers).status_code == 404


def test_no_token_makes_a_token_whatever_it_holds(client, team, alice):
    _, headers = bearer(team, alice, *Right)
    answer = client.post("/api/v1/tokens", wanted(), headers=headers, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "STEP_UP_REQUIRED")
    with tenant(team.pk):
        assert ApiToken.objects.count() == 1


def test_api_lists_members(client, team, alice, bob):
    _, headers = bearer(team, bob)
    rows = client.get("/api/v1/members", headers=headers).json()["results"]
    assert [(row["name"], row["role"], row["can_trade"]) for row in rows] == [
        ("Bob", "viewer", False),
        ("Alice", "owner", True),
    ]
    assert rows[1]["person"] == str(alice.pk)


def test_stolen_session_of_a_stranger_finds_no_tokens(team, alice, charlie):
    token, _ = make(team, alice)
    browser = browser_of(charlie)
    assert browser.get(f"/w/{team.slug}/tokens/").status_code == 404
    assert browser.post(f"/w/{team.slug}/tokens/{token.pk}/revoke/").status_code == 404
