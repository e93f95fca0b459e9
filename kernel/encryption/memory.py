"""What is opened in memory stays there: no process leaves a core file, and no other of its user looks into it."""

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4


def keep_memory_off_disk() -> None:
    """A child made by fork keeps this; one that runs another program says it for itself."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        # A limit of nought does not bind a core that the kernel pipes to a collector; this does.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
