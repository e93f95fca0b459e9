"""One question to a vendor over HTTPS: one request, one deadline, no redirect, and the answer as exact JSON."""

import json
from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, NoReturn

from instruments.sources import PATIENCE, SourceBusy, SourceFailure, SourceRefused, SourceSilent
from kernel import clock

_MOST_BYTES = 32 << 20
_USUAL_WAIT = 60.0


class Vendor:
    """What the thin adapters share. `key` is sent where the vendor wants it and stands in no message."""

    def __init__(self, *, title: str, address: str, key: str = "", patience: float = PATIENCE.total_seconds()) -> None:
        self.title, self._address, self._key, self._patience = title, address.rstrip("/"), key, patience

    def ask(self, path: str, query: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Any:
        """The content of the answer, or a SourceFailure."""
        # A third of a second of every process's start, and few ask a vendor.
        import httpx  # noqa: PLC0415

        ends = clock.monotonic() + self._patience
        body = bytearray()
        try:
            with (
                httpx.Client(timeout=self._patience, trust_env=False, follow_redirects=False) as client,
                client.stream("GET", self._address + path, params=dict(query), headers=dict(headers or {})) as response,
            ):
                for chunk in response.iter_bytes():
                    body += chunk
                    # Each read has its own time limit, and many short ones would go on for ever.
                    if clock.monotonic() > ends:
                        raise SourceSilent(f"{self.title} gave no whole answer within {self._patience:g} s.")
                    if len(body) > _MOST_BYTES:
                        raise SourceFailure(f"{self.title} answers with more than {_MOST_BYTES >> 20} MB.")
        except httpx.TimeoutException as error:
            raise SourceSilent(f"{self.title} gave no whole answer within {self._patience:g} s.") from error
        except httpx.HTTPError as error:
            raise SourceSilent(f"{self.title} was not reached, or broke off.") from error
        self._check_status(response.status_code, response.headers.get("retry-after", ""))
        try:
            return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
        except ValueError as error:
            raise SourceFailure(f"{self.title} answered with something that is no JSON.") from error

    def _check_status(self, status: int, retry_after: str) -> None:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = float(retry_after) if retry_after.isdecimal() else _USUAL_WAIT
            raise SourceBusy(f"{self.title} asked for quiet.", wait=wait)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise SourceRefused(f"{self.title} does not take the key, or wants one.")
        if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}:
            raise SourceRefused(f"{self.title} does not take the question; its symbol may be another.")
        if status != HTTPStatus.OK:
            raise SourceSilent(f"{self.title} answered with status {status}.")

    def unreadable(self, error: Exception) -> SourceFailure:
        """For an answer that is JSON and not what the vendor's reference describes."""
        return SourceFailure(
            f"{self.title} answered in a form that its reference does not describe ({type(error).__name__})."
        )


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
