"""`Procfile.local`, read without a shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.console import Trouble
from deploy.local.procfile import Line, parse, read


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "web: daphne -p $PORT config.asgi:app",
            Line("web", ("daphne", "-p", "8001", "config.asgi:app"), {}),
        ),
        ("web: x ${PORT}0 '$PORT y'", Line("web", ("x", "80010", "8001 y"), {})),
        (
            "orders-1: A=1 B='2 3' celery -Q a,b",
            Line("orders-1", ("celery", "-Q", "a,b"), {"A": "1", "B": "2 3"}),
        ),
        ("web: echo a;rm b && c", Line("web", ("echo", "a;rm", "b", "&&", "c"), {})),
    ],
)
def test_a_line_becomes_words(text: str, line: Line) -> None:
    assert parse(text, {"PORT": "8001"}, "Procfile.local line 1") == line


def test_a_value_with_spaces_stays_one_word() -> None:
    assert parse("web: x $WORDS", {"WORDS": "a b; c"}, "line 1").arguments == ("x", "a b; c")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("web daphne\n", "Procfile.local line 1 is not of the form name: command"),
        ("\nweb: x $NOWHERE\n", r"line 2 uses \$NOWHERE, which is not set"),
        ("web: A=1\n", "names no command"),
        ("# nothing\n", "at least one process"),
        ("web: a\nweb: b\n", "each name once"),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "Procfile.local").write_text(text)

    with pytest.raises(Trouble, match=complaint):
        read(tmp_path / "Procfile.local", {})


def test_line_that_is_left_out_needs_none_of_its_variables(tmp_path: Path) -> None:
    (tmp_path / "Procfile.local").write_text("web: a\nsandbox: b $NOWHERE\n")
    assert [line.name for line in read(tmp_path / "Procfile.local", {}, without={"sandbox"})] == ["web"]


def test_a_missing_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="is missing"):
        read(tmp_path / "Procfile.local", {})
