"""Takes secrets out of what is about to be logged: by the name of the key, and by the look of the value."""

import re
from collections.abc import MutableMapping
from typing import Any

from kernel.encryption.secret import Secret

MASK = "••••"
_NAMES = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|api_?key|private_?key|authorization|cookie|session_?(id|key)|signature|otp|"
    r"recovery|credential|encryption_keys",
    re.IGNORECASE,
)
#: What the names above also catch though it is an id or a count.
_HARMLESS = re.compile(r"_(id|count|prefix|name)$|^token_(id|prefix)$", re.IGNORECASE)
_VALUES = (
    (re.compile(r"\bpl_([a-z0-9]{6,12})_[A-Za-z0-9_-]{16,}"), rf"pl_\1_{MASK}"),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {MASK}"),
    (re.compile(r"\b(sk|rk|whsec|pk)_(live|test)?_?[A-Za-z0-9]{10,}"), MASK),
    (re.compile(r"(\w+://[^\s:/@]*:)[^\s@/]+@"), rf"\1{MASK}@"),
    (re.compile(r"(/account/invitation/)[A-Za-z0-9_-]{16,}"), rf"\1{MASK}"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL), MASK),
    (re.compile(r"(?i)([?&](?:api_?key|token|secret|signature|password|code)=)[^&\s\"']+"), rf"\1{MASK}"),
    (
        re.compile(r"(?i)(['\"]?(?:password|secret|api_?key|access_token)['\"]?\s*[:=]\s*['\"])[^'\"]+"),
        rf"\1{MASK}",
    ),
)


def scrub_text(text: str) -> str:
    for pattern, replacement in _VALUES:
        text = pattern.sub(replacement, text)
    return text


def scrub(value: Any, name: str = "") -> Any:
    """The same value without its secrets."""
    if isinstance(value, Secret):
        return MASK
    if name and _NAMES.search(name) and not _HARMLESS.search(name) and value not in (None, "", True, False):
        return MASK
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, dict):
        return {key: scrub(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub(inner) for inner in value]
    return value


def scrub_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The processor that stands last before rendering, so that tracebacks pass through it too."""
    return {name: scrub(value, name) for name, value in event.items()}
