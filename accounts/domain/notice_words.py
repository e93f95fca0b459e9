"""A notice as each service takes it: shapes and lengths as those services document them. Pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

TITLE = 160
BODY = 4_000
#: api.slack.com/methods/chat.postMessage: 4,000 characters are advised, more than 40,000 are cut.
SLACK = 4_000
#: discord.com/developers/docs/resources/webhook: content holds up to 2,000 characters.
DISCORD = 2_000
#: core.telegram.org/bots/api#sendmessage: 1 to 4,096 characters.
TELEGRAM = 4_096

Fact = str | int | bool | Decimal | UUID | dt.datetime | dt.date | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told, whoever carries it."""

    id: str
    event: str
    urgency: str
    workspace_id: str
    title: str
    body: str
    link: str
    at: dt.datetime
    facts: Mapping[str, Any]


def one_line(text: str, most: int = TITLE) -> str:
    """The text on one line, without control characters, cut to a length: safe as the subject of a mail."""
    spaced = "".join(character if character.isprintable() else " " for character in text)
    return shortened(" ".join(spaced.split()), most)


def shortened(text: str, most: int) -> str:
    """The text in at most so many UTF-16 units, which is how Telegram counts; an ellipsis shows the cut."""
    if _units(text) <= most:
        return text
    kept: list[str] = []
    left = most - 1
    for character in text:
        left -= _units(character)
        if left < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def plain_facts(facts: Mapping[str, Fact]) -> dict[str, str | int | bool | None]:
    """The facts as JSON holds them exactly. A float or a Secret is refused: neither belongs into a notice."""
    return {name: _plain(name, value) for name, value in facts.items()}


def slack_message(notice: Notice) -> dict[str, Any]:
    escaped = _in_lines(notice, SLACK).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped}


def discord_message(notice: Notice) -> dict[str, Any]:
    # Without this a fact such as @everyone would wake a whole server.
    return {"content": _in_lines(notice, DISCORD), "allowed_mentions": {"parse": []}}


def telegram_message(notice: Notice, chat: str) -> dict[str, Any]:
    return {"chat_id": chat, "text": _in_lines(notice, TELEGRAM)}


def webhook_message(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "event": notice.event,
        "urgency": notice.urgency,
        "workspace": notice.workspace_id,
        "title": notice.title,
        "body": notice.body,
        "url": notice.link,
        "at": notice.at.astimezone(dt.UTC).isoformat(),
        "facts": dict(notice.facts),
    }


def _in_lines(notice: Notice, most: int) -> str:
    """Title, body and link, the body cut so that the link always fits."""
    head, foot = notice.title, notice.link
    room = most - _units(head) - _units(foot) - 2
    body = shortened(notice.body, room) if notice.body and room > 1 else ""
    return "\n".join(part for part in (head, body, foot) if part)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _plain(name: str, value: Fact) -> str | int | bool | None:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    raise TypeError(f"the fact {name} is a {type(value).__name__}; a notice takes texts, whole numbers and Decimals")
