"""The virtual environment is installed once, and again when it must be."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from deploy.local import install
from deploy.local.console import Trouble
from deploy.local.project import Project
from tests.deploy.conftest import ROOT


@pytest.fixture
def bare(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    (tmp_path / "requirements").mkdir()
    for lock, text in {"local": "a==1 \\\n", "dev": "a==1 \\\nb==2 \\\n", "uv": "uv==1\n"}.items():
        (tmp_path / f"requirements/{lock}.txt").write_text(text)
    project.bin.mkdir(parents=True)
    (project.venv / "pyvenv.cfg").touch()
    project.python.symlink_to(sys.executable)
    return project


def test_an_installed_lock_counts_until_it_changes(bare: Project) -> None:
    assert not install.is_installed(bare, "local")
    install.write_stamp(bare, "local")
    assert install.is_installed(bare, "local")
    assert not install.is_installed(bare, "dev")

    (bare.root / "requirements/local.txt").write_text("a==2 \\\n")

    assert not install.is_installed(bare, "local")


def test_the_larger_lock_covers_the_smaller_one(bare: Project) -> None:
    install.write_stamp(bare, "dev")

    assert install.is_installed(bare, "dev")
    assert install.is_installed(bare, "local")


def test_a_moved_project_is_installed_again(bare: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    install.write_stamp(bare, "local")
    moved = tmp_path_factory.mktemp("moved") / "project"
    shutil.copytree(bare.root, moved, symlinks=True)

    assert not install.is_installed(Project(moved), "local")


def test_an_interrupted_installation_is_made_from_scratch(bare: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    half_copied = bare.venv / "lib" / "half_copied.py"
    half_copied.parent.mkdir()
    half_copied.touch()

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    def make_venv(project: Project) -> None:
        project.bin.mkdir(parents=True, exist_ok=True)
        if not project.python.exists():
            project.python.symlink_to(sys.executable)

    monkeypatch.setattr(install, "_create_venv", make_venv)

    def make_venv(project: Project) -> None:
        project.bin.mkdir(parents=True, exist_ok=True)
        if not project.python.exists():
            project.python.symlink_to(sys.executable)

    monkeypatch.setattr(install, "_create_venv", make_venv)
    monkeypatch.setattr(install, "_install_lock", interrupt)
    with pytest.raises(KeyboardInterrupt):
        install.install(bare, "local", said.append)
    assert not install.is_installed(bare, "local")
    monkeypatch.setattr(install, "_install_lock", lambda *arguments: None)

    assert install.install(bare, "local", said.append) is True

    assert not half_copied.exists()
    assert "The last installation was interrupted; starting it again." in said
    assert install.install(bare, "local", said.append) is False


def test_a_full_disk_is_told_before_anything_is_made(bare: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10**12, 10**12, 90_000_000))

    with pytest.raises(Trouble, match=r"needs about [\d,]+ MB in .*; only 90 MB are free there"):
        install.install(bare, "local", lambda text: None)


def test_a_disk_filled_by_the_installation_is_named_as_the_cause(
    bare: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(install, "_install_lock", fill)
    with pytest.raises(Trouble, match="is full"):
        install.install(bare, "local", lambda text: None)


def test_a_directory_that_is_no_environment_is_not_deleted(bare: Project) -> None:
    (bare.venv / "pyvenv.cfg").unlink()
    bare.python.unlink()
    (bare.venv / "thesis.txt").touch()

    with pytest.raises(Trouble, match="is not a virtual environment"):
        install.install(bare, "local", lambda text: None)
    assert (bare.venv / "thesis.txt").exists()


def test_uv_is_told_what_pip_is_configured_with() -> None:
    told = install.uv_environment(
        {"UV_HTTP_TIMEOUT": "9", "HOME": "/h"},
        {
            "index-url": "https://a.example/simple",
            "extra-index-url": "https://b.example https://c.example",
            "timeout": "180",
        },
    )

    assert told == {
        "HOME": "/h",
        "UV_HTTP_TIMEOUT": "9",
        "UV_DEFAULT_INDEX": "https://a.example/simple",
        "UV_INDEX": "https://b.example https://c.example",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_the_nearest_pip_setting_wins(tmp_path: Path) -> None:
    listing = (
        ":env:.timeout='5'\nglobal.timeout='60'\n"
        "global.extra-index-url='https://b.example\\nhttps://c.example'\nfreeze.timeout='1'"
    )
    pip = [sys.executable, "-c", f"print({listing!r})"]

    assert install._pip_settings(pip) == {
        "timeout": "5",
        "extra-index-url": "https://b.example https://c.example",
    }


def test_an_old_python_is_refused_in_a_sentence_it_can_still_parse() -> None:
    source = (ROOT / "deploy/local/__init__.py").read_text()
    ast.parse(source, feature_version=(3, 6))

    old = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.version_info = (3, 6, 9, 'final', 0); import deploy.local.run",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert old.returncode == 1
    assert old.stderr.startswith("Plumbline needs Python 3.11 or newer; ")
    assert "is 3.6." in old.stderr
    assert "Traceback" not in old.stderr


def test_the_makefile_says_so_when_no_python_is_new_enough(tmp_path: Path) -> None:
    make, shell = shutil.which("make"), shutil.which("sh")
    if not make or not shell:
        pytest.skip("make is not installed")
    (tmp_path / "python3").write_text(f"#!{shell}\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    (tmp_path / "sh").symlink_to(shell)

    result = subprocess.run(
        [make, "run"], cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert result.returncode == 2
    assert "Plumbline needs Python 3.11 or newer, and none was found" in result.stderr


def test_the_makefile_passes_over_a_name_that_does_not_work(tmp_path: Path) -> None:
    make, shell = shutil.which("make"), shutil.which("sh")
    if not make or not shell:
        pytest.skip("make is not installed")
    for name, text in {"python3": "exit 1", "python3.12": 'test "$1" = -c || echo chosen "$@"'}.items():
        (tmp_path / name).write_text(f"#!{shell}\n{text}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "sh").symlink_to(shell)

    result = subprocess.run(
        [make, "run"], cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert result.stdout == "chosen -m deploy.local.run\n"
