"""Each variable that the product reads stands in docs/settings.md, once, and nothing stands there that nobody reads."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/settings.md"
NAME = re.compile(r"[A-Z][A-Z0-9_]+")
#: Methods of config.environment.Environment; each takes the variable's name first.
READERS = {"text", "choice", "whole", "switch", "names", "lists", "key", "redis", "database", "egress"}
#: Read by the launcher and the suite, which have no settings.
OF_THE_MAKEFILE = {"PLUMBLINE_POSTGRES", "PLUMBLINE_REDIS", "CHROMIUM"}


def names_read_in(file: Path) -> set[str]:
    """The names handed to `env.…()` and to `os.environ`."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            asked, method = ast.unparse(node.func.value), node.func.attr
            if (asked == "env" and method in READERS) or (asked == "os.environ" and method in {"get", "setdefault"}):
                found.add(node.args[0])
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            found.add(node.slice)
    return {name.value if isinstance(name, ast.Constant) else f"{file.name}: {ast.unparse(name)}" for name in found}


def names_read() -> set[str]:
    files = [file for package in ("config", "kernel", "accounts") for file in (ROOT / package).rglob("*.py")]
    # The suite's own overlay is for nobody else.
    read = {name for file in files if file != ROOT / "config/settings/test.py" for name in names_read_in(file)}
    started = (ROOT / "Procfile").read_text() + (ROOT / "Procfile.local").read_text()
    return read | set(re.findall(r"\$\{?([A-Z_]+)", started))


def names_written(page: Path) -> list[str]:
    """The names in the first column of the page's tables."""
    cells = re.findall(r"^\| (`[^|]+) \|", page.read_text(), re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell) if NAME.fullmatch(name)]


def test_every_variable_that_is_read_is_documented_and_no_other():
    read = names_read()
    assert len(read) >= 50
    assert set(names_written(PAGE)) == read | OF_THE_MAKEFILE


def test_variable_is_documented_in_one_place():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    written = [name for page in pages for name in names_written(page)]
    assert sorted(written) == sorted(set(written))
