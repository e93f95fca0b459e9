"""`Procfile.local`: one `name: command` a line, run without a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.console import Trouble

VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


@dataclass(frozen=True)
class Line:
    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]


def read(path: Path, environment: Mapping[str, str], *, without: Collection[str] = ()) -> list[Line]:
    """Its lines, but for those that are named to be left out."""
    if not path.exists():
        raise Trouble(f"{path} is missing, so there is nothing to run. Try git checkout -- {path.name}")
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if text.strip() and not text.lstrip().startswith("#") and text.split(":")[0].strip() not in without:
            lines.append(parse(text, environment, f"{path.name} line {number}"))
    names = [line.name for line in lines]
    if not lines or len(set(names)) != len(names):
        raise Trouble(f"{path.name} must name at least one process, and each name once; it names: {', '.join(names)}")
    return lines


def parse(text: str, environment: Mapping[str, str], where: str) -> Line:
    """Leading NAME=value words become its environment; $NAME is replaced after splitting into words."""
    match = re.match(r"^\s*([A-Za-z0-9_-]+):\s*(\S.*)$", text)
    if match is None:
        raise Trouble(f"{where} is not of the form name: command, but: {text.strip()}")

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in environment:
            raise Trouble(f"{where} uses ${name}, which is not set. Set it in .env, or correct the line.")
        return environment[name]

    words = [VARIABLE.sub(value, word) for word in shlex.split(match[2])]
    own = {}
    while words and (assignment := re.match(r"^([A-Za-z_]\w*)=(.*)$", words[0])):
        own[assignment[1]] = assignment[2]
        words = words[1:]
    if not words:
        raise Trouble(f"{where} names no command.")
    return Line(match[1], tuple(words), own)
