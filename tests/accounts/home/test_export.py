"""A person takes his data along: all of his own, nothing of others, no secret, for a day, himself alone."""

import datetime as dt
import io
import json
import zipfile

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from accounts.models import ApiToken, DataExport, Notification, NotificationChannel, Workspace
from accounts.models.workspace import Role
from accounts.services import exports
from accounts.services.exports import ask_for_export, sweep_exports
from accounts.services.workspaces import add_member, create_workspace
from kernel import clock
from kernel.encryption.secret import Secret
from kernel.jobs.models import Job, JobState
from kernel.jobs.runner import run_next_job
from kernel.tenancy.scope import operator, tenant
from tests.factories.people import PASSWORD
from tests.log_in import confirm_address, log_in_with_factor

pytestmark = pytest.mark.django_db
PAGE = "/account/data/"


@pytest.fixture(autouse=True)
def private_store(settings, tmp_path):
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "private": backend}
    return tmp_path


@pytest.fixture
def own(alice, now):
    return create_workspace(owner=alice, name="Alice's", kind="personal", now=now)


@pytest.fixture
def inside(client, alice, own):
    """Alice, who has just proven a factor."""
    log_in_with_factor(client, alice)
    return client


def pack(person) -> DataExport:
    export = ask_for_export(person=person, address="127.0.0.1", now=clock.now())
    assert run_next_job("default")
    export.refresh_from_db()
    return export


def contents(export) -> dict[str, str]:
    with storages["private"].open(export.file) as file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_export_holds_ones_own_workspaces_and_rows_and_says_what_it_is(alice, bob, own, team, now):
    confirm_address(alice)
    with tenant(team.pk):
        Notification.objects.create(person=alice, event="x.y", title="told to alice", created_at=now)
        Notification.objects.create(person=bob, event="x.y", title="told to bob", created_at=now)
    export = pack(alice)
    assert export.state == DataExport.State.READY
    files = contents(export)
    assert "Not in here, on purpose" in files["README.txt"]
    assert [row["email"] for row in json.loads(files["you/accounts.Person.json"])] == ["alice@example.org"]
    assert len(json.loads(files[f"workspaces/{team.slug}/accounts.Membership.json"])) == 2
    assert len(json.loads(files[f"workspaces/{own.slug}/accounts.Workspace.json"])) == 1
    notices = files[f"workspaces/{team.slug}/accounts.Notification.json"]
    assert "told to alice" in notices
    assert "told to bob" not in notices
    assert export.rows == sum(len(json.loads(text)) for name, text in files.items() if name.endswith(".json"))


def test_team_of_somebody_else_is_not_in_it(bob, team):
    assert not [name for name in contents(pack(bob)) if name.startswith("workspaces/")]


def test_export_holds_no_secret(inside, alice, own, now):
    with tenant(own.pk):
        NotificationChannel.objects.create(
            person=alice,
            kind="webhook",
            label="hook",
            address=Secret("https://x/veiled-url"),
            secret=Secret("veiled-key"),
        )
        ApiToken.objects.create(
            person=alice, name="t", prefix="abcd1234", digest=b"veiled-digest".ljust(32), created_at=now, expires_at=now
        )
    text = "".join(contents(pack(alice)).values())
    alice.refresh_from_db()
    assert "veiled" not in text
    assert b"veiled-digest".hex() not in text
    assert alice.password not in text
    assert PASSWORD not in text
    assert inside.session.session_key not in text


def test_asking_twice_packs_once(alice, own, now):
    first = ask_for_export(person=alice, address="127.0.0.1", now=now)
    assert ask_for_export(person=alice, address="127.0.0.1", now=now) == first
    assert DataExport.objects.count() == 1


def test_running_twice_packs_once(alice, own):
    export = pack(alice)
    with operator():
        Job.objects.filter(pk=export.job_id).update(state=JobState.QUEUED)
    assert run_next_job("default")
    again = DataExport.objects.get(pk=export.pk)
    assert (again.ready_at, again.file) == (export.ready_at, export.file)


def test_page_asks_again_packs_and_downloads(inside, alice, own, private_store):
    assert inside.get(PAGE).status_code == 200
    assert inside.post(PAGE).status_code == 302
    assert "BEING PACKED" in inside.get(PAGE).content.decode()
    run_next_job("default")
    page = inside.get(PAGE).content.decode()
    export = DataExport.objects.get()
    assert f"{PAGE}{export.pk}/" in page
    answer = inside.get(f"{PAGE}{export.pk}/")
    packed = b"".join(answer.streaming_content)
    assert zipfile.ZipFile(io.BytesIO(packed)).testzip() is None
    assert "attachment" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    export.refresh_from_db()
    assert export.downloaded_at is not None


def test_who_has_not_proven_himself_lately_confirms_first(client, alice, own):
    export = pack(alice)
    client.force_login(alice)
    for answer in (client.post(PAGE), client.get(f"{PAGE}{export.pk}/")):
        assert answer.status_code == 302
        assert "/account/confirm/" in answer["Location"]
    assert DataExport.objects.count() == 1


def test_charlie_finds_nothing_under_alices_key(client, charlie, alice, own):
    export = pack(alice)
    log_in_with_factor(client, charlie)
    assert client.get(f"{PAGE}{export.pk}/").status_code == 404
    assert str(export.pk) not in client.get(PAGE).content.decode()
    export.refresh_from_db()
    assert export.downloaded_at is None


def test_file_is_gone_after_its_day(inside, alice, own, private_store):
    export = pack(alice)
    DataExport.objects.filter(pk=export.pk).update(expires_at=clock.now() - dt.timedelta(seconds=1))
    # The sweep has not come by: it opens nothing all the same.
    assert inside.get(f"{PAGE}{export.pk}/").status_code == 404
    assert "GONE" in inside.get(PAGE).content.decode()
    assert sweep_exports(now=clock.now()) == 1
    assert [file for file in private_store.rglob("*") if file.is_file()] == []
    export.refresh_from_db()
    assert (export.state, export.file) == (DataExport.State.GONE, "")


def test_export_that_failed_says_so_and_another_can_be_asked_for(inside, alice, own, monkeypatch):
    def broken(*_):
        raise RuntimeError("disk full at /secret/path")

    monkeypatch.setattr(exports, "_keep", broken)
    export = pack(alice)
    assert export.state == DataExport.State.FAILED
    page = inside.get(PAGE).content.decode()
    assert "Ask for a new export" in page
    assert "/secret/path" not in page
    monkeypatch.undo()


def test_export_whose_worker_is_gone_ends(alice, own, now):
    export = ask_for_export(person=alice, address="127.0.0.1", now=now)
    with operator():
        Job.objects.filter(pk=export.job_id).update(state=JobState.FAILED)
    sweep_exports(now=now + dt.timedelta(hours=2))
    export.refresh_from_db()
    assert export.state == DataExport.State.FAILED


def test_member_who_is_no_owner_gets_no_team(charlie, team, now):
    with tenant(team.pk):
        add_member(workspace=team, person=charlie, role=Role.TRADER, now=now)
    assert exports.workspaces_to_export(charlie.pk) == []
    assert timezone.get_default_timezone_name() == "UTC"


def test_workspace_closed_to_the_address_is_left_out_and_said_so(inside, alice, own, team):
    """The copy is a door like any other: not asked for, and not read, from where the workspace is closed."""
    with tenant(team.pk):
        Workspace.objects.update(allowed_networks=["192.0.2.0/24"])
    page = inside.get(PAGE).content.decode()
    assert f"{team.name}</bdi> is closed to your address, and left out" in page
    inside.post(PAGE)
    assert run_next_job("default")
    export = DataExport.objects.get()
    assert not [name for name in contents(export) if f"workspaces/{team.slug}/" in name]
    assert [name for name in contents(export) if f"workspaces/{own.slug}/" in name]
    assert b"".join(inside.get(f"{PAGE}{export.pk}/")).startswith(b"PK")

    DataExport.objects.update(workspaces=[str(own.pk), str(team.pk)])
    answer = inside.get(f"{PAGE}{export.pk}/")
    assert answer.status_code == 403
    assert "open to certain addresses alone" in answer.content.decode()
