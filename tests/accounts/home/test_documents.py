"""Documents are public, each version stays; consents are dated, once, one's own; a new version asks again."""

import dataclasses

import pytest
from django.http import HttpResponse
from django.template.loader import get_template

from accounts.domain import documents as registry
from accounts.domain.jurisdictions import FILE, all_notices, notices_for
from accounts.doors import needs_consent
from accounts.models import AuditEntry, Consent, Person
from accounts.selectors import has_accepted
from accounts.services.consents import StaleVersion, accept_documents
from accounts.services.workspaces import create_workspace
from kernel.tenancy.scope import tenant

pytestmark = pytest.mark.django_db
PAGE = "/account/consents/"
TODAY = "2026-11-21"


@pytest.fixture
def home(client, alice, now):
    client.force_login(alice)
    return create_workspace(owner=alice, name="Alice's", kind="personal", now=now)


@pytest.fixture
def newer_terms(monkeypatch):
    terms = registry.document_named("terms")
    newer = dataclasses.replace(terms, versions=(*terms.versions, "2027-01-01"))
    monkeypatch.setitem(registry._documents, "terms", newer)


@pytest.mark.parametrize("document", registry.documents(), ids=lambda one: one.name)
def test_every_version_of_every_document_is_public(client, document):
    for version in document.versions:
        assert get_template(document.template(version))
        page = client.get(f"/legal/{document.name}/{version}/")
        assert page.status_code == 200
        assert "checked by a lawyer" in page.content.decode()
    assert client.get(f"/legal/{document.name}/").status_code == 200


@pytest.mark.parametrize("path", ["/legal/nothing/", "/legal/terms/1999-01-01/", "/legal/terms/../"])
def test_what_is_not_there_is_404(client, path):
    assert client.get(path).status_code == 404


def test_operator_is_named_or_the_page_says_that_he_is_not(client, settings):
    assert "has not named himself" in client.get("/legal/terms/").content.decode()
    settings.OPERATOR_NAME, settings.OPERATOR_CONTACT = "Meera <Nair>", "meera@nair.example"
    page = client.get("/legal/terms/").content.decode()
    assert "has not named himself" not in page
    assert "Meera &lt;Nair&gt;" in page
    assert "meera@nair.example" in page


def test_consent_is_dated_addressed_recorded_and_kept_once(client, alice, home):
    form = {"document": ["terms", "privacy"], "version_terms": TODAY, "version_privacy": TODAY}
    for _ in range(2):
        assert client.post(PAGE, form).status_code == 302
    assert sorted(Consent.objects.filter(person=alice).values_list("document", "version", "address")) == [
        ("privacy", TODAY, "127.0.0.1"),
        ("terms", TODAY, "127.0.0.1"),
    ]
    with tenant(home.pk):
        assert AuditEntry.objects.filter(action="consent.given").count() == 2
    assert has_accepted(alice, "terms")
    assert not has_accepted(alice, "risk-disclosure")
    assert TODAY in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"document": "terms"},
        {"document": "terms", "version_terms": "1999-01-01"},
        {"document": "nothing", "version_nothing": TODAY},
        {"document": "x" * 10_000},
    ],
)
def test_nothing_is_accepted_that_was_not_shown(client, alice, home, form):
    assert client.post(PAGE, form).status_code == 422
    assert not Consent.objects.exists()


def test_new_version_asks_again_on_every_page_until_it_is_accepted(client, alice, home, now, newer_terms):
    accept_documents(person=alice, versions={"privacy": TODAY}, address=None, now=now)
    Consent.objects.create(person=alice, document="terms", version=TODAY, at=now)
    dashboard = client.get(f"/w/{home.slug}/").content.decode()
    assert "Terms of use of 2027-01-01" in dashboard
    assert "Privacy notice of" not in dashboard
    with pytest.raises(StaleVersion):
        accept_documents(person=alice, versions={"terms": TODAY}, address=None, now=now)
    accept_documents(person=alice, versions={"terms": "2027-01-01"}, address=None, now=now)
    assert "of 2027-01-01</strong>" not in client.get(f"/w/{home.slug}/").content.decode()
    assert Consent.objects.filter(person=alice, document="terms").count() == 2


def test_acceptance_binds_its_own_person_alone(client, alice, charlie, home):
    client.force_login(charlie)
    form = {"document": "terms", "version_terms": TODAY, "person": str(alice.pk), "person_id": str(alice.pk)}
    client.post(PAGE, form)
    assert list(Consent.objects.values_list("person_id", flat=True)) == [charlie.pk]


def test_door_opens_after_the_consent(rf, alice, home, now, client):
    @needs_consent("risk-disclosure")
    def view(request):
        return HttpResponse("inside")

    def ask(method="get", **headers):
        request = getattr(rf, method)(f"/w/{home.slug}/", headers=headers)
        request.user = Person.objects.get(pk=alice.pk)
        request.session = client.session
        request._messages = Kept()
        return view(request)

    assert ask()["Location"] == f"/account/consents/?next=%2Fw%2F{home.slug}%2F"
    assert ask("post")["Location"].endswith("next=%2Fhome%2F")
    assert ask(**{"HX-Request": "true"}).status_code == 204
    accept_documents(person=alice, versions={"risk-disclosure": TODAY}, address=None, now=now)
    assert ask().content == b"inside"


def test_way_back_never_leaves_the_site(client, home):
    form = {"document": "terms", "version_terms": TODAY, "next": "//evil.example/"}
    assert client.post(PAGE, form)["Location"] == PAGE


class Kept(list):
    def add(self, level, message, extra_tags=""):
        self.append(message)


def test_notices_of_countries_are_dated_data_with_sources():
    assert FILE.suffix == ".json"
    assert {notice.country for notice in all_notices()} >= {"IN", "US", "GB", "EU"}
    for notice in all_notices():
        assert notice.source
        assert notice.written_on.year >= 2026
    hosted = {notice.subject for notice in notices_for("IN", is_self_hosted=False)}
    assert hosted - {notice.subject for notice in notices_for("IN", is_self_hosted=True)} == {"Live trading"}
    assert notices_for("", is_self_hosted=False) == []
