"""The identity check: set by an operator, recorded in the platform's chain, told to the person."""

import pytest

from accounts.models import AuditDetail, Kyc, Mail, Notification, NotificationChannel, Person
from accounts.services.mail import post_mail
from accounts.services.people import set_kyc, tell_kyc
from accounts.services.workspaces import create_workspace
from kernel.encryption.secret import Secret
from kernel.tenancy.scope import operator, tenant
from tests.factories.people import PersonFactory
from tests.log_in import log_in_with_factor
from tests.mails import sent_mails

pytestmark = pytest.mark.django_db


@pytest.fixture
def operating(client):
    """An operator's browser, with a factor proven."""
    person = PersonFactory(email="ops@example.org", name="Ops", is_staff=True, is_superuser=True)
    log_in_with_factor(client, person)
    client.person = person
    return client


@pytest.fixture
def own(alice, now):
    return create_workspace(owner=alice, name="Alice's", kind="personal", now=now)


def test_operator_sets_it_and_the_person_is_told_and_sees_it(operating, alice, own, client, enqueued, now):
    page = f"/operator/accounts/person/{alice.pk}/kyc/"
    assert "Identity check of Alice" in operating.get(page).content.decode()
    assert operating.post(page, {"status": "verified", "reference": "check-77"}).status_code == 302
    alice.refresh_from_db()
    assert (alice.kyc, alice.kyc_reference) == (Kyc.VERIFIED, "check-77")
    with operator():
        detail = AuditDetail.objects.select_related("entry").get(entry__action="kyc.set")
        assert detail.workspace_id is None
        assert detail.person_id == operating.person.pk
        assert detail.entry.facts == {"status": "verified"}
    tell_kyc(alice.pk, now=now)
    with tenant(own.pk):
        assert "verified" in Notification.objects.get(event="kyc.changed").body
    client.force_login(alice)
    text = client.get("/account/preferences/").content.decode()
    assert "check-77" in text
    assert "verified" in text


def test_mistake_is_named_and_nothing_changes(operating, alice):
    page = f"/operator/accounts/person/{alice.pk}/kyc/"
    for form in ({"status": "saint"}, {"status": "verified", "reference": "r" * 10_000}, {}):
        assert operating.post(page, form).status_code == 422
    alice.refresh_from_db()
    assert alice.kyc == Kyc.NONE
    assert operating.get("/operator/accounts/person/01a1fca3-8e47-7000-9e68-b42a88352e67/kyc/").status_code == 404


def test_same_again_tells_nobody(alice, now):
    with operator():
        for expected in (True, False):
            assert set_kyc(person=alice, status=Kyc.PENDING, reference="r", set_by=alice, now=now) is expected


def test_person_without_a_workspace_is_told_by_mail(charlie, now):
    tell_kyc(charlie.pk, now=now)
    (mail,) = sent_mails()
    assert (mail.to, mail.subject) == (["charlie@example.org"], "Your identity check changed")


def test_only_operators_with_a_factor_get_there(client, alice, charlie):
    page = f"/operator/accounts/person/{alice.pk}/kyc/"
    client.force_login(charlie)
    assert client.post(page, {"status": "verified"}).status_code in {302, 404}
    staff = PersonFactory(is_staff=True, is_superuser=True)
    client.force_login(staff)
    assert client.post(page, {"status": "verified"}).status_code == 302
    alice.refresh_from_db()
    assert alice.kyc == Kyc.NONE


@pytest.mark.parametrize("table", ["person", "mail", "consent", "dataexport", "notificationchannel", "noticemessage"])
def test_admin_looks_changes_nothing_and_shows_no_secret(operating, alice, own, now, table):
    post_mail(to="alice@example.org", subject="Hello", text="veiled-words", now=now)
    with tenant(own.pk):
        NotificationChannel.objects.create(
            person=alice,
            kind="webhook",
            label="hook",
            address=Secret("veiled-url"),
            secret=Secret("veiled-key"),
        )
    listed = operating.get(f"/operator/accounts/{table}/")
    assert listed.status_code == 200
    assert operating.get(f"/operator/accounts/{table}/add/").status_code == 403
    row = {"person": Person, "mail": Mail, "notificationchannel": NotificationChannel}.get(table)
    pages = [listed.content.decode()]
    if row is not None:
        with operator():
            key = row.objects.order_by("pk").values_list("pk", flat=True).first()
        path = f"/operator/accounts/{table}/{key}/change/"
        pages.append(operating.get(path).content.decode())
        assert operating.post(path, {"to": "x@example.org"}).status_code == 403
        assert operating.post(f"/operator/accounts/{table}/{key}/delete/", {"post": "yes"}).status_code == 403
    assert "veiled" not in "".join(pages)
    assert alice.password not in "".join(pages)
