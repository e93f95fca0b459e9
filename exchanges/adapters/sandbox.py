"""Accounts of the sandbox, made on demand by its control. No venue has such a thing."""

from collections.abc import Mapping
from typing import Any

import httpx

#: The names of venues there, and of what opens an account, that are not our own.
_NAMES = {"zerodha": "kite"}
_FIELDS = {"api_secret": "secret"}
#: A person waits for it, and it is near.
_SECONDS = 3.0


class SandboxAway(Exception):
    """It does not answer, or not as it should."""


def make_account(address: str, *, venue: str, name: str, words: Mapping[str, str]) -> Mapping[str, Any]:
    """A new account with the sandbox's own beginning, and its keys. `words`: what the account's owner registers."""
    told = {"venue": _NAMES.get(venue, venue), "name": name, "words": dict(words)}
    try:
        with httpx.Client(timeout=_SECONDS, trust_env=False) as client:
            answer = client.post(f"{address}/control/accounts", json=told)
            made = answer.raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise SandboxAway(type(error).__name__) from error
    if not isinstance(made, dict):
        raise SandboxAway("no account came back")
    return {_FIELDS.get(str(name), str(name)): value for name, value in made.items()}
