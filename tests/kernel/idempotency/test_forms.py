"""A page's form sent twice is one act, and both clicks see its answer."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.http import HttpResponse, HttpResponseRedirect
from django.template import Context, Template
from django.test import RequestFactory

from kernel.encryption.secret import Secret
from kernel.idempotency import forms
from kernel.idempotency.forms import idempotent_form
from kernel.outgoing.deliveries import queue_delivery
from kernel.outgoing.models import Delivery
from kernel.tenancy.scope import tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_error_pages(monkeypatch):
    monkeypatch.setattr(forms, "answer", lambda request, status, code, detail: HttpResponse(code, status=status))


def page(now, meanwhile=lambda: None, *, is_money=True):
    @idempotent_form(is_money=is_money)
    def view(request):
        if request.method != "POST":
            return HttpResponse("the form")
        delivery = queue_delivery(event="order", url=Secret("https://example.org/"), body="{}", now=now)
        return meanwhile() or HttpResponseRedirect(f"/orders/{delivery.pk}")

    return view


def send(view, workspace, **fields):
    fields = {"idempotency_key": "key-1", "quantity": "1", "csrfmiddlewaretoken": "a", **fields}
    with tenant(workspace.pk):
        return view(RequestFactory().post("/w/alice/orders/", {k: v for k, v in fields.items() if v is not None}))


def effects(workspace):
    with tenant(workspace.pk):
        return Delivery.objects.count()


def test_form_sent_twice_leads_to_the_same_order(team, now):
    view = page(now)
    first, second = send(view, team), send(view, team, csrfmiddlewaretoken="masked anew")
    assert (first.status_code, second.status_code, second["Location"]) == (302, 302, first["Location"])
    assert effects(team) == 1


def test_other_values_under_the_same_key_are_refused(team, now):
    view = page(now)
    send(view, team)
    refused = send(view, team, quantity="2")
    assert (refused.status_code, refused.content) == (422, b"IDEMPOTENCY_KEY_REUSED")
    assert effects(team) == 1


def test_form_of_money_without_its_key_is_refused_and_others_pass(team, now):
    refused = send(page(now), team, idempotency_key=None)
    assert (refused.status_code, refused.content) == (400, b"IDEMPOTENCY_KEY_MISSING")
    assert send(page(now, is_money=False), team, idempotency_key=None).status_code == 302
    assert effects(team) == 1


def test_form_with_mistakes_may_come_again_corrected(team, now):
    assert send(page(now, lambda: HttpResponse("too much", status=422)), team, quantity="999").status_code == 422
    assert effects(team) == 0
    assert send(page(now), team, quantity="1").status_code == 302
    assert effects(team) == 1


def test_reading_the_page_needs_no_key(team, now):
    with tenant(team.pk):
        assert page(now)(RequestFactory().get("/w/alice/orders/")).content == b"the form"


@pytest.mark.django_db(transaction=True)
def test_second_click_waits_and_sees_the_first_one_s_answer(team, now, enqueued):
    begun, may_end = threading.Event(), threading.Event()

    def hold():
        begun.set()
        assert may_end.wait(20)

    def click(view):
        try:
            return send(view, team)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(click, page(now, hold))
        assert begun.wait(20)
        second = pool.submit(click, page(now))
        time.sleep(0.3)
        assert not second.done()
        may_end.set()
        assert second.result(20)["Location"] == first.result(20)["Location"]
    assert effects(team) == 1


def test_hidden_field_carries_a_new_key_each_time():
    drawn = Template("{% idempotency_key %} {% idempotency_key %}").render(Context())
    first, second = drawn.split(" <")
    assert first.startswith('<input type="hidden" name="idempotency_key" value="')
    assert first != "<" + second
