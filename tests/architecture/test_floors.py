"""No import runs uphill: the contracts hold, and each kind of violation, planted on purpose, is caught by its name."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
PACKAGES = CONFIG["root_packages"]
#: Folders at the top that hold Python and are no floor of the house, each with the reason.
NOT_FLOORS = {
    "tests": "nobody imports it",
    "benchmarks": "nobody imports it",
    "deploy": "runs before anything is installed",
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path):
    """The packages and their contracts, in a place where violations may be planted."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests/architecture", tmp_path / "tests/architecture")
    (tmp_path / "tests/__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(folder: Path, path: str, code: str) -> None:
    """Writes a module; a package that is not there yet becomes a floor like the others."""
    file = folder / path
    package = Path(path).parts[0]
    for parent in reversed(file.relative_to(folder).parents[:-1]):
        (folder / parent).mkdir(exist_ok=True)
        (folder / parent / "__init__.py").touch()
    file.write_text(code)
    config = folder / "pyproject.toml"
    before, roots, after = config.read_text().partition("root_packages = [")
    if f'"{package}"' not in after.partition("]")[0]:
        config.write_text(f'{before}{roots}"{package}", {after}')


def test_contracts_hold():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


def test_every_top_level_package_stands_on_a_floor():
    here = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {
        path.parent.name for path in ROOT.glob("*/apps.py")
    }
    floors = next(one for one in CONFIG["contracts"] if one["name"] == "The floors of the house")["layers"]
    named = {name.strip(" ()") for layer in floors for name in layer.split("|")}
    assert here - set(NOT_FLOORS) == set(PACKAGES)
    assert set(PACKAGES) <= named


def test_every_package_has_an_exhaustive_contract_inside():
    inside = {
        container
        for contract in CONFIG["contracts"]
        if contract["type"] == "layers" and contract.get("exhaustive")
        for container in contract["containers"]
    }
    assert inside == set(PACKAGES) - {"config"}


PLANTED = {
    "an import upward": (
        {"kernel/tenancy/planted.py": "import accounts.models\n"},
        "The floors of the house BROKEN",
        "kernel.tenancy.planted -> accounts.models",
    ),
    "an import upward, inside a function": (
        {"kernel/tenancy/planted.py": "def late():\n    from accounts import limits\n"},
        "The floors of the house BROKEN",
        "kernel.tenancy.planted -> accounts.limits",
    ),
    "an import of a sibling": (
        {"signals/planted.py": "import exchanges.venue\n", "exchanges/venue.py": ""},
        "The floors of the house BROKEN",
        "signals.planted -> exchanges.venue",
    ),
    "an import upward inside an app": (
        {"accounts/domain/planted.py": "import accounts.registries\n"},
        "Inside accounts BROKEN",
        "accounts.domain.planted -> accounts.registries",
    ),
    "a module that no layer names": (
        {"accounts/utils.py": ""},
        "Inside accounts BROKEN",
        "accounts.utils",
    ),
    "Django in domain/": (
        {"accounts/domain/planted.py": "from django.db import models\n"},
        "domain/ is pure: numbers in, numbers out BROKEN",
        "accounts.domain.planted -> django",
    ),
    "the clock in domain/": (
        {"accounts/domain/planted.py": "def late():\n    from kernel import clock\n"},
        "domain/ is pure: numbers in, numbers out BROKEN",
        "accounts.domain.planted -> kernel.clock",
    ),
    "the ORM in an adapter": (
        {"exchanges/adapters/planted.py": "from django.db import connection\n"},
        "Adapters know the wire and no table BROKEN",
        "exchanges.adapters.planted -> django",
    ),
    "a model in an adapter": (
        {"exchanges/adapters/planted.py": "import exchanges.models.order\n", "exchanges/models/order.py": ""},
        "Adapters know the wire and no table BROKEN",
        "exchanges.adapters.planted -> exchanges.models.order",
    ),
    "a heavy library in a view": (
        {"accounts/views/planted.py": "import pandas\n"},
        "Heavy libraries stay in domain/heavy and adapters BROKEN",
        "accounts.views.planted imports pandas (l.1)",
    ),
    "a heavy library in a function of a service": (
        {"accounts/services/planted.py": "def late():\n    import ccxt\n"},
        "Heavy libraries stay in domain/heavy and adapters BROKEN",
        "accounts.services.planted imports ccxt (l.2)",
    ),
    "Stripe outside its gateway": (
        {"accounts/services/planted.py": "import stripe\n"},
        "Stripe speaks through one gateway BROKEN",
        "accounts.services.planted imports stripe (l.1)",
    ),
}


@pytest.mark.parametrize("violation", PLANTED)
def test_planted_violation_is_caught(copy, violation):
    files, contract, chain = PLANTED[violation]
    for path, code in files.items():
        plant(copy, path, code)
    done = lint(copy)
    assert done.returncode == 1
    assert contract in done.stdout
    assert chain in done.stdout


@pytest.mark.parametrize(
    "files",
    [
        {"exchanges/adapters/planted.py": "import ccxt\n"},
        {"signals/domain/heavy/planted.py": "import pandas\n"},
        {"accounts/views/planted.py": "import accounts.selectors\n"},
        {"trading/planted.py": "import accounts.limits\n"},
    ],
    ids=lambda files: next(iter(files)),
)
def test_what_is_allowed_is_let_through(copy, files):
    for path, code in files.items():
        plant(copy, path, code)
    assert lint(copy).returncode == 0


def test_web_process_loads_no_heavy_library():
    libraries = next(one for one in CONFIG["contracts"] if one["type"] == "only_in" and "ccxt" in one["libraries"])
    code = (
        "import config.asgi, config.wsgi, sys\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        f"print(sorted(set({libraries['libraries']!r} + ['stripe']) & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
