"""The documents that people accept: each version by its date, its words in templates/legal/<name>/<version>.html.

A changed text is a new version; the old one stays readable, because consents refer to it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """When a document must have been accepted, in its current version."""

    SIGN_UP = "sign_up"
    LIVE_TRADING = "live_trading"


class UnknownDocument(LookupError):
    """No document has this name, or none of its versions this date."""


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    title: str
    #: How a person says yes to it, after "I".
    verb: str
    due: Moment
    #: Dates, oldest first.
    versions: tuple[str, ...]

    @property
    def current(self) -> str:
        return self.versions[-1]

    def template(self, version: str) -> str:
        if version not in self.versions:
            raise UnknownDocument(f"{self.name} has no version {version!r}")
        return f"legal/{self.name}/{version}.html"


_documents = {
    document.name: document
    for document in (
        Document("terms", "Terms of use", "accept", Moment.SIGN_UP, ("2026-11-21",)),
        Document("privacy", "Privacy notice", "have read", Moment.SIGN_UP, ("2026-11-21",)),
        Document("risk-disclosure", "Risk disclosure", "understand", Moment.LIVE_TRADING, ("2026-11-21",)),
    )
}


def documents() -> list[Document]:
    return list(_documents.values())


def document_named(name: str) -> Document:
    try:
        return _documents[name]
    except KeyError as error:
        raise UnknownDocument(f"there is no document {name!r}") from error


def documents_due(moment: Moment) -> list[Document]:
    return [document for document in _documents.values() if document.due is moment]
