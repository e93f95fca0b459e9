"""An API mutation under a key is done once, and answered the same each time it is asked for."""

import datetime as dt
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from accounts.models.workspace import Role
from kernel.api.problems import Problem
from kernel.api.views import WorkspaceView
from kernel.encryption.secret import Secret
from kernel.idempotency import api
from kernel.idempotency.api import idempotent
from kernel.idempotency.keys import purge_keys
from kernel.ids import new_id
from kernel.models import IdempotencyKey
from kernel.outgoing.deliveries import queue_delivery
from kernel.outgoing.models import Delivery
from kernel.tenancy.access import Access, Right
from kernel.tenancy.scope import tenant

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


class Crash(BaseException):
    """Stands for SIGKILL after the effect and before the commit."""


class View(WorkspaceView):
    """Its effect is one delivery; what else happens in it is the test's choice."""

    rights = {"POST": Right.TRADE}
    throttle_classes = ()
    meanwhile = staticmethod(lambda request: None)

    def effect(self, request):
        delivery = queue_delivery(event="order", url=Secret("https://example.org/"), body="{}", now=NOW)
        given = self.meanwhile(request)
        return given or Response(
            {"id": delivery.pk, "said": request.data}, status=201, headers={"Location": "/orders/1"}
        )


class Money(View):
    @idempotent(is_money=True)
    def post(self, request):
        return self.effect(request)


class Plain(View):
    @idempotent(is_money=False)
    def post(self, request):
        return self.effect(request)


class Refusing(View):
    @idempotent(is_money=True, keeps={409})
    def post(self, request):
        return self.effect(request)


def access_to(workspace, role=Role.OWNER):
    return Access(workspace_id=workspace.pk, person_id=new_id(), role=role, can_trade=True)


def ask(view, workspace, key="key-1", body=None, address="/api/v1/orders/", role=Role.OWNER, meanwhile=None):
    headers = {} if key is None else {"Idempotency-Key": key}
    request = APIRequestFactory().post(address, body or {"quantity": "1.5"}, format="json", headers=headers)
    force_authenticate(request, user=object(), token=access_to(workspace, role))
    more = {"meanwhile": staticmethod(meanwhile)} if meanwhile else {}
    response = type(view.__name__, (view,), more).as_view()(request)
    return response.render() if hasattr(response, "render") else response


def effects(workspace):
    with tenant(workspace.pk):
        return Delivery.objects.count()


def keys(workspace):
    with tenant(workspace.pk):
        return list(IdempotencyKey.objects.all())


def code_of(response):
    return response.status_code, json.loads(response.content)["code"]


def test_same_key_gets_the_same_answer_byte_by_byte(team):
    first, second = ask(Money, team), ask(Money, team)
    assert (first.status_code, first["Location"]) == (201, "/orders/1")
    assert second.content == first.content
    assert (second.status_code, second["Location"], second["Content-Type"]) == (201, "/orders/1", "application/json")
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert effects(team) == 1


def test_other_body_method_address_or_query_under_the_same_key_is_refused(team):
    ask(Money, team)
    for other in ({"body": {"quantity": "2"}}, {"address": "/api/v1/transfers/"}, {"address": "/api/v1/orders/?dry=1"}):
        assert code_of(ask(Money, team, **other)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert effects(team) == 1


def test_money_needs_a_key(team):
    assert code_of(ask(Money, team, key=None)) == (400, "IDEMPOTENCY_KEY_MISSING")
    assert effects(team) == 0


def test_key_is_optional_elsewhere(team):
    assert ask(Plain, team, key=None).status_code == 201
    assert ask(Plain, team, key=None).status_code == 201
    assert effects(team) == 2
    assert ask(Plain, team).content == ask(Plain, team).content
    assert effects(team) == 3


@pytest.mark.parametrize("key", ["", " ", "with space", "tab\there", "ключ", "x" * 256])
def test_key_of_another_form_is_refused(team, key):
    assert code_of(ask(Money, team, key=key)) == (400, "IDEMPOTENCY_KEY_MALFORMED")
    assert effects(team) == 0


@pytest.mark.parametrize("key", ["x", "!" * 255, "a-b_c:d~"])
def test_key_of_visible_ascii_is_taken(team, key):
    assert ask(Money, team, key=key).status_code == 201


def test_other_workspace_s_same_key_is_another_key(team, strangers):
    mine, theirs = ask(Money, team), ask(Money, strangers)
    assert mine.content != theirs.content
    assert "Idempotency-Replayed" not in theirs
    assert (effects(team), effects(strangers)) == (1, 1)


def test_viewer_s_refusal_is_not_stored_and_the_trader_s_try_is_the_first(team):
    assert code_of(ask(Money, team, role=Role.VIEWER)) == (403, "NOT_ALLOWED")
    assert keys(team) == []
    assert ask(Money, team, role=Role.TRADER).status_code == 201
    assert effects(team) == 1


def test_viewer_does_not_get_a_trader_s_answer_by_its_key(team):
    ask(Money, team)
    assert code_of(ask(Money, team, role=Role.VIEWER)) == (403, "NOT_ALLOWED")


def refuse(request):
    raise Problem(409, "MARKET_CLOSED", "The market is closed.")


def answer_409(request):
    return Response({"code": "MARKET_CLOSED"}, status=409)


@pytest.mark.parametrize("meanwhile", [refuse, answer_409])
def test_refusal_undoes_the_effect_and_the_key_can_be_used_again(team, meanwhile):
    assert code_of(ask(Money, team, meanwhile=meanwhile)) == (409, "MARKET_CLOSED")
    assert (effects(team), keys(team)) == (0, [])
    assert ask(Money, team).status_code == 201


def test_refusal_that_the_view_keeps_is_given_again(team):
    first = ask(Refusing, team, meanwhile=answer_409)
    second = ask(Refusing, team)
    assert (second.status_code, second.content) == (409, first.content)
    assert effects(team) == 1


def test_crash_after_the_effect_leaves_nothing_and_the_retry_does_it_once(team):
    def crash(request):
        assert Delivery.objects.count() == 1
        raise Crash

    with pytest.raises(Crash):
        ask(Money, team, meanwhile=crash)
    assert (effects(team), keys(team)) == (0, [])
    retry = ask(Money, team)
    assert (retry.status_code, "Idempotency-Replayed" in retry) == (201, False)
    assert effects(team) == 1


def test_answer_at_rest_is_sealed(team):
    ask(Money, team, body={"note": "marked-text"})
    with tenant(team.pk), connection.cursor() as cursor:
        cursor.execute("SELECT kernel_idempotencykey::text FROM kernel_idempotencykey")
        assert "marked-text" not in cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_second_while_the_first_is_in_progress_is_told_so(team, enqueued):
    begun, may_end = threading.Event(), threading.Event()

    def hold(request):
        begun.set()
        assert may_end.wait(20)

    def first():
        try:
            return ask(Money, team, meanwhile=hold)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first)
        assert begun.wait(20)
        assert code_of(ask(Money, team)) == (409, "IDEMPOTENCY_IN_PROGRESS")
        assert ask(Money, team, key="another").status_code == 201
        may_end.set()
        answer = running.result(20)
    assert answer.status_code == 201
    assert ask(Money, team).content == answer.content
    assert effects(team) == 2


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_have_one_effect(team, enqueued):
    together = threading.Barrier(20)

    def work(_):
        try:
            together.wait(20)
            return ask(Money, team)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(work, range(20)))
    assert effects(team) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    done = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in done}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in done) == 1


def test_key_of_money_is_kept_and_others_are_forgotten_after_a_day(team, strangers, monkeypatch):
    monkeypatch.setattr(api.clock, "now", lambda: NOW)
    ask(Money, team, key="money")
    ask(Plain, strangers, key="plain")
    assert keys(team)[0].expires_at is None
    assert purge_keys(now=NOW + dt.timedelta(hours=23)) == 0
    assert purge_keys(now=NOW + dt.timedelta(days=4000)) == 1
    assert ([key.key for key in keys(team)], keys(strangers)) == (["money"], [])


def test_key_that_expired_is_new_again_before_it_is_purged(team, monkeypatch):
    monkeypatch.setattr(api.clock, "now", lambda: NOW)
    first = ask(Plain, team)
    monkeypatch.setattr(api.clock, "now", lambda: NOW + dt.timedelta(hours=24))
    second = ask(Plain, team)
    assert second.content != first.content
    assert effects(team) == 2


def test_database_refuses_an_expiry_on_money(team):
    ask(Money, team)
    with pytest.raises(Exception, match="idempotency_money_never_expires"), tenant(team.pk):
        IdempotencyKey.objects.update(expires_at=NOW)


def test_schema_tells_of_the_header():
    routes = [path("api/v1/money/", Money.as_view()), path("api/v1/plain/", Plain.as_view())]
    schema = SchemaGenerator(patterns=routes).get_schema(public=True)
    required = {
        address: [(one["name"], one.get("required", False)) for one in operations["post"]["parameters"]]
        for address, operations in schema["paths"].items()
    }
    assert required == {
        "/api/v1/money/": [("Idempotency-Key", True)],
        "/api/v1/plain/": [("Idempotency-Key", False)],
    }
