"""Text, links and times as strangers write them, made plain."""

import datetime as dt
import hashlib
import re
import unicodedata
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from instruments.domain.news.told import LONGEST_LINK

#: What is within these is never words.
_SILENT = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head", "title"})
#: Between these words do not run together.
_INLINE = frozenset({"a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "i", "mark", "q", "s", "small", "span"}) | {
    "strong",
    "sub",
    "sup",
    "u",
    "font",
    "time",
    "wbr",
}
#: More than this of one field is not looked at.
_MOST_SIGNS = 200_000
#: They turn the direction in which a reader sees what follows.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
#: Of a link: who led here, and nothing of where it leads.
_TRACKING = re.compile(r"(utm_|mc_|hsa_|at_)[a-z_]+|fbclid|gclid|dclid|msclkid|igshid|cmpid|ocid|ns_\w+|ref|src", re.I)
_HOST = re.compile(r"[A-Za-z0-9._\-]+|\[[0-9A-Fa-f:.]+\]")
_LEAST, _MOST = dt.datetime(1900, 1, 1, tzinfo=dt.UTC), dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
#: Titles of fewer words are many stories' title.
_FEWEST_WORDS = 4


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _SILENT:
            self._silent.append(tag)
        if tag not in _INLINE:
            self.parts.append(" ")

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        if tag not in _INLINE:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            while self._silent.pop() != tag:
                pass
        if tag not in _INLINE:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def text_of_html(told: str, *, longest: int) -> str:
    """The words of a piece of HTML, without any of its marks."""
    words = _Words()
    words.feed(told[:_MOST_SIGNS])
    words.close()
    return plain_text("".join(words.parts), longest=longest)


def plain_text(told: str, *, longest: int) -> str:
    """One line without signs that cannot be seen, cut at a word."""
    told = told[:_MOST_SIGNS]
    kept = "".join(
        sign if sign.isprintable() else " "
        for sign in told
        if sign not in _TURNING and unicodedata.category(sign) != "Cs"
    )
    line = " ".join(kept.split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    is_whole = line[longest - 1] == " " or " " not in cut[longest // 2 :]
    return f"{cut if is_whole else cut[: cut.rfind(' ')]}…"


def link_of(told: str, *, base: str = "") -> str:
    """Where it leads: http or https to a host, without a log-in; nothing for any other."""
    told = told.strip()
    if not told or len(told) > LONGEST_LINK or any(sign <= " " or sign in '\\\x7f"<>' for sign in told):
        return ""
    try:
        parts = urlsplit(urljoin(base, told) if base else told)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return ""
    if host.isascii() and not _HOST.fullmatch(host if ":" not in host else f"[{host}]"):
        return ""
    whole = urlunsplit(parts)
    return whole if len(whole) <= LONGEST_LINK and whole.isprintable() else ""


def canonical(link: str) -> str:
    """The link as one and the same however it was come by."""
    parts = urlsplit(link)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(name)]
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
    return f"{host}{port}{parts.path.rstrip('/')}{'?' + urlencode(sorted(query)) if query else ''}"


def _is_tracking(name: str) -> bool:
    return _TRACKING.fullmatch(name) is not None


def key_of(guid: str, link: str, title: str, published: str) -> str:
    """What one source knows the item by: its own id, else where it leads, else its words and time."""
    if guid.strip():
        told = f"id:{guid.strip()}"
    elif link:
        told = f"link:{canonical(link)}"
    else:
        told = f"words:{title}\x1f{published}"
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


def title_key(title: str) -> str:
    """The same for titles that say the same but for case, marks and blanks; nothing for one that says too little."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", title).casefold())
    return hashlib.sha256(" ".join(words).encode()).hexdigest() if len(words) >= _FEWEST_WORDS else ""


def moment_of(told: str) -> dt.datetime | None:
    """The moment as mails (RFC 822) or ISO 8601 write it; without a zone it is UTC. None for what cannot be read."""
    told = told.strip()[:100]
    if not told:
        return None
    found: dt.datetime | None
    try:
        found = dt.datetime.fromisoformat(told)
    except ValueError:
        try:
            found = parsedate_to_datetime(told)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=dt.UTC)
    try:
        found = found.astimezone(dt.UTC)
    except (OverflowError, ValueError):
        return None
    return found if _LEAST <= found < _MOST else None
