"""The local launcher: it runs before any package is installed, so it is standard library only."""

import sys

# Read by whatever Python a bare machine has: keep this file free of newer syntax.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.stderr.write(
        "Plumbline needs Python 3.11 or newer; %s is %d.%d. Install a newer one (for instance python3.11 and "
        "python3.11-venv), then run the same command again, or name it: make run PYTHON=python3.11\n"
        % (sys.executable, sys.version_info[0], sys.version_info[1])  # noqa: UP031
    )
    sys.exit(1)
