"""Stop: one press for whoever may edit, no second factor, twice is harmless; wider levels are the operator's."""

import datetime as dt

import pytest
from django.test import Client

from accounts.kill_switch import Level, State, kill_switch
from accounts.models import AuditEntry, KillSwitch, Notification
from accounts.models.workspace import Role
from accounts.services.kill_switch import set_kill_switch, tell_everybody
from accounts.services.members import Standing, change_member
from accounts.services.tokens import create_token
from kernel import clock
from kernel.tenancy.access import Right
from kernel.tenancy.scope import operator, tenant
from tests.accounts.rooms.conftest import access, key_of
from tests.log_in import log_in_with_factor

pytestmark = pytest.mark.django_db


@pytest.fixture
def trader(client, team, alice, bob, now):
    """Bob as a trader, in a session that proved nothing."""
    door, key = access(team, alice), key_of(team, bob)
    with tenant(team.pk):
        change_member(
            access=door,
            membership_id=key,
            was=Standing(Role.VIEWER, False),
            to=Standing(Role.TRADER, False),
            now=now,
        )
    client.force_login(bob)
    return client


def verdict(team):
    with tenant(team.pk):
        return kill_switch()


def press(browser, team, state, **more):
    return browser.post(f"/w/{team.slug}/stop/", {"state": state, **more}, follow=True)


def test_trader_halts_reduces_and_lets_go_on_without_being_asked_who_he_is(trader, team, bob):
    for state in ("HALTED", "REDUCING", "ACTIVE"):
        answer = press(trader, team, state, reason="odd fills")
        assert answer.redirect_chain == [(f"/w/{team.slug}/stop/", 302)]
        assert f"Trading is {state} in this workspace." in answer.content.decode()
        assert verdict(team).state == state
    with tenant(team.pk):
        assert AuditEntry.objects.filter(action="kill_switch.set").count() == 3
        assert KillSwitch.objects.get().set_by == bob


def test_pressing_twice_is_harmless(trader, team):
    press(trader, team, "HALTED", reason="first")
    assert (
        "Trading was HALTED in this workspace already."
        in press(trader, team, "HALTED", reason="second").content.decode()
    )
    with tenant(team.pk):
        assert KillSwitch.objects.get().reason == "first"
        assert AuditEntry.objects.filter(action="kill_switch.set").count() == 1


@pytest.mark.parametrize("reason", ["", "x" * 10_000, "\x00\x07", "שוק סגור", "<script>"])
def test_no_reason_is_a_reason_not_to_stop(trader, team, reason):
    answer = press(trader, team, "HALTED", reason=reason)
    assert answer.status_code == 200
    assert verdict(team).state is State.HALTED
    assert "<script>" not in answer.content.decode()


@pytest.mark.parametrize("state", ["", "halted", "FLATTEN", "x" * 10_000])
def test_state_that_is_none_changes_nothing(trader, team, state):
    assert press(trader, team, state).status_code == 400
    assert verdict(team).is_active


def test_viewer_looks_and_does_not_press(bobs, team):
    page = bobs.get(f"/w/{team.slug}/stop/").content.decode()
    assert "Your role looks only" in page
    assert "Halt trading" not in page
    assert bobs.post(f"/w/{team.slug}/stop/", {"state": "HALTED"}).status_code == 403


def test_page_shows_every_level_and_who_may_lift_it(alices, team, alice, now):
    with tenant(team.pk):
        for level, key in ((Level.ACCOUNT, "A1"), (Level.STRATEGY, "S1"), (Level.INSTRUMENT, "BTCUSDT")):
            set_kill_switch(level=level, key=key, state=State.REDUCING, now=now, person_id=alice.pk, reason="why")
    with operator():
        set_kill_switch(level=Level.PLATFORM, state=State.HALTED, now=now, person_id=None, reason="upgrade")
        set_kill_switch(level=Level.VENUE, key="binance", state=State.HALTED, now=now, person_id=None)
    page = alices.get(f"/w/{team.slug}/stop/").content.decode()
    for words in ("A1", "S1", "BTCUSDT", "The whole platform is HALTED.", "binance", "upgrade"):
        assert words in page
    assert page.count("Only the operator of this instance can lift it.") == 2
    # The workspace letting go does not lift what the platform halted.
    press(alices, team, "ACTIVE")
    assert verdict(team).state is State.HALTED


def test_page_asks_as_many_queries_for_one_switch_as_for_three(alices, team, alice, now, django_assert_max_num_queries):
    counts = []
    for keys in (["a"], ["b", "c"]):
        with tenant(team.pk):
            for key in keys:
                set_kill_switch(level=Level.ACCOUNT, key=key, state=State.HALTED, now=now, person_id=alice.pk)
        with django_assert_max_num_queries(22) as asked:
            alices.get(f"/w/{team.slug}/stop/")
        counts.append(len(asked.captured_queries))
    assert counts[0] == counts[1]


def bearer(team, person, *scopes):
    door = access(team, person)
    with tenant(team.pk):
        _, secret = create_token(
            access=door, name="t", scopes=set(scopes), now=clock.now(), lifetime=dt.timedelta(days=1)
        )
    return {"Authorization": f"Bearer {secret.reveal()}"}


def test_api_tells_and_sets_the_state(client, team, alice):
    headers = bearer(team, alice, Right.VIEW, Right.EDIT)
    body = client.get("/api/v1/kill-switch", headers=headers).json()
    assert body == {"state": "ACTIVE", "level": None, "reason": "", "switches": []}
    for _ in range(2):
        body = client.post(
            "/api/v1/kill-switch",
            {"state": "HALTED", "reason": "odd fills"},
            headers=headers,
            content_type="application/json",
        ).json()
        assert (body["state"], body["level"], body["reason"]) == ("HALTED", "workspace", "odd fills")
        assert [one["level"] for one in body["switches"]] == ["workspace"]


@pytest.mark.parametrize("body", [{}, {"state": "OFF"}, {"state": "HALTED", "reason": "x" * 301}, {"state": None}])
def test_api_refuses_what_it_cannot_read(client, team, alice, body):
    headers = bearer(team, alice, Right.EDIT)
    answer = client.post("/api/v1/kill-switch", body, headers=headers, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    assert verdict(team).is_active


def test_token_that_may_only_look_sets_nothing(client, team, alice):
    headers = bearer(team, alice, Right.VIEW)
    answer = client.post("/api/v1/kill-switch", {"state": "HALTED"}, headers=headers, content_type="application/json")
    assert answer.status_code == 403
    assert verdict(team).is_active


@pytest.fixture
def operators(db, alice):
    alice.is_staff = alice.is_superuser = True
    alice.save()
    browser = Client()
    log_in_with_factor(browser, alice)
    return browser


def platform(level="platform", key="", state="HALTED", reason="upgrade"):
    return {"level": level, "key": key, "state": state, "reason": reason, "sure": "yes"}


def test_operator_stops_everybody_and_a_venue(operators, team, strangers, alice):
    answer = operators.post("/operator/trading/", platform(), follow=True)
    assert "Trading is HALTED for the whole platform." in answer.content.decode()
    assert verdict(team).level == verdict(strangers).level == Level.PLATFORM
    assert "already" in operators.post("/operator/trading/", platform(), follow=True).content.decode()
    operators.post("/operator/trading/", platform(state="ACTIVE"))
    assert verdict(team).is_active
    operators.post("/operator/trading/", platform("venue", "binance"))
    with tenant(team.pk):
        assert kill_switch(venue="binance").state is State.HALTED
    with operator():
        entries = AuditEntry.objects.filter(action="kill_switch.set", workspace_id=None)
        assert [entry.target for entry in entries] == ["venue:binance", "platform", "platform"]
        assert set(entries.values_list("detail__person_id", flat=True)) == {alice.pk}


@pytest.mark.parametrize(
    "form",
    [
        platform("venue"),
        platform("platform", "binance"),
        platform("workspace"),
        platform(state="x"),
        platform(reason=""),
    ],
)
def test_operators_form_with_mistakes_stops_nobody(operators, team, form):
    assert operators.post("/operator/trading/", form).status_code == 422
    assert verdict(team).is_active


def test_operator_is_asked_in_words_before_anything_stops(operators, team):
    form = platform("venue", "binance", reason="odd <b>fills</b>")
    del form["sure"]
    page = operators.post("/operator/trading/", form).content.decode()
    assert "Halt trading for the venue binance?" in page
    assert "odd &lt;b&gt;fills&lt;/b&gt;" in page
    assert verdict(team).is_active
    with operator():
        assert not AuditEntry.objects.filter(action="kill_switch.set").exists()


def test_operators_page_is_for_operators(alices, team):
    assert alices.post("/operator/trading/", platform(), follow=True).status_code == 404
    assert "/account/login/" in Client().post("/operator/trading/", platform(), follow=True).redirect_chain[-1][0]
    assert verdict(team).is_active


def test_admin_lists_rooms_without_secrets(operators, team):
    for model in ("invitation", "signin", "consent", "workspace", "killswitch"):
        assert operators.get(f"/operator/accounts/{model}/").status_code == 200


def test_narrower_switch_is_lifted_where_it_is_shown(trader, team, alice, now):
    with tenant(team.pk):
        set_kill_switch(level=Level.STRATEGY, key="S1", state=State.HALTED, now=now, person_id=alice.pk)
        assert kill_switch(strategy="S1").state is State.HALTED
    answer = press(trader, team, "ACTIVE", level="strategy", key="S1")
    assert "Trading is ACTIVE for the strategy <bdi>S1</bdi>." in answer.content.decode()
    with tenant(team.pk):
        assert kill_switch(strategy="S1").is_active
        assert KillSwitch.objects.get().level == Level.STRATEGY


@pytest.mark.parametrize(
    ("level", "key"), [("strategy", "S2"), ("platform", ""), ("venue", "binance"), ("x", ""), ("account", "\0")]
)
def test_switch_that_is_not_on_the_page_is_not_set(trader, team, now, level, key):
    with operator():
        for wide, name in ((Level.PLATFORM, ""), (Level.VENUE, "binance")):
            set_kill_switch(level=wide, key=name, state=State.HALTED, now=now, person_id=None)
    assert press(trader, team, "ACTIVE", level=level, key=key).status_code == 400
    with tenant(team.pk):
        assert kill_switch(venue="binance").state is State.HALTED
        assert not KillSwitch.objects.exclude(workspace=None).exists()


def test_api_sets_a_narrower_level_and_no_wider_one(client, team, alice):
    headers = bearer(team, alice, Right.EDIT)
    asked = {"state": "HALTED", "level": "account", "key": "A1"}
    answer = client.post("/api/v1/kill-switch", asked, headers=headers, content_type="application/json")
    assert [(one["level"], one["key"]) for one in answer.json()["switches"]] == [("account", "A1")]
    for wrong in ({"level": "platform"}, {"level": "account"}, {"level": "workspace", "key": "A1"}):
        body = {"state": "HALTED", **wrong}
        answer = client.post("/api/v1/kill-switch", body, headers=headers, content_type="application/json")
        assert answer.status_code == 400
    with tenant(team.pk):
        assert KillSwitch.objects.count() == 1


def told(team, person):
    with tenant(team.pk):
        return list(Notification.objects.filter(person_id=person.pk).values_list("title", flat=True))


def test_everybody_in_the_workspace_hears_of_a_stop_once_and_of_its_end(trader, team, alice, bob):
    for state in ("HALTED", "HALTED", "ACTIVE"):
        press(trader, team, state, reason="odd fills")
    for person in (alice, bob):
        heard = [title for title in told(team, person) if title.startswith("Trading")]
        assert sorted(heard) == [f"Trading in {team.name} is ACTIVE again", f"Trading in {team.name} is HALTED"]


def test_operators_stop_is_told_in_every_workspace_once_without_a_name(operators, team, strangers, alice, charlie, now):
    operators.post("/operator/trading/", platform())
    with operator():
        switch = KillSwitch.objects.get()
    for _ in range(2):
        tell_everybody(switch.pk, now=now)
    assert told(team, alice).count("Trading on the whole platform is HALTED") == 1
    assert told(strangers, charlie).count("Trading on the whole platform is HALTED") == 1
    with tenant(team.pk):
        bodies = Notification.objects.filter(event="trading.stopped").values_list("body", flat=True)
        assert set(bodies) == {"Set by the operator of this instance. upgrade"}
