"""The list of addresses holds at every door: pages, tokens, sockets; a header alone is never believed."""

import datetime as dt
import io
import time

import pytest
from django.core.management import CommandError, call_command
from websockets.exceptions import InvalidStatus

from accounts.consumers import WorkspaceDoor
from accounts.domain.networks import MOST_NETWORKS, NotNetworks, admits, bare_address, parse_networks
from accounts.models import ApiToken, AuditEntry, Workspace
from accounts.services.tokens import create_token
from accounts.services.workspaces import create_workspace, set_allowed_networks
from config.routing import sockets
from kernel import clock
from kernel.live import news
from kernel.live.codes import CloseCode
from kernel.live.door import Handshake, Refused
from kernel.tenancy.access import Right
from kernel.tenancy.scope import tenant
from tests.accounts.rooms.conftest import access
from tests.kernel.live.listeners import Listening, cookie_of, serving

pytestmark = pytest.mark.django_db

OFFICE = "203.0.113.0/24"
INSIDE, OUTSIDE = "203.0.113.9", "198.51.100.7"


def open_to(team, *networks):
    with tenant(team.pk):
        Workspace.objects.update(allowed_networks=list(networks))


def token_of(team, person, **options):
    door = access(team, person)
    with tenant(team.pk):
        _, secret = create_token(
            access=door, name="t", scopes={Right.VIEW}, now=clock.now(), lifetime=dt.timedelta(days=1), **options
        )
    return {"Authorization": f"Bearer {secret.reveal()}"}


@pytest.mark.parametrize(
    ("typed", "networks"),
    [
        ("", []),
        (" 10.1.2.3 \n\n10.1.2.3/32\r\n2001:DB8::1/48", ["10.1.2.3/32", "2001:db8::/48"]),
        ("::ffff:203.0.113.9", ["203.0.113.9/32"]),
        ("::ffff:203.0.113.0/120", ["203.0.113.0/24"]),
        ("0.0.0.0/0\n::/0", ["0.0.0.0/0", "::/0"]),
    ],
)
def test_networks_are_read_one_a_line(typed, networks):
    assert parse_networks(typed) == networks


@pytest.mark.parametrize(
    "typed", ["localhost", "10.0.0.0/33", "10.0.0", "10.0.0.1 10.0.0.2", "שלום", "x" * 10_000, "1e3", "fe80::1%eth0/x"]
)
def test_what_is_no_network_is_refused_in_words(typed):
    with pytest.raises(NotNetworks) as refusal:
        parse_networks(typed)
    assert len(str(refusal.value)) < 200


def test_more_than_fifty_are_refused():
    lines = [f"10.0.{number}.0/24" for number in range(MOST_NETWORKS + 1)]
    assert len(parse_networks("\n".join(lines[:-1]))) == MOST_NETWORKS
    with pytest.raises(NotNetworks, match="51 networks"):
        parse_networks("\n".join(lines))


@pytest.mark.parametrize(
    ("address", "is_in"),
    [
        ("203.0.113.9", True),
        ("::ffff:203.0.113.9", True),
        ("203.0.114.9", False),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("fe80::1%eth0", False),
        ("", False),
        ("unknown", False),
    ],
)
def test_address_is_in_the_list_or_not_whatever_it_wears(address, is_in):
    assert admits(["203.0.113.0/24", "2001:db8::/48"], address) is is_in
    assert admits([], address)


def test_nonsense_is_no_address():
    assert bare_address("x'; DROP TABLE") == "0.0.0.0"


def test_page_is_open_from_inside_and_403_from_outside_naming_the_address(client, team, alice):
    client.force_login(alice)
    open_to(team, OFFICE)
    assert client.get(f"/w/{team.slug}/", REMOTE_ADDR=INSIDE).status_code == 200
    answer = client.get(f"/w/{team.slug}/", REMOTE_ADDR=OUTSIDE)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "ADDRESS_NOT_ALLOWED" in page
    assert OUTSIDE in page
    assert team.name not in page


@pytest.mark.parametrize(
    "path", ["", "jobs/", "members/", "tokens/", "stop/", "settings/", "audit/", "audit/trail.csv", "search/"]
)
def test_list_holds_for_every_page_and_for_changes(client, team, alice, path):
    client.force_login(alice)
    open_to(team, OFFICE)
    assert client.get(f"/w/{team.slug}/{path}", REMOTE_ADDR=OUTSIDE).status_code == 403
    assert client.post(f"/w/{team.slug}/stop/", {"state": "HALTED"}, REMOTE_ADDR=OUTSIDE).status_code == 403


def test_stranger_is_told_404_and_not_of_the_list(client, team, charlie):
    client.force_login(charlie)
    open_to(team, OFFICE)
    assert client.get(f"/w/{team.slug}/", REMOTE_ADDR=OUTSIDE).status_code == 404


@pytest.mark.parametrize(
    ("proxies", "peer", "header", "status"),
    [
        (0, OUTSIDE, INSIDE, 403),  # a forged header
        (0, INSIDE, OUTSIDE, 200),
        (1, "10.0.0.1", INSIDE, 200),
        (1, "10.0.0.1", OUTSIDE, 403),
        (1, "10.0.0.1", f"{INSIDE}, {OUTSIDE}", 403),  # the visitor wrote the first one himself
        (1, "10.0.0.1", f"{OUTSIDE}, {INSIDE}", 200),
        (1, INSIDE, "", 200),  # past the proxy: the peer alone counts
        (1, OUTSIDE, "nonsense", 403),
    ],
)
def test_header_counts_as_far_as_the_operator_trusts_his_proxies(
    client, settings, team, alice, proxies, peer, header, status
):
    settings.TRUSTED_PROXIES = proxies
    bearer = token_of(team, alice)
    open_to(team, OFFICE)
    client.force_login(alice)
    sent = {"REMOTE_ADDR": peer, **({"HTTP_X_FORWARDED_FOR": header} if header else {})}
    assert client.get(f"/w/{team.slug}/", **sent).status_code == status
    assert client.get("/api/v1/me", headers=bearer, **sent).status_code == status
    cookie = {"cookie": f"sessionid={cookie_of(alice)}", "origin": "http://localhost", "host": "localhost"}
    forwarded = {"x-forwarded-for": header} if header else {}
    for headers in (cookie, {"authorization": bearer["Authorization"]}):
        handshake = Handshake(team.slug, {**headers, **forwarded}, peer)
        if status == 200:
            entry = WorkspaceDoor().admit(handshake)
            assert WorkspaceDoor().still_open([entry]) == {entry.id}
        else:
            with pytest.raises(Refused):
                WorkspaceDoor().admit(handshake)


def test_token_from_outside_is_refused_by_a_code_of_its_own_and_is_not_marked_as_used(client, team, alice):
    bearer = token_of(team, alice)
    open_to(team, OFFICE)
    answer = client.get("/api/v1/me", headers=bearer, REMOTE_ADDR=OUTSIDE)
    assert (answer.status_code, answer.json()["code"]) == (403, "ADDRESS_NOT_ALLOWED")
    assert OUTSIDE in answer.json()["detail"]
    with tenant(team.pk):
        assert ApiToken.objects.get().last_used_at is None
    wrong = {"Authorization": bearer["Authorization"][:-1] + ("a" if bearer["Authorization"][-1] != "a" else "b")}
    assert client.get("/api/v1/me", headers=wrong, REMOTE_ADDR=OUTSIDE).json()["code"] == "BAD_TOKEN"


def test_tokens_own_networks_hold_beside_the_workspaces(client, team, alice):
    bearer = token_of(team, alice, addresses=["203.0.113.9"])
    open_to(team, OFFICE)
    assert client.get("/api/v1/me", headers=bearer, REMOTE_ADDR=INSIDE).status_code == 200
    assert client.get("/api/v1/me", headers=bearer, REMOTE_ADDR="203.0.113.8").json()["code"] == "BAD_TOKEN"


@pytest.fixture
def listening(transactional_db):
    news._publisher_at.cache_clear()
    with serving(sockets) as port:
        listening = Listening(port)
        yield listening
        listening.close()


@pytest.mark.django_db(transaction=True)
def test_changed_list_closes_the_sockets_it_leaves_out_within_five_seconds(listening, team, strangers, alice, charlie):
    bearer = token_of(team, alice)["Authorization"].removeprefix("Bearer ")
    here = [listening.open(team, alice), listening.open(team, token=bearer, origin=None)]
    bystander = listening.open(strangers, charlie)
    door = access(team, alice)
    with tenant(team.pk):
        set_allowed_networks(access=door, networks=["127.0.0.0/8"], address="127.0.0.1", now=clock.now())
    time.sleep(3)
    assert [listener.is_open for listener in here] == [True, True]
    started = time.monotonic()
    with tenant(team.pk):
        set_allowed_networks(access=door, networks=[OFFICE], address=INSIDE, now=clock.now())
    assert [listener.closed_with() for listener in here] == [CloseCode.ENTRY_ENDED] * 2
    assert time.monotonic() - started < 5
    assert bystander.is_open
    with pytest.raises(InvalidStatus):
        listening.open(team, alice)


def test_all_sockets_are_still_checked_with_one_query(team, alice, bob, django_assert_num_queries):
    open_to(team, "127.0.0.0/8", "2001:db8::/48")
    headers = {"origin": "http://localhost", "host": "localhost"}
    entries = [
        WorkspaceDoor().admit(Handshake(team.slug, {**headers, "cookie": f"sessionid={cookie_of(person)}"}, address))
        for person, address in ((alice, "127.0.0.1"), (bob, "2001:db8::7"), (bob, "::ffff:127.0.0.1"))
    ]
    with django_assert_num_queries(1):
        assert WorkspaceDoor().still_open(entries) == {entry.id for entry in entries}
    open_to(team, "127.0.0.0/8")
    assert WorkspaceDoor().still_open(entries) == {entries[0].id, entries[2].id}


def test_list_that_would_shut_out_its_editor_is_refused_with_his_address(alices, team):
    answer = alices.post(f"/w/{team.slug}/settings/networks/", {"networks": f"{OFFICE}\n10.0.0.0/8"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "127.0.0.1" in page
    assert f"{OFFICE}\n10.0.0.0/8" in page
    with tenant(team.pk):
        assert Workspace.objects.get().allowed_networks == []


def test_list_is_set_written_in_one_way_and_audited(alices, team):
    path = f"/w/{team.slug}/settings/networks/"
    assert alices.post(path, {"networks": "127.0.0.1\r\n2001:DB8::/48\r\n127.0.0.1/32"}).status_code == 302
    with tenant(team.pk):
        assert Workspace.objects.get().allowed_networks == ["127.0.0.1/32", "2001:db8::/48"]
        entry = AuditEntry.objects.select_related("detail").get(action="workspace.networks_set")
    assert entry.facts == {"count": 2}
    assert entry.detail.personal["to"] == ["127.0.0.1/32", "2001:db8::/48"]
    alices.post(path, {"networks": "127.0.0.1\n2001:db8::/48"})
    with tenant(team.pk):
        assert AuditEntry.objects.filter(action="workspace.networks_set").count() == 1
    assert alices.post(path, {"networks": ""}).status_code == 302
    with tenant(team.pk):
        assert Workspace.objects.get().allowed_networks == []


def test_setting_the_list_asks_again_who_is_there(client, team, alice):
    client.force_login(alice)
    answer = client.post(f"/w/{team.slug}/settings/networks/", {"networks": "127.0.0.0/8"})
    assert answer["Location"].startswith("/account/confirm/")
    with tenant(team.pk):
        assert Workspace.objects.get().allowed_networks == []


def test_operator_opens_a_workspace_whose_owner_locked_himself_out(team, strangers):
    open_to(team, OFFICE)
    open_to(strangers, OFFICE)
    said = io.StringIO()
    call_command("open_workspace", team.slug, stdout=said)
    assert "1 networks were taken off" in said.getvalue()
    with tenant(team.pk):
        assert Workspace.objects.get().allowed_networks == []
        assert AuditEntry.objects.filter(action="workspace.networks_lifted").count() == 1
    with tenant(strangers.pk):
        assert Workspace.objects.get().allowed_networks == [OFFICE]
    call_command("open_workspace", team.slug, stdout=said)
    assert "It was open" in said.getvalue()
    with pytest.raises(CommandError, match="no workspace"):
        call_command("open_workspace", "no-such")


def test_persons_pages_are_not_framed_by_a_workspace_that_is_shut_to_him(client, team, alice, now):
    own = create_workspace(owner=alice, name="Alice's own", kind=Workspace.Kind.PERSONAL, now=now)
    alice.home_workspace_id = team.pk
    alice.save()
    client.force_login(alice)
    assert team.slug in client.get("/account/workspaces/", REMOTE_ADDR=INSIDE).context["workspace"].slug
    open_to(team, OFFICE)
    assert client.get("/account/workspaces/", REMOTE_ADDR=OUTSIDE).context["workspace"].slug == own.slug
    with tenant(own.pk):
        Workspace.objects.update(allowed_networks=[OFFICE])
    answer = client.get("/account/security/", REMOTE_ADDR=OUTSIDE)
    assert answer.status_code == 200
    assert team.slug not in answer.content.decode()
