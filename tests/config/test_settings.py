"""A setting comes from the environment, a file or `.env`; a wrong one is refused by its name."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment, read_env_file

ROOT = Path(__file__).resolve().parents[2]
RIGHT = {
    "SECRET_KEY": "x" * 60,
    "ENCRYPTION_KEYS": "k1:" + base64.b64encode(b"1" * 32).decode(),
    "AUDIT_SIGNING_KEY": base64.b64encode(b"2" * 32).decode(),
    "DATABASE_URL": "postgres://plumbline_app:pw@127.0.0.1:5432/plumbline",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "ALLOWED_HOSTS": "trade.example",
    "SITE_ADDRESS": "https://trade.example",
}


def started_with(**changes: str | None) -> str:
    """What the production settings say when they are read: nothing, or the refusal."""
    environment = {name: value for name, value in {**RIGHT, **changes}.items() if value is not None}
    # The `.env` of the install that the suite stands in must not help out.
    without_env_file = "import config.environment as e; e.read_env_file = lambda path: {}"
    code = f"{without_env_file}\nfrom django.conf import settings; settings.DEBUG"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings.production", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def test_right_values_are_taken():
    assert started_with() == ""


SITE = {
    "OIDC_NAME": "Example ID",
    "OIDC_SERVER": "https://id.example",
    "OIDC_CLIENT_ID": "plumbline",
    "OIDC_CLIENT_SECRET": "a secret",
}


def test_another_sites_log_in_is_named_whole_or_not_at_all():
    assert started_with(**SITE) == ""
    assert started_with(**{**SITE, "OIDC_SERVER": "http://localhost:8011/realms/desk/"}) == ""


@pytest.mark.parametrize("missing", SITE)
def test_another_sites_log_in_that_lacks_a_setting_is_refused_by_its_name(missing):
    said = started_with(**{**SITE, missing: None})
    assert f"but {missing} is not. Set all of OIDC_NAME, OIDC_SERVER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET" in said
    assert "a secret" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_SERVER", "http://id.example"),
        ("OIDC_SERVER", "id.example"),
        ("OIDC_SERVER", "ftp://localhost"),
        ("OIDC_SERVER", "https://me:pw@id.example"),
        ("OIDC_SERVER", "https://id.example:port"),
        ("OIDC_SERVER", "https://id.example/?realm=1"),
        ("OIDC_SERVER", "https://id.example/.well-known/openid-configuration"),
        ("OIDC_SERVER", f"https://id.example/{'x' * 200}"),
        ("OIDC_NAME", "n" * 41),
    ],
)
def test_another_sites_log_in_with_a_wrong_setting_is_refused(name, value):
    assert f"{name} has a wrong value: it should be" in started_with(**{**SITE, name: value})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_KEY", None, "SECRET_KEY is not set. It should be 50 or more random characters."),
        ("DATABASE_URL", None, "DATABASE_URL is not set."),
        ("DATABASE_URL", "sqlite:///db.sqlite3", "DATABASE_URL has a wrong value: it should be postgres://"),
        ("DATABASE_URL", "postgres://host", "DATABASE_URL has a wrong value"),
        ("REDIS_URL", None, "REDIS_URL is not set."),
        ("ENCRYPTION_KEYS", "k1:short", "ENCRYPTION_KEYS"),
        ("ENCRYPTION_KEYS", None, "ENCRYPTION_KEYS is not set."),
        ("AUDIT_SIGNING_KEY", None, "AUDIT_SIGNING_KEY is not set."),
        (
            "AUDIT_SIGNING_KEY",
            "c2hvcnQ=",
            "AUDIT_SIGNING_KEY has a wrong value: it should be base64 of 32 random bytes.",
        ),
        ("AUDIT_SIGNING_KEY", "not base64!", "AUDIT_SIGNING_KEY has a wrong value"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL has a wrong value: it should be redis://:PASSWORD@HOST:PORT/0."),
        ("ALLOWED_HOSTS", None, "ALLOWED_HOSTS is not set."),
        ("SITE_ADDRESS", None, "SITE_ADDRESS is not set."),
        ("TRUSTED_PROXIES", "many", "TRUSTED_PROXIES has a wrong value: it should be a whole number, 0 or more."),
        ("TRUSTED_PROXIES", "-1", "TRUSTED_PROXIES has a wrong value"),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL has a wrong value: it should be one of DEBUG, INFO, WARNING, ERROR."),
        ("SECURE_SSL_REDIRECT", "maybe", "SECURE_SSL_REDIRECT has a wrong value: it should be true or false."),
        ("SECRET_KEY_FILE", "/nowhere/key", "SECRET_KEY"),
    ],
)
def test_wrong_value_is_refused_by_its_name_and_never_repeated(name, value, expected):
    changes = {name: value, **({"SECRET_KEY": None} if name == "SECRET_KEY_FILE" else {})}
    said = started_with(**changes)
    assert expected in said
    assert not value or name == "SECRET_KEY_FILE" or value not in said.replace(expected, "")


def test_secret_is_read_from_a_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    environment = Environment({"SECRET_KEY_FILE": str(file)}, {})
    assert environment.text("SECRET_KEY") == "from a file"


def test_file_that_cannot_be_read_is_named():
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE names /nowhere"):
        Environment({"SECRET_KEY_FILE": "/nowhere"}, {}).text("SECRET_KEY")


def test_process_wins_over_file_and_file_over_env_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("file")
    kept = {"NAME": "env file"}
    assert Environment({"NAME": "process", "NAME_FILE": str(file)}, kept).text("NAME") == "process"
    assert Environment({"NAME_FILE": str(file)}, kept).text("NAME") == "file"
    assert Environment({}, kept).text("NAME") == "env file"
    assert Environment({}, {}).text("NAME", "default") == "default"


def test_env_file_takes_comments_quotes_and_exports(tmp_path):
    file = tmp_path / ".env"
    file.write_text("# a comment\n\nA=1\nexport B='two words'\nC=\"x=y\"\n")
    assert read_env_file(file) == {"A": "1", "B": "two words", "C": "x=y"}


def test_env_file_line_that_is_no_assignment_is_named(tmp_path):
    file = tmp_path / ".env"
    file.write_text("A=1\nnonsense\n")
    with pytest.raises(ImproperlyConfigured, match="line 2"):
        read_env_file(file)


@pytest.mark.parametrize(
    ("user", "options"), [("plumbline_app", {}), ("somebody", {"options": "-c role=plumbline_app"})]
)
def test_database_always_works_as_its_role_whoever_logs_in(user, options):
    setting = Environment({"D": f"postgres://{user}:p%40ss@db.example:5433/name"}, {}).database(
        "D", role="plumbline_app"
    )
    assert (setting["USER"], setting["PASSWORD"], setting["PORT"], setting["OPTIONS"]) == (
        user,
        "p@ss",
        "5433",
        options,
    )


def test_lists_by_name_are_read_and_a_wrong_one_is_named():
    told = Environment({"PRICE_SYMBOLS": "binance=BTCUSDT, ETHUSDT;kraken=XBTUSD;"}, {})
    assert told.lists("PRICE_SYMBOLS") == {"binance": ["BTCUSDT", "ETHUSDT"], "kraken": ["XBTUSD"]}
    assert Environment({}, {}).lists("PRICE_SYMBOLS") == {}
    with pytest.raises(ImproperlyConfigured, match="PRICE_SYMBOLS has a wrong value"):
        Environment({"PRICE_SYMBOLS": "BTCUSDT,ETHUSDT"}, {}).lists("PRICE_SYMBOLS")
