"""Who is in a workspace and as what: owners change it, the last owner stays, and of two at once one wins."""

import datetime as dt

import pytest

from accounts.models import ApiToken, AuditEntry, Membership, Notification, NotificationChannel, Workspace
from accounts.models.workspace import Role
from accounts.services.members import (
    Changed,
    LastOwner,
    MemberRefused,
    Standing,
    change_member,
    hand_over,
    leave_workspace,
    remove_member,
)
from accounts.services.tokens import create_token
from accounts.services.workspaces import add_member, create_workspace
from kernel.encryption.secret import Secret
from kernel.tenancy.access import Right
from kernel.tenancy.scope import tenant
from tests.accounts.rooms.conftest import access, at_once, browser_of, changes_nothing, key_of, standing
from tests.factories.people import PersonFactory
from tests.mails import sent_mails

pytestmark = pytest.mark.django_db

VIEWER, TRADER = Standing(Role.VIEWER, False), Standing(Role.TRADER, True)


def change(team, by, person, was, to, now):
    with tenant(team.pk):
        return change_member(access=by, membership_id=Membership.objects.get(person=person).pk, was=was, to=to, now=now)


def form(role="trader", trades=True, was="viewer:0"):
    return {"was": was, "role": role, **({"can_trade": "on"} if trades else {})}


def test_owner_gives_a_member_another_role_and_both_are_told(alices, team, alice, bob):
    answer = alices.post(f"/w/{team.slug}/members/{key_of(team, bob)}/", form())
    assert (answer.status_code, answer["Location"]) == (302, f"/w/{team.slug}/members/")
    assert standing(team, bob) == ("trader", True)
    with tenant(team.pk):
        told = set(Notification.objects.filter(event="member.changed").values_list("person_id", "title"))
        entry = AuditEntry.objects.get(action="member.changed")
    assert told == {(alice.pk, "Bob is trader in Alice and team now"), (bob.pk, "Bob is trader in Alice and team now")}
    assert entry.facts == {"role": "trader", "can_trade": True, "role_before": "viewer", "could_trade": False}


def test_stale_form_is_409_and_shows_what_holds_now(alices, team, alice, dora, bob, now):
    change(team, access(team, dora), bob, VIEWER, TRADER, now)
    answer = alices.post(f"/w/{team.slug}/members/{key_of(team, bob)}/", form(role="owner", was="viewer:0"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Bob was changed meanwhile: trader, with the right to trade." in page
    assert 'name="was" value="trader:1"' in page
    assert standing(team, bob) == ("trader", True)


@pytest.mark.parametrize("was", ["", "nonsense", "owner:1", "viewer"])
def test_form_that_does_not_say_what_it_showed_changes_nothing(alices, team, bob, was):
    with changes_nothing(team):
        assert alices.post(f"/w/{team.slug}/members/{key_of(team, bob)}/", {**form(), "was": was}).status_code == 409


@pytest.mark.parametrize(
    "sent",
    [{}, {"role": "king"}, {"role": "x" * 10_000}, {"role": "viewer", "can_trade": "on"}, {"role": "\u202eowner"}],
)
def test_form_with_mistakes_is_422_and_changes_nothing(alices, team, bob, sent):
    with changes_nothing(team):
        answer = alices.post(f"/w/{team.slug}/members/{key_of(team, bob)}/", {"was": "viewer:0", **sent})
    assert answer.status_code == 422


def test_viewer_and_stranger_change_nobody(bobs, team, alice, charlie):
    key = key_of(team, alice)
    for path in (f"members/{key}/", f"members/{key}/remove/", f"members/{key}/hand-over/", "members/invite/"):
        with changes_nothing(team):
            assert bobs.post(f"/w/{team.slug}/{path}", form()).status_code == 403
            assert browser_of(charlie).post(f"/w/{team.slug}/{path}", form()).status_code == 404


def test_member_of_another_workspace_is_404(alices, team, strangers, charlie):
    assert alices.get(f"/w/{team.slug}/members/{key_of(strangers, charlie)}/").status_code == 404


def test_last_owner_is_not_demoted_by_himself(alices, team, alice):
    answer = alices.post(f"/w/{team.slug}/members/{key_of(team, alice)}/", form(was="owner:1"))
    assert answer.status_code == 409
    assert "the last owner" in answer.content.decode()
    assert standing(team, alice) == ("owner", True)


def test_owner_who_cannot_log_in_does_not_count_as_one(team, alice, dora, now):
    dora.is_active = False
    dora.save()
    with pytest.raises(LastOwner):
        change(team, access(team, alice), alice, Standing(Role.OWNER, True), VIEWER, now)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["demote", "remove"])
def test_two_owners_at_each_other_at_once_leave_exactly_one(team, alice, dora, now, act):
    keys = {person.pk: key_of(team, person) for person in (alice, dora)}
    doors = {person.pk: access(team, person) for person in (alice, dora)}
    was = {alice.pk: Standing(Role.OWNER, True), dora.pk: Standing(Role.OWNER, False)}

    def strike(by, at):
        with tenant(team.pk):
            if act == "demote":
                return change_member(access=doors[by.pk], membership_id=keys[at.pk], was=was[at.pk], to=VIEWER, now=now)
            return remove_member(access=doors[by.pk], membership_id=keys[at.pk], now=now)

    results = at_once(lambda: strike(alice, dora), lambda: strike(dora, alice))
    assert sorted(type(result).__name__ for result in results) == ["Changed", "Membership"]
    with tenant(team.pk):
        assert Membership.objects.filter(role=Role.OWNER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_workspace_handed_to_two_people_at_once_gets_one_new_owner(team, alice, bob, now):
    dora = PersonFactory(name="Dora")
    with tenant(team.pk):
        add_member(workspace=team, person=dora, role=Role.TRADER, now=now)
    door, keys = access(team, alice), [key_of(team, person) for person in (bob, dora)]

    def give(key):
        with tenant(team.pk):
            return hand_over(access=door, membership_id=key, now=now)

    results = at_once(*(lambda key=key: give(key) for key in keys))
    assert sorted(type(result).__name__ for result in results) == ["Changed", "Membership"]
    with tenant(team.pk):
        assert Membership.objects.filter(role=Role.OWNER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_last_owners_leaving_at_once_leave_one_behind(team, alice, dora, now):
    doors = [access(team, alice), access(team, dora)]

    def go(door):
        with tenant(team.pk):
            leave_workspace(access=door, now=now)
            return "left"

    results = at_once(*(lambda door=door: go(door) for door in doors))
    assert [str(result) for result in results].count("left") == 1
    assert [type(result) for result in results].count(LastOwner) == 1


def test_removed_member_is_out_with_his_tokens_and_hears_of_it(
    alices, team, alice, bob, now, django_capture_on_commit_callbacks
):
    with tenant(team.pk):
        token, _ = create_token(
            access=access(team, bob), name="Bob's", scopes={Right.VIEW}, now=now, lifetime=dt.timedelta(days=1)
        )
        NotificationChannel.objects.create(
            workspace=team,
            person=bob,
            kind="webhook",
            label="x",
            address=Secret("https://example.org/"),
            created_at=now,
        )
    bob.home_workspace_id = team.pk
    bob.save()
    path = f"/w/{team.slug}/members/{key_of(team, bob)}/remove/"
    assert "Remove <bdi>Bob</bdi>?" in alices.get(path).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert alices.post(path).status_code == 302
    assert standing(team, bob) is None
    bob.refresh_from_db()
    assert bob.home_workspace_id is None
    [letter] = sent_mails()
    assert (letter.to, letter.subject) == (["bob@example.org"], "You are no longer in Alice and team")
    with tenant(team.pk):
        assert ApiToken.objects.get(pk=token.pk).revoked_at is not None
        assert not NotificationChannel.objects.exists()
        ended = ("member.removed", "token.revoked", "channel.removed")
        assert AuditEntry.objects.filter(action__in=ended).count() == 3
        assert Notification.objects.filter(event="member.removed", person=alice).count() == 1
    assert alices.post(path).status_code == 404


def test_owner_does_not_remove_himself(alices, team, alice):
    with changes_nothing(team):
        answer = alices.post(f"/w/{team.slug}/members/{key_of(team, alice)}/remove/")
    assert answer.status_code == 409
    assert "leave the workspace" in answer.content.decode()


def test_member_leaves_and_may_not_come_back(bobs, team, bob):
    answer = bobs.post(f"/w/{team.slug}/members/leave/", follow=True)
    assert "You left <bdi>Alice and team</bdi>." in answer.content.decode()
    assert standing(team, bob) is None
    assert bobs.get(f"/w/{team.slug}/").status_code == 404


def test_last_owner_and_personal_workspace_are_not_left(alices, team, strangers, charlie):
    with changes_nothing(team):
        answer = alices.post(f"/w/{team.slug}/members/leave/")
    assert answer.status_code == 409
    assert "Hand the workspace over to somebody, or delete the team." in answer.content.decode()
    answer = browser_of(charlie).post(f"/w/{strangers.slug}/members/leave/")
    assert answer.status_code == 409
    assert "your personal workspace" in answer.content.decode()
    assert standing(strangers, charlie) is not None


def test_hand_over_names_the_person_and_swaps_the_roles(alices, team, alice, bob):
    path = f"/w/{team.slug}/members/{key_of(team, bob)}/hand-over/"
    assert "over to <bdi>Bob</bdi>?" in alices.get(path).content.decode()
    assert alices.post(path).status_code == 302
    assert (standing(team, bob), standing(team, alice)) == (("owner", False), ("trader", True))
    with tenant(team.pk):
        told = Notification.objects.filter(event="member.took_over").values_list("person_id", flat=True)
        assert set(told) == {alice.pk, bob.pk}
        assert AuditEntry.objects.filter(action="workspace.handed_over").count() == 1
    assert alices.post(path).status_code == 403


def test_hand_over_asks_again_who_is_there(client, team, alice, bob):
    client.force_login(alice)
    with changes_nothing(team):
        answer = client.post(f"/w/{team.slug}/members/{key_of(team, bob)}/hand-over/")
    assert answer["Location"].startswith("/account/confirm/")


def test_workspace_is_not_handed_to_oneself_or_to_who_cannot_log_in(team, alice, bob, now):
    bob.is_active = False
    bob.save()
    for person in (alice, bob):
        with changes_nothing(team), tenant(team.pk), pytest.raises(MemberRefused):
            hand_over(access=access(team, alice), membership_id=Membership.objects.get(person=person).pk, now=now)


def test_owner_whose_role_was_taken_meanwhile_is_told_so(team, alice, dora, bob, now):
    door = access(team, alice)
    change(team, access(team, dora), alice, Standing(Role.OWNER, True), TRADER, now)
    with pytest.raises(Changed, match="Your own role was changed to trader"):
        change(team, door, bob, VIEWER, TRADER, now)
    assert standing(team, bob) == ("viewer", False)


def test_names_are_isolated_on_the_page(alices, team, bob):
    bob.name = "עמית כהן"
    bob.save()
    assert "<bdi>עמית כהן</bdi>" in alices.get(f"/w/{team.slug}/members/").content.decode()


def test_personal_workspace_offers_no_invitation(strangers, charlie):
    browser = browser_of(charlie)
    assert "Invite somebody" not in browser.get(f"/w/{strangers.slug}/members/").content.decode()
    answer = browser.post(f"/w/{strangers.slug}/members/invite/", {"email": "x@example.org", "role": "viewer"})
    assert answer.status_code == 422


def test_team_of_one_more_owner_may_be_left(team, alice, dora, now):
    with tenant(team.pk):
        leave_workspace(access=access(team, alice), now=now)
    assert standing(team, alice) is None
    assert standing(team, dora) == ("owner", False)


def test_leaving_one_workspace_leaves_the_other(team, bob, now):
    own = create_workspace(owner=bob, name="Bob's", kind=Workspace.Kind.PERSONAL, now=now)
    with tenant(team.pk):
        leave_workspace(access=access(team, bob), now=now)
    assert standing(own, bob) == ("owner", False)
