"""Reads settings from the environment, from `.env` and from files named by `*_FILE`.

A wrong or missing value raises ImproperlyConfigured with the variable's name and what it should be.
"""

import base64
import os
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from accounts.domain.openid import MOST_NAME, MOST_SERVER, is_fit_server

Value = TypeVar("Value")
_REQUIRED = object()


def read_env_file(path: Path) -> dict[str, str]:
    """The assignments of a `.env` file; blank lines and comments are passed over, quotes taken off."""
    values: dict[str, str] = {}
    if not path.is_file():
        return values
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip().removeprefix("export ")
        if not line or line.startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator:
            raise ImproperlyConfigured(f"{path.name} line {number}: expected NAME=value.")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        values[name.strip()] = value
    return values


def check_openid(**values: str) -> None:
    """Refuses another site's log-in that is named by halves, or wrongly. All of its settings make sense, or none."""
    missing = [name for name, value in values.items() if not value]
    if missing and len(missing) < len(values):
        given = " and ".join(name for name, value in values.items() if value)
        raise ImproperlyConfigured(
            f"{given} is set, but {' and '.join(missing)} is not. Set all of {', '.join(values)}, or none."
        )
    name, server = values["OIDC_NAME"], values["OIDC_SERVER"]
    if name and (len(name) > MOST_NAME or not name.isprintable()):
        raise ImproperlyConfigured(f"OIDC_NAME has a wrong value: it should be one line, {MOST_NAME} letters at most.")
    if server and not is_fit_server(server):
        raise ImproperlyConfigured(
            "OIDC_SERVER has a wrong value: it should be the issuer's address, such as https://id.example "
            f"(http on this machine alone), {MOST_SERVER} letters at most, without /.well-known."
        )


class Environment:
    """Typed look-ups: the process environment first, then NAME_FILE, then `.env`, then the default."""

    def __init__(self, process: Mapping[str, str], file_values: Mapping[str, str]) -> None:
        self._process = process
        self._file_values = file_values

    @classmethod
    def of_project(cls, root: Path) -> "Environment":
        """The process's own environment; the suite must not see the `.env` of the install it stands in."""
        is_suite = os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith(".test")
        return cls(os.environ, {} if is_suite else read_env_file(root / ".env"))

    def _raw(self, name: str) -> str | None:
        if name in self._process:
            return self._process[name]
        path = self._process.get(f"{name}_FILE") or self._file_values.get(f"{name}_FILE")
        if path:
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ImproperlyConfigured(
                    f"{name}_FILE names {path}, which cannot be read: {error.strerror}."
                ) from error
        return self._file_values.get(name)

    def _parse(self, name: str, default: object, parse: Callable[[str], Value], expected: str) -> Value:
        raw = self._raw(name)
        if raw is None or raw == "":
            if default is _REQUIRED:
                raise ImproperlyConfigured(f"{name} is not set. It should be {expected}.")
            return default  # type: ignore[return-value]
        try:
            return parse(raw)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} has a wrong value: it should be {expected}.") from error

    def text(self, name: str, default: str | object = _REQUIRED, *, expected: str = "a text") -> str:
        return self._parse(name, default, str, expected)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        def one_of(raw: str) -> str:
            if raw not in choices:
                raise ValueError(raw)
            return raw

        return self._parse(name, default, one_of, "one of " + ", ".join(choices))

    def whole(self, name: str, default: int | object = _REQUIRED, *, at_least: int = 0) -> int:
        def number(raw: str) -> int:
            value = int(raw)
            if value < at_least:
                raise ValueError(raw)
            return value

        return self._parse(name, default, number, f"a whole number, {at_least} or more")

    def switch(self, name: str, default: bool) -> bool:
        words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False}
        words["off"] = False

        def word(raw: str) -> bool:
            if raw.lower() not in words:
                raise ValueError(raw)
            return words[raw.lower()]

        return self._parse(name, default, word, "true or false")

    def names(self, name: str, default: str = "") -> list[str]:
        return [part.strip() for part in self.text(name, default).split(",") if part.strip()]

    def egress(self, name: str) -> dict[str, str]:
        """Addresses as the world sees them, each with the one of this machine that it leaves from."""

        def pair(raw: str) -> tuple[str, str]:
            seen, has_own, own = raw.partition("=")
            return str(ip_address(seen.strip())), str(ip_address((own if has_own else seen).strip()))

        def parse(raw: str) -> dict[str, str]:
            return dict(pair(one) for one in raw.split(",") if one.strip())

        return self._parse(name, {}, parse, "IP addresses by commas, such as 203.0.113.7 or 203.0.113.7=10.0.0.7")

    def lists(self, name: str) -> dict[str, list[str]]:
        """`a=x,y;b=z` by its names."""

        def parse(raw: str) -> dict[str, list[str]]:
            parts = [part.split("=", 1) for part in raw.split(";") if part.strip()]
            return {key.strip(): [one.strip() for one in items.split(",") if one.strip()] for key, items in parts}

        return self._parse(name, {}, parse, "name=one,two;name=three")

    def key(self, name: str, *, length: int) -> str:
        """A key in base64, checked now and handed on as it is written."""

        def parse(raw: str) -> str:
            if len(base64.b64decode(raw, validate=True)) != length:
                raise ValueError(raw)
            return raw

        return self._parse(name, _REQUIRED, parse, f"base64 of {length} random bytes")

    def redis(self, name: str) -> str:
        def parse(raw: str) -> str:
            if urlsplit(raw).scheme not in {"redis", "rediss", "unix"}:
                raise ValueError(raw)
            return raw

        return self._parse(name, _REQUIRED, parse, "redis://:PASSWORD@HOST:PORT/0")

    def database(self, name: str, *, role: str, default: str | object = _REQUIRED) -> dict[str, object]:
        """A Django database setting that always works as `role`, whoever logs in."""
        expected = "postgres://USER:PASSWORD@HOST:PORT/NAME (PostgreSQL 15 or newer is the only database)"

        def parse(raw: str) -> dict[str, object]:
            parts = urlsplit(raw)
            if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
                raise ValueError(raw)
            options: dict[str, object] = dict(parse_qsl(parts.query))
            user = unquote(parts.username or "")
            if user != role:
                options["options"] = f"-c role={role}"
            return {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": unquote(parts.path.lstrip("/")),
                "USER": user,
                "PASSWORD": unquote(parts.password or ""),
                "HOST": parts.hostname or "",
                "PORT": str(parts.port or ""),
                "OPTIONS": options,
            }

        return self._parse(name, default, parse, expected)
