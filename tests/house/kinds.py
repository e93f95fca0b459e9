"""A job that takes its time, says which process does it, and remembers how far it was."""

import os
import time

from kernel.jobs.kinds import Kind, register_kind
from kernel.jobs.run import Run


def count_slowly(run: Run) -> dict[str, object]:
    begin = run.resume_token or 0
    for number in range(begin, run.parameters["steps"]):
        time.sleep(0.1)
        run.progress(number + 1, run.parameters["steps"], f"pid {os.getpid()}", resume_token=number + 1)
    return {"began_at": begin}


register_kind(Kind("tests.count_slowly", "Count slowly", count_slowly, at_once=4))
