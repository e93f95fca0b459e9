"""The end of an account and of a team: at once for who may enter, table by table for the rows, chains whole."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db import models as django_models

from accounts.doors import access_of
from accounts.models import (
    ApiToken,
    AuditDetail,
    AuditEntry,
    Consent,
    Invitation,
    Membership,
    Notification,
    NotificationChannel,
    Person,
    RecoveryCode,
    TotpSecret,
    Workspace,
)
from accounts.models.workspace import Role
from accounts.registries import erasers, erasure_order, person_erasers
from accounts.selectors import workspaces_of
from accounts.services import closing
from accounts.services.audit import record
from accounts.services.closing import OF_A_MEMBER, close_account, close_workspace, finish_erasures
from accounts.services.tokens import BadToken, check_token
from accounts.services.workspaces import add_member, create_workspace
from kernel import clock
from kernel.encryption.secret import Secret
from kernel.jobs.models import Job, JobState
from kernel.jobs.runner import run_next_job
from kernel.outgoing.models import Delivery
from kernel.tenancy.rows import TenantRow, tenant_column, tenant_models
from kernel.tenancy.scope import operator, tenant
from tests.isolation.world import MARK, build_world
from tests.log_in import confirm_address, log_in, log_in_with_factor, turn_on_app
from tests.mails import sent_mails

pytestmark = pytest.mark.django_db
PAGE = "/account/delete/"


@pytest.fixture(autouse=True)
def private_store(settings, tmp_path):
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "private": backend, "audit_anchors": backend}


@pytest.fixture
def world():
    """alice owns the team with bob in it; here she leaves, so bob owns it too. She has a workspace of her own."""
    made = build_world()
    with tenant(made.victims.pk):
        Membership.objects.filter(person=made.bob).update(role=Role.OWNER)
        record("thing.seen", now=clock.now(), target="x", personal={"email": made.alice.email})
    with operator():
        record("kyc.set", now=clock.now(), target=f"person:{made.alice.pk}", personal={"reference": "check-77"})
    return made


@pytest.fixture
def own(world, now):
    workspace = create_workspace(owner=world.alice, name="Alice's", kind="personal", now=now)
    with tenant(workspace.pk):
        NotificationChannel.objects.create(
            person=world.alice, kind="webhook", label="hook", address=Secret("https://x/y"), secret=Secret("s")
        )
        Notification.objects.create(person=world.alice, event="x.y", title="t", created_at=now)
    return workspace


def rows_of(workspace) -> dict[str, int]:
    """How many rows each tenant table holds of the workspace, the empty ones left out."""
    with operator():
        counts = {
            model._meta.label: model._default_manager.filter(**{tenant_column(model): workspace.pk}).count()
            for model in tenant_models()
        }
    return {label: count for label, count in counts.items() if count}


def work() -> None:
    while run_next_job("default"):
        pass


def leave(person) -> None:
    close_account(person=person, typed=person.email, now=clock.now())


def test_log_in_ends_at_once_and_the_row_names_nobody(world, own, client):
    alice = world.alice
    app = log_in_with_factor(client, alice)
    token = world.alices_token.reveal()
    assert check_token(token, address="127.0.0.1", now=clock.now())
    leave(alice)
    assert client.get("/account/security/").status_code == 302
    with pytest.raises(BadToken):
        check_token(token, address="127.0.0.1", now=clock.now())
    log_in(client, alice)
    assert client.get("/account/security/").status_code == 302
    row = Person.objects.get(pk=alice.pk)
    assert (row.email, row.name, row.is_active) == (f"deleted-{row.pk}@deleted.invalid", "", False)
    assert row.deleted_at is not None
    assert not row.has_usable_password()
    for model in (EmailAddress, Authenticator):
        assert not model.objects.filter(user=row).exists()
    assert not TotpSecret.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert not Consent.objects.filter(person=row).exists()
    assert workspaces_of(row.pk) == []
    assert app.secret


def test_keys_are_shredded_before_the_job_runs(world, own):
    leave(world.alice)
    with tenant(own.pk):
        assert not NotificationChannel.objects.exists()
    with tenant(world.victims.pk):
        assert not NotificationChannel.objects.filter(person=world.alice).exists()
        assert not Notification.objects.filter(person=world.alice).exists()
        assert not ApiToken.objects.filter(person=world.alice).exists()


def test_own_workspace_is_erased_and_the_trail_stays_without_names(world, own):
    with tenant(own.pk):
        entries = AuditEntry.objects.count()
    leave(world.alice)
    work()
    left = rows_of(own)
    assert set(left) == {"accounts.AuditEntry", "accounts.AuditHead"}
    assert left["accounts.AuditEntry"] >= entries
    with operator():
        assert not AuditDetail.objects.filter(person_id=world.alice.pk).exists()
        assert not [detail for detail in AuditDetail.objects.all() if "alice@example.org" in str(detail.personal)]
        assert "check-77" not in str([detail.personal for detail in AuditDetail.objects.all()])
        assert not Job.objects.filter(parameters__has_key="address").exists()
    call_command("verify_audit")


def test_team_goes_on_without_the_member(world, own):
    before = rows_of(world.victims)
    leave(world.alice)
    work()
    after = rows_of(world.victims)
    assert after["accounts.Membership"] == before["accounts.Membership"] - 1
    assert after["accounts.Workspace"] == 1
    assert after["accounts.AuditEntry"] > before["accounts.AuditEntry"]
    assert rows_of(world.strangers)["accounts.Membership"] == 1
    assert [one.pk for one in workspaces_of(world.bob.pk)] == [world.victims.pk]


def test_last_owner_of_a_team_with_others_is_refused_and_nothing_changes(world, own, now):
    with tenant(world.victims.pk):
        Membership.objects.filter(person=world.bob).update(role=Role.VIEWER)
    before = rows_of(own), rows_of(world.victims)
    with pytest.raises(closing.LastOwner) as refused:
        leave(world.alice)
    assert [team.pk for team in refused.value.teams] == [world.victims.pk]
    assert (rows_of(own), rows_of(world.victims)) == before
    assert Person.objects.get(pk=world.alice.pk).deleted_at is None


def test_team_of_one_goes_with_its_only_member(world, now):
    alone = create_workspace(owner=world.charlie, name="One", kind="team", now=now)
    leave(world.charlie)
    work()
    assert set(rows_of(alone)) == {"accounts.AuditEntry", "accounts.AuditHead"}
    assert set(rows_of(world.strangers)) == {"accounts.AuditEntry", "accounts.AuditHead"}


def test_wrong_address_deletes_nothing(world, own):
    with pytest.raises(closing.NotConfirmed):
        close_account(person=world.alice, typed="bob@example.org", now=clock.now())
    assert Person.objects.get(pk=world.alice.pk).is_active


def test_open_invitations_to_the_address_end(world, own, now):
    with tenant(world.strangers.pk):
        Invitation.objects.create(
            workspace=world.strangers,
            email="Alice@example.org",
            role=Role.VIEWER,
            digest=b"k" * 32,
            expires_at=now,
        )
    leave(world.alice)
    work()
    with tenant(world.strangers.pk):
        invitation = Invitation.objects.get()
        assert invitation.revoked_at is not None
        assert "alice" not in invitation.email


def test_mail_confirms_and_forgets_the_address(world, own):
    leave(world.alice)
    (mail,) = [one for one in sent_mails() if "deleted" in one.subject]
    assert mail.to == ["alice@example.org"]
    assert "Alice's" in mail.body
    assert not apps.get_model("accounts.Mail").objects.filter(to__icontains="alice").exists()


@pytest.mark.parametrize("at", range(0, 28, 3))
def test_crash_in_the_middle_is_finished_by_the_next_run(world, own, at, monkeypatch):
    leave(world.alice)
    order, called = erasure_order(), []

    def dies(model, erase):
        def run():
            called.append(model)
            if len(called) == at + 1:
                raise RuntimeError("the process died here")
            return erase()

        return run

    patched = {model: (kind, dies(model, erase)) for model, (kind, erase) in erasers().items()}
    monkeypatch.setattr(closing, "erasers", lambda: patched)
    work()
    with operator():
        died = Job.objects.filter(kind=closing.ERASE_PERSON, state=JobState.FAILED).count()
    assert died == (len(called) == at + 1)
    if at < len(order):
        assert died == 1
        assert "accounts.Workspace" in rows_of(own)
    assert finish_erasures(now=clock.now()) == died
    work()
    assert set(rows_of(own)) == {"accounts.AuditEntry", "accounts.AuditHead"}
    call_command("verify_audit")


def test_rows_go_batch_by_batch(world, own, now, monkeypatch):
    monkeypatch.setattr("accounts.data.rows.BATCH", 2)
    with tenant(own.pk):
        for _ in range(7):
            Notification.objects.create(person=world.alice, event="x.y", title="t", created_at=now)
            NotificationChannel.objects.create(
                person=world.alice, kind="mail", label="m", address=Secret("a@b.example")
            )
    leave(world.alice)
    with tenant(own.pk):
        assert not NotificationChannel.objects.exists()
        assert Notification.objects.count() == 8
    work()
    assert set(rows_of(own)) == {"accounts.AuditEntry", "accounts.AuditHead"}


def test_running_twice_leaves_once(world, own):
    leave(world.alice)
    leave(Person.objects.get(pk=world.alice.pk))
    work()
    with operator():
        Job.objects.filter(kind=closing.ERASE_PERSON).update(state=JobState.QUEUED)
    work()
    with operator():
        assert Job.objects.filter(kind=closing.ERASE_PERSON).count() == 1
        assert AuditEntry.objects.filter(action="account.deleted").count() == 1


def test_page_says_what_goes_asks_for_the_address_and_logs_out(client, world, own):
    log_in_with_factor(client, world.alice)
    page = client.get(PAGE).content.decode()
    assert "Alice&#x27;s" in page
    assert "Audit entries" in page
    wrong = client.post(PAGE, {"typed": "something"})
    assert wrong.status_code == 422
    assert "not the address of your log-in" in wrong.content.decode()
    assert client.post(PAGE, {"typed": "x" * 10_000}).status_code == 422
    assert client.post(PAGE, {"typed": " ALICE@example.org "})["Location"] == "/account/deleted/"
    assert client.get("/account/deleted/").status_code == 200
    assert client.get(PAGE).status_code == 302


def test_page_names_the_teams_in_the_way(client, world, own):
    with tenant(world.victims.pk):
        Membership.objects.filter(person=world.bob).update(role=Role.VIEWER)
    log_in_with_factor(client, world.alice)
    page = client.get(PAGE).content.decode()
    assert f"/w/{world.victims.slug}/members/" in page
    assert "Type your address" not in page
    assert client.post(PAGE, {"typed": world.alice.email}).status_code == 422


def test_page_asks_for_a_fresh_factor(client, world, own):
    confirm_address(world.alice)
    turn_on_app(world.alice)
    client.force_login(world.alice)
    answer = client.post(PAGE, {"typed": world.alice.email})
    assert "/account/confirm/" in answer["Location"]
    assert Person.objects.get(pk=world.alice.pk).is_active


def test_charlie_deletes_himself_alone_whatever_he_sends(client, world):
    log_in_with_factor(client, world.charlie)
    client.post(PAGE, {"typed": world.alice.email, "person": str(world.alice.pk)})
    assert Person.objects.filter(deleted_at=None).count() == 3


def test_owner_deletes_a_team_and_its_members_are_told(client, world, own, enqueued):
    log_in_with_factor(client, world.alice)
    page = f"/w/{world.victims.slug}/settings/delete/"
    assert MARK in client.get(page).content.decode()
    assert client.post(page, {"typed": "another name"}).status_code == 422
    assert client.post(page, {"typed": world.victims.name}).status_code == 302
    assert client.get(f"/w/{world.victims.slug}/").status_code == 404
    with tenant(world.victims.pk):
        assert not NotificationChannel.objects.exists()
        assert not Delivery.objects.exists()
    assert finish_erasures(now=clock.now()) == 1
    assert finish_erasures(now=clock.now()) == 0
    work()
    assert set(rows_of(world.victims)) == {"accounts.AuditEntry", "accounts.AuditHead"}
    assert [mail.to for mail in sent_mails() if "was deleted" in mail.subject] == [["bob@example.org"]]
    assert Person.objects.get(pk=world.bob.pk).is_active
    call_command("verify_audit")


def test_personal_workspace_and_viewers_delete_no_team(client, world, own):
    log_in_with_factor(client, world.alice)
    assert client.get(f"/w/{own.slug}/settings/delete/")["Location"] == PAGE
    with tenant(world.victims.pk):
        Membership.objects.filter(person=world.alice).update(role=Role.TRADER)
    page = f"/w/{world.victims.slug}/settings/delete/"
    assert client.post(page, {"typed": world.victims.name}).status_code == 403
    assert "accounts.Membership" in rows_of(world.victims)


def test_second_owner_who_presses_too_finds_it_done(world, now):
    with tenant(world.victims.pk):
        access = access_of(Membership.objects.get(person=world.bob))
    for _ in range(2):
        with tenant(world.victims.pk):
            close_workspace(access=access, workspace=world.victims, typed=world.victims.name, now=now)
    with tenant(world.victims.pk):
        assert AuditEntry.objects.filter(action="workspace.closed").count() == 1


def test_rows_go_before_what_they_refer_to_and_the_workspace_last():
    order = erasure_order()
    assert set(order) == set(erasers())
    assert order[-1] is Workspace
    for place, model in enumerate(order):
        for field in model._meta.concrete_fields:
            if field.related_model in order and field.related_model is not model:
                assert order.index(field.related_model) > place, (model, field)


#: Rows about a person that are kept on purpose, each with the reason.
KEPT_OF_PERSONS = {"admin.LogEntry": "what an operator did", "accounts.Factor": "a view of allauth's rows"}


def test_every_row_that_belongs_to_a_person_has_its_end():
    """A new model with a person in it fails here until it says how it leaves and how it ends."""
    loose = []
    for model in apps.get_models():
        owners = [one.name for one in model._meta.concrete_fields if one.related_model is Person]
        if not owners or model in person_erasers() or model._meta.label in KEPT_OF_PERSONS:
            continue
        if issubclass(model, TenantRow):
            # Other references, such as who invited or who stopped, point at the row that names nobody.
            if "person" in owners and model not in OF_A_MEMBER:
                loose.append(model._meta.label)
        else:
            loose.append(model._meta.label)
    assert loose == []
    assert isinstance(Person._meta.pk, django_models.UUIDField)


def test_member_who_joined_meanwhile_is_not_left_in_a_team_without_rows(world, own, now):
    """Bob is added to alice's own workspace before she leaves: it has others now, and she is its last owner."""
    with tenant(own.pk):
        add_member(workspace=own, person=world.bob, role=Role.VIEWER, now=now)
    with pytest.raises(closing.LastOwner):
        leave(world.alice)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_no_team_without_an_owner(now):
    made = build_world()
    with tenant(made.victims.pk):
        Membership.objects.filter(person=made.bob).update(role=Role.OWNER)
        add_member(workspace=made.victims, person=made.charlie, role=Role.VIEWER, now=now)
    together = Barrier(2)

    def go(person: Person) -> str:
        try:
            together.wait()
            leave(person)
        except closing.LastOwner:
            return "refused"
        else:
            return "left"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, (made.alice, made.bob))) == ["left", "refused"]
    with tenant(made.victims.pk):
        assert Membership.objects.filter(role=Role.OWNER, person__is_active=True).count() == 1
