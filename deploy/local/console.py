"""What the launcher says, and the one exception it ends with."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Say = Callable[[str], None]

COLOURS = ("36", "33", "32", "35", "34", "96", "93", "92", "95", "94")


class Trouble(Exception):
    """The launcher cannot go on; the message says what happened and what to do."""


class Console:
    """Prints whole lines from any thread; a reader that went away never stops the servers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_colourful = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._width = 0
        self._colours: dict[str, str] = {}

    def expect(self, names: list[str]) -> None:
        self._width = max([self._width, *map(len, names)])

    def say(self, text: str) -> None:
        with self._lock:
            try:
                sys.stdout.write(text + "\n")
                sys.stdout.flush()
            except (OSError, ValueError):
                pass  # the terminal is gone; SIGHUP or the next Ctrl-C ends the run

    def line(self, name: str, text: str) -> None:
        label = name.ljust(self._width)
        if self._is_colourful:
            colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
            label = f"\x1b[{colour}m{label}\x1b[0m"
        self.say(f"{label} | {text}")

    @contextmanager
    def step(self, title: str) -> Iterator[Say]:
        """One line with its seconds when the step is done; the step may reword the line."""
        began = time.monotonic()
        words = [title]
        yield words.append
        self.say(f"{time.monotonic() - began:6.1f} s  {words[-1]}")
