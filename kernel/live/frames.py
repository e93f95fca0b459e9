"""The frames on the wire: HTML with a small label in front, or JSON for the page's script.

A label is the comment `<!--live <feed> <number> <element>-->`: htmx drops it, the script counts by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

#: A message as ASGI takes it; made once and handed to every socket as it is.
Frame = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Body:
    """One drawn thing, before a feed gives it a number. `reader` is who alone may see it."""

    kind: str
    row_id: UUID
    element_id: str
    text: str
    is_json: bool
    reader: UUID | None = None

    def numbered(self, feed: str, number: int) -> Frame:
        if self.is_json:
            head = f'{{"type":"row","feed":"{feed}","number":{number},"kind":"{self.kind}","id":"{self.row_id}"'
            return _frame(f'{head},"row":{self.text}}}')
        return _frame(f"<!--live {feed} {number} {self.element_id}-->{self.text}")


def gone(element_id: str) -> str:
    """The HTML that takes an element out of the page."""
    return f'<div id="{element_id}" hx-swap-oob="delete"></div>'


def hello(numbers: Mapping[str, int], quiet_milliseconds: int) -> Frame:
    """Says where each feed stands, and how long ago the workspace's last news was; -1 when nobody knows."""
    return _json({"type": "hello", "feeds": dict(numbers), "quiet": quiet_milliseconds})


def resync(numbers: Mapping[str, int]) -> Frame:
    """Says that something may have been missed: read again."""
    return _json({"type": "resync", "feeds": dict(numbers)})


def _json(content: dict[str, Any]) -> Frame:
    return _frame(orjson.dumps(content).decode())


def _frame(text: str) -> Frame:
    return {"type": "websocket.send", "text": text}
