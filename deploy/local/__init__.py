"""The local launcher: it runs before any package is installed, so it is standard library only."""

import sys

# Read by whatever Python a bare machine has: nothing here may be newer than Python 3.6.
if sys.version_info < (3, 11):
    sys.stderr.write(
        f"Plumbline needs Python 3.11 or newer; {sys.executable} is "
        f"{sys.version_info[0]}.{sys.version_info[1]}.\n"
        "Install a newer one (for instance python3.11 and python3.11-venv), then run the same command again, "
        "or name it: make run PYTHON=python3.11\n"
    )
    sys.exit(1)
