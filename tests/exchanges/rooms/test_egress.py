"""From which address a connection leaves: the operator names them, a person chooses one, the socket is bound to it."""

import socket
import threading

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment
from exchanges.adapters.wire import Call, NoManners, WireSession
from exchanges.domain.limits import Act
from exchanges.domain.purposes import Purpose
from exchanges.lines import NoLine, open_line
from exchanges.models import Connection
from exchanges.services.checks import check_connection
from kernel import clock
from kernel.tenancy.scope import tenant
from tests.accounts.rooms.conftest import browser_of
from tests.exchanges.rooms.conftest import KEYS, again, connect
from tests.log_in import log_in_with_factor

TWO = {"203.0.113.7": "127.0.0.2", "203.0.113.8": "127.0.0.3"}
database = pytest.mark.django_db(transaction=True)


@pytest.fixture
def callers():
    """A server that keeps from where it was called."""
    found: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, (address, _) = listener.accept()
            except OSError:
                return
            found.append(address)
            caller.recv(65536)
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            caller.close()

    threading.Thread(target=serve, daemon=True).start()
    found_at = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield found, found_at
    listener.close()


@pytest.fixture(autouse=True)
def _site(settings, enqueued):
    settings.SITE_ADDRESS, settings.SANDBOX_ADDRESS = "http://testserver", "http://127.0.0.1:1"


@pytest.mark.parametrize(("source", "seen"), [(None, "127.0.0.1"), ("127.0.0.2", "127.0.0.2")])
def test_socket_leaves_from_the_address_it_is_bound_to(callers, source, seen):
    found, address = callers
    session = WireSession(manners=NoManners(), source=source)
    with session.during(Call(Act.BALANCES)):
        session.get(address)
    assert found == [seen]


def test_address_that_this_machine_does_not_have_sends_nothing(callers):
    found, address = callers
    session = WireSession(manners=NoManners(), source="203.0.113.7")
    with session.during(Call(Act.BALANCES)), pytest.raises(requests.RequestException):
        session.get(address)
    assert (found, session.heard.has_left) == ([], False)


@database
def test_connection_leaves_from_the_address_that_was_chosen(team, alice, callers, settings):
    found, settings.VENUE_ADDRESSES["binance"] = callers
    settings.EGRESS_ADDRESSES = TWO
    made = connect(team, alice, now=clock.now(), egress="203.0.113.8")
    check_connection(team.pk, made.pk, now=clock.now())
    assert set(found) == {"127.0.0.3"}


@database
def test_address_that_is_not_named_any_more_is_no_way_out(team, alice, settings):
    settings.EGRESS_ADDRESSES = TWO
    made = connect(team, alice, now=clock.now(), egress="203.0.113.8")
    settings.EGRESS_ADDRESSES = {"203.0.113.7": "127.0.0.2"}
    with pytest.raises(NoLine, match=r"no address 203\.0\.113\.8 any more"):
        open_line(made, None, purpose=Purpose.READ)
    check_connection(team.pk, made.pk, now=clock.now())
    assert "no address 203.0.113.8 any more" in again(team, made).met_words


@database
@pytest.mark.parametrize(
    ("named", "words", "has_field"),
    [
        ({}, "not named by the operator", False),
        ({"203.0.113.7": "203.0.113.7"}, "203.0.113.7", False),
        (TWO, "203.0.113.8", True),
    ],
)
def test_form_says_the_addresses_and_lets_one_be_chosen_of_several(
    client, team, alice, settings, named, words, has_field
):
    settings.EGRESS_ADDRESSES, settings.SELF_HOSTED = named, True
    log_in_with_factor(client, alice)
    for venue in ("zerodha", "binance"):
        page = client.get(f"/w/{team.slug}/connections/add/{venue}/live/").content.decode()
        assert words in page
        assert ('name="egress"' in page) is has_field
    address = f"/w/{team.slug}/connections/add/binance/live/"
    if has_field:
        assert client.post(address, {"name": "A", **KEYS, "egress": "198.51.100.1"}).status_code == 422
    assert client.post(address, {"name": "A", **KEYS, "egress": "203.0.113.8"}).status_code == 302
    with tenant(team.pk):
        assert Connection.objects.get().egress == ("203.0.113.8" if has_field else None)


@database
def test_another_key_may_leave_from_another_address(team, alice, settings):
    settings.EGRESS_ADDRESSES = TWO
    made = connect(team, alice, now=clock.now(), egress="203.0.113.8", mode=Connection.Mode.SANDBOX)
    alices = browser_of(alice)
    address = f"/w/{team.slug}/connections/{made.pk}/key/"
    assert '<option value="203.0.113.8" selected>' in alices.get(address).content.decode()
    assert alices.post(address, {**KEYS, "egress": "203.0.113.7"}).status_code == 302
    assert again(team, made).egress == "203.0.113.7"


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        ("", {}),
        ("203.0.113.7", {"203.0.113.7": "203.0.113.7"}),
        (" 203.0.113.7 = 10.0.0.7 , 2001:db8::1", {"203.0.113.7": "10.0.0.7", "2001:db8::1": "2001:db8::1"}),
    ],
)
def test_addresses_are_read_with_those_of_this_machine(raw, made):
    assert Environment({"EGRESS_ADDRESSES": raw}, {}).egress("EGRESS_ADDRESSES") == made


@pytest.mark.parametrize("raw", ["gate.example", "203.0.113.7/24", "203.0.113.7=", "=10.0.0.7", "300.1.1.1"])
def test_wrong_address_is_refused_by_name(raw):
    with pytest.raises(ImproperlyConfigured, match="EGRESS_ADDRESSES"):
        Environment({"EGRESS_ADDRESSES": raw}, {}).egress("EGRESS_ADDRESSES")
