"""Every page, route of the API and table of the operators, read by those who may: no key is on any of them."""

import json

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from exchanges.models import Connection
from exchanges.vault import put_away, put_token
from kernel import clock
from kernel.encryption.secret import Secret
from kernel.tenancy.scope import operator, tenant
from tests.canary.marks import keys_of, word
from tests.factories.people import PersonFactory
from tests.isolation.routes import tenant_routes
from tests.isolation.world import build_world
from tests.log_in import log_in_with_factor

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]


@pytest.fixture
def world(marks, settings):
    settings.SITE_ADDRESS = "http://testserver"
    settings.SANDBOX_ADDRESS = "http://127.0.0.1:1"
    made = build_world()
    keys, token = keys_of("binance"), word(40)
    for name, value in {**keys, "token": token}.items():
        marks.add(name, value)
    with tenant(made.victims.pk):
        connection = Connection.objects.get()
        put_away(connection, keys, now=clock.now())
        put_token(connection, Secret(token), now=clock.now())
    made.person_rows["keys"] = json.dumps(keys)
    return made


@pytest.fixture
def owner(world):
    client = Client()
    log_in_with_factor(client, world.alice)
    return client


def test_no_page_and_no_answer_of_the_api_tells_a_key(world, owner, marks, record_property):
    told = {**world.path_values()}
    headers = {"HTTP_AUTHORIZATION": f"Bearer {world.alices_token.reveal()}"}
    hits, answered = [], 0
    for route in tenant_routes():
        answer = owner.get(route.path(told), **(headers if route.is_api else {}))
        answered += answer.status_code == 200
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        hits += marks.hits(route.name, body) + marks.hits(route.name, str(answer.headers))
    record_property("hits", len(hits))
    assert answered > 30
    assert hits == []


def test_form_that_was_wrong_does_not_give_the_keys_back(world, owner, marks, record_property):
    keys = json.loads(world.person_rows["keys"])
    slug, connection = world.victims.slug, world.person_rows["connection"]
    hits = []
    for path in ("connections/add/binance/sandbox/", "connections/add/binance/live/", f"connections/{connection}/key/"):
        # Its two halves are swapped, and one of them is cut off.
        answer = owner.post(
            f"/w/{slug}/{path}", {"name": "x" * 200, "api_key": keys["secret"][:-1], "secret": keys["api_key"]}
        )
        assert answer.status_code in {200, 302, 400, 409, 422}
        hits += marks.hits(path, answer.content)
    record_property("hits", len(hits))
    assert hits == []


def test_no_table_of_the_operators_tells_a_key(world, marks, record_property):
    client = Client()
    olga = PersonFactory(email="olga@example.org", is_staff=True, is_superuser=True)
    log_in_with_factor(client, olga)
    pages = [reverse("admin:index")]
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        pages.append(reverse(f"admin:{name}_changelist"))
        with operator():
            first = model._base_manager.first()
        if first is not None:
            pages.append(reverse(f"admin:{name}_change", args=[first.pk]))
    hits = [hit for page in pages for hit in marks.hits(page, client.get(page, follow=True).content)]
    record_property("hits", len(hits))
    assert len(pages) > 10
    assert hits == []
