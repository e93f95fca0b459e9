"""The production layout, served by the Procfile's own lines: hashed static files, gunicorn, uvicorn."""

import os
import subprocess

import httpx
import pytest

from deploy.local.ports import free_port
from tests.house.house import PROJECT, empty_house
from tests.waiting import wait_for

BEHIND_PROXY = {"Host": "trade.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with empty_house() as standing:
        standing.environment |= {
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "ALLOWED_HOSTS": "trade.example",
            "SITE_ADDRESS": "https://trade.example",
            "TRUSTED_PROXIES": "1",
            "STATIC_ROOT": str(tmp_path_factory.mktemp("static")),
            "WEB_BIND": f"127.0.0.1:{free_port()}",
            "LIVE_PORT": str(free_port()),
        }
        standing.start("postgres")
        standing.start("redis")
        standing.manage("setup")
        standing.manage("collectstatic", "--noinput")
        for name in ("web", "live"):
            standing.commands[name] = [os.fspath(PROJECT.root / "deploy/process"), name]
            standing.start(name)
        pages, live = (
            f"http://{standing.environment['WEB_BIND']}",
            f"http://127.0.0.1:{standing.environment['LIVE_PORT']}",
        )
        for address in (pages, live):
            wait_for(lambda address=address: answers(address), said=standing.everything_said)
        standing.address = pages
        yield standing


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", headers=BEHIND_PROXY, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def get(house, path: str, **headers: str) -> httpx.Response:
    return httpx.get(house.address + path, headers={**BEHIND_PROXY, **headers}, timeout=20)


def test_page_comes_with_its_hashed_files_and_the_browsers_orders(house):
    page = get(house, "/")
    assert page.status_code == 200, house.everything_said()
    styles = [part.partition('"')[0] for part in page.text.split('href="')[1:] if ".css" in part.partition('"')[0]]
    assert styles[0].startswith("/static/css/tokens.")
    assert len(styles) > 1
    for style in styles:
        file = get(house, style)
        assert file.status_code == 200
        assert "immutable" in file.headers["Cache-Control"]
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_log_in_page_sets_secure_cookies_alone(house):
    cookies = get(house, "/account/login/").headers.get_list("set-cookie")
    assert [cookie for cookie in cookies if cookie.startswith("__Host-")]
    assert all("Secure" in cookie for cookie in cookies)


def test_plain_http_is_sent_to_https(house):
    answer = get(house, "/", **{"X-Forwarded-Proto": "http"})
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://trade.example/")


def test_host_that_was_not_named_is_refused(house):
    assert get(house, "/", Host="evil.example").status_code == 400


def test_demo_is_refused_where_people_can_reach_it(house):
    done = subprocess.run(
        [PROJECT.python, "manage.py", "demo"],
        env=house.environment,
        cwd=PROJECT.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "on this machine alone" in done.stderr
    assert house.rows("SELECT count(*) FROM accounts_person") == [(0,)]


def test_socket_without_a_session_is_refused_by_the_live_process(house):
    address = f"http://127.0.0.1:{house.environment['LIVE_PORT']}/ws/w/anything/live/"
    shake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    answer = httpx.get(address, headers={**BEHIND_PROXY, **shake, "Sec-WebSocket-Key": "x" * 22 + "=="}, timeout=10)
    assert answer.status_code == 403
