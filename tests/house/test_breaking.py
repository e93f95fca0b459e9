"""What breaks in real life, broken in a whole install: each gets a clear answer, and nothing is lost."""

import os
import signal
import socket
import threading
import time

import httpx
import pytest

from tests.house.house import House, standing_house
from tests.waiting import wait_for

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.timeout(240)]

START = (
    "from kernel import clock; from kernel.jobs.services import start_job; from kernel.tenancy.scope import tenant\n"
    "from kernel.tenancy.locators import locate\n"
    "workspace = locate('locate_workspaces', None, 1)[0][0]\n"
    "with tenant(workspace):\n"
    "    print(start_job('tests.count_slowly', now=clock.now(), steps={steps}, quota_key='{key}').pk)\n"
)


@pytest.fixture(scope="module")
def house():
    with standing_house() as standing:
        yield standing


@pytest.fixture
def client(house):
    visitor = house.signed_in()
    yield visitor
    visitor.close()


def begin(house: House, steps: int, key: str = "one") -> str:
    return house.run(START.format(steps=steps, key=key))


def job(house: House, key: str) -> dict:
    columns = "state, done, attempts, note, result, error"
    row = house.rows(f"SELECT {columns} FROM kernel_job WHERE id = %s", key)[0]
    return dict(zip(columns.split(", "), row, strict=True))


def ended(house: House, key: str, seconds: float = 60) -> dict:
    wait_for(
        lambda: job(house, key)["state"] in {"DONE", "FAILED", "CANCELLED"},
        seconds=seconds,
        said=lambda: f"{job(house, key)} {house.said('worker')}",
    )
    return job(house, key)


def raw(house: House, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", house.port), timeout=20) as connection:
        connection.sendall(request)
        connection.settimeout(20)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
                if b"\r\n\r\n" in answer:
                    break
        except (ConnectionResetError, BrokenPipeError):
            pass
        return answer


@pytest.mark.parametrize(
    "headers",
    [
        b"".join(b"X-Bomb-%d: %s\r\n" % (number, b"x" * 1000) for number in range(2000)),
        b"X-Bomb: " + b"x" * 2_000_000 + b"\r\n",
        b"Cookie: " + b"a=b; " * 100_000 + b"\r\n",
    ],
    ids=["many headers", "one long header", "a jar of cookies"],
)
def test_header_bomb_is_refused_and_the_next_request_is_served(house, headers):
    try:
        answer = raw(house, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n")
    except (ConnectionResetError, BrokenPipeError):
        answer = b""
    assert answer == b"" or answer.split()[1] in {b"400", b"413", b"431"}
    assert httpx.get(f"{house.address}/healthz").status_code == 200


def test_form_of_ten_megabytes_is_413_whether_its_length_is_declared_or_not(client):

    def pieces():
        for _ in range(160):
            yield b"x" * 65536

    declared = client.post("/home/", content=b"x" * 10_000_000)
    chunked = client.post("/home/", content=pieces())
    assert (declared.status_code, chunked.status_code) == (413, 413)
    assert "BODY_TOO_LARGE" in chunked.text


def test_guessed_ids_are_404(house, client):
    workspace = str(client.get("/home/").url).rstrip("/")
    for key in ("01a1fbed-bf02-7000-9deb-f4d8fe0da477", "1", "../../etc/passwd", "%00"):
        path = f"{workspace}/jobs/{key}/cancel/"
        answer = client.post(path, headers={"X-CSRFToken": client.cookies["csrftoken"], "Referer": house.address})
        assert answer.status_code == 404, key


def test_job_whose_process_is_killed_goes_on_where_it_was(house):
    key = begin(house, steps=60)
    pid = int(wait_for(lambda: job(house, key)["done"] >= 5 and job(house, key)["note"].removeprefix("pid ")))
    os.kill(pid, signal.SIGKILL)
    found = ended(house, key)
    assert (found["state"], found["done"], found["attempts"]) == ("DONE", 60, 2)
    assert found["result"]["began_at"] >= 5


def test_job_whose_whole_worker_is_killed_goes_on_when_one_is_back(house):
    key = begin(house, steps=60)
    wait_for(lambda: job(house, key)["done"] >= 5)
    house.stop("worker", signal.SIGKILL)
    house.start("worker")
    found = ended(house, key, seconds=90)
    assert (found["state"], found["done"], found["attempts"]) == ("DONE", 60, 2)


def test_flushed_redis_loses_no_job_and_logs_nobody_out(house, client):
    running = begin(house, steps=30, key="running")
    wait_for(lambda: job(house, running)["done"] >= 1)
    house.stop("worker", signal.SIGKILL)
    waiting = begin(house, steps=3, key="waiting")
    house.broker().flushall()
    house.start("worker")
    assert ended(house, waiting)["state"] == "DONE"
    assert ended(house, running)["state"] == "DONE"
    assert client.get("/home/").url.path.startswith("/w/")
    after = begin(house, steps=3, key="after")
    assert ended(house, after)["state"] == "DONE"


def test_restarted_postgresql_under_load_is_an_error_for_a_moment_and_loses_nothing(house, client):
    workspace = client.get("/home/").url.path
    key = begin(house, steps=80, key="through the restart")
    wait_for(lambda: job(house, key)["done"] >= 3)
    stop = threading.Event()
    statuses: list[tuple[float, int]] = []

    def load():
        with httpx.Client(base_url=house.address, cookies=client.cookies, timeout=30) as visitor:
            while not stop.is_set():
                statuses.append((time.monotonic(), visitor.get(f"{workspace}jobs/").status_code))

    visitors = [threading.Thread(target=load) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    time.sleep(1)
    house.restart_postgres()
    back = time.monotonic()
    time.sleep(6)
    stop.set()
    for visitor in visitors:
        visitor.join()
    assert {status for _, status in statuses} <= {200, 500, 503}
    assert {status for at, status in statuses if at > back + 3} == {200}
    found = ended(house, key, seconds=90)
    assert (found["state"], found["done"]) == ("DONE", 80)


def test_no_secret_is_in_any_log(house):
    said = house.everything_said()
    assert said
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "AUDIT_SIGNING_KEY", "DEMO_PASSWORD"):
        assert house.environment[name] not in said
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL"):
        assert house.environment[name].split(":")[2].split("@")[0] not in said
