#!/usr/bin/env python
"""Plumbline's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415 - the error below needs it late
    except ImportError as missing:
        raise SystemExit("Django is not installed here. Run `make run` once; it sets everything up.") from missing
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
