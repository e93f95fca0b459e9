"""Both servers, as processes of their own, with the options that Procfile gives them."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from websockets.exceptions import InvalidStatus

from accounts.models import Membership
from kernel.live.codes import CloseCode
from kernel.tenancy.scope import tenant
from tests.kernel.live.listeners import Listening, cookie_of
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[3]
APPLICATION = "tests.kernel.live.served:application"
DAPHNE = (
    "daphne -b 127.0.0.1 -p {port} --ping-interval 20 --ping-timeout 20 --no-server-name "
    "--websocket-max-message-size 65536 --websocket-max-frame-size 65536"
)
UVICORN = (
    "uvicorn --host 127.0.0.1 --port {port} --lifespan off --no-proxy-headers --no-server-header --log-level warning "
    "--ws-per-message-deflate false --ws-max-size 4096 --ws-ping-interval 20 --ws-ping-timeout 20"
)


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def answers(port: int) -> bool:
    with closing(socket.socket()) as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def process(command: str, port: int) -> Iterator[None]:
    """The server, on this worker's own test database."""
    url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}"))
    program, *arguments = command.format(port=port).split()
    program = str(Path(sys.executable).parent / program)
    server = subprocess.Popen([program, *arguments, APPLICATION], cwd=ROOT, env={**os.environ, "DATABASE_URL": url})
    try:
        wait_for(lambda: answers(port), 30)
        yield
    finally:
        server.terminate()
        server.wait(15)


@pytest.mark.parametrize("command", [DAPHNE, UVICORN], ids=["daphne", "uvicorn"])
def test_server_process_delivers_refuses_and_revokes(transactional_db, write, team, alice, bob, charlie, command):
    port = free_port()
    with process(command, port):
        listening = Listening(port)
        owner, viewer = listening.open(team, cookie=cookie_of(alice)), listening.open(team, bob)
        with pytest.raises(InvalidStatus) as refusal:
            listening.open(team, charlie)
        assert refusal.value.response.status_code == 403
        assert owner.connection.protocol.extensions == []
        row = write(team, alice, "Filled")
        assert "owner's column" in owner.next_row()[3]
        assert viewer.next_row()[:3] == ("shared", 1, f"notice-{row.pk}")
        # A book of twenty levels is larger than whatever a listener may say.
        write(team, alice, "long", row)
        assert len(owner.next_row()[3]) > 20_000
        viewer.next_row()
        with tenant(team.pk):
            Membership.objects.get(person=bob).delete()
        assert viewer.closed_with() == CloseCode.ENTRY_ENDED
        owner.connection.send("x" * 5000)
        # uvicorn says it before we do.
        assert owner.closed_with() in {CloseCode.TOO_BIG, 1009}
        listening.close()
