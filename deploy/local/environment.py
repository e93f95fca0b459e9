"""The `.env` file: read, completed with what is missing, never overwritten."""

from __future__ import annotations

import base64
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from deploy.local.ports import free_port

POSTGRES_URLS = ("ADMIN_DATABASE_URL", "OWNER_DATABASE_URL", "DATABASE_URL")
POSTGRES_PORT = "PLUMBLINE_POSTGRES_PORT"
REDIS_PORT = "PLUMBLINE_REDIS_PORT"
SANDBOX_PORT = "PLUMBLINE_SANDBOX_PORT"
#: Which addresses of ours lead to the port of each.
LEADING_TO = {POSTGRES_PORT: POSTGRES_URLS, REDIS_PORT: ("REDIS_URL",), SANDBOX_PORT: ("SANDBOX_ADDRESS",)}
ADMIN = "plumbline_admin"

HEADER = "# Made by `make run` for this copy of Plumbline. Private: whoever reads it can read the stored keys."
ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")


def _key_of_32_bytes() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _readable_password() -> str:
    """Four groups a person can type from the screen, about 77 bits; no 0, O, 1, l or I."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "ENCRYPTION_KEYS": lambda: "k1:" + _key_of_32_bytes(),
    "AUDIT_SIGNING_KEY": _key_of_32_bytes,
    "METRICS_TOKEN": lambda: secrets.token_urlsafe(32),
    "DEMO_EMAIL": lambda: "trader@demo.example",
    "DEMO_PASSWORD": _readable_password,
}


def postgres_urls(port: int) -> dict[str, str]:
    """New passwords for a server of our own on this port."""

    def url(user: str, database: str) -> str:
        return f"postgres://{user}:{secrets.token_urlsafe(24)}@127.0.0.1:{port}/{database}"

    return {
        "ADMIN_DATABASE_URL": url(ADMIN, "postgres"),
        "OWNER_DATABASE_URL": url("plumbline_owner", "plumbline"),
        "DATABASE_URL": url("plumbline_app", "plumbline"),
    }


def redis_url(port: int) -> str:
    return f"redis://:{secrets.token_urlsafe(24)}@127.0.0.1:{port}/0"


class EnvFile:
    """Keeps every line the user wrote; adds missing names at the end, mode 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.is_new = not self.path.exists()
        self._lines = [] if self.is_new else self.path.read_text(encoding="utf-8").splitlines()

    @property
    def values(self) -> dict[str, str]:
        found = (ASSIGNMENT.match(line) for line in self._lines)
        return {match[1]: _unquoted(match[2]) for match in found if match}

    def put(self, name: str, value: str) -> None:
        places = [n for n, line in enumerate(self._lines) if (match := ASSIGNMENT.match(line)) and match[1] == name]
        if places:
            self._lines[places[-1]] = f"{name}={value}"
            return
        if not self._lines:
            self._lines.append(HEADER)
        self._lines.append(f"{name}={value}")

    def save(self) -> None:
        """Whole or not at all: a full disk must not cost the encryption keys."""
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".env-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write("\n".join(self._lines) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(self.path)  # mkstemp made it 0600
        except BaseException:
            # Also at Ctrl-C: no half-written file with secrets stays behind.
            Path(name).unlink(missing_ok=True)
            raise


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return re.sub(r"\s+#.*$", "", text)


class Environment:
    """The real environment over `.env`, and which servers are ours to start."""

    def __init__(self, env_file: EnvFile, real: Mapping[str, str]) -> None:
        self._file = env_file
        self._real = {name: value for name, value in real.items() if value}

    def get(self, name: str) -> str:
        return self._real.get(name) or self._file.values.get(name, "")

    def complete(self) -> list[str]:
        """Fills what is missing and returns its names; saves the file when it changed."""
        missing = [name for name in SECRETS if not self.get(name)]
        for name in missing:
            self._file.put(name, SECRETS[name]())
        if self.starts_postgres:
            port = self._remembered_port(POSTGRES_PORT)
            urls = postgres_urls(port)
            missing += self._put_absent({POSTGRES_PORT: str(port), **urls})
        if self.starts_redis:
            port = self._remembered_port(REDIS_PORT)
            missing += self._put_absent({REDIS_PORT: str(port), "REDIS_URL": redis_url(port)})
        if self.starts_sandbox:
            port = self._remembered_port(SANDBOX_PORT)
            missing += self._put_absent({SANDBOX_PORT: str(port), "SANDBOX_ADDRESS": f"http://127.0.0.1:{port}"})
        if missing or (self._file.path.exists() and self._file.path.stat().st_mode & 0o077):
            self._file.save()
        return missing

    def _remembered_port(self, name: str) -> int:
        text = self._file.values.get(name, "")
        return int(text) if text.isdigit() else free_port()

    def _put_absent(self, wanted: Mapping[str, str]) -> list[str]:
        absent = [name for name in wanted if not self._file.values.get(name)]
        for name in absent:
            self._file.put(name, wanted[name])
        return absent

    @property
    def starts_postgres(self) -> bool:
        return self._is_local("DATABASE_URL", POSTGRES_PORT)

    @property
    def starts_redis(self) -> bool:
        return self._is_local("REDIS_URL", REDIS_PORT)

    @property
    def starts_sandbox(self) -> bool:
        return self._is_local("SANDBOX_ADDRESS", SANDBOX_PORT)

    def _is_local(self, name: str, port_name: str) -> bool:
        """No address given, or the one we invented: then the server is ours to start."""
        if name in self._real:
            return False
        return not self._file.values.get(name) or self._is_ours(name, port_name)

    def _is_ours(self, name: str, port_name: str) -> bool:
        values = self._file.values
        try:
            parts = urlsplit(values.get(name, ""))
            return parts.hostname == "127.0.0.1" and str(parts.port) == values.get(port_name)
        except ValueError:
            return False

    def move_port(self, port_name: str, new: int) -> None:
        """The remembered port was taken meanwhile: our own addresses follow, all in one write."""
        old = self._file.values[port_name]
        for name in LEADING_TO[port_name]:
            if self._is_ours(name, port_name):
                parts = urlsplit(self._file.values[name])
                self._file.put(
                    name, urlunsplit(parts._replace(netloc=parts.netloc.removesuffix(f":{old}") + f":{new}"))
                )
        self._file.put(port_name, str(new))
        self._file.save()

    def for_children(self) -> dict[str, str]:
        """Everything the processes get. Addresses of our own server never mix with those of a given one."""
        told = {**self._file.values, **self._real}
        if not self.starts_postgres:
            for name in ("ADMIN_DATABASE_URL", "OWNER_DATABASE_URL"):
                if name not in self._real and self._is_ours(name, POSTGRES_PORT):
                    told[name] = ""
        return told
