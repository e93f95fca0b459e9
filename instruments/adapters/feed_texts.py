"""RSS, Atom and JSON Feed, read: each item made plain, what cannot be kept told in words.

RSS 2.0 (rssboard.org/rss-specification), with the items of 0.9x and 1.0; Atom (RFC 4287); JSON Feed 1.1 (jsonfeed.org).
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from instruments.adapters.feed_trees import Node, tree_of
from instruments.domain.news.texts import key_of, link_of, moment_of, plain_text, text_of_html
from instruments.domain.news.told import (
    LONGEST_LANGUAGE,
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    Document,
    Form,
    Told,
    Unreadable,
)

_ATOM = "http://www.w3.org/2005/Atom"
_MOST_ITEMS = 1_000
_SHORT_TITLE = 120
_JSON_FEED = "https://jsonfeed.org/version/"


def read_feed(body: bytes, *, address: str = "") -> Document:
    """What the feed tells, whatever of the three forms it has; Unreadable for anything else."""
    head = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head == b"{":
        return _json_feed(_json(body), address)
    if head != b"<" and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("It is neither XML nor JSON.")
    root = tree_of(body)
    if root.name == "feed" and root.space == _ATOM:
        return _atom(root, address)
    if root.name in {"rss", "RDF"}:
        return _rss(root, address)
    said = " It is a page; its feed lies elsewhere." if root.name.casefold() == "html" else ""
    raise Unreadable(f"It is XML, and neither RSS nor Atom.{said}")


def item_of(
    *,
    guid: str,
    title: str,
    link: str,
    summary: str,
    published: str,
    language: str = "",
    symbols: Iterable[str] = (),
) -> Told:
    """The item, plain; Unreadable for one that says nothing."""
    if not title:
        title = plain_text(summary, longest=_SHORT_TITLE)
    if not title:
        raise Unreadable("it has neither title nor summary")
    found = moment_of(published)
    named = plain_text(language, longest=LONGEST_LANGUAGE)
    told = tuple(one for one in (plain_text(symbol, longest=40) for symbol in symbols) if one)[:20]
    return Told(key_of(guid, link, title, published), title, link, summary, found, named, told)


def _rss(root: Node, address: str) -> Document:
    channel = root.first("channel") or root
    language = channel.said("language")
    # In 1.0 the items stand beside the channel.
    items = channel.named("item") or root.named("item")

    def read(node: Node) -> Told:
        guid_node = node.first("guid")
        guid = guid_node.text.strip() if guid_node is not None else node.attributes.get("about", "")
        is_link = guid_node is not None and guid_node.attributes.get("isPermaLink", "true") != "false"
        # Media and Atom name theirs alike; RSS's own stands in no space, or in 1.0's.
        own = [one for one in node.named("link") if one.space != _ATOM]
        link = link_of(own[0].text if own else "", base=address) or (link_of(guid) if is_link else "")
        titles = [one for one in node.named("title") if "mrss" not in one.space]
        return item_of(
            guid=guid,
            title=text_of_html(titles[0].text, longest=LONGEST_TITLE) if titles else "",
            link=link,
            summary=text_of_html(node.said("description", "encoded"), longest=LONGEST_SUMMARY),
            published=node.said("pubDate", "date"),
            language=node.said("language") or language,
        )

    return _document(Form.RSS, text_of_html(channel.said("title"), longest=LONGEST_TITLE), items, read)


def _atom(root: Node, address: str) -> Document:
    language = root.attributes.get("lang", "")

    def words(node: Node | None, *, longest: int) -> str:
        if node is None:
            return ""
        is_text = node.attributes.get("type", "text") == "text"
        return plain_text(node.text, longest=longest) if is_text else text_of_html(node.text, longest=longest)

    def read(node: Node) -> Told:
        links = [one for one in node.named("link") if one.attributes.get("rel", "alternate") == "alternate"]
        base = node.attributes.get("base") or root.attributes.get("base") or address
        return item_of(
            guid=node.said("id"),
            title=words(node.first("title"), longest=LONGEST_TITLE),
            link=link_of(links[0].attributes.get("href", ""), base=base) if links else "",
            summary=words(node.first("summary", "content"), longest=LONGEST_SUMMARY),
            published=node.said("published", "updated"),
            language=node.attributes.get("lang", language),
        )

    title = words(root.first("title"), longest=LONGEST_TITLE)
    return _document(Form.ATOM, title, root.named("entry"), read)


def _json(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("It begins like JSON and is none.") from error
    if not isinstance(told, dict):
        raise Unreadable("It is JSON, and no JSON Feed.")
    return told


def _json_feed(told: dict[str, Any], address: str) -> Document:
    if not str(told.get("version", "")).startswith(_JSON_FEED) or not isinstance(told.get("items"), list):
        raise Unreadable("It is JSON, and no JSON Feed.")
    language = _text(told, "language")

    def read(item: Any) -> Told:
        if not isinstance(item, dict):
            raise Unreadable("it is no object")
        html = _text(item, "content_html")
        plain = _text(item, "summary") or _text(item, "content_text")
        return item_of(
            guid=_text(item, "id"),
            title=plain_text(_text(item, "title"), longest=LONGEST_TITLE),
            link=link_of(_text(item, "url"), base=address) or link_of(_text(item, "external_url")),
            summary=plain_text(plain, longest=LONGEST_SUMMARY) or text_of_html(html, longest=LONGEST_SUMMARY),
            published=_text(item, "date_published"),
            language=_text(item, "language") or language,
        )

    return _document(Form.JSON_FEED, plain_text(_text(told, "title"), longest=LONGEST_TITLE), told["items"], read)


def _text(told: dict[str, Any], name: str) -> str:
    """A number is an id that somebody wrote without marks; anything else is nothing."""
    value = told.get(name)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _document(form: Form, title: str, items: list[Any], read: Any) -> Document:
    kept: dict[str, Told] = {}
    refused: list[str] = []
    for place, told in _numbered(items):
        try:
            item = read(told)
        except Unreadable as error:
            refused.append(f"Item {place}: {error}.")
            continue
        # Feeds tell the newest first: of two by one key that is what counts.
        kept.setdefault(item.key, item)
    if len(items) > _MOST_ITEMS:
        refused.append(f"It has {len(items):,} items; the first {_MOST_ITEMS:,} were read.")
    return Document(form, title, tuple(kept.values()), tuple(refused))


def _numbered(items: list[Any]) -> Iterator[tuple[int, Any]]:
    return enumerate(items[:_MOST_ITEMS], start=1)
