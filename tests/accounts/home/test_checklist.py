"""The first steps: each app brings its own, done ones keep their time, locked ones name what is missing."""

import pytest

from accounts.models import Person
from accounts.registries import Condition, Done, RegisteredTwice, Step, _steps, register_step, steps
from accounts.services.people import mark_step_done
from accounts.services.workspaces import create_workspace
from tests.log_in import confirm_address, turn_on_app

pytestmark = pytest.mark.django_db
TITLE = "Getting to your first honest trade"


@pytest.fixture(autouse=True)
def _own_steps_alone(monkeypatch):
    """Other apps bring steps of their own, which are theirs to test."""
    for name in set(_steps) - {"verify-email", "add-factor"}:
        monkeypatch.delitem(_steps, name)


@pytest.fixture
def page(client, alice, now):
    client.force_login(alice)
    own = create_workspace(owner=alice, name="Alice's", kind="personal", now=now)
    return f"/w/{own.slug}/"


@pytest.fixture
def brought():
    """A step of an app that exists only here, behind two conditions of which one is met."""
    state = {"done": None}
    step = Step(
        name="test-live",
        title="Trade live",
        words="Opens later.",
        link="Open",
        url_name="jobs",
        order=99,
        done=lambda request: state["done"],
        conditions=lambda request: [Condition("a passkey", True), Condition("plan Pro", False)],
    )
    register_step(step)
    yield state
    del _steps[step.name]


def test_next_step_owns_the_only_filled_button(client, page):
    text = client.get(page).content.decode()
    assert "0 of 2" in text
    assert text.count('class="act button primary"') == 1
    assert text.index("Verify your e-mail") < text.index("Add a second factor")


def test_done_step_keeps_its_time_in_the_readers_zone(client, page, alice, now):
    Person.objects.filter(pk=alice.pk).update(time_zone="Asia/Kolkata")
    confirm_address(alice)
    for _ in range(2):
        mark_step_done(person=alice, step="verify-email", now=now)
    text = client.get(page).content.decode()
    assert "1 of 2" in text
    assert "alice@example.org, 20 Nov 2026, 15:00 IST" in text


def test_list_goes_when_all_is_done(client, page, alice):
    confirm_address(alice)
    assert TITLE in client.get(page).content.decode()
    turn_on_app(alice)
    assert TITLE not in client.get(page).content.decode()


def test_list_is_put_away_and_brought_back(client, page):
    assert client.post("/account/checklist/hide/").status_code == 302
    assert TITLE not in client.get(page).content.decode()
    assert "Show it again" in client.get("/account/preferences/").content.decode()
    client.post("/account/checklist/show/")
    assert TITLE in client.get(page).content.decode()


def test_another_person_puts_away_his_own_list_alone(client, page, alice, charlie):
    client.force_login(charlie)
    client.post("/account/checklist/hide/", {"person": str(alice.pk)})
    assert Person.objects.get(pk=alice.pk).checklist_hidden_at is None
    assert client.get("/account/checklist/hide/").status_code == 405


def test_step_of_another_app_is_locked_with_each_condition_and_how_many_are_met(client, page, brought):
    text = client.get(page).content.decode()
    assert "Trade live" in text
    assert "1 of 2 met" in text
    assert "plan Pro" in text
    brought["done"] = Done(words="order 7")
    assert "order 7" in client.get(page).content.decode()


def test_step_is_registered_once(brought):
    with pytest.raises(RegisteredTwice):
        register_step(steps()[0])
