"""Whoever can give news: the protocol, and a feed at an address asked by it. One question, one answer, no redirect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol

from instruments.adapters.feed_texts import read_feed
from instruments.domain.news.told import Document, Unreadable
from kernel import clock

MOST_BYTES = 5 << 20
SECONDS = 20.0
_ACCEPTED = "application/feed+json, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"
_LONGEST_WAIT = 86_400.0


@dataclass(frozen=True, slots=True)
class Mark:
    """By what the source knows what we have: sent back to it, so that it need not tell the same again."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer; no document where nothing has changed."""

    document: Document | None
    mark: Mark


class NewsFailure(Exception):
    """The source gave nothing that can be read. The words are safe to show: no address, no key."""

    def __init__(self, message: str, *, wait: float | None = None) -> None:
        super().__init__(message)
        #: In how many seconds it wants to be asked again, where it says.
        self.wait = wait


class NewsGiver(Protocol):
    """A feed, a file, or what somebody builds: it is asked, and tells all it has."""

    def ask(self, mark: Mark) -> Given:
        """All that it tells now; NewsFailure when that is nothing."""


class Reply(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> dict[str, str]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def is_cut(self) -> bool: ...


#: The outgoing client's way of getting what lies at an address.
Get = Callable[[str, Mapping[str, str]], Reply]


class Feed:
    """RSS, Atom or JSON Feed at an address; which of them is seen from what comes."""

    def __init__(self, address: str, *, get: Get) -> None:
        self._address, self._get = address, get

    def ask(self, mark: Mark) -> Given:
        headers = {"Accept": _ACCEPTED}
        if mark.etag:
            headers["If-None-Match"] = mark.etag
        if mark.last_modified:
            headers["If-Modified-Since"] = mark.last_modified
        reply = self._get(self._address, headers)
        if reply.status == HTTPStatus.NOT_MODIFIED:
            return Given(None, mark)
        _check_status(reply)
        if reply.is_cut:
            raise NewsFailure(f"It answers with more than {MOST_BYTES >> 20} MB.")
        if reply.headers.get("content-encoding", "identity") not in {"", "identity"}:
            raise NewsFailure("It packs its answer though it was asked not to.")
        try:
            document = read_feed(reply.body, address=self._address)
        except Unreadable as error:
            raise NewsFailure(str(error)) from error
        told = reply.headers
        return Given(document, Mark(_header(told, "etag", 400), _header(told, "last-modified", 100)))


def _check_status(reply: Reply) -> None:
    status = reply.status
    if status == HTTPStatus.OK:
        return
    if 300 <= status < 400:
        raise NewsFailure("It has moved. Look up its new address and write that one; where it leads is not followed.")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise NewsFailure(f"It does not let us in (status {status}).")
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise NewsFailure(f"There is no feed at this address (status {status}).")
    wait = _wait(reply.headers.get("retry-after", ""))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise NewsFailure("It asked for quiet.", wait=wait)
    raise NewsFailure(f"It answered with status {status}.", wait=wait)


def _wait(told: str) -> float | None:
    if told.isascii() and told.isdecimal() and len(told) < 9:
        return min(float(told), _LONGEST_WAIT)
    try:
        seconds = (parsedate_to_datetime(told) - clock.now()).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _header(headers: Mapping[str, str], name: str, longest: int) -> str:
    """What can be sent back as it came; a longer or odd one is not kept."""
    told = headers.get(name, "")
    return told if len(told) <= longest and told.isascii() and told.isprintable() else ""
