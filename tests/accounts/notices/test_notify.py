"""People are told in the app always, whatever channels they have."""

import pytest

from accounts.models.workspace import Role
from accounts.notices import UnknownEvent
from accounts.notify import NotAMember, notify
from kernel.tenancy.scope import OutsideTenant, tenant
from tests.accounts.notices.telling import FACTS, messages, tell, titles

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site", "events")]


def test_person_without_a_channel_is_told_in_the_app(team, alice, now):
    (notification,) = tell(team, alice, now)
    assert (notification.title, notification.body) == ("INFY filled", "All of it.\nSee <timeout> & more.")
    assert (notification.event, notification.path, notification.urgency) == ("test.filled", "/w/team/orders/1/", 2)
    assert messages(team) == []


def test_event_that_nobody_declared_is_refused(team, alice, now):
    with pytest.raises(UnknownEvent):
        tell(team, alice, now, event="test.unheard_of")
    assert titles(team, alice) == []


def test_missing_fact_is_an_error_and_not_a_gap_in_the_sentence(team, alice, now):
    with tenant(team.pk), pytest.raises(KeyError):
        notify("test.filled", person_id=alice.pk, facts={}, now=now)


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "/\\evil.example/"])
def test_notice_leads_nowhere_else(team, alice, now, path):
    with tenant(team.pk), pytest.raises(ValueError, match="a path of this site"):
        notify("test.filled", person_id=alice.pk, facts=FACTS, path=path, now=now)


def test_everybody_in_a_role_is_told_and_nobody_else(team, alice, bob, now):
    with tenant(team.pk):
        notify("test.filled", roles=(Role.OWNER, Role.TRADER), facts=FACTS, now=now)
    assert (titles(team, alice), titles(team, bob)) == (["INFY filled"], [])
    with tenant(team.pk):
        notify("test.filled", roles=tuple(Role), facts=FACTS, now=now)
    assert (len(titles(team, alice)), len(titles(team, bob))) == (2, 1)


def test_stranger_is_not_told(team, charlie, now):
    with pytest.raises(NotAMember):
        tell(team, charlie, now)
    with pytest.raises(OutsideTenant):
        notify("test.filled", person_id=charlie.pk, facts=FACTS, now=now)
