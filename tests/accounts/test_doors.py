"""The door of a workspace's pages: members in by their rights, strangers to nothing, anonymous to the log-in."""

import pytest
from django.http import Http404

from accounts.doors import access_of
from accounts.models import Membership
from accounts.models.workspace import Role
from kernel import clock
from kernel.jobs.models import Job
from kernel.jobs.services import start_job
from kernel.tenancy.access import Access, Right
from kernel.tenancy.loader import load
from kernel.tenancy.scope import ScopeConflict, tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(team):
    with tenant(team.pk):
        return start_job("accounts.check_audit", now=clock.now())


def test_stranger_and_unknown_workspace_look_the_same(client, team, charlie):
    client.force_login(charlie)
    refused = client.get(f"/w/{team.slug}/")
    unknown = client.get("/w/no-such-workspace/")
    assert refused.status_code == unknown.status_code == 404

    def without_ids(answer):
        return answer.content.decode().replace(answer["X-Request-ID"], "")

    assert without_ids(refused) == without_ids(unknown)


def test_anonymous_is_led_to_the_log_in_and_back(client, team):
    answer = client.get(f"/w/{team.slug}/jobs/")
    assert answer["Location"] == f"/account/login/?next=/w/{team.slug}/jobs/"


def test_viewer_looks_and_does_not_act(client, team, bob, job):
    client.force_login(bob)
    assert client.get(f"/w/{team.slug}/jobs/").status_code == 200
    answer = client.post(f"/w/{team.slug}/jobs/{job.pk}/cancel/")
    assert answer.status_code == 403
    assert "does not include the right to edit" in answer.content.decode()
    with tenant(team.pk):
        assert Job.objects.get(pk=job.pk).state == "QUEUED"


def test_member_sees_only_the_doors_that_open_for_him(client, team, alice, bob):
    client.force_login(bob)
    assert "Audit trail" not in client.get(f"/w/{team.slug}/").content.decode()
    assert client.get(f"/w/{team.slug}/audit/").status_code == 403
    client.force_login(alice)
    assert "Audit trail" in client.get(f"/w/{team.slug}/").content.decode()
    assert client.get(f"/w/{team.slug}/audit/").status_code == 200


def test_role_alone_never_holds_the_right_to_trade(team, alice):
    with tenant(team.pk):
        membership = Membership.objects.get(person=alice)
        assert access_of(membership).may(Right.TRADE)
        membership.can_trade = False
        assert not access_of(membership).may(Right.TRADE)


@pytest.mark.parametrize(
    "key", ["x", "", "00000000-0000-0000-0000-000000000000", "01a1fbed-bf02-7000-9deb-f4d8fe0da477", "' OR 1=1 --"]
)
def test_guessed_key_is_404(team, alice, job, key):
    access = Access(team.pk, alice.pk, Role.OWNER)
    with tenant(team.pk), pytest.raises(Http404):
        load(access, Job.objects.all(), key)


def test_loader_refuses_an_access_of_another_workspace(team, strangers, alice, job):
    access = Access(strangers.pk, alice.pk, Role.OWNER)
    with tenant(team.pk), pytest.raises(ScopeConflict):
        load(access, Job.objects.all(), job.pk)


def test_home_leads_to_a_workspace_or_says_that_there_is_none(client, team, alice):
    client.force_login(alice)
    assert client.get("/home/")["Location"] == f"/w/{team.slug}/"
    with tenant(team.pk):
        Membership.objects.filter(person=alice).delete()
    assert "You are in no workspace." in client.get("/home/").content.decode()
