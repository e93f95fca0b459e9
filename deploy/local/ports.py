"""Loopback TCP ports: free ones, taken ones, and who took them."""

from __future__ import annotations

import errno
import random
import shutil
import socket
import subprocess
from pathlib import Path

from deploy.local.console import Trouble

# Below the range the kernel hands to outgoing connections, so a remembered port stays free.
SERVER_PORTS = range(15_000, 32_000)


def is_free(port: int) -> bool:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            if family == socket.AF_INET or error.errno == errno.EADDRINUSE:  # a machine may have no IPv6 at all
                return False
    return True


def free_port() -> int:
    for port in random.sample(SERVER_PORTS, 200):
        if is_free(port):
            return port
    raise Trouble("No free TCP port was found on 127.0.0.1 between 15000 and 32000. Stop some servers and try again.")


def web_port(text: str) -> int:
    """The port asked for, known to be free; the refusal names who holds it."""
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise Trouble(f"PORT={text} is not a port: give a number such as make run PORT=8001")
    port = int(text)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except PermissionError:
        raise Trouble(f"Port {port} needs administrator rights. Choose one above 1023: make run PORT=8000") from None
    except OSError:
        pass  # Taken, as is_free finds too and says below.
    if not is_free(port):
        other = next((p for p in range(port + 1, min(port + 100, 65_536)) if is_free(p)), 8000)
        raise Trouble(
            f"Port {port} is taken{holder(port)}. Stop that program, or choose another port: make run PORT={other}"
        )
    return port


def holder(port: int) -> str:
    """' by NAME (process N)' when this user may know it, else nothing."""
    pid = _holder_from_proc(port) if Path("/proc/net/tcp").exists() else _holder_from_lsof(port)
    if pid is None:
        return ""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        command = ""
    return f" by process {pid}" + (f" ({command[:80]})" if command else "")


def _holder_from_proc(port: int) -> int | None:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(descriptor.readlink()) in inodes:
                return int(descriptor.parts[2])
        except OSError:
            continue
    return None


def _holder_from_lsof(port: int) -> int | None:
    if shutil.which("lsof") is None:
        return None
    answer = subprocess.run(
        ["lsof", "-nP", "-t", f"-iTCP:{port}", "-sTCP:LISTEN"], capture_output=True, text=True, check=False
    )
    return int(answer.stdout.split()[0]) if answer.stdout.split() else None
