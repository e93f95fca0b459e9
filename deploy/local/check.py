"""`make check`: every gate that needs no test run, all of them, one line each.

python3 -m deploy.local.check [NAME...]
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local.console import Console, Trouble
from deploy.local.environment import SECRETS
from deploy.local.guardian import die_with_make
from deploy.local.project import Project, this_project
from deploy.local.throwaway import throwaway_servers


@dataclass(frozen=True)
class Gate:
    name: str
    command: tuple[str, ...]
    needs_servers: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


# What an operator would set, so that the deployment check judges our settings and not a bare environment.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "ALLOWED_HOSTS": "plumbline.example",
    "SITE_ADDRESS": "https://plumbline.example",
}

GATES = (
    Gate("ruff", ("ruff", "check", ".")),
    Gate("format", ("ruff", "format", "--check", ".")),
    Gate("imports", ("lint-imports",)),
    Gate("types", ("mypy",)),
    Gate("templates", ("python", "manage.py", "lint_templates")),
    Gate("launcher-types", ("mypy", "--strict", "-p", "deploy.local")),
    Gate("migrations", ("python", "manage.py", "makemigrations", "--check", "--dry-run"), needs_servers=True),
    Gate(
        "deployment",
        ("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        needs_servers=True,
        environment=PRODUCTION,
    ),
)


def passes(gate: Gate, project: Project, environment: Mapping[str, str], console: Console) -> bool:
    """Says the gate's line, and what it complained of."""
    began = time.monotonic()
    try:
        result = subprocess.run(
            gate.command,
            cwd=project.root,
            env={**environment, **gate.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        code, output = result.returncode, result.stdout
    except FileNotFoundError as error:
        code, output = 127, f"{error.filename} is not installed\n"
    seconds = time.monotonic() - began
    if code != 0:
        console.say(output.rstrip())
    console.say(f"{seconds:6.1f} s  {gate.name:<15} {'ok' if code == 0 else 'FAILED'}  ({' '.join(gate.command)})")
    return code == 0


def check(project: Project, console: Console, names: list[str]) -> int:
    unknown = set(names) - {gate.name for gate in GATES}
    if unknown:
        raise Trouble(f"No gate is called {', '.join(unknown)}. There are: {', '.join(g.name for g in GATES)}")
    gates = [gate for gate in GATES if not names or gate.name in names]
    bare = {
        **os.environ,
        "PATH": f"{project.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",  # django-stubs reads the settings
        **{name: make() for name, make in SECRETS.items()},
        # Never connected to: these gates read the settings alone.
        "DATABASE_URL": "postgres://plumbline_app@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    failed = [g.name for g in gates if not g.needs_servers and not passes(g, project, bare, console)]
    served = [gate for gate in gates if gate.needs_servers]
    if served:
        with throwaway_servers(project, console) as environment:
            failed += [gate.name for gate in served if not passes(gate, project, environment, console)]
    console.say(
        f"{len(gates) - len(failed)} passed, {len(failed)} failed" + (f": {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    die_with_make()
    try:
        return check(this_project(), Console(), sys.argv[1:])
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
